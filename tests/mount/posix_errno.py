#!/usr/bin/env python3
"""Each refused call against the errno that its man page has for it: posix_errno.py MOUNT."""
import ctypes
import errno
import os
import stat
import sys

mount = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
failed = 0


def path(name):
    return os.path.join(mount, name)


def system(function, *args):
    if getattr(libc, function)(*args) < 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def expect(want, what, call, *args):
    """want: an errno, or 0."""
    global failed
    got = 0
    try:
        call(*args)
    except OSError as e:
        got = e.errno
    if got != want:
        failed += 1
        print(f"{what}: {errno.errorcode.get(got, got)}, not {errno.errorcode.get(want, want)}")


def make(name, data=b"0123456789"):
    fd = os.open(path(name), os.O_CREAT | os.O_WRONLY, 0o644)
    os.write(fd, data)
    os.close(fd)


def opened(name, flags, mode=0o644):
    return os.open(path(name), flags, mode)


make("f")
make("g")
os.mkdir(path("d"))
os.mkdir(path("d/sub"))
expect(errno.ENOTEMPTY, "rmdir of a pending directory that is not empty", os.rmdir, path("d"))
expect(errno.EPERM, "rename of a pending directory", os.rename, path("d/sub"), path("d/other"))
expect(errno.EPERM, "chmod of a pending directory, sticky", os.chmod, path("d"), 0o1777)
expect(0, "chmod of a pending directory", os.chmod, path("d"), 0o700)
expect(0, "chmod of a pending directory back", os.chmod, path("d"), 0o755)
os.mkdir(path("d/gone"))
expect(0, "rmdir of a pending directory", os.rmdir, path("d/gone"))
expect(errno.ENOENT, "mkdir in a directory that is gone", os.mkdir, path("d/gone/x"))
os.fsync(os.open(path("d/sub"), os.O_RDONLY))

# -- names
expect(errno.EPERM, "unlink of a committed file", os.unlink, path("f"))
expect(errno.EPERM, "rmdir", os.rmdir, path("d"))
expect(errno.ENOTDIR, "rmdir of a file", os.rmdir, path("f"))
expect(errno.EISDIR, "unlink of a directory", os.unlink, path("d"))
expect(errno.EPERM, "rename of a committed file", os.rename, path("f"), path("h"))
expect(errno.EPERM, "rename of a directory", os.rename, path("d"), path("e"))
expect(errno.EPERM, "link", os.link, path("f"), path("h"))
expect(errno.EPERM, "symlink", os.symlink, "f", path("h"))
expect(errno.EINVAL, "readlink", os.readlink, path("f"))
for kind in (stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK):
    expect(errno.EPERM, f"mknod {kind:o}", os.mknod, path("n"), kind | 0o644, os.makedev(1, 3))
