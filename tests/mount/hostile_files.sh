#!/bin/bash
# An ordinary user on the mount, after the files of others: by name, by descriptor, by handle, by map. Each attempt is
# made on pending and on committed files, for they are kept apart.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

attempts() { PYTHONPATH=$FAMFS_SCRATCH PYTHONDONTWRITEBYTECODE=1 expect_good python3 - "$MNT" "$DEV" "$@"; }

# What root has in there: files and directories of several modes, closed and committed in $MNT/c, and pending, held open
# by a Python program, in $MNT/p.
cat >"$FAMFS_SCRATCH/theirs.py" <<'P'
import contextlib, os
from hostile import *

FILES = {"secret": (0, 0, 0o600), "staff": (0, STAFF, 0o640), "open": (0, 0, 0o644), "alices": (ALICE, ALICE, 0o600),
         "staffs": (0, STAFF, 0o660)}

@contextlib.contextmanager
def theirs(m):
    """Both kinds of trees in turn."""
    os.umask(0o022)
    for name in "c", "p":
        top, held = f"{m}/{name}", []
        os.mkdir(top)
        os.mkdir(top + "/private", 0o755)
        for file, (uid, gid, mode) in FILES.items():
            for path in f"{top}/{file}", f"{top}/private/{file}":
                fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
                os.write(fd, b"theirs" * 1000)
                os.fchown(fd, uid, gid)
                os.fchmod(fd, mode)
                held.append(fd)
        os.chmod(top + "/private", 0o700)
        if name == "c":
            while held:
                os.close(held.pop())
    yield [m + "/c", m + "/p"]

def untouched(top):
    for file, (uid, gid, mode) in FILES.items():
        for path in f"{top}/{file}", f"{top}/private/{file}":
            s = os.stat(path)
            assert (s.st_uid, s.st_gid, s.st_mode & 0o7777, s.st_size) == (uid, gid, mode, 6000), path
            assert open(path, "rb").read() == b"theirs" * 1000, path
P
cp "$here/hostile.py" "$here/control.py" "$FAMFS_SCRATCH"

test_by_name() {
  make_fs; mount_fs
  attempts <<'P'
import errno, os, struct, sys
from hostile import *
from theirs import *
m = sys.argv[1]
DENIED = (errno.EACCES, errno.EPERM)
def try_all(top, groups):
    staff = STAFF in groups
    for file, (uid, gid, mode) in FILES.items():
        path = f"{top}/{file}"
        may_read = mode & 0o004 or (staff and gid == STAFF)
        may_write = staff and mode & 0o020 and gid == STAFF
        for flags in os.O_RDONLY, os.O_RDONLY | os.O_DIRECT, os.O_RDONLY | os.O_NOATIME:
            if not may_read or flags & os.O_NOATIME:
                refused(DENIED, os.open, path, flags)
        if not may_read:
            refused(errno.EACCES, os.getxattr, path, "user.famfs.map")
            refused(errno.EACCES, os.open, path, os.O_RDONLY | os.O_NONBLOCK)
        else:
            assert open(path, "rb").read(6) == b"theirs"
        if not may_write:
            for flags in os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC:
                refused(errno.EACCES, os.open, path, flags)
            refused(errno.EACCES, os.truncate, path, 0)
            refused(errno.EACCES, os.utime, path)
        refused(errno.EPERM, os.utime, path, (1, 1))
        refused(errno.EPERM, os.chmod, path, 0o777)
        refused(errno.EPERM, os.chown, path, os.getuid(), -1)
        refused(errno.EPERM, os.chown, path, -1, os.getgid())
        refused(errno.EACCES, os.unlink, path)
        refused(errno.EACCES, os.rename, path, path + "2")
        refused((errno.EACCES, errno.EPERM, errno.EXDEV), os.link, path, path + "2")
        refused((errno.EPERM, errno.EACCES, errno.EOPNOTSUPP), os.setxattr, path, "user.x", b"")
        refused(DENIED, os.setxattr, path, "user.famfs.map", b"")
        refused(DENIED + (errno.EOPNOTSUPP,), os.setxattr, path, "security.capability", struct.pack("<5I", 0x02000001, 1, 0, 0, 0))
        refused(DENIED, os.removexattr, path, "user.famfs.map")
    for path in top + "/private", top + "/private/.":
        refused(errno.EACCES, os.listdir, path)
        refused(errno.EACCES, os.open, path, os.O_RDONLY | os.O_DIRECTORY)
        refused(DENIED, os.chmod, path, 0o777)
    for path in top + "/private/open", top + "/private/../open", top + "/private/none":
        refused(errno.EACCES, os.stat, path)
        refused(errno.EACCES, os.open, path, os.O_PATH)
    for call in (os.mkdir, os.mknod):
        refused(errno.EACCES, call, top + "/mine")
    refused(errno.EACCES, os.rmdir, top + "/private")
    refused(errno.EACCES, os.rename, top + "/private", top + "/x")
    refused(errno.EACCES, os.symlink, "/etc", top + "/x")
with theirs(m) as tops:
    for top in tops:
        for path in "secret", "private/open":  # known to the kernel by now
            open(f"{top}/{path}").read()
        os.listdir(top + "/private")
        for groups in (), (STAFF,):
            by(MALLORY, try_all, top, groups, groups=groups)
        untouched(top)
P
}

