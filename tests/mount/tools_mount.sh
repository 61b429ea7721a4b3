#!/bin/bash
# famfs mount, umount, fsck, status, holders: docs and the public tools' table.
. "$(dirname "$0")/../support/lib.sh"

test_mount_is_ready_when_it_returns() {
  make_fs
  expect_good famfs mount "$DEV" "$MNT"
  expect_text "^$DEV $MNT fuse.famfs " "$(cat /proc/mounts)"
  expect_text "$MNT" "$(findmnt -S "$DEV")"
  touch "$MNT/file" || fail "not writable"
  expect_good umount "$MNT"
  expect_exit 1 grep -q "$MNT" /proc/mounts
}

test_mount_options_of_scripts() {
  make_fs
  expect_good famfs mount -t 5 -v -f -p "$DEV" "$MNT"
  expect_good famfs umount "$MNT"
  expect_good famfs mount -u -d "$DEV" "$MNT"
  expect_good famfs umount "$MNT"
  expect_good famfs mount -o ro "$DEV" "$MNT"
  expect_fail mkdir "$MNT/d" 2>/dev/null
  expect_good famfs umount "$MNT"
}

test_second_mount_is_busy() {
  local text got=0 other
  make_fs
  other=$(new_dir)
  expect_good famfs mount "$DEV" "$MNT"
  for where in "$MNT" "$other"; do
    got=0
    text=$(famfs mount "$DEV" "$where" 2>&1) || got=$?
    [ "$got" = 32 ] || fail "exit $got"
    expect_text "errno 16|Device or resource busy" "$text"
    expect_text "pid [0-9]+" "$text"
  done
  expect_exit 16 mkfs.famfs -f "$DEV" 2>/dev/null
  expect_exit 16 mkfs.famfs -f -k "$DEV" 2>/dev/null
  expect_exit 16 fsck.famfs "$DEV" 2>/dev/null
  expect_exit 16 famfs fsck "$DEV" 2>/dev/null
  expect_good famfs fsck "$MNT" >/dev/null
}

test_killed_file_system_does_not_mount() {
  make_fs
  expect_good mkfs.famfs -f -k "$DEV" >/dev/null
  expect_fail famfs mount "$DEV" "$MNT" 2>/dev/null
  expect_fail famfs mount /no/such "$MNT" 2>/dev/null
  expect_fail famfs mount "$DEV" /no/such 2>/dev/null
}

test_umount_waits_for_the_daemon() {
  for i in 1 2 3; do
    make_fs -f
    expect_good famfs mount "$DEV" "$MNT"
    touch "$MNT/empty"
    expect_good famfs umount "$MNT"
  done
  # umount(8) may not wait; the tools do, for a moment.
  expect_good famfs mount "$DEV" "$MNT"
  expect_good umount "$MNT"
  expect_good mkfs.famfs -f "$DEV" >/dev/null
}

test_umount_says_what_is_in_the_way() {
  local text
  make_fs
  mount_fs
  exec 9>"$MNT/held"
  text=$(famfs umount "$MNT" 2>&1) && fail "unmounted"
  [ "$(wc -l <<<"$text")" = 1 ] || fail "more than one line: $text"
  expect_text "busy" "$text"
  exec 9>&-
  mkdir "$MNT/d"
  expect_text "^famfs umount: $MNT/d: .*not a mount point" "$(famfs umount "$MNT/d" 2>&1)"
  expect_good famfs umount "$MNT"
  expect_exit 32 famfs umount "$MNT" 2>/dev/null
}

test_fsck_sees_what_is_committed() {
  make_fs
  mount_fs
  head -c 3M /dev/urandom >"$MNT/file"
  mkdir "$MNT/dir"
  sync "$MNT/dir"
  local text
  text=$(famfs fsck "$MNT") || fail "not clean: $text"
  expect_text "^Files: 1$" "$text"
  expect_text "^Directories: 1$" "$text"
  [ "$(awk '/Device capacity/ {print $3}' <<<"$text")" = "$(device_size)" ] || fail "capacity: $text"
  [ "$(awk '/Free space/ {print $3}' <<<"$text")" = $(($(device_size) - (14 << 20))) ] || fail "free: $text"
  text=$(famfs fsck "$MNT/file") || fail "by a path in the mount: $text"
  expect_good umount "$MNT"
  text=$(fsck.famfs "$DEV") || fail "not clean: $text"
  expect_text "^Files: 1$" "$text"
}

