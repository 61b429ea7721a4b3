# For tests of load, after tests/support/lib.sh.

# under_sanitizer NAME COMMAND...: what a sanitizer says of it is kept, and makes it fail. UBSan beside ASan heeds no log_path:
# it ends the program. setarch: the kernel's address randomisation can put mappings where TSan's shadow must be.
reports=$FAMFS_SCRATCH/report
daemon_log=$FAMFS_SCRATCH/famfsd.log
under_sanitizer() {
  local options="log_path=$reports.$1 exitcode=66"
  shift
  TSAN_OPTIONS=$options ASAN_OPTIONS=$options UBSAN_OPTIONS="$options halt_on_error=1 print_stacktrace=1" setarch -R "$@"
}
no_reports() {
  local found; found=$(ls "$reports".* 2>/dev/null)
  [ -z "$found" ] || { head -c 20000 "$reports".*; echo; fail "a sanitizer's reports: $found"; }
  if grep -A20 'runtime error' "$daemon_log"; then fail "UBSan's report of famfsd"; fi
}

# serve MNT OPTIONS: famfsd as a job, so that its exit code is seen; SERVER is its pid.
serve() {
  under_sanitizer famfsd "$FAMFS_STAGE/sbin/famfsd" -f -o "$2" "$DEV" "$1" 2>>"$daemon_log" &
  SERVER=$!
  local i
  for i in $(seq 300); do
    if mountpoint -q "$1"; then return; fi
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.1
  done
  cat "$daemon_log" >&2
  fail "famfsd -o $2 did not mount $1"
}

# end_serving MNT PID
end_serving() {
  local status=0
  expect_good umount "$1"
  wait "$2" || status=$?
  no_reports
  [ "$status" = 0 ] || { tail -20 "$daemon_log" >&2; fail "famfsd ended with $status"; }
}

free_in_df() { df -B1 --output=avail "$MNT" | tail -1 | tr -d ' '; }
# What is free is what the files that can be seen leave of the device: 2 MiB each or more, superblock and log 10 MiB.
free_by_sum() {
  python3 - "$MNT" "$(device_size)" <<'P'
import os, sys
root, size = sys.argv[1], int(sys.argv[2])
unit = 2 << 20
blocks = [os.lstat(os.path.join(d, f)).st_blocks * 512 for d, _, files in os.walk(root) for f in files if ".meta" not in d]
assert all(b % unit == 0 for b in blocks), blocks
print(size // unit * unit - 5 * unit - sum(blocks))
P
}
# Mounted and at rest before, not mounted after.
expect_exact() {
  local want i text
  want=$(free_by_sum) || fail "free_by_sum"
  for i in $(seq 100); do # the last RELEASE may be under way
    [ "$(free_in_df)" = "$want" ] && break
    sleep 0.1
  done
  [ "$(free_in_df)" = "$want" ] || fail "df says $(free_in_df) bytes are free, files leave $want"
  "${@:-umount}" "$MNT" || fail "umount"
  text=$(fsck.famfs "$DEV") || fail "fsck: $text"
  [ "$(awk '/Free space/ {print $3}' <<<"$text")" = "$want" ] || fail "files leave $want; fsck says $text"
}
