#!/bin/bash
# From mount(8) to umount(8): one line when it fails, exit codes, the holder, signals, a kill.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py

pid_of() { python3 "$control" status "$1" pid; }
wait_gone() { local i; for i in $(seq 200); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.05; done; fail "process $1 is still there"; }
one_line() { [ "$(wc -l <<<"$1")" = 1 ] || fail "not one line: $1"; }

test_mount_and_umount() {
  make_fs; mount_fs
  expect_text "^$DEV $MNT fuse.famfs rw,nosuid,nodev," "$(grep " $MNT " /proc/mounts)"
  [ "$(findmnt -n -o TARGET -S "$DEV")" = "$MNT" ] || fail findmnt
  local pid; pid=$(pid_of "$MNT")
  expect_good umount "$MNT"
  wait_gone "$pid"
  expect_good mount -t famfs "$DEV" "$MNT"
  expect_text " fuse.famfs " "$(grep " $MNT " /proc/mounts)"
  expect_good umount "$MNT"
  # Whoever opens the device next finds it free.
  expect_good fsck.famfs "$DEV" >/dev/null
}

# The daemon may still be at work when umount(2) returns; the next one waits for it.
test_mount_right_after_umount() {
  make_fs; mount_fs
  local i
  for i in $(seq 20); do
    for f in $(seq 30); do : >"$MNT/f$i-$f"; done
    expect_good umount "$MNT"
    mount_fs
  done
  [ "$(ls "$MNT" | wc -l)" = 600 ] || fail "files: $(ls "$MNT" | wc -l)"
}

test_second_mount_is_refused_and_names_the_holder() {
  make_fs; mount_fs
  local other pid out; other=$(new_dir); pid=$(pid_of "$MNT")
  out=$(mount -t fuse.famfs "$DEV" "$other" 2>&1); [ $? = 32 ] || fail "exit"
  one_line "$out"
  expect_text "^mount.famfs: $DEV: .*famfsd \(pid $pid\), mounted on $MNT" "$out"
  expect_text "Device or resource busy \(errno 16\)" "$out"
  out=$(mount -t fuse.famfs "$DEV" "$MNT" 2>&1); [ $? = 32 ] || fail "exit on the same mount point"
  # By another name of the same device.
  ln -s "$DEV" "$FAMFS_SCRATCH/link"
  expect_exit 32 mount -t fuse.famfs "$FAMFS_SCRATCH/link" "$other" 2>/dev/null
  echo still >"$MNT/f"
}