test_by_descriptor_and_handle() {
  make_fs; mount_fs
  attempts <<'P'
import ctypes, errno, fcntl, mmap, os, sys
import control
from hostile import *
from theirs import *
m = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
AT_EMPTY_PATH, AT_FDCWD = 0x1000, -100
def handle_of(path):
    class Handle(ctypes.Structure):
        _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]
    handle, mount = Handle(bytes=128), ctypes.c_int()
    if libc.name_to_handle_at(AT_FDCWD, path.encode(), ctypes.byref(handle), ctypes.byref(mount), 0) != 0:
        return None
    return handle
def open_by_handle(root, handle, flags):
    fd = libc.open_by_handle_at(root, ctypes.byref(handle), flags)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    return fd
def anew(fd, flags):
    return os.open(f"/proc/self/fd/{fd}", flags)
def try_all(top, victim, handles):
    # a descriptor for looking, or for reading, gives no more than it is
    for name in "secret", "open":
        path_only = os.open(f"{top}/{name}", os.O_PATH)
        refused(errno.EBADF, os.read, path_only, 1)
        refused(errno.EBADF, mmap.mmap, path_only, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ)
        refused(errno.EBADF, control.file_map, path_only)
        refused(errno.EACCES, anew, path_only, os.O_RDWR)
        refused(errno.EACCES, anew, path_only, os.O_RDONLY | os.O_TRUNC)
        refused((errno.EPERM, errno.ENOENT, errno.EACCES, errno.EXDEV), os.link, f"/proc/self/fd/{path_only}", m + "/linked",
                follow_symlinks=True)
        if name == "secret":
            refused(errno.EACCES, anew, path_only, os.O_RDONLY)
    reading = os.open(f"{top}/open", os.O_RDONLY)
    refused(errno.EACCES, anew, reading, os.O_RDWR)
    refused(errno.EBADF, os.write, reading, b"x")
    refused((errno.EINVAL, errno.EBADF), os.ftruncate, reading, 0)
    refused(errno.EBADF, os.posix_fallocate, reading, 0, 4096)
    refused(errno.EPERM, os.fchmod, reading, 0o777)
    # what was passed with a descriptor is that file, open as it is
    refused(errno.EACCES, anew, victim, os.O_RDWR)
    refused(errno.EACCES, os.open, "../" + os.path.basename(top) + "/secret", os.O_RDONLY,
            dir_fd=os.open(top, os.O_PATH))
    refused(errno.EACCES, os.open, "open", os.O_RDONLY, dir_fd=os.open(top + "/private", os.O_PATH))
    refused(errno.EACCES, os.listdir, f"/proc/self/fd/{os.open(top + '/private', os.O_PATH)}")
    # other processes' descriptors
    refused((errno.EACCES, errno.EPERM), os.listdir, f"/proc/{os.getppid()}/fd")
    refused((errno.EACCES, errno.EPERM), os.open, f"/proc/{os.getppid()}/fd/{victim}", os.O_RDONLY)
    refused((errno.EACCES, errno.EPERM), os.open, f"/proc/{os.getppid()}/root{top}/secret", os.O_RDONLY)
    # handles: of nobody but CAP_DAC_READ_SEARCH
    root = os.open(m, os.O_RDONLY)
    for handle in handles:
        if handle is not None:
            for flags in os.O_RDONLY, os.O_RDWR, os.O_PATH:
                refused((errno.EPERM, errno.EACCES, errno.ESTALE, errno.EOPNOTSUPP), open_by_handle, root, handle, flags)
