#!/bin/bash
# The instructions that are really run: what famfsd and famfs cp write is written back and fenced before it is committed,
# what is stored through a map when famfs_publish has returned; what is read on another host is invalidated before.
. "$(dirname "$0")/../support/lib.sh"
needs_file_device "a second map of it is looked at"
[ "$(uname -m)" = x86_64 ] || skip "knows x86-64's instructions"

setup() {
  make_fs
  mount_fs
  mkdir "$MNT/d"
  echo first >"$MNT/d/first" # entry 0 begins in the header's line
  head -c 300000 /dev/urandom >"$FAMFS_SCRATCH/source"
}
# traced WHAT MNT COMMAND...: with the daemon of that mount.
traced() {
  local pid; pid=$(famfs status --json "$2" | jq '.[0].pid')
  "$FAMFS_FLUSHES" "$1" "$DEV" "$pid" "${@:3}" || fail "$*"
}
sound() { expect_same "$FAMFS_SCRATCH/source" "$1"; expect_good famfs fsck "$MNT" >/dev/null; }

test_famfs_cp() {
  setup
  traced durable "$MNT" famfs cp -t 1 "$FAMFS_SCRATCH/source" "$MNT/d/file"
  sound "$MNT/d/file"
}

test_cp_through_the_daemon() {
  setup
  traced durable "$MNT" cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  sound "$MNT/d/file"
}

test_overwrite_in_place() {
  setup
  expect_good cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  traced durable "$MNT" "$FAMFS_OVERWRITE" "$MNT/d/file" "$MNT/d/new"
  [ "$(head -c 100000 "$MNT/d/file" | tr -d p | wc -c)" = 0 ] || fail "other bytes"
  expect_good famfs fsck "$MNT" >/dev/null
}

test_write_to_a_raw_mount() {
  head -c 300000 /dev/urandom >"$FAMFS_SCRATCH/source"
  mount_fs raw
  traced raw "$MNT" dd if="$FAMFS_SCRATCH/source" of="$MNT/device" bs=100000 seek=12345678 oflag=seek_bytes conv=notrunc status=none
  device_read 12345678 300000 | cmp - "$FAMFS_SCRATCH/source" || fail "other bytes"
}

offset_of() { expect_good famfs getmap --json "$1" | jq '.extents[0].offset'; }

test_acquire() {
  setup
  expect_good cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  traced $(($(offset_of "$MNT/d/file") + 100001))+100000 "$MNT" "$FAMFS_ACQUIRE" "$MNT/d/file" 100001 100000
}

test_client() {
  setup
  expect_good cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  local client offset
  client=$(new_dir)
  offset=$(offset_of "$MNT/d/file")
  expect_good mount -t fuse.famfs -o client "$DEV" "$client"
  traced "$offset+300000" "$client" cmp "$client/d/file" "$FAMFS_SCRATCH/source" # read(2)
  traced "$offset+300000" "$client" "$FAMFS_ACQUIRE" "$client/d/file"            # its first map
  expect_good umount "$client"
}

run_tests "$@"