test_failures_are_one_line_and_exit_32() {
  local out dir=$FAMFS_SCRATCH
  check() { # PATTERN COMMAND...
    local pattern=$1 out got=0; shift
    out=$("$@" 2>&1) || got=$?
    [ "$got" = 32 ] || fail "exit $got of: $*: $out"
    one_line "$out"
    expect_text "$pattern" "$out"
  }
  check "^mount.famfs: .*no famfs file system: make one with mkfs" mount -t fuse.famfs "$DEV" "$MNT"
  make_fs
  check "No such file or directory" mount.famfs "$DEV" "$dir/none"
  : >"$dir/file"
  check "not a directory" mount.famfs "$DEV" "$dir/file"
  check "/dev/shm/none" mount -t fuse.famfs /dev/shm/none "$MNT"
  check "directory" mount -t fuse.famfs "$dir" "$MNT"
  check "/dev/null" mount -t fuse.famfs /dev/null "$MNT"
  printf '\0' | device_write 0 # the magic's first byte
  check "famfs" mount -t fuse.famfs "$DEV" "$MNT"
  # Nothing holds the device after all that.
  [ -z "$(ls /run/famfs/holders/*.yaml 2>/dev/null)" ] || ! grep -l "$DEV" /run/famfs/holders/* 2>/dev/null || fail "a record is left"
}

test_over_a_daemon_that_is_gone() {
  make_fs; mount_fs
  local pid out; pid=$(pid_of "$MNT")
  stat "$MNT" >/dev/null # the kernel goes on knowing this
  kill -9 "$pid"
  wait_gone "$pid"
  out=$(mount -t fuse.famfs "$DEV" "$MNT" 2>&1); [ $? = 32 ] || fail "exit: $out"
  one_line "$out"
  expect_text "^mount.famfs: mount point $MNT: Transport endpoint is not connected: .*: umount $MNT first$" "$out"
  expect_good umount "$MNT"
  mount_fs
}

test_sigterm() {
  make_fs; mount_fs
  local pid signal; pid=$(pid_of "$MNT")
  for signal in TERM INT HUP; do
    pid=$(pid_of "$MNT")
    : >"$MNT/pending-$signal"
    kill -$signal "$pid"
    wait_gone "$pid"
    ! grep -q " $MNT " /proc/mounts || fail "still mounted after $signal"
    mount_fs
    [ -e "$MNT/pending-$signal" ] || fail "pending work lost by $signal"
  done
}

test_sigterm_with_an_open_file() {
  make_fs; mount_fs
  local pid; pid=$(pid_of "$MNT")
  exec 7>"$MNT/open"
  echo half >&7
  kill -TERM "$pid"
  wait_gone "$pid"
  exec 7>&-
  mount_fs
  [ "$(cat "$MNT/open")" = half ] || fail "lost"
}

test_sigkill_and_mount_at_once() {
  make_fs; mount_fs
  cp /bin/bash "$MNT/committed"
  exec 7>"$MNT/pending"
  head -c 1000000 /dev/zero >&7
  kill -9 "$(pid_of "$MNT")"
  exec 7>&-
  umount -l "$MNT"
  mount_fs
  expect_same /bin/bash "$MNT/committed"
  [ ! -e "$MNT/pending" ] || fail "what was never committed is there"
}

test_foreground() {
  make_fs
  famfsd "$DEV" "$MNT" -f -o loglevel=info 2>"$FAMFS_SCRATCH/log" &
  local pid=$! i
  for i in $(seq 200); do grep -q " $MNT " /proc/mounts && break; sleep 0.05; done
  echo x >"$MNT/f"
  [ "$(pid_of "$MNT")" = "$pid" ] || fail "it forked"
  expect_text "ENODEV.*libfamfs.*famfs exec.*mmap=cached" "$(cat "$FAMFS_SCRATCH/log")"
  kill -TERM "$pid"
  wait "$pid" || fail "exit $? after SIGTERM"
  expect_exit 32 famfsd -f /dev/shm/none "$MNT" 2>/dev/null
}

test_the_parent_holds_no_output_open() {
  make_fs
  # A daemon that kept standard output would make this wait for ever.
  out=$(timeout 20 mount -t fuse.famfs "$DEV" "$MNT" 2>&1) || fail "mount: $out"
  [ -z "$out" ] || fail "said: $out"
}

test_bind_mount_keeps_it() {
  make_fs; mount_fs
  local other; other=$(new_dir)
  mount --bind "$MNT" "$other"
  expect_good timeout 20 umount "$MNT"
  echo x >"$other/f" || fail "the bind mount is dead"
  expect_good umount "$other"
}

test_busy_umount() {
  make_fs; mount_fs
  exec 7<"$MNT"
  expect_exit 32 umount "$MNT" 2>/dev/null
  exec 7<&-
  expect_good umount "$MNT"
}

test_lazy_umount() {
  make_fs; mount_fs
  local pid; pid=$(pid_of "$MNT")
  exec 7>"$MNT/f"
  expect_good umount -l "$MNT"
  echo late >&7 || fail "write after a lazy umount"
  exec 7>&-
  wait_gone "$pid"
  mount_fs
  [ "$(cat "$MNT/f")" = late ] || fail "lost"
}

run_tests "${1:-}"