with theirs(m) as tops:
    for top in tops:
        try_meta = [handle_of(p) for p in (top + "/secret", top + "/private/open", m + "/.meta/.log")]
        victim = os.open(top + "/secret", os.O_RDONLY)
        os.set_inheritable(victim, True)
        by(MALLORY, try_all, top, victim, try_meta)
        untouched(top)
P
}

# What is pending has a name that can change: only its owner's, in a directory where others may write.
test_pending_files_of_others() {
  make_fs; mount_fs mode=1777
  attempts <<'P'
import errno, os, sys
from hostile import *
m = sys.argv[1]
def alice():
    global held
    held = os.open(m + "/alices", os.O_CREAT | os.O_RDWR, 0o666)
    os.fchmod(held, 0o644)
    os.write(held, b"alice")
    os.mkdir(m + "/hers", 0o755)
def mallory():
    own = os.open(m + "/own", os.O_CREAT | os.O_RDWR)
    os.write(own, b"mallory")
    refused(errno.EPERM, os.unlink, m + "/alices")
    refused(errno.EPERM, os.rename, m + "/alices", m + "/taken")
    refused(errno.EPERM, os.rename, m + "/own", m + "/alices")
    refused(errno.EPERM, os.rmdir, m + "/hers")
    refused(errno.EPERM, os.link, m + "/alices", m + "/linked")
    refused(errno.EACCES, os.open, m + "/alices", os.O_RDWR)
    refused(errno.EACCES, os.truncate, m + "/alices", 0)
    refused(errno.EACCES, os.open, m + "/hers/mine", os.O_CREAT | os.O_RDWR)
    refused(errno.EACCES, os.rename, m + "/own", m + "/hers/mine")
    refused(errno.EEXIST, os.open, m + "/alices", os.O_CREAT | os.O_EXCL | os.O_RDWR)
    # nor give own files to others, nor have more than permission bits
    refused(errno.EPERM, os.fchown, own, 0, -1)
    refused(errno.EPERM, os.fchown, own, ALICE, -1)
    refused(errno.EPERM, os.fchown, own, -1, 0)
    refused(errno.EPERM, os.fchown, own, -1, STAFF)
    for bits in 0o4755, 0o2755, 0o1755, 0o6777:
        refused(errno.EPERM, os.fchmod, own, bits)
    refused(errno.EPERM, os.mknod, m + "/device", 0o020666, os.makedev(1, 1))
    refused(errno.EPERM, os.mknod, m + "/fifo", 0o010666)
    refused(errno.EPERM, os.symlink, "/etc/shadow", m + "/symlink")
    os.close(own)
os.setegid(ALICE); os.setgroups([]); os.seteuid(ALICE)
alice()
os.seteuid(0); os.setegid(0)
by(MALLORY, mallory)
assert os.fstat(held).st_uid == ALICE and os.pread(held, 10, 0) == b"alice"
os.close(held)
assert open(m + "/alices").read() == "alice" and open(m + "/own").read() == "mallory"
assert sorted(os.listdir(m)) == ["alices", "hers", "own"]
for attempt in (lambda: os.mknod(m + "/device", 0o020666, os.makedev(1, 1)), lambda: os.mkdir(m + "/set", 0o4755) or os.chmod(m + "/set", 0o4755)):
    refused(errno.EPERM, attempt)  # root neither
P
}

