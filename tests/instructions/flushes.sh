#!/bin/bash
# The instructions that are really run: what famfsd and famfs cp write is written back and fenced before it is committed,
# what is stored through a map when famfs_publish has returned.
. "$(dirname "$0")/../support/lib.sh"
needs_file_device "a second map of it is looked at"
[ "$(uname -m)" = x86_64 ] || skip "knows x86-64's instructions"

setup() {
  make_fs
  mount_fs
  mkdir "$MNT/d"
  echo first >"$MNT/d/first" # entry 0 begins in the header's line
  head -c 300000 /dev/urandom >"$FAMFS_SCRATCH/source"
  pid=$(famfs status --json "$MNT" | jq '.[0].pid')
}
traced() { "$FAMFS_FLUSHES" "$DEV" "$pid" "$@" || fail "$*"; }
sound() { expect_same "$FAMFS_SCRATCH/source" "$1"; expect_good famfs fsck "$MNT" >/dev/null; }

test_famfs_cp() {
  setup
  traced famfs cp -t 1 "$FAMFS_SCRATCH/source" "$MNT/d/file"
  sound "$MNT/d/file"
}

test_cp_through_the_daemon() {
  setup
  traced cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  sound "$MNT/d/file"
}

test_overwrite_in_place() {
  setup
  expect_good cp "$FAMFS_SCRATCH/source" "$MNT/d/file"
  traced "$FAMFS_OVERWRITE" "$MNT/d/file" "$MNT/d/new"
  [ "$(head -c 100000 "$MNT/d/file" | tr -d p | wc -c)" = 0 ] || fail "other bytes"
  expect_good famfs fsck "$MNT" >/dev/null
}

run_tests "$@"
