#!/bin/bash
# Want of memory and of descriptors, in programs that map and in famfsd: starved.sh PROBE [PATTERN]
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")
probe=$1
shift

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

run_tests "${1:-}"
