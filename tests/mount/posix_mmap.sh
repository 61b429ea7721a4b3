#!/bin/bash
# mmap(2) without libfamfs: refused where it could not be coherent, and what mmap=cached gives.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

test_shared_is_refused() {
  make_fs; mount_fs
  head -c 10000 /dev/urandom >"$MNT/f"
  python3 - "$MNT/f" <<'P' || fail mmap
import errno, mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
for prot in (mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_WRITE):
    try:
        mmap.mmap(fd, 10000, flags=mmap.MAP_SHARED, prot=prot)
        sys.exit("mapped")
    except OSError as e:
        assert e.errno == errno.ENODEV, e
private = mmap.mmap(fd, 10000, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
assert private[:] == os.pread(fd, 10000, 0)
private[0:3] = b"abc"
assert os.pread(fd, 3, 0) != b"abc"
P
}

test_programs_run_from_it() {
  make_fs; mount_fs
  cp /bin/echo "$MNT/echo"
  [ "$("$MNT/echo" hello)" = hello ] || fail exec
}

test_cached() {
  make_fs; mount_fs mmap=cached
  [ "$(python3 "$here/control.py" status "$MNT" access_path name)" = cached ] || fail "access path"
  head -c 3000000 /dev/urandom >"$MNT/f"
  python3 - "$MNT/f" <<'P' || fail cached
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
view = mmap.mmap(fd, 3000000)
assert view[:] == os.pread(fd, 3000000, 0)
view[5000:5005] = b"store"                       # a store through the map …
assert os.pread(fd, 5, 5000) == b"store"         # … is what read(2) sees
os.pwrite(fd, b"write", 6000)
assert view[6000:6005] == b"write"               # and the other way round
view[2999995:3000000] = b"tail!"
os.close(fd)
del view
assert open(sys.argv[1], "rb").read()[-5:] == b"tail!"
P
  cp "$MNT/f" "$FAMFS_SCRATCH/copy"
  remount
  expect_same "$FAMFS_SCRATCH/copy" "$MNT/f"
}

# A new file, made through its map.
test_cached_new_file() {
  make_fs; mount_fs mmap=cached
  python3 - "$MNT/f" <<'P' || fail cached
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
os.ftruncate(fd, 1 << 20)
view = mmap.mmap(fd, 1 << 20)
os.close(fd)
view[:] = b"m" * (1 << 20)
view.flush()
P
  remount
  cmp -n 1048576 "$MNT/f" <(yes m | tr -d '\n' | head -c 1048576) || fail content
}

# What another writer of the same memory (another host) stores is seen by read(2) at once.
test_cached_reads_are_fresh() {
  make_fs; mount_fs mmap=cached
  [ "$(python3 "$here/control.py" status "$MNT" kernel taken)" = 0x1000000000 ] || { echo "SKIPPED: kernel before 6.6"; return; }
  head -c 8192 /dev/zero >"$MNT/f"
  cat "$MNT/f" >/dev/null
  python3 - "$MNT/f" "$DEV" <<'P' || fail fresh
import mmap, os, re, sys
offset = int(re.search(r"offset: (0x[0-9a-f]+)", os.getxattr(sys.argv[1], "user.famfs.map").decode())[1], 16)
d = os.open(sys.argv[2], os.O_RDWR)
f = os.open(sys.argv[1], os.O_RDONLY)
view = mmap.mmap(d, 2 << 20, offset=offset)
for word in (b"one", b"two"):
    view[4096:4099] = word
    assert os.pread(f, 3, 4096) == word
P
}

run_tests "${1:-}"
