#!/bin/bash
# Want of memory and of descriptors, in programs that map and in famfsd: starved.sh PROBE FAILING_MALLOC [PATTERN]
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")
probe=$1
failing_malloc=$2
shift 2

probe_both() { # FILE
  expect_good "$probe" famfs "$1" "$DEV"
  expect_good famfs exec -- "$probe" libc "$1" "$DEV"
}

test_programs() {
  make_fs; mount_fs
  fragment 2M
  head -c 9000000 /dev/urandom >"$MNT/f"
  probe_both "$MNT/f"
  expect_good umount "$MNT"
}

test_programs_on_a_raw_mount() {
  needs_file_device "the program maps all of it, and reads it"
  head -c 9000000 /dev/urandom | device_write 0
  truncate -s 12M "$DEV"
  mount_fs raw
  probe_both "$MNT/device"
}

# start_famfsd OPTIONS [NAME=VALUE...]: in the foreground, what it says in $SAID; $PID.
start_famfsd() {
  local i
  SAID=$FAMFS_SCRATCH/lines
  env "${@:2}" famfsd -f -o "$1" "$DEV" "$MNT" 2>"$SAID" & PID=$!
  for i in $(seq 200); do mountpoint -q "$MNT" && return; sleep 0.05; done
  fail "famfsd: $(cat "$SAID")"
}
status() { python3 "$here/control.py" status "$MNT" "$1"; }

# Not one descriptor is left to it.
test_famfsd_at_its_limit() {
  make_fs; start_famfsd mode=0777
  local free i hard
  hard=$(prlimit --pid "$PID" --nofile --output HARD --noheadings)
  for free in $(seq 3 100); do [ -e "/proc/$PID/fd/$free" ] || break; done
  prlimit --pid "$PID" --nofile="$free:$hard" || fail prlimit
  expect_good famfs exec -- python3 -B "$here/starved.py" "$MNT" work
  expect_good famfs status "$MNT" >/dev/null
  [ "$(grep -c 'want of descriptors' "$SAID")" = 1 ] || fail "famfsd said: $(cat "$SAID")"
  python3 -B "$here/starved.py" "$MNT" look || fail "at the limit"
  for i in $(seq 200); do [ "$(status pending)" = 0 ] && break; sleep 0.05; done
  prlimit --pid "$PID" --nofile="$hard:$hard" || fail prlimit
  for i in $(seq 10); do
    echo x >"$MNT/after$i"
    expect_text "^state: committed" "$(getfattr_map "$MNT/after$i")"
  done
  kill -KILL "$PID"; wait "$PID" 2>/dev/null
  umount -l "$MNT"
  mount_fs
  python3 -B "$here/starved.py" "$MNT" look || fail "after a kill"
  expect_good famfs fsck "$MNT" >/dev/null
}
getfattr_map() { python3 -c 'import os,sys; print(os.getxattr(sys.argv[1], "user.famfs.map").decode())' "$1"; }

# Each request, with each of its allocations failed.
test_famfsd_out_of_memory() {
  needs_file_device "each try leaves a committed file"
  truncate -s 16G "$DEV"
  make_fs
  local counter=$FAMFS_SCRATCH/counter
  printf '\377\377\377\377\377\377\377\377' >"$counter"
  start_famfsd mode=0777 LD_PRELOAD="$failing_malloc" FAMFS_TEST_MALLOC="$counter"
  PYTHONDONTWRITEBYTECODE=1 expect_good python3 "$here/out_of_memory.py" "$MNT" "$counter"
  kill -0 "$PID" || fail "the daemon died"
  expect_good umount "$MNT"; wait "$PID" || fail "famfsd: exit $?"
  expect_good fsck.famfs "$DEV" >/dev/null
}

test_famfsd_client_out_of_memory() {
  needs_file_device "each try leaves a committed file"
  truncate -s 16G "$DEV"
  make_fs; mount_fs
  local counter=$FAMFS_SCRATCH/counter master=$MNT
  MNT=$(new_dir)
  printf '\377\377\377\377\377\377\377\377' >"$counter"
  start_famfsd client LD_PRELOAD="$failing_malloc" FAMFS_TEST_MALLOC="$counter"
  PYTHONDONTWRITEBYTECODE=1 expect_good python3 "$here/out_of_memory.py" "$MNT" "$counter" "$master"
  expect_good umount "$MNT"; wait "$PID" || fail "famfsd: exit $?"
  MNT=$master
}

# With too few to serve it says so, and holds nothing; with the least that it takes it serves, and ends.
test_famfsd_with_few() {
  make_fs
  local n said
  for n in 4 8 12 14 15 16 20 40 63; do
    said=$(prlimit --nofile="$n:$n" timeout -s KILL 60 famfsd "$DEV" "$MNT" 2>&1) && fail "$n descriptors: mounted"
    [ "$(wc -l <<<"$said")" = 1 ] || fail "$n descriptors: $said"
    expect_text "^famfsd: |loading shared libraries" "$said"
  done
  expect_text "^famfsd: RLIMIT_NOFILE is 63: .*: allow 64" "$said"
  expect_good prlimit --nofile=64:64 famfsd -o mode=0777 "$DEV" "$MNT"
  expect_good famfs exec -- python3 -B "$here/starved.py" "$MNT" work
  expect_good famfs umount "$MNT"
  mount_fs
  python3 -B "$here/starved.py" "$MNT" look || fail "lost"
}

run_tests "${1:-}"