test_relative_paths() {
  make_fs
  cd "$(dirname "$DEV")" || fail "cd"
  expect_good famfs mount "./$(basename "$DEV")" "$MNT"
  cd "$MNT" || fail "cd"
  expect_good famfs mkdir d
  expect_good famfs mkdir -p d/e/../f
  expect_good famfs creat -s 1m d/file
  expect_good famfs cp /etc/passwd .
  expect_good famfs fsck . >/dev/null
  expect_good famfs dump d/file >/dev/null
  expect_good famfs logplay . >/dev/null
  expect_good famfs getmap passwd >/dev/null
  [ -d d/f ] || fail "d/f"
  cd / || fail "cd"
}

test_status() {
  local text
  make_fs
  mount_fs
  for what in "$MNT" "$DEV" ""; do
    text=$(famfs status $what) || fail "status $what"
    expect_text "^mount_point: $MNT$" "$text"
    expect_text "^role: master$" "$text"
    expect_text "^access_path.name: direct$" "$text"
    expect_text "^access_path.why: " "$text"
  done
  famfs status --json "$MNT" | python3 -c '
import json, sys
told = json.load(sys.stdin)
assert len(told) == 1 and told[0]["device"] == sys.argv[1], told' "$DEV" || fail "status --json"
  expect_exit 1 famfs status /proc 2>/dev/null
}

# What is asked of a running mount: role, access path and why, fill of the log, space, files, pins, last failures, and
# how far the log was replayed; in text, and the same as JSON.
test_status_tells_what_is_asked() {
  local text key
  needs_file_device "the report of a memory failure is made up"
  make_fs
  mount_fs
  mkdir "$MNT/d"
  expect_good famfs creat -s 5m "$MNT/d/f"
  remount
  expect_good famfs creat -s 1m "$MNT/g"
  exec 9<"$MNT/g"
  expect_good python3 "$(dirname "$0")/control.py" failure "$MNT" 10485760 4096
  text=$(famfs status "$MNT") || fail status
  while read -r key; do
    expect_text "^$key$" "$text"
  done <<END
role: master
access_path.name: direct
access_path.why: .*ENODEV.*
log.entries: 3
log.capacity: 15420
log.position: 3
log.replayed: 2
log.appended: 1
space.data: [1-9][0-9]*
space.free: [1-9][0-9]*
files: 2
directories: 1
pins: 1
failures.0.offset: 10485760
failures.0.file: d/f
END
  diff <(famfs status --json "$MNT" | python3 -c '
import json, sys
def leaves(node, path):
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, path + [str(key)])
    else:
        yield ".".join(path)
print("\n".join(leaves(json.load(sys.stdin)[0], [])))') <(sed 's/: .*//' <<<"$text") || fail "text and JSON differ"
  exec 9<&-
}

test_holders() {
  make_fs
  expect_exit 1 grep -q "$DEV" <<<"$(famfs holders)"
  mount_fs
  expect_text "^$DEV +hold +live +[0-9]+ +famfsd .* $MNT$" "$(famfs holders)"
  famfs holders --json | python3 -c '
import json, sys
record = [r for r in json.load(sys.stdin) if r["device"] == sys.argv[1]]
assert len(record) == 1 and record[0]["live"] and record[0]["mount_point"] == sys.argv[2], record' \
    "$DEV" "$MNT" || fail "holders --json"
}

test_dump_of_a_mounted_device() {
  make_fs
  mount_fs
  mkdir -m 750 "$MNT/dir"
  expect_text "path: dir" "$(famfs dump "$DEV")"
  famfs dump --json "$MNT" | python3 -c '
import json, sys
entry = json.load(sys.stdin)["entries"][0]
assert entry["type"] == "MKDIR" and entry["mode"] == 0o750 and entry["path"] == "dir", entry' || fail "dump --json"
}

run_tests "$@"
