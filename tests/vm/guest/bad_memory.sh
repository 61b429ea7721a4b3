#!/bin/bash
# A page under a file goes bad: MADV_HWPOISON. That file gives EIO there, who has it mapped gets SIGBUS, all else goes on.
. "$(dirname "$0")/../../support/lib.sh"
here=$(dirname "$0")
control=$here/../../mount/control.py

test_a_poisoned_page() {
  make_fs
  famfsd "$DEV" "$MNT" -f -o loglevel=info 2>"$FAMFS_SCRATCH/log" &
  local pid=$! i
  for i in $(seq 300); do grep -q " $MNT " /proc/mounts && break; sleep 0.1; done
  head -c 5000001 /dev/urandom >"$MNT/good"
  cp "$MNT/good" "$FAMFS_SCRATCH/good"
  head -c 5M /dev/urandom >"$MNT/bad"
  cp "$MNT/bad" "$FAMFS_SCRATCH/bad"
  mkfifo "$FAMFS_SCRATCH/go" "$FAMFS_SCRATCH/go-good"
  "$FAMFS_PROBE" hold "$MNT/bad" <"$FAMFS_SCRATCH/go" >"$FAMFS_SCRATCH/held" &
  local holder=$!
  "$FAMFS_PROBE" hold "$MNT/good" <"$FAMFS_SCRATCH/go-good" >"$FAMFS_SCRATCH/held-good" &
  local other=$!
  exec 6>"$FAMFS_SCRATCH/go" 7>"$FAMFS_SCRATCH/go-good"
  for i in $(seq 300); do [ "$(cat "$FAMFS_SCRATCH"/held* | grep -c mapped)" = 2 ] && break; sleep 0.1; done
  echo >&6
  for i in $(seq 300); do grep -q whole "$FAMFS_SCRATCH/held" && break; sleep 0.1; done

  text=$("$FAMFS_PROBE" poison "$MNT/bad" 2500000) || skip "no MADV_HWPOISON in this kernel: $text"
  echo "$text"
  for i in $(seq 300); do grep -q sigbus "$FAMFS_SCRATCH/held" && break; sleep 0.1; done
  expect_text 'sigbus code [45]' "$(cat "$FAMFS_SCRATCH/held")"

  # The daemon lives, and told of it before anybody asked: device, offset, length and file.
  kill -0 $pid || fail "the daemon died: $(cat "$FAMFS_SCRATCH/log")"
  for i in $(seq 100); do grep -q "memory failure" "$FAMFS_SCRATCH/log" && break; sleep 0.1; done
  expect_text "$DEV: memory failure at offset [0-9]+, [0-9]+ bytes, in bad: " "$(cat "$FAMFS_SCRATCH/log")"
  expect_text '"file": "bad"' "$(python3 "$control" status "$MNT" failures)"
  expect_text '^bad_memory.0.file: bad$' "$(famfs status "$MNT")"

  expect_fail cat "$MNT/bad" >/dev/null 2>"$FAMFS_SCRATCH/said"
  expect_text 'Input/output error' "$(cat "$FAMFS_SCRATCH/said")"
  expect_fail dd if=/dev/zero of="$MNT/bad" bs=4096 seek=610 count=1 conv=notrunc status=none 2>/dev/null

  # All else goes on: the other file, its map, new files, a new mapping of the good one.
  expect_same "$FAMFS_SCRATCH/good" "$MNT/good"
  echo >&7
  for i in $(seq 300); do grep -q whole "$FAMFS_SCRATCH/held-good" && break; sleep 0.1; done
  expect_text '^whole$' "$(cat "$FAMFS_SCRATCH/held-good")"
  expect_good cp "$FAMFS_SCRATCH/good" "$MNT/new"
  expect_same "$FAMFS_SCRATCH/good" "$MNT/new"
  exec 6>&- 7>&-
  wait $other || fail "the program that has the good file mapped: exit $?"
  wait $holder
  kill -0 $pid || fail "the daemon died: $(cat "$FAMFS_SCRATCH/log")"
  expect_good umount "$MNT"
  wait $pid || fail "the daemon's exit: $?"
}

run_tests "${1:-}"
