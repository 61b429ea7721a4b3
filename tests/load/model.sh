#!/bin/bash
# model.sh PROGRAM: load_model on files of every layout; what it leaves is there after a remount, and on a client.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/lib.sh"
model=$1
one='"kind": 0,.*"extents": \[\[[0-9, ]*\]\]'
several='"kind": 0,.*"extents": \[\[[0-9, ]*\], '
interleaved='"kind": 1,.*"extents": \[\[[0-9, ]*\], '

# expect_model FILE LAYOUT: PROGRAM on it, whose map is LAYOUT then, and its copy in all ways
expect_model() {
  local copy=$FAMFS_SCRATCH/copy client
  client=$(new_dir)
  "$model" "$MNT/$1" "$copy" || fail "the model of $1"
  expect_text "$2" "$(python3 "$(dirname "$0")/../mount/control.py" map "$MNT/$1")"
  remount
  expect_good mount -t fuse.famfs -o ro,client "$DEV" "$client"
  trap "umount '$client'; cleanup" EXIT
  expect_same "$MNT/$1" "$copy"
  expect_good famfs chkread "$MNT/$1" >/dev/null # read(2) and a map agree
  expect_same "$client/$1" "$copy"
  expect_good famfs chkread "$client/$1" >/dev/null
  expect_good umount "$client"
  trap cleanup EXIT
  expect_exact
}

test_one_extent() {
  make_fs; mount_fs
  expect_model f "$one"
}

test_several_extents() {
  make_fs; mount_fs
  fragment 4M
  expect_model f "$several"
}

test_several_extents_in_place() {
  make_fs; mount_fs
  fragment 4M
  head -c 15000001 /dev/urandom >"$MNT/f"
  expect_model f "$several"
}

test_interleaved() {
  make_fs; mount_fs
  expect_good famfs creat -s 13000001 -r -S 7 -N 3 -B 6 -C 2M "$MNT/f" >/dev/null
  expect_model f "$interleaved"
}

run_tests
