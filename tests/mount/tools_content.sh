#!/bin/bash
# famfs verify, flush, getmap, exec, logplay: docs and the public tools' table, row by row.
. "$(dirname "$0")/../support/lib.sh"

start() { make_fs "$@"; mount_fs; }

test_verify_names_file_and_offset() {
  local text
  start
  expect_good famfs creat -r -S 42 -s 20m "$MNT/f"
  expect_good famfs verify -S 42 -f "$MNT/f" -t 2 >/dev/null
  [ -z "$(famfs verify -q -S 42 -f "$MNT/f")" ] || fail "not quiet"
  printf X | dd of="$MNT/f" bs=1 seek=9000001 conv=notrunc status=none
  text=$(famfs verify -S 42 -f "$MNT/f" 2>&1) && fail "not seen"
  expect_text "$MNT/f.* 9000001$" "$text"
  expect_exit 1 famfs verify -m "$MNT/f,42" 2>/dev/null
  expect_fail famfs verify -S 42 -f "$MNT/none" 2>/dev/null
}

test_flush_counts_errors() {
  start
  expect_good famfs creat -s 4k "$MNT/f"
  mkdir "$MNT/d"
  expect_good famfs flush -v "$MNT/f" >/dev/null
  expect_exit 3 famfs flush "$MNT/f" "$MNT/d" "$MNT/none" /etc/passwd 2>/dev/null
}

test_getmap_exits() {
  local text
  start
  expect_good famfs creat -s 5000 "$MNT/f"
  mkdir "$MNT/d"
  touch "$MNT/empty"
  expect_exit 0 famfs getmap -q "$MNT/f"
  expect_exit 1 famfs getmap -q /etc/passwd
  expect_exit 2 famfs getmap -q "$MNT/empty"
  expect_exit 9 famfs getmap -q "$MNT/none"
  expect_exit 21 famfs getmap -q "$MNT/d"
  text=$(famfs getmap "$MNT/f") || fail "getmap"
  expect_text "^Size: 5000$" "$text"
  expect_text "^Device: $DEV$" "$text"
  expect_text "^Access path: direct: " "$text"
  expect_text "^0 +0 +0xa00000 +0x200000$" "$text"
  [ -z "$(famfs getmap -q "$MNT/f")" ] || fail "not quiet"
}

test_exec() {
  start
  expect_good famfs creat -r -S 42 -s 1m "$MNT/f"
  expect_good famfs exec -- python3 - "$MNT/f" <<'END'
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
    assert memory[:4].hex() == "985f52e2", memory[:4]
    memory[:4] = b"mine"
END
  [ "$(head -c 4 "$MNT/f")" = mine ] || fail "the store is not in the file"
  expect_exit 7 famfs exec -- sh -c 'exit 7'
  expect_exit 127 famfs exec -- no-such-program 2>/dev/null
  expect_exit 126 famfs exec /etc/passwd 2>/dev/null
  expect_good famfs exec sh -c 'test -x /bin/sh -a "$1" = --help' sh --help
}

test_logplay_on_the_master_and_beside_it() {
  local other text
  start
  other=$(new_dir)
  mount -t fuse.famfs -o ro,client "$DEV" "$other" || fail "client"
  mkdir "$MNT/d"
  expect_good famfs creat -s 4k "$MNT/d/f"
  [ "$(famfs logplay "$MNT")" = "famfs_logplay: 2 log entries; 0 new files; 0 new directories" ] || fail "master"
  text=$(famfs logplay -n -v "$other")
  expect_text "^famfs_logplay: 2 log entries; 1 new files; 1 new directories$" "$text"
  expect_text "^new: d/f$" "$text"
  [ ! -e "$other/d" ] || fail "a dry run changed the mount"
  [ "$(famfs logplay -r -c "$other")" = "famfs_logplay: 2 log entries; 1 new files; 1 new directories" ] || fail "client"
  [ -f "$other/d/f" ] || fail "not followed"
  [ "$(famfs logplay -m "$other/d")" = "famfs_logplay: 2 log entries; 0 new files; 0 new directories" ] || fail "again"
  famfs logplay --json "$other" | python3 -c 'import json, sys; assert json.load(sys.stdin)["entries"] == 2' || fail "json"
  expect_exit 2 famfs logplay -r -m "$other" 2>/dev/null
  expect_fail famfs logplay /proc 2>/dev/null
  umount "$other"
}

test_shadow() {
  local shadow
  start
  shadow=$(new_dir)
  mkdir "$MNT/d"
  expect_good famfs creat -s 5000 -m 640 -u 3 -g 4 "$MNT/d/f"
  expect_good famfs logplay -S "$shadow" "$MNT" >/dev/null
  [ "$(cat "$shadow/d/f")" = "---
file:
  path: d/f
  size: 5000
  flags: 2
  mode: 0640
  uid: 3
  gid: 4
  nextents: 1
  simple_ext_list:
    - devindex: 0
      offset: 0xa00000
      length: 0x200000
..." ] || fail "$(cat "$shadow/d/f")"
  rm -rf "$shadow/d"
  [ "$(famfs logplay -n -S "$shadow" "$MNT")" = "famfs_logplay: 2 log entries; 1 new files; 1 new directories" ] || fail "dry"
  [ ! -e "$shadow/d" ] || fail "a dry run wrote"
  expect_good umount "$MNT"
  expect_good famfs logplay -S "$shadow" -d "$DEV" >/dev/null
  [ -f "$shadow/d/f" ] || fail "of an unmounted device"
}

# Whole as it was meant to be, however early the signal came, or not there.
whole_or_gone() { # FILE
  local i
  for i in $(seq 100); do # the daemon learns of a killed program's close a little later
    [ -e "$1" ] || return 0
    ! famfs getmap "$1" 2>/dev/null | grep -q '^State: committed' || break
    sleep 0.1
  done
  # Between making the name and laying the file out: an empty name that is not committed, as touch(1) leaves one.
  [ -s "$1" ] || famfs getmap "$1" | grep -q '^State: committed' || return 0
  cmp "$FAMFS_SCRATCH/big" "$1" >/dev/null || famfs verify -q -S 7 -f "$1" || fail "not whole after a signal: $1"
}

test_a_stopped_command_leaves_no_half_file() {
  local user command delay signal
  make_fs
  head -c 50m /dev/urandom >"$FAMFS_SCRATCH/big"
  chmod 644 "$FAMFS_SCRATCH/big"
  for user in "" "setpriv --reuid=65534 --regid=65534 --clear-groups"; do # not as_user: a shell would get the signal
    for command in "cp -c $FAMFS_SCRATCH/big" "creat -r -S 7 -s 50m"; do
      for signal in TERM KILL; do
        start -f # room again
        famfs mkdir -m 777 "$MNT/open"
        for delay in 0.005 0.015 0.03 0.06; do
          $user famfs $command "$MNT/open/$delay" 2>/dev/null &
          sleep $delay
          kill -$signal $! 2>/dev/null
          wait $! 2>/dev/null
          whole_or_gone "$MNT/open/$delay"
        done
        expect_good famfs fsck "$MNT" >/dev/null
        expect_good umount "$MNT"
      done
    done
  done
  rm "$FAMFS_SCRATCH/big"
}

run_tests "$@"
