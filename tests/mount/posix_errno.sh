#!/bin/bash
# What is refused, and with which errno: docs/limits.md, row by row.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

test_as_root() {
  make_fs; mount_fs
  expect_good python3 "$here/posix_errno.py" "$MNT"
}

test_read_only_mount() {
  make_fs; mount_fs
  echo x >"$MNT/f"
  remount ro
  python3 - "$MNT" <<'P' || fail "read-only"
import errno, os, sys
m = sys.argv[1]
def refused(want, call, *args):
    try:
        call(*args)
    except OSError as e:
        assert e.errno == want, (call, args, e)
        return
    raise AssertionError((call, args))
refused(errno.EROFS, os.open, m + "/f", os.O_WRONLY)
refused(errno.EROFS, os.open, m + "/new", os.O_CREAT | os.O_WRONLY)
refused(errno.EROFS, os.mkdir, m + "/d")
refused(errno.EROFS, os.unlink, m + "/f")
refused(errno.EROFS, os.chmod, m + "/f", 0o600)
assert open(m + "/f").read() == "x\n"
P
}

# A client may write in place; what appends is refused.
test_client() {
  make_fs; mount_fs
  echo hello >"$MNT/f"
  remount client
  python3 - "$MNT" <<'P' || fail "client"
import errno, os, sys
m = sys.argv[1]
def refused(want, call, *args):
    try:
        call(*args)
    except OSError as e:
        assert e.errno == want, (call, args, e)
        return
    raise AssertionError((call, args))
refused(errno.EROFS, os.open, m + "/new", os.O_CREAT | os.O_WRONLY)
refused(errno.EROFS, os.mkdir, m + "/d")
fd = os.open(m + "/f", os.O_WRONLY)
os.pwrite(fd, b"J", 0)
os.close(fd)
assert open(m + "/f").read() == "Jello\n"
P
}

run_tests "${1:-}"
