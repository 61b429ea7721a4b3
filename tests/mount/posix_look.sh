#!/bin/bash
# What a program sees when it looks: attributes, directories, space, extended attributes, .meta.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

test_attributes_are_right_after_another_handle_wrote() {
  make_fs; mount_fs
  python3 - "$MNT/f" <<'P' || fail attributes
import os, sys
a = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
b = os.open(sys.argv[1], os.O_RDONLY)
for size in (1, 5000, 3_000_000):
    os.pwrite(a, b"x" * size, 0)
    assert os.fstat(b).st_size == size and os.stat(sys.argv[1]).st_size == size
    assert len(os.pread(b, 10_000_000, 0)) == size
os.ftruncate(a, 10)
assert os.stat(sys.argv[1]).st_size == 10
s = os.fstat(b)
assert s.st_nlink == 1 and s.st_blocks * 512 >= s.st_size and abs(s.st_mtime - __import__("time").time()) < 60
P
  [ "$(stat -c %i "$MNT")" = 1 ] || fail "the root's inode is $(stat -c %i "$MNT")"
  mkdir "$MNT/d" "$MNT/d/e"
  [ "$(stat -c %h "$MNT/d")" = 3 ] || fail "links of a directory"
}

test_statfs() {
  make_fs; mount_fs
  python3 - "$MNT" "$(device_size)" <<'P' || fail statfs
import os, sys
m, size = sys.argv[1], int(sys.argv[2])
before = os.statvfs(m)
assert before.f_frsize == 4096 and before.f_blocks * 4096 == size - (10 << 20), before.f_blocks
assert before.f_files == 15420 and before.f_ffree == before.f_files
assert before.f_namemax == 255
open(m + "/f", "wb").write(b"x" * 5_000_000)          # three units of 2 MiB
os.mkdir(m + "/d")
fd = os.open(m + "/pending", os.O_CREAT | os.O_RDWR)
after = os.statvfs(m)
assert (before.f_bfree - after.f_bfree) * 4096 == 6 << 20, before.f_bfree - after.f_bfree
assert before.f_ffree - after.f_ffree == 3
os.write(fd, b"x")
os.unlink(m + "/pending")
os.close(fd)
for _ in range(100):                                  # RELEASE comes when it comes
    if os.statvfs(m).f_bfree == after.f_bfree:
        break
    __import__("time").sleep(0.05)
assert os.statvfs(m).f_bfree == after.f_bfree and os.statvfs(m).f_ffree == after.f_ffree + 1
P
}

test_readdir_while_files_appear() {
  make_fs; mount_fs
  python3 - "$MNT" <<'P' || fail readdir
import os, sys, threading
m = sys.argv[1] + "/d"
os.mkdir(m)
stay = {f"stay{i}" for i in range(5000)}
for name in stay:
    os.mknod(f"{m}/{name}")
stop = threading.Event()
made = []
def add():
    while not stop.is_set() and len(made) < 5000:
        os.mknod(f"{m}/new{len(made)}")
        made.append(1)
        if len(made) % 3 == 0:
            os.unlink(f"{m}/new{len(made) - 2}")
t = threading.Thread(target=add)
t.start()
try:
    for _ in range(10):
        seen = os.listdir(m)
        assert len(seen) == len(set(seen)), "a name twice"
        assert stay <= set(seen), "a name missing"
finally:
    stop.set()
    t.join()
assert len([e for e in os.scandir(m) if e.is_file()]) == 5000 + len(made) - len(made) // 3
P
  [ "$(find "$MNT/d" -name 'stay*' -type f -printf x | wc -c)" = 5000 ] || fail find
  [ "$(ls -a "$MNT/d" | head -2 | xargs)" = ". .." ] || fail "no dots"
}

test_rewind_and_seek_in_a_directory() {
  make_fs; mount_fs
  for i in $(seq 300); do : >"$MNT/f$i"; done
  cat >"$FAMFS_SCRATCH/seek.c" <<'C'
#include <dirent.h>
#include <stdio.h>
#include <string.h>
int main(int c, char** v) {
  (void)c;
  DIR* d = opendir(v[1]);
  char names[400][32];
  long at[400];
  int n = 0;
  struct dirent* e;
  for (at[0] = telldir(d); (e = readdir(d)) != NULL; at[n] = telldir(d)) strcpy(names[n++], e->d_name);
  for (int i = n - 1; i >= 0; i -= 7) {
    seekdir(d, at[i]);
    e = readdir(d);
    if (!e || strcmp(e->d_name, names[i])) return 1;
  }
  rewinddir(d);
  return n == 302 && !strcmp(readdir(d)->d_name, names[0]) ? 0 : 2;
}
C
  needs_command cc
  expect_good cc -o "$FAMFS_SCRATCH/seek" "$FAMFS_SCRATCH/seek.c"
  expect_good "$FAMFS_SCRATCH/seek" "$MNT"
}

test_xattr() {
  make_fs; mount_fs
  head -c 3000000 /dev/urandom >"$MNT/f"
  python3 - "$MNT" "$DEV" <<'P' || fail xattr
import mmap, os, re, sys
m, dev = sys.argv[1:]
assert os.listxattr(m + "/f") == ["user.famfs.map"] and os.listxattr(m) == []
text = os.getxattr(m + "/f", "user.famfs.map").decode()
assert "size: 3000000\n" in text and "kind: simple\n" in text, text
(offset, length), = re.findall(r"device: 0, offset: (0x[0-9a-f]+), length: (0x[0-9a-f]+)", text)
assert int(length, 16) == 4 << 20
with open(dev, "rb") as d, mmap.mmap(d.fileno(), 4 << 20, prot=mmap.PROT_READ, offset=int(offset, 16)) as view:
    assert view[:3000000] == open(m + "/f", "rb").read()
P
}

