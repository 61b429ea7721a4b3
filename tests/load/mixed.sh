#!/bin/bash
# mixed.sh PROGRAM PLAIN: load_mixed on a mount; PROGRAM, famfsd of the stage and libfamfs are built under a sanitizer,
# PLAIN, which looks at what is left, is not.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/lib.sh"
program=$1
plain=$2
library=$(dirname "$program")/../../lib/capi

load() { LD_LIBRARY_PATH=$library under_sanitizer load "$program" run "$@"; }
look() { expect_good "$plain" verify "$MNT" "$manifest"; }

test_mixed() {
  needs_file_device "of 16 GiB"
  local manifest=$FAMFS_SCRATCH/manifest client master watcher
  client=$(new_dir)
  trap "umount -l '$client' 2>/dev/null; cleanup" EXIT
  truncate -s 16G "$DEV" # sparse: each file is small, in 2 MiB
  make_fs
  serve "$MNT" rw; master=$SERVER
  serve "$client" ro,client; watcher=$SERVER
  load "$MNT" "$client" "$manifest" || { no_reports; fail "load"; }
  end_serving "$client" "$watcher"
  look
  stop() { end_serving "$1" "$master"; }
  expect_exact stop
  serve "$MNT" rw; master=$SERVER
  look
  expect_exact stop
}

run_tests
