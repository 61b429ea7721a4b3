#!/bin/bash
# Memory that goes away under the daemon: EIO for what lies there, everything else goes on. A stand-in
# that is truncated behaves as a poisoned page does: a load raises SIGBUS, a system call fails.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

expect_errno() { # ERRNO python-expression
  python3 - "$1" "$2" "$MNT" <<'P' || fail "$2"
import errno, os, sys
want, expression, m = sys.argv[1:]
try:
    result = eval(expression)
except OSError as e:
    assert e.errno == getattr(errno, want), e
    sys.exit(0)
sys.exit(f"{expression} gave {result!r}")
P
}

test_read_and_write_of_bad_memory() {
  needs_file_device "it is cut short"
  make_fs; mount_fs
  head -c 3M /dev/urandom >"$MNT/good"
  head -c 3M /dev/urandom >"$MNT/bad"
  cp "$MNT/good" "$FAMFS_SCRATCH/good"
  pid=$(python3 "$here/control.py" status "$MNT" pid)
  # `bad` follows `good`: 10 MiB of metadata, 4 MiB, 4 MiB. Cut in its middle.
  truncate -s 16M "$DEV"
  expect_errno EIO 'os.pread(os.open(m + "/bad", os.O_RDONLY), 100, 2500000)'
  expect_errno EIO 'os.pwrite(os.open(m + "/bad", os.O_RDWR), b"x" * 100000, 2500000)'
  expect_errno EIO 'os.pwrite(os.open(m + "/bad", os.O_RDWR), b"x", 2500000)'
  expect_errno EIO 'os.pread(os.open(m + "/bad", os.O_RDONLY | os.O_DIRECT), 0, 0) or open(m + "/bad", "rb").read()'
  expect_same "$FAMFS_SCRATCH/good" "$MNT/good"
  expect_good cmp -n 2097152 "$MNT/bad" <(head -c 2097152 "$MNT/bad")
  kill -0 "$pid" || fail "the daemon died"
  failures=$(python3 "$here/control.py" status "$MNT" failures)
  expect_text '"file": "bad"' "$failures"
  expect_text '"offset": 17178624' "$failures" # the page that was read first; the others were not touched then
  # What is not there cannot be created either, and that is no reason to die.
  expect_fail dd if=/dev/zero of="$MNT/new" bs=1M count=8 status=none 2>/dev/null
  truncate -s 256M "$DEV"
  expect_good cp "$FAMFS_SCRATCH/good" "$MNT/again"
  expect_same "$FAMFS_SCRATCH/good" "$MNT/again"
  kill -0 "$pid" || fail "the daemon died"
}

test_many_readers_of_bad_memory() {
  needs_file_device "it is cut short"
  make_fs; mount_fs
  head -c 20M /dev/urandom >"$MNT/bad"
  head -c 1M /dev/urandom >"$MNT/other"
  truncate -s 12M "$DEV"
  python3 - "$MNT" <<'P' || fail threads
import errno, os, sys, threading
m = sys.argv[1]
wrong = []
def work(i):
    fd = os.open(m + "/bad", os.O_RDWR)
    for k in range(50):
        try:
            if (i + k) % 2:
                os.pread(fd, 300000, (4 << 20) + 4096 * k)
            else:
                os.pwrite(fd, b"x" * 300000, (4 << 20) + 4096 * k)
            wrong.append(k)
        except OSError as e:
            if e.errno != errno.EIO:
                wrong.append(e)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
assert not wrong, wrong[:3]
P
  python3 "$here/control.py" status "$MNT" >/dev/null || fail "the daemon died"
}

test_the_log_is_gone() {
  needs_file_device "it is cut short"
  make_fs; mount_fs
  echo x >"$MNT/f"
  truncate -s 1M "$DEV"
  expect_fail bash -c "mkdir '$MNT/d' && sync '$MNT/d'" 2>/dev/null
  expect_fail cat "$MNT/f" 2>/dev/null
  expect_fail cat "$MNT/.meta/.log" >/dev/null 2>&1
  ls "$MNT" >/dev/null || fail "the daemon died"
}

test_a_reported_failure() {
  make_fs; mount_fs
  echo x >"$MNT/f"
  expect_good python3 "$here/control.py" failure "$MNT" 10485760 4096
  for i in $(seq 100); do
    failures=$(python3 "$here/control.py" status "$MNT" failures)
    [ "$failures" = "[]" ] || break
    sleep 0.05
  done
  expect_text '"file": "f"' "$failures"
  expect_fail python3 "$here/control.py" failure "$MNT" 1099511627776 4096 2>/dev/null
}

# Its unit goes to no file any more, and nobody touches what was there.
test_failed_memory_is_given_up() {
  make_fs; mount_fs
  head -c 3M /dev/urandom >"$MNT/f"
  free=$(python3 "$here/control.py" status "$MNT" space | tr -d ' {}"' | tr ',' '\n' | awk -F: '$1 == "free" {print $2}')
  python3 "$here/control.py" failure "$MNT" $((12 << 20)) 4096 || fail "report"      # in f
  python3 "$here/control.py" failure "$MNT" $((20 << 20)) 4096 || fail "report"      # in free space
  text=$(famfs status "$MNT")
  expect_text '^space.bad: 4194304$' "$text"
  expect_text "^space.free: $((free - (2 << 20)))\$" "$text"
  expect_text '^bad_memory.0.file: f$' "$text"
  expect_text '^bad_memory.1.where: free-space$' "$text"
  expect_text '^failures.1.offset: 20971520$' "$text"
  expect_errno EIO 'os.pread(os.open(m + "/f", os.O_RDONLY | os.O_DIRECT), 4096, 2 << 20)'
  expect_errno EIO 'os.pwrite(os.open(m + "/f", os.O_RDWR), b"x", 2 << 20)'
  expect_good dd if="$MNT/f" of=/dev/null bs=1M count=2 status=none
  for i in $(seq 200); do head -c 1M /dev/zero >"$MNT/fill$i" 2>/dev/null || break; done
  [ "$i" -gt 100 ] || fail "no space after $i"
  for f in "$MNT"/fill*; do famfs getmap "$f"; done 2>/dev/null >"$FAMFS_SCRATCH/maps"
  expect_text ' 0x1200000 ' "$(cat "$FAMFS_SCRATCH/maps")"
  expect_text ' 0x1600000 ' "$(cat "$FAMFS_SCRATCH/maps")"
  ! grep ' 0x1400000 ' "$FAMFS_SCRATCH/maps" || fail "handed out"
}

run_tests "${1:-}"