test_meta() {
  make_fs
  for options in rw nodefaultperm; do
    mount_fs "$options"
    attempts <<'P'
import errno, os, sys
import control
from hostile import *
m = sys.argv[1]
meta = [m + "/.meta/.log", m + "/.meta/.superblock"]
def mallory():
    for path in meta:
        for flags in os.O_RDONLY, os.O_RDWR, os.O_WRONLY, os.O_RDONLY | os.O_DIRECT:
            refused(errno.EACCES, os.open, path, flags)
        refused((errno.EACCES, errno.ENODATA), os.getxattr, path, "user.famfs.map")
        refused((errno.EPERM, errno.EACCES), os.chmod, path, 0o644)
        refused(errno.EACCES, os.open, f"/proc/self/fd/{os.open(path, os.O_PATH)}", os.O_RDONLY)
for path in meta:
    open(path, "rb").read(1)  # known to the kernel by now
by(MALLORY, mallory)
for path in meta:  # root too reads only
    for flags in os.O_RDWR, os.O_WRONLY, os.O_RDONLY | os.O_TRUNC:
        refused((errno.EACCES, errno.EPERM), os.open, path, flags)
    refused(errno.EPERM, os.unlink, path)
    refused(errno.EPERM, os.rename, path, m + "/x")
    refused(errno.EPERM, os.truncate, path, 0)
    fd = os.open(path, os.O_RDONLY)
    refused((errno.EACCES, errno.ENOTTY, errno.EINVAL), control.reserve, fd, 1)
    refused((errno.EACCES, errno.ENOTTY), control.commit, fd)
open(m + "/f", "w").write("x")
refused(errno.EPERM, os.rename, m + "/f", m + "/.meta/.log")
for name in "/.meta", "/.meta/x":
    refused((errno.EPERM, errno.EEXIST), os.mkdir, m + name)
refused((errno.EPERM, errno.EISDIR), os.open, m + "/.meta/x", os.O_CREAT | os.O_RDWR)
P
    umount "$MNT"
    mkfs.famfs -f "$DEV" >/dev/null
  done
}

# Maps past the file's permissions: the device node is open to all here, so nothing else stops them.
test_maps() {
  make_fs; mount_fs
  chmod 666 "$DEV"
  attempts "$FAMFS_STAGE" <<'P'
import ctypes, errno, glob, mmap, os, sys
import control
from hostile import *
from theirs import *
m, dev, stage = sys.argv[1:]
famfs = ctypes.CDLL(glob.glob(stage + "/lib/**/libfamfs.so.[0-9]*", recursive=True)[0], use_errno=True)
famfs.famfs_mmap.restype = ctypes.c_void_p
famfs.famfs_mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
famfs.famfs_mprotect.argtypes = famfs.famfs_munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
famfs.famfs_munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
def fmap(fd, protection, flags=mmap.MAP_SHARED):
    at = famfs.famfs_mmap(None, 4096, protection, flags, fd, 0)
    if at == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "famfs_mmap")
    return at
def protect(at, protection):
    if famfs.famfs_mprotect(at, 4096, protection) != 0:
        raise OSError(ctypes.get_errno(), "famfs_mprotect")
READ, WRITE = mmap.PROT_READ, mmap.PROT_WRITE
def with_the_node(top, groups):
    refused(errno.EACCES, os.open, top + "/secret", os.O_RDONLY)
    for name in ("open", "staff") if groups else ("open",):
        refused(errno.EBADF, fmap, os.open(f"{top}/{name}", os.O_PATH), READ)
        refused(errno.EBADF, fmap, os.open(f"{top}/{name}", os.O_PATH), READ | WRITE)
        fd = os.open(f"{top}/{name}", os.O_RDONLY)
        for wanted in WRITE, READ | WRITE:
            refused(errno.EACCES, fmap, fd, wanted)
        at = fmap(fd, READ)
        assert ctypes.string_at(at, 6) == b"theirs"
        refused(errno.EACCES, protect, at, READ | WRITE)
        assert famfs.famfs_munmap(at, 4096) == 0
def write_only():  # its own file: not readable through what was opened for writing
    fd = os.open(m + "/w/own", os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(fd, b"x" * 4096)
    for wanted in READ, WRITE, READ | WRITE:
        refused(errno.EACCES, fmap, fd, wanted)
def without_the_node(top, writes):
    fd = os.open(top + "/staffs", os.O_RDWR)
    refused(errno.EACCES, fmap, fd, READ | WRITE)
    if not writes:
        refused(errno.EACCES, fmap, fd, READ)
    else:
        at = fmap(fd, READ)
        refused(errno.EACCES, protect, at, READ | WRITE)
os.mkdir(m + "/w"); os.chmod(m + "/w", 0o777)
with theirs(m) as tops:
    for top in tops:
        for groups in (), (STAFF,):
            by(MALLORY, with_the_node, top, groups, groups=groups)
    by(MALLORY, write_only)
    for mode, readable in (0o644, True), (0o600, False):
        os.chmod(dev, mode)
        for top in tops:
            by(MALLORY, without_the_node, top, readable, groups=(STAFF,))
    for top in tops:
        untouched(top)
P
}

