"""out_of_memory.py MOUNT COUNTER [MASTER]: each request of famfsd with each of its allocations failed in turn. It is done or ENOMEM,
the same request succeeds at once, and what was refused has left nothing. MASTER: MOUNT is a client of it."""
import errno
import mmap
import os
import struct
import sys
import tempfile
import time

import control

folder, path, *master = sys.argv[1:]
counter = mmap.mmap(os.open(path, os.O_RDWR), 8)
failures = 0


def left(value=None):
    if value is not None:
        counter[:8] = struct.pack("<q", value)
    return struct.unpack("<q", counter[:8])[0]


def each(name, prepare, act, done=None):
    """act(what prepare gave); `done` of it tells whether a refused one has happened all the same."""
    global failures
    for n in range(10000):
        given = prepare(n)
        left(n)
        try:
            act(given)
            refused = False
        except OSError as e:
            assert e.errno == errno.ENOMEM, (name, n, e)
            refused = True
        none = left() >= 0
        left(-1)
        if refused and not (done and done(given)):
            act(given)
        if none:
            assert not refused, (name, n)
            return
        failures += 1
    raise AssertionError(name)


def pending(name):
    def prepare(n):
        fd = os.open(f"{folder}/{name}{n}", os.O_CREAT | os.O_RDWR)
        os.write(fd, b"before")
        return fd
    return prepare


def closed(fd):
    os.fsync(fd)
    os.close(fd)


def commits(fd):
    os.fsync(fd)
    assert b"state: committed" in os.getxattr(f"/proc/self/fd/{fd}", "user.famfs.map")


def written(fd):
    assert os.pwrite(fd, b"x" * 100000, 6) == 100000


def make(given):
    os.close(os.open(given, os.O_CREAT | os.O_EXCL | os.O_RDWR))


def renamed(given):
    os.rename(given, given + "-new")


def empty(name):
    def prepare(n):
        make(f"{folder}/{name}{n}")
        return f"{folder}/{name}{n}"
    return prepare


def empty_file(name):
    return lambda n: os.open(f"{folder}/{name}{n}", os.O_CREAT | os.O_RDWR)


def two(n):
    for name in f"{folder}/x{n}", f"{folder}/y{n}":
        make(name)
    return f"{folder}/x{n}", f"{folder}/y{n}"


def is_committed(path):
    return b"state: committed" in os.getxattr(path, "user.famfs.map")


# An earlier descriptor's RELEASE may be under way: then it is the last.
def must_be_committed(path):
    for _ in range(500):
        if is_committed(path):
            return
        time.sleep(0.02)
    raise AssertionError(path)


def commits_at_close(path):
    fd = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        os.write(fd, b"x")
    finally:
        os.close(fd)
    must_be_committed(path)


def draft(n):
    handle, name = tempfile.mkstemp(dir=folder)
    os.write(handle, b"draft")
    return handle, name, f"{folder}/draft{n}"


def make_draft(name):
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


# What a refused create has left is a draft, or a file, like any other.
def is_used(name):
    if not os.path.lexists(name):
        return False
    with open(name, "r+b") as f:
        f.write(b"draft")
    if not is_committed(name):
        os.rename(name, name + "-new")
        must_be_committed(name + "-new")
    return True


def leaves_a_draft(given):
    handle, name, new = given
    try:
        os.rename(name, new)
    except FileNotFoundError:  # done the first time
        pass
    os.fsync(handle)
    assert is_committed(new)


def log_read(_):
    with open(folder + "/.meta/.log", "rb") as f:
        assert f.read(4096)


def listed(_):
    assert "there" in os.listdir(folder)


def made_by_master(n):
    os.mkdir(f"{master[0]}/d{n}")
    with open(f"{master[0]}/d{n}/f", "wb") as f:
        f.write(b"of the master")
    return n


def follows(n):
    control.logplay(root)
    with open(f"{folder}/d{n}/f", "rb") as f:
        assert f.read() == b"of the master"


if master:
    root = os.open(folder, os.O_RDONLY)
    each("follow", made_by_master, follows)
    made = sorted(name for name in os.listdir(master[0]))
    assert sorted(os.listdir(folder)) == made and control.status(root)["log"]["faults"] == 0
    print(f"{failures} allocations failed")
    sys.exit()


with open(folder + "/there", "wb") as f:
    f.write(b"there" * 1000)
for _ in range(50):
    listed(None)
there = os.open(folder + "/there", os.O_RDWR)
root = os.open(folder, os.O_RDONLY)
each("create", lambda n: f"{folder}/c{n}", make, os.path.lexists)
each("mkdir", lambda n: f"{folder}/d{n}", os.mkdir, os.path.lexists)
each("unlink", empty("u"), os.unlink)
each("rename", empty("r"), renamed)
each("truncate", pending("t"), lambda fd: os.ftruncate(fd, 5 << 20))
each("fallocate", pending("a"), lambda fd: os.posix_fallocate(fd, 0, 5 << 20))
each("write", pending("w"), written)
each("fsync", pending("s"), commits)
each("map", pending("m"), lambda fd: control.file_map(fd, 1))
each("open", lambda n: None, lambda _: os.close(os.open(folder + "/there", os.O_RDWR)))
each("read", lambda n: None, lambda _: os.pread(there, 100, 0))
each("overwrite", lambda n: None, lambda _: os.pwrite(there, b"there", 0))
each("stat", lambda n: None, lambda _: os.stat(folder + "/there"))
each("xattr", lambda n: None, lambda _: os.getxattr(folder + "/there", "user.famfs.map"))
each("statfs", lambda n: None, lambda _: os.statvfs(folder))
each("readdir", lambda n: None, listed)
each("sync directory", lambda n: os.mkdir(f"{folder}/e{n}"), lambda _: os.fsync(root))
for fd in range(root + 1, 20000):  # a close looks at each descriptor of ours
    try:
        os.close(fd)
    except OSError:
        pass
each("close", lambda n: f"{folder}/k{n}", commits_at_close)
each("draft", draft, leaves_a_draft)
each("create a draft", lambda n: f"{folder}/g{n}", make_draft, is_used)
each("rename over another", two, lambda given: os.replace(*given), lambda given: not os.path.lexists(given[0]))
each("mknod", lambda n: f"{folder}/n{n}", os.mknod, os.path.lexists)
each("chmod", empty("h"), lambda name: os.chmod(name, 0o640))
each("log", lambda n: None, log_read)
each("failure", lambda n: None, lambda _: control.failure(root, 250 << 20, 4096))
each("reserve", empty_file("v"), lambda fd: control.reserve(fd, 5 << 20))
each("status", lambda n: None, lambda _: control.status(root))
each("metrics", lambda n: None, lambda _: control.metrics(root))
each("announce", lambda n: None, lambda _: control.announce(root))
assert open(folder + "/there", "rb").read() == b"there" * 1000
print(f"{failures} allocations failed")
