#!/bin/bash
# The raw presentation: raw.sh PROBE [PATTERN]
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$(readlink -f "$0")")
probe=$1
shift

mount_raw() { expect_good mount -t fuse.famfs -o "raw${1:+,$1}" "$DEV" "$MNT"; }
fill() { head -c 1M /dev/urandom | device_write 0; head -c 1M /dev/urandom | device_write $((100 << 20)); }
sum() { device_read 0 "$(device_size)" | sha256sum; }
state() { famfs status --json "$MNT" | python3 -c '
import json, sys
(told,) = json.load(sys.stdin)
for key in sys.argv[1:]:
    told = told[int(key) if isinstance(told, list) else key]
print(told)' "$@"; }

test_one_file_of_the_exact_size() {
  local before text
  fill; before=$(sum)
  mount_raw
  [ "$(ls -A "$MNT")" = device ] || fail "$(ls -A "$MNT")"
  [ "$(stat -c %s "$MNT/device")" = "$(device_size)" ] || fail size
  [ "$(stat -c '%a %u %g' "$MNT/device")" = "$(stat -L -c '%a %u %g' "$DEV")" ] || fail "not the node's mode and owner"
  [ "$(sha256sum <"$MNT/device")" = "$before" ] || fail "other bytes"
  [ "$(df -B1 --output=size,avail "$MNT" | tail -1 | xargs)" = "$(device_size) 0" ] || fail "$(df -B1 "$MNT")"
  text=$(famfs getmap "$MNT/device") || fail getmap
  expect_text "^Access path: direct: " "$text"
  expect_text "^0 +0 +0x0 +$(printf '%#x' "$(device_size)")$" "$text"
  [ "$(state presentation)" = raw ] || fail "$(famfs status "$MNT")"
  [ "$(state device_size)" = "$(device_size)" ] || fail "$(famfs status "$MNT")"
  famfs metrics "$MNT" | grep -q '^famfs_mount_info{.*presentation="raw"' || fail metrics
  expect_good umount "$MNT"
  [ "$(sum)" = "$before" ] || fail "the mount changed the device"
}

# In a sparse file of tmpfs a page is there once it was loaded or stored through a map.
test_nothing_is_touched() {
  needs_file_device "pages that were never touched"
  mount_raw
  stat "$MNT/device" >/dev/null; ls -la "$MNT" >/dev/null; df "$MNT" >/dev/null
  famfs status "$MNT" >/dev/null; famfs metrics "$MNT" >/dev/null; famfs getmap "$MNT/device" >/dev/null
  famfs exec -- python3 - "$MNT/device" <<'P' || fail map
import mmap, sys
with open(sys.argv[1], "r+b") as f:
    mmap.mmap(f.fileno(), 0)
P
  [ "$(stat -c %b "$DEV")" = 0 ] || fail "$(stat -c %b "$DEV") blocks"
  expect_good umount "$MNT"
  [ "$(stat -c %b "$DEV")" = 0 ] || fail "$(stat -c %b "$DEV") blocks after the unmount"
}

test_read_and_write() {
  fill
  mount_raw
  head -c 3000001 /dev/urandom >"$FAMFS_SCRATCH/bytes"
  expect_good dd if="$FAMFS_SCRATCH/bytes" of="$MNT/device" bs=64k seek=12345 oflag=seek_bytes conv=notrunc,fsync status=none
  device_read 12345 3000001 | cmp - "$FAMFS_SCRATCH/bytes" || fail "not on the device"
  tail -c +12346 "$MNT/device" | head -c 3000001 | cmp - "$FAMFS_SCRATCH/bytes" || fail "not read"
  python3 - "$MNT/device" "$(device_size)" <<'P' || fail "at the end"
import errno, os, sys
size = int(sys.argv[2])
fd = os.open(sys.argv[1], os.O_RDWR)
assert os.pwrite(fd, b"x" * 100, size - 10) == 10
assert os.pread(fd, 100, size - 10) == b"x" * 10
assert os.pread(fd, 100, size) == b"" and os.pread(fd, 1, size + 5) == b""
try:
    os.pwrite(fd, b"x", size)
    sys.exit("written past the end")
except OSError as e:
    assert e.errno == errno.ENOSPC, e
assert os.lseek(fd, 0, os.SEEK_END) == size and os.lseek(fd, 5, os.SEEK_DATA) == 5
os.posix_fallocate(fd, 0, size)
os.ftruncate(fd, size)
P
  expect_good umount "$MNT"
  device_read 12345 3000001 | cmp - "$FAMFS_SCRATCH/bytes" || fail "gone with the mount"
}

test_direct_map() {
  local text
  fill
  mount_raw
  head -c 64M "$MNT/device" >"$FAMFS_SCRATCH/head"
  text=$("$probe" frames "$MNT/device" "$MNT/device") || fail "$text"
  expect_text ' in 1 stretches, 1 extents' "$text"
  expect_good famfs exec -- python3 - "$MNT/device" <<'P'
import mmap, sys
with open(sys.argv[1], "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    m[5 << 20:(5 << 20) + 6] = b"stored"
    m.flush()
P
  [ "$(device_read $((5 << 20)) 6)" = stored ] || fail "not on the device"
  python3 -c 'import mmap, sys; f = open(sys.argv[1], "r+b"); mmap.mmap(f.fileno(), 0)' "$MNT/device" 2>/dev/null &&
    fail "MAP_SHARED without the library"
  expect_good umount "$MNT"
}

test_everything_else_is_refused() {
  local before
  fill; before=$(sum)
  mount_raw
  python3 - "$MNT" <<'P' || fail "see above"
import errno, os, sys
os.chdir(sys.argv[1])
bad = []
def refused(want, what, *args, **named):
    try:
        what(*args, **named)
        bad.append(f"{what.__name__}{args}: done")
    except OSError as e:
        if e.errno != want:
            bad.append(f"{what.__name__}{args}: {errno.errorcode[e.errno]}, not {errno.errorcode[want]}")
refused(errno.EPERM, os.open, "new", os.O_CREAT | os.O_WRONLY)
refused(errno.EPERM, os.mkdir, "new")
refused(errno.EPERM, os.mkfifo, "new")
refused(errno.EPERM, os.symlink, "device", "new")
refused(errno.EPERM, os.link, "device", "new")
refused(errno.EPERM, os.unlink, "device")
refused(errno.EPERM, os.rename, "device", "new")
refused(errno.EPERM, os.truncate, "device", 0)
refused(errno.EPERM, os.truncate, "device", os.stat("device").st_size + 4096)
refused(errno.EPERM, os.open, "device", os.O_TRUNC | os.O_WRONLY)
refused(errno.EPERM, os.chmod, "device", 0o640)
refused(errno.EPERM, os.chown, "device", 1, 1)
refused(errno.EPERM, os.utime, "device", (1, 1))
refused(errno.EOPNOTSUPP, os.setxattr, "device", "user.x", b"x")
refused(errno.ENODATA, os.getxattr, "device", "user.famfs.map")
refused(errno.ENOENT, os.stat, ".meta")
refused(errno.EINVAL, os.readlink, "device")
refused(errno.ENOTDIR, os.listdir, "device")
fd = os.open("device", os.O_RDWR)
refused(errno.ENOSPC, os.posix_fallocate, fd, 0, os.stat("device").st_size + 1)
os.chmod("device", os.stat("device").st_mode & 0o777)
assert os.listxattr("device") == []
sys.exit("\n".join(bad) or None)
P
  expect_text "a raw mount: .*without -o raw" "$(famfs logplay "$MNT" 2>&1)"
  expect_exit 1 famfs check "$MNT" 2>"$FAMFS_SCRATCH/said"
  expect_text "^famfs check: $MNT: a raw mount: .*without -o raw" "$(cat "$FAMFS_SCRATCH/said")"
  expect_fail famfs creat -s 1m "$MNT/new" 2>/dev/null
  [ "$(sum)" = "$before" ] || fail "the device changed"
}

test_it_holds_the_device() {
  local other text got=0
  make_fs
  mount_raw
  other=$(new_dir)
  text=$(famfs mount "$DEV" "$other" 2>&1) || got=$?
  [ "$got" = 32 ] || fail "exit $got: $text"
  expect_text "errno 16" "$text"
  expect_exit 16 mkfs.famfs -f "$DEV" 2>/dev/null
  expect_text "^$DEV +hold +live +[0-9]+ +famfsd .* $MNT$" "$(famfs holders)"
  exec 9<"$MNT/device"
  [ "$(state pins)" = 1 ] || fail "$(famfs status "$MNT")"
  expect_fail umount "$MNT" 2>/dev/null
  exec 9<&-
  expect_good umount "$MNT"
  expect_good famfs mount "$DEV" "$other" # and what was there is there
  expect_good umount "$other"
}

# A map by a library that knows the device only by what its holder's record says.
test_a_device_that_nobody_holds_is_not_mapped() {
  fill
  mount_raw
  mkdir "$FAMFS_SCRATCH/holders.hidden"
  expect_good mount --bind "$FAMFS_SCRATCH/holders.hidden" /run/famfs/holders
  famfs exec -- python3 -c 'import mmap, sys; f = open(sys.argv[1], "r+b"); mmap.mmap(f.fileno(), 0)' "$MNT/device" 2>/dev/null &&
    fail "mapped"
  expect_good umount /run/famfs/holders
  expect_good famfs exec -- python3 -c 'import mmap, sys; f = open(sys.argv[1], "r+b"); mmap.mmap(f.fileno(), 0)' "$MNT/device"
}

test_read_only() {
  local before
  fill; before=$(sum)
  mount_raw ro
  python3 -c 'import sys; open(sys.argv[1], "r+b")' "$MNT/device" 2>/dev/null && fail "opened for writing"
  [ "$(sha256sum <"$MNT/device")" = "$before" ] || fail "other bytes"
  famfs exec -- python3 - "$MNT/device" <<'P' || fail map
import mmap, sys
with open(sys.argv[1], "rb") as f:
    mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[0]
P
}

test_only_who_may_have_the_node() {
  fill; chmod 600 "$DEV"
  mount_raw
  as_user cat "$MNT/device" 2>/dev/null | grep -q . && fail "read by nobody"
  expect_good umount "$MNT"
  chmod 644 "$DEV"
  mount_raw
  as_user head -c 10 "$MNT/device" | cmp -n 10 - <(device_read 0 10) || fail "not read"
}

test_mounts_that_cannot_be() {
  local text
  text=$(mount -t fuse.famfs -o raw,client "$DEV" "$MNT" 2>&1) && fail "raw,client"
  expect_text "raw and client" "$text"
  needs_file_device "an odd size"
  truncate -s 10000001 "$DEV"
  text=$(mount -t fuse.famfs -o raw "$DEV" "$MNT" 2>&1) && fail "an odd size"
  expect_text "10000001 bytes: not a multiple of 4096" "$text"
}

test_bad_memory() {
  fill
  mount_raw
  expect_good python3 "$here/control.py" failure "$MNT" $((10 << 20)) 4096
  [ "$(state failures 0 file)" = device ] || fail "$(famfs status "$MNT")"
  [ "$(state bad_memory 0 offset)" = $((10 << 20)) ] || fail "$(famfs status "$MNT")"
  python3 - "$MNT/device" <<'P' || fail "see above"
import errno, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
for call in (lambda: os.pread(fd, 1, 10 << 20), lambda: os.pwrite(fd, b"x", 10 << 20)):
    try:
        call()
        sys.exit("done")
    except OSError as e:
        assert e.errno == errno.EIO, e
assert len(os.pread(fd, 4096, (10 << 20) + 4096)) == 4096
P
}

# The device shrinks under us: an error, and the daemon lives.
test_memory_that_goes() {
  needs_file_device "a file can be cut"
  fill
  mount_raw
  truncate -s 1M "$DEV"
  dd if="$MNT/device" of=/dev/null bs=1M skip=50 count=1 2>/dev/null && fail "read"
  dd if=/dev/zero of="$MNT/device" bs=1M seek=50 count=1 conv=notrunc 2>/dev/null && fail "written"
  expect_good head -c 4096 "$MNT/device" >/dev/null
  [ "$(state memory_failures)" -ge 1 ] || fail "$(famfs status "$MNT")"
}

test_hypervisor() {
  needs_command qemu-system-x86_64
  needs_file_device "reads the device with read(2)"
  fill
  mount_raw
  expect_good python3 "$here/raw_hypervisor.py" "$MNT/device" "$DEV"
  expect_good umount "$MNT"
}

run_tests "${1:-}"
