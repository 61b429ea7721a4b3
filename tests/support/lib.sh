# For tests in shell, sourced under in-namespace. A test is a function test_*; `run_tests` runs each in
# a subshell with a fresh device ($DEV, made but not formatted: 256 MiB) and mount point ($MNT).
# FAMFS_SCRATCH, FAMFS_DEVICE_PREFIX: set by in-namespace.
set -u

fail() { echo "FAILED: $*" >&2; exit 1; }
expect_good() { "$@" || fail "exit $? of: $*"; }
# expect_exit N COMMAND...
expect_exit() { local want=$1 got=0; shift; "$@" || got=$?; [ "$got" = "$want" ] || fail "exit $got, not $want, of: $*"; }
# expect_fail COMMAND...: not 0, and not a crash
expect_fail() { local got=0; "$@" || got=$?; [ "$got" != 0 ] || fail "exit 0 of: $*"; [ "$got" -lt 128 ] || fail "crash ($got) of: $*"; }
# expect_text PATTERN TEXT
expect_text() { grep -qE -- "$1" <<<"$2" || fail "no '$1' in: $2"; }
expect_same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

make_fs() { expect_good mkfs.famfs "$@" "$DEV" >/dev/null; }
mount_fs() { expect_good mount -t fuse.famfs ${1:+-o "$1"} "$DEV" "$MNT"; }
# Another mount point or device for the same test: new_dir, new_device SIZE
new_dir() { mktemp -d "$FAMFS_SCRATCH/dir.XXXXXX"; }
new_device() { local f; f=$(mktemp "$FAMFS_DEVICE_PREFIX.XXXXXX"); truncate -s "$1" "$f"; echo "$f"; }
remount() { expect_good umount "$MNT"; mount_fs "${1:-}"; }
# Runs as an ordinary user (nobody).
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

run_tests() {
  local failed=0 count=0 t
  for t in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
    if [ -n "${1:-}" ] && [[ $t != $1 ]]; then continue; fi
    count=$((count + 1))
    if (
      DEV=$(new_device 256M)
      MNT=$(new_dir)
      chmod 755 "$FAMFS_SCRATCH" "$MNT"
      trap 'umount "$MNT" 2>/dev/null || umount -l "$MNT" 2>/dev/null; rm -f "$DEV"' EXIT
      "$t"
    ); then echo "ok   $t"; else echo "FAIL $t"; failed=$((failed + 1)); fi
  done
  echo "$count run, $failed failed"
  [ "$count" -gt 0 ] && [ "$failed" = 0 ]
}