expect(0, "mknod of a file", os.mknod, path("made"), stat.S_IFREG | 0o640)
expect(errno.EEXIST, "mkdir of what is there", os.mkdir, path("d"))
expect(errno.EEXIST, "O_EXCL of what is there", opened, "f", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
expect(errno.ENOENT, "open of nothing", opened, "none", os.O_RDONLY)
expect(errno.ENOENT, "mkdir below nothing", os.mkdir, path("none/d"))
expect(errno.ENOTDIR, "mkdir below a file", os.mkdir, path("f/d"))
expect(errno.EISDIR, "open of a directory for writing", opened, "d", os.O_WRONLY)
expect(errno.ENAMETOOLONG, "a component of 256 bytes", os.mkdir, path("x" * 256))
expect(errno.ENAMETOOLONG, "a path of 80 bytes", os.mkdir, path("x" * 80))
expect(errno.ENAMETOOLONG, "create with a path of 80 bytes", opened, "d/" + "x" * 78, os.O_CREAT | os.O_WRONLY)
expect(0, "a path of 79 bytes", make, "d/" + "x" * 77)

# -- rename(2)'s flags
AT_FDCWD, NOREPLACE, EXCHANGE, WHITEOUT = -100, 1, 2, 4


def rename2(old, new, flags):
    system("renameat2", AT_FDCWD, path(old).encode(), AT_FDCWD, path(new).encode(), flags)


pending = opened("p", os.O_CREAT | os.O_RDWR)
os.write(pending, b"abc")
expect(errno.EINVAL, "RENAME_EXCHANGE", rename2, "p", "made", EXCHANGE)
expect(errno.EINVAL, "RENAME_WHITEOUT", rename2, "p", "q", WHITEOUT)
expect(errno.EEXIST, "RENAME_NOREPLACE onto a file", rename2, "p", "f", NOREPLACE)
expect(0, "RENAME_NOREPLACE", rename2, "p", "q", NOREPLACE)
expect(errno.EPERM, "rename of a pending file onto a committed one", os.rename, path("q"), path("f"))
expect(0, "rename of a pending file onto a pending one", os.rename, path("q"), path("made"))
expect(errno.EISDIR, "rename of a file onto a directory", os.rename, path("made"), path("d"))
expect(0, "unlink of a pending file", os.unlink, path("made"))

# -- what a pending file can be and a committed one cannot
expect(errno.EPERM, "chmod of pending, setuid", os.fchmod, opened("s", os.O_CREAT | os.O_RDWR), 0o4755)
expect(0, "chmod of pending", os.chmod, path("s"), 0o600)
expect(0, "chown of pending", os.chown, path("s"), 3, 4)
expect(0, "truncate of pending", os.truncate, path("s"), 12345)
expect(0, "truncate of pending to nothing", os.truncate, path("s"), 0)
expect(0, "O_TRUNC of pending", opened, "s", os.O_RDWR | os.O_TRUNC)
expect(errno.EPERM, "chmod of committed", os.chmod, path("f"), 0o600)
expect(0, "chmod of committed to what it is", os.chmod, path("f"), 0o644)
expect(errno.EPERM, "chown of committed", os.chown, path("f"), 3, 4)
expect(0, "chown of committed to what it is", os.chown, path("f"), 0, 0)
expect(0, "chown of committed to nothing new", os.chown, path("f"), -1, -1)
expect(errno.EPERM, "chmod of a directory", os.chmod, path("d"), 0o700)
expect(0, "utime of committed", os.utime, path("f"), (1, 2))
expect(0, "utime of a directory", os.utime, path("d"), (1, 2))
expect(errno.EPERM, "truncate of committed, shorter", os.truncate, path("f"), 3)
expect(errno.EPERM, "truncate of committed, longer", os.truncate, path("f"), 30)
expect(0, "truncate of committed to its size", os.truncate, path("f"), 10)
expect(errno.EPERM, "O_TRUNC of committed", opened, "f", os.O_WRONLY | os.O_TRUNC)
expect(errno.EISDIR, "truncate of a directory", os.truncate, path("d"), 0)
expect(errno.EPERM, "mkdir with the sticky bit", lambda: system("mkdir", path("sticky").encode(), 0o1777))
expect(errno.EPERM, "create with setuid", opened, "suid", os.O_CREAT | os.O_WRONLY, 0o4755)

# -- data
fd = opened("f", os.O_RDWR)
expect(errno.EPERM, "write past the size", os.pwrite, fd, b"x", 10)
expect(errno.EPERM, "write far past the size", os.pwrite, fd, b"x", 1 << 40)
if os.pwrite(fd, b"abcdef", 6) != 4:
    failed += 1
    print("a write that begins inside is not cut at the size")
if os.pread(fd, 100, 0) != b"012345abcd":
    failed += 1
    print("bytes:", os.pread(fd, 100, 0))
expect(errno.EPERM, "append", os.write, opened("f", os.O_WRONLY | os.O_APPEND), b"x")
expect(errno.EPERM, "fallocate past the size", os.posix_fallocate, fd, 0, 11)
expect(0, "fallocate within the size", os.posix_fallocate, fd, 0, 10)
p = opened("fa", os.O_CREAT | os.O_RDWR)


def fallocate(fd, mode, offset, length):
    system("fallocate", fd, mode, ctypes.c_long(offset), ctypes.c_long(length))


expect(0, "fallocate KEEP_SIZE", fallocate, p, 1, 0, 1 << 20)
if os.fstat(p).st_size != 0:
    failed += 1
    print("KEEP_SIZE changed the size")
for mode, name in ((1 | 2, "PUNCH_HOLE"), (8, "COLLAPSE"), (16, "ZERO_RANGE"), (32, "INSERT")):
    expect(errno.EOPNOTSUPP, "fallocate " + name, fallocate, p, mode, 0, 4096)
expect(errno.ENOSPC, "fallocate of more than there is", os.posix_fallocate, p, 0, 1 << 40)
expect(errno.EBADF, "write to a file open for reading", os.write, opened("f", os.O_RDONLY), b"x")

# -- seeking: all of a file is data
expect(errno.ENXIO, "SEEK_DATA at the end", os.lseek, fd, 10, os.SEEK_DATA)
expect(errno.ENXIO, "SEEK_HOLE past the end", os.lseek, fd, 11, os.SEEK_HOLE)
if os.lseek(fd, 3, os.SEEK_DATA) != 3 or os.lseek(fd, 3, os.SEEK_HOLE) != 10:
    failed += 1
    print("SEEK_DATA, SEEK_HOLE")

# -- attributes
expect(errno.EPERM, "setxattr of the map", os.setxattr, path("f"), "user.famfs.map", b"x")
expect(errno.EPERM, "removexattr of the map", os.removexattr, path("f"), "user.famfs.map")
expect(errno.EOPNOTSUPP, "setxattr", os.setxattr, path("f"), "user.other", b"x")
expect(errno.ENODATA, "getxattr of none", os.getxattr, path("f"), "user.other")
expect(errno.ENODATA, "the map of a directory", os.getxattr, path("d"), "user.famfs.map")

# -- .meta
expect(errno.EPERM, "create in .meta", opened, ".meta/x", os.O_CREAT | os.O_WRONLY)
expect(errno.EPERM, "mkdir in .meta", os.mkdir, path(".meta/x"))
expect(errno.EEXIST, "mkdir .meta", os.mkdir, path(".meta"))
expect(errno.EPERM, "unlink in .meta", os.unlink, path(".meta/.log"))
expect(errno.EPERM, "rename of .meta", os.rename, path(".meta"), path("meta"))
expect(errno.EPERM, "rename into .meta", os.rename, path("s"), path(".meta/s"))
expect(errno.EACCES, "open of .meta/.log for writing", opened, ".meta/.log", os.O_RDWR)
expect(errno.EPERM, "truncate in .meta", os.truncate, path(".meta/.log"), 0)
expect(errno.EPERM, "chmod in .meta", os.chmod, path(".meta/.log"), 0o666)
if sorted(os.listdir(path(".meta"))) != [".log", ".superblock"] or ".meta" in os.listdir(mount):
    failed += 1
    print("the listing of .meta")

# -- ioctls that are nobody's
import fcntl  # noqa: E402

expect(errno.ENOTTY, "an unknown ioctl", fcntl.ioctl, fd, 0x1234)
expect(errno.ENOTTY, "a directory's ioctl on a file", fcntl.ioctl, fd, 0x8028FA04, bytearray(40))

print(f"{failed} failed")
sys.exit(failed != 0)