# Raw space holds what others left there. Root alone sees it before the commit, and not where the kernel keeps what it
# saw, for others to find.
test_raw_space() {
  make_fs
  device_write $((12 << 20)) < <(yes "an old secret" | head -c 4M)
  for options in rw mmap=cached; do
    mount_fs "$options"
    attempts <<'P'
import errno, mmap, os, signal, sys
import control
from hostile import *
m = sys.argv[1]
raw = os.open(m + "/raw", os.O_CREAT | os.O_RDWR, 0o644)
os.fchmod(raw, 0o644)
control.reserve(raw, 8 << 20, raw=1)
kinds = [mmap.MAP_PRIVATE]
try:
    mmap.mmap(raw, 8 << 20, mmap.MAP_SHARED, mmap.PROT_READ)
    kinds.append(mmap.MAP_SHARED)
except OSError as e:
    assert e.errno == errno.ENODEV
def root_looks():
    maps = [mmap.mmap(raw, 8 << 20, kind, mmap.PROT_READ) for kind in kinds]
    for map in maps:
        touch(map)
    return maps
def touch(map):
    pid = os.fork()  # a page that cannot be had is SIGBUS
    if pid == 0:
        signal.signal(signal.SIGBUS, signal.SIG_DFL)
        seen = b"".join(map[i:i + 4096] for i in range(0, 8 << 20, 4096))
        os._exit(1 if b"old secret" in seen else 0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def mallory(fd):
    refused(errno.EACCES, os.pread, fd, 4096, 0)
    for kind in kinds:
        assert touch(mapped[kind]) != 1, f"mapped before, {kind}: raw space shows"
        assert touch(mmap.mmap(fd, 8 << 20, kind, mmap.PROT_READ)) != 1, f"mapped, {kind}: raw space shows"
fd = os.open(m + "/raw", os.O_RDONLY)
mapped = {kind: mmap.mmap(fd, 8 << 20, kind, mmap.PROT_READ) for kind in kinds}
held = root_looks()
offset, length = control.file_map(raw, use=1)["extents"][0][1:]  # what a direct map shows
with open(sys.argv[2], "rb") as d, mmap.mmap(d.fileno(), length, prot=mmap.PROT_READ, offset=offset) as direct:
    assert b"old secret" in direct[:]
by(MALLORY, mallory, fd)
os.close(raw)
P
    expect_good umount "$MNT"
    mkfs.famfs -f "$DEV" >/dev/null
  done
}

# What the log may say of modes: permission bits and no more.
test_modes_from_the_log() {
  make_fs; mount_fs
  echo x >"$MNT/f"; mkdir "$MNT/d"; echo x >"$MNT/good"
  sync "$MNT/d"
  expect_good umount "$MNT"
  local log=$FAMFS_SCRATCH/log
  for bits in 04755 02755 01777 020666 060666 0120777 0170777; do
    device_read $((2 << 20)) 4096 >"$log"
    python3 - "$log" "$bits" <<'P' || fail patch
import struct, sys, zlib
log = bytearray(open(sys.argv[1], "rb").read())
for i in range(3):
    at = 48 + 544 * i
    kind = struct.unpack_from("<I", log, at + 8)[0]
    path = log[at + (40 if kind == 0 else 28):][:4].split(b"\0")[0]
    if path != b"good":
        struct.pack_into("<I", log, at + (36 if kind == 0 else 24), int(sys.argv[2], 8))
    struct.pack_into("<Q", log, at + 536, zlib.crc32(log[at:at + 536]))
open(sys.argv[1], "wb").write(log)
P
    device_write $((2 << 20)) <"$log"
    mount_fs suid,dev 2>/dev/null
    [ "$(ls "$MNT")" = good ] || fail "mode $bits: $(ls -l "$MNT")"
    expect_good umount "$MNT"
  done
}

run_tests "${1:-}"
