# For tests in shell, sourced under in-namespace. A test is a function test_*; `run_tests` runs each in
# a subshell with a fresh device ($DEV, made but not formatted: a stand-in file of 256 MiB, or the real one that
# FAMFS_TEST_DEVICE names) and mount point ($MNT). FAMFS_SCRATCH, FAMFS_DEVICE_PREFIX: set by in-namespace;
# FAMFS_DEVICE_BYTES: the program of that name.
set -u

fail() { echo "FAILED: $*" >&2; exit 1; }
expect_good() { "$@" || fail "exit $? of: $*"; }
# expect_exit N COMMAND...
expect_exit() { local want=$1 got=0; shift; "$@" || got=$?; [ "$got" = "$want" ] || fail "exit $got, not $want, of: $*"; }
# expect_fail COMMAND...: not 0, and not a crash
expect_fail() { local got=0; "$@" || got=$?; [ "$got" != 0 ] || fail "exit 0 of: $*"; [ "$got" -lt 128 ] || fail "crash ($got) of: $*"; }
# expect_text PATTERN TEXT
expect_text() { grep -qE -- "$1" <<<"$2" || fail "no '$1' in: $2"; }
expect_same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

make_fs() { expect_good mkfs.famfs "$@" "$DEV" >/dev/null; }
mount_fs() { expect_good mount -t fuse.famfs ${1:+-o "$1"} "$DEV" "$MNT"; }
# Another mount point or device for the same test: new_dir, new_device SIZE
new_dir() { mktemp -d "$FAMFS_SCRATCH/dir.XXXXXX"; }
new_device() { local f; f=$(mktemp "$FAMFS_DEVICE_PREFIX.XXXXXX"); truncate -s "$1" "$f"; echo "$f"; }
# For a test that cannot be on this device or machine: it is reported and counted, never passed in silence. Where
# FAMFS_MAY_SKIP is set, only what matches it (grep -E on "test: why") may; CI and the guests say so.
may_skip() { [ -z "${FAMFS_MAY_SKIP+set}" ] || grep -qE -- "${FAMFS_MAY_SKIP:-^$}" <<<"$1"; }
skip() { echo "$*" >"$FAMFS_SCRATCH/skip"; exit 77; }
needs_file_device() { [ -z "${FAMFS_TEST_DEVICE:-}" ] || skip "needs a stand-in file: $*"; }
needs_command() { command -v "$1" >/dev/null || skip "needs the command $1"; }
# The device's own bytes; a devdax has no read(2): device_read OFFSET LENGTH, device_write OFFSET <...
device_read() { "$FAMFS_DEVICE_BYTES" read "$DEV" "$1" "$2"; }
device_write() { "$FAMFS_DEVICE_BYTES" write "$DEV" "$1"; }
device_size() { if [ -c "$DEV" ]; then cat "/sys/bus/dax/devices/${DEV##*/}/size"; else stat -L -c %s "$DEV"; fi; }
remount() { expect_good umount "$MNT"; mount_fs "${1:-}"; }
# Runs as an ordinary user (nobody).
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

# fragment SIZE: free space in pieces of SIZE: every second file is gone before it is committed.
fragment() {
  python3 - "$MNT" "$(numfmt --from=iec "$1")" <<'P' || fail fragment
import errno, os, sys
files = []
try:
    for i in range(10000):
        path = f"{sys.argv[1]}/piece{i}"
        files.append((path, os.open(path, os.O_CREAT | os.O_RDWR)))
        os.posix_fallocate(files[-1][1], 0, int(sys.argv[2]))
except OSError as e:
    assert e.errno == errno.ENOSPC, e
for path, _ in files[::2]:
    os.unlink(path)
for _, fd in files:
    os.close(fd)
P
}

# As if it had never been formatted. Whoever had it last may let go a little after umount(2).
fresh_device() {
  if [ -z "${FAMFS_TEST_DEVICE:-}" ]; then new_device 256M; return; fi
  local i
  DEV=$FAMFS_TEST_DEVICE
  for i in $(seq 100); do
    mkfs.famfs -f -k "$DEV" >/dev/null 2>&1
    [ $? = 16 ] || break
    sleep 0.1
  done
  head -c 4096 /dev/zero | device_write 0 || return
  chown 0:0 "$DEV"; chmod 600 "$DEV"
  echo "$DEV"
}
# What is left when a test ends.
cleanup() {
  umount "$MNT" 2>/dev/null || umount -l "$MNT" 2>/dev/null
  [ -n "${FAMFS_TEST_DEVICE:-}" ] || rm -f "$DEV"
}

run_tests() {
  local failed=0 count=0 skipped=0 status t
  for t in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
    if [ -n "${1:-}" ] && [[ $t != $1 ]]; then continue; fi
    count=$((count + 1))
    (
      DEV=$(fresh_device) || fail "no device"
      MNT=$(new_dir)
      chmod 755 "$FAMFS_SCRATCH" "$MNT"
      trap cleanup EXIT
      "$t"
    )
    status=$?
    case $status in
      0) echo "ok   $t" ;;
      77)
        echo "skip $t: $(cat "$FAMFS_SCRATCH/skip")"
        skipped=$((skipped + 1))
        may_skip "$t: $(cat "$FAMFS_SCRATCH/skip")" || { echo "FAIL $t: may not be skipped here"; failed=$((failed + 1)); }
        ;;
      *) echo "FAIL $t"; failed=$((failed + 1)) ;;
    esac
  done
  echo "$count run, $skipped skipped, $failed failed"
  [ "$count" -gt 0 ] && [ "$failed" = 0 ]
}
