#!/bin/bash
# famfs metrics, and famfs status of mounts that are dead.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$(readlink -f "$0")")

# metrics [PATH]: its samples, one a line, checked
metrics() { famfs metrics "${1:-$MNT}" | /usr/bin/python3 "$here/check_exposition.py" "$here/../../docs/metrics.md"; }
# value SAMPLE TEXT
value() { awk -v name="$1" '$1 == name {print $2}' <<<"$2"; }
expect_value() { [ "$(value "$1" "$3")" = "$2" ] || fail "$1 is not $2: $3"; }
kill_daemon() {
  kill -9 "$(famfs status --json "$1" | jq '.[0].pid')" || fail "no daemon"
  for i in $(seq 100); do ls "$1" >/dev/null 2>&1 || return 0; sleep 0.05; done
  fail "$1 is not dead"
}

test_counters() {
  local text unit
  make_fs; mount_fs
  mkdir "$MNT/d"
  head -c 3000000 /dev/urandom >"$MNT/d/f"
  cat "$MNT/d/f" >/dev/null
  famfs exec -- python3 -c 'import mmap,sys
with open(sys.argv[1],"rb") as f: mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)' "$MNT/d/f" || fail map
  text=$(metrics) || fail "not an exposition: $text"
  expect_value 'famfs_up{}' 1 "$text"
  expect_value 'famfs_read_bytes_total{access_path="copy"}' 3e+06 "$text"
  expect_value 'famfs_written_bytes_total{access_path="copy"}' 3e+06 "$text"
  expect_value 'famfs_mapped_bytes_total{access_path="direct"}' 3e+06 "$text"
  expect_value 'famfs_log_entries_appended_total{}' 2 "$text"
  expect_value 'famfs_log_entries_replayed_total{}' 0 "$text"
  expect_value 'famfs_files{}' 1 "$text"
  expect_value 'famfs_operations_total{operation="mkdir"}' 1 "$text"
  expect_value 'famfs_operations_total{operation="create"}' 1 "$text"
  [ "$(value 'famfs_operations_total{operation="write"}' "$text")" -ge 3 ] || fail "writes: $text"
  [ "$(value 'famfs_operation_duration_seconds_count{operation="mkdir"}' "$text")" = 1 ] || fail "not timed: $text"
  # Each line of the data, of the zeroes behind it in the last unit it is mapped in, and of three commits.
  unit=$(cat "/sys/bus/dax/devices/${DEV##*/}/align" 2>/dev/null || echo 4096)
  python3 -c 'import sys; n = float(sys.argv[1]); assert 46875 + 10 <= n <= 46876 + int(sys.argv[2]) / 64 + 3 * 11, n' \
    "$(famfs metrics "$MNT" | awk '/^famfs_cache_lines_written_back_total/ {print $2}')" "$unit" || fail "lines: $text"
  expect_text '^famfs_mount_info\{access_path="direct",presentation="files",role="master",version="[0-9.]+"\} 1$' "$text"
  remount
  text=$(metrics) || fail "not an exposition: $text"
  expect_value 'famfs_log_entries_replayed_total{}' 2 "$text"
  expect_value 'famfs_log_entries_appended_total{}' 0 "$text"
  expect_value 'famfs_read_bytes_total{access_path="copy"}' 0 "$text"
}

test_errors_and_failures() {
  local before after
  make_fs; mount_fs
  head -c 3000000 /dev/urandom >"$MNT/f"
  before=$(metrics) || fail "$before"
  python3 -c 'import os,sys; sys.exit(os.path.exists(sys.argv[1]))' "$MNT/none" || fail "it is there"
  truncate -s 1 "$MNT/f" 2>/dev/null
  python3 "$here/control.py" failure "$MNT" $((10 << 20)) 4096 || fail failure
  after=$(metrics) || fail "$after"
  expect_value 'famfs_operation_errors_total{errno="ENOENT"}' \
    $(($(value 'famfs_operation_errors_total{errno="ENOENT"}' "$before") + 1)) "$after"
  expect_value 'famfs_operation_errors_total{errno="EPERM"}' 1 "$after"
  expect_value 'famfs_memory_failures_total{}' 1 "$after"
}

# An answer that is asked for by any user who may enter.
test_ordinary_user() {
  make_fs; mount_fs
  as_user famfs metrics "$MNT" | grep -q '^famfs_up{.*} 1$' || fail "not told"
}

test_several_mounts_and_a_dead_one() {
  local text got
  make_fs; mount_fs
  DEV2=$(new_device 64M); other=$(new_dir)
  trap 'umount "$other" 2>/dev/null; rm -f "$DEV2"; cleanup' EXIT
  expect_good mkfs.famfs "$DEV2" >/dev/null
  expect_good mount -t fuse.famfs "$DEV2" "$other"
  text=$(famfs metrics) || fail "$text"
  [ "$(grep -c '^# TYPE famfs_up ' <<<"$text")" = 1 ] || fail "families are split: $text"
  [ "$(grep -c '^famfs_up{.*} 1$' <<<"$text")" -ge 2 ] || fail "$text"
  /usr/bin/python3 "$here/check_exposition.py" "$here/../../docs/metrics.md" <<<"$text" >/dev/null || fail "exposition"

  kill_daemon "$MNT"
  text=$(famfs metrics) || fail "exit $?: $text"
  expect_text "^famfs_up\{device=\"$DEV\",mount_point=\"$MNT\"\} 0$" "$text"
  expect_text "^famfs_up\{device=\"$DEV2\",mount_point=\"$other\"\} 1$" "$text"
  expect_exit 1 grep -q "^famfs_files.*$MNT\"" <<<"$text"
  /usr/bin/python3 "$here/check_exposition.py" "$here/../../docs/metrics.md" <<<"$text" >/dev/null || fail "exposition"

  # Listed first, and what comes after it as well.
  got=0; text=$(famfs status 2>&1) || got=$?
  [ "$got" = 1 ] || fail "exit $got"
  expect_text "^state: dead$" "$text"
  expect_text "^what_to_do: famfs umount $MNT" "$text"
  expect_text "^mount_point: $other$" "$text"
  expect_text "^state: live$" "$text"
  famfs status --json | jq -e --arg a "$MNT" --arg b "$other" '
    [.[] | select(.mount_point == $a or .mount_point == $b) | .state] == ["dead", "live"]' >/dev/null || fail json
  for path in "$MNT" "$MNT/" "$MNT/none"; do
    got=0; text=$(famfs status "$path" 2>&1) || got=$?
    [ "$got" = 1 ] || fail "exit $got of $path: $text"
    expect_text "^state: dead$" "$text"
    expect_text "^mount_point: $MNT$" "$text"
  done
  for command in getmap "creat -s 1m" mkdir logplay check; do
    expect_text "^famfs [a-z]+: $MNT.*: the daemon of the mount is gone: famfs umount it" \
      "$(famfs $command "$MNT/none" 2>&1)"
  done
  expect_good famfs umount "$MNT"
  expect_good famfs status >/dev/null
}

run_tests "${1:-}"