test_meta() {
  make_fs; mount_fs
  mkdir "$MNT/d"
  [ "$(stat -c '%a %u %s' "$MNT/.meta/.superblock")" = "400 0 2097152" ] || fail superblock
  [ "$(stat -c '%a %u %s' "$MNT/.meta/.log")" = "400 0 8388608" ] || fail log
  expect_good cmp -n 2097152 <(device_read 0 2097152) "$MNT/.meta/.superblock"
  expect_good cmp -n 8388608 <(device_read 2097152 8388608) "$MNT/.meta/.log"
}

test_control() {
  make_fs; mount_fs
  head -c 3000000 /dev/urandom >"$MNT/f"
  python3 - "$here" "$MNT" "$DEV" <<'P' || fail control
import errno, os, sys
sys.path.insert(0, sys.argv[1])
import control
m, dev = sys.argv[2:]
def refused(want, call, *args, **kw):
    try:
        call(*args, **kw)
    except OSError as e:
        assert e.errno == want, (call, args, e)
        return
    raise AssertionError((call, args))
root = os.open(m, os.O_RDONLY)
s = control.status(root)
assert s["device"] == dev and s["mount_point"] == m and s["role"] == "master", s
assert s["access_path"]["name"] == "direct" and "libfamfs" in s["access_path"]["why"]
assert s["files"] == 1 and s["log"] == {
    "entries": 1, "capacity": 15420, "position": 1, "replayed": 0, "appended": 1, "faults": 0}, s["log"]
f = os.open(m + "/f", os.O_RDONLY)
got = control.file_map(f, use=1)
st = os.stat(dev)
who = (got["dev"], got["ino"], got["rdev"])
assert got["path"] == dev and who == ((0, 0, st.st_rdev) if st.st_rdev else (st.st_dev, st.st_ino, 0)), who
assert got["size"] == 3000000 and got["flags"] == 0 and len(got["extents"]) == 1, got
refused(errno.EINVAL, control.file_map, f, version=2)
refused(errno.EINVAL, control.file_map, f, use=7)
refused(errno.EACCES, control.commit, f)
refused(errno.ENOTTY, control.status, f)
refused(errno.ENOTTY, control.file_map, root)
meta = control.file_map(os.open(m + "/.meta/.log", os.O_RDONLY))
assert meta["extents"] == [(0, 2 << 20, 8 << 20)] and meta["flags"] & 2, meta

# reserve: contiguous, then interleaved; committed by request
n = os.open(m + "/n", os.O_CREAT | os.O_RDWR)
control.reserve(n, 5_000_000)
refused(errno.EPERM, control.reserve, n, 5_000_000)
assert os.fstat(n).st_size == 5_000_000 and control.file_map(n)["flags"] == 1
control.commit(n)
assert control.file_map(n)["flags"] == 0 and os.pread(n, 5_000_000, 0) == bytes(5_000_000)
i = os.open(m + "/i", os.O_CREAT | os.O_RDWR)
refused(errno.EINVAL, control.reserve, i, 0)
control.reserve(i, 8 << 20, chunk=2 << 20, strips=3, buckets=4)
assert control.file_map(i)["kind"] == 1 and len(control.file_map(i)["extents"]) == 3
data = os.urandom(8 << 20)
os.write(i, data)
os.close(i)
assert open(m + "/i", "rb").read() == data

# raw space is dropped unless it is committed; until then root alone sees what it holds, in a map
def as_nobody(reads):
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        fd = os.open(m + "/raw", os.O_RDONLY)
        if reads:
            os._exit(0 if os.read(fd, 1) else 1)
        refused(errno.EACCES, os.read, fd, 1)
        refused(errno.EACCES, control.file_map, fd, use=1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
r = os.open(m + "/raw", os.O_CREAT | os.O_RDWR)
control.reserve(r, 4 << 20, raw=1)
refused(errno.EACCES, os.read, r, 1)
control.file_map(r, use=1)
assert as_nobody(reads=False) == 0, "a user sees raw space"
control.commit(r)
assert as_nobody(reads=True) == 0
r = os.open(m + "/raw2", os.O_CREAT | os.O_RDWR)
control.reserve(r, 4 << 20, raw=1)
os.close(r)
for _ in range(100):
    if not os.path.exists(m + "/raw2"):
        break
    __import__("time").sleep(0.05)
assert not os.path.exists(m + "/raw2")
# what is made in a directory after an announcement: killed before it asks for anything, nothing is left
def killed(announced, other):
    pid = os.fork()
    if pid == 0:
        d = os.open(m, os.O_RDONLY)
        if announced:
            control.announce(d)
        if other:
            os.close(d)
            d = os.open(m, os.O_RDONLY)
        os.open("announced", os.O_CREAT | os.O_EXCL | os.O_RDWR, dir_fd=d)
        os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
    for _ in range(100 if announced and not other else 4):
        if not os.path.exists(m + "/announced"):
            return True
        __import__("time").sleep(0.05)
    os.unlink(m + "/announced")
    return False
assert killed(announced=True, other=False), "a killed maker left a name"
assert not killed(announced=True, other=True)
assert not killed(announced=False, other=False)
refused(errno.ENOTTY, control.announce, f)
P
  install -m 644 "$here/control.py" "$FAMFS_SCRATCH/control.py" # where a user can read it
  as_user /usr/bin/python3 - "$FAMFS_SCRATCH" "$MNT" <<'P' || fail "not root"
import os, sys
sys.path.insert(0, sys.argv[1])
import control
try:
    control.failure(os.open(sys.argv[2], os.O_RDONLY), 0, 4096)
except PermissionError:
    sys.exit(0)
sys.exit("a report of a failure by anybody")
P
}

run_tests "${1:-}"
