#!/bin/bash
# An ordinary user on the control interface: ioctls that are root's, that are malformed, that say what is not so,
# and all that one user can use up.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

attempts() { PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 expect_good python3 - "$MNT" "$DEV" "$@"; }
daemon() { pgrep -f "famfs.* $MNT( |\$)" | head -1; }

test_what_is_roots() {
  make_fs; mount_fs mode=1777
  echo secret >"$MNT/committed"
  attempts <<'P'
import errno, os, sys
import control
from hostile import *
m = sys.argv[1]
source = os.stat(m + "/committed").st_ino
passed = os.open(m + "/passed", os.O_CREAT | os.O_RDWR, 0o600)  # opened by root, handed to whoever
log = os.open(m + "/.meta/.log", os.O_RDONLY)

def mallory():
    own = os.open(m + "/own", os.O_CREAT | os.O_RDWR, 0o600)
    d = os.open(m, os.O_RDONLY)
    for fd in own, passed:
        refused(errno.EPERM, control.reserve, fd, 4 << 20, raw=1)
        refused(errno.EPERM, control.clone, fd, source)
    refused(errno.EPERM, control.failure, d, 2 << 20, 4096)
    refused(errno.EPERM, control.failure, d, 0, 4096)
    refused(errno.EACCES, control.file_map, log)
    refused(errno.EACCES, control.file_map, log, use=1)
    # what is not open for writing cannot be laid out or committed
    read_only = os.open(m + "/own", os.O_RDONLY)
    refused(errno.EACCES, control.reserve, read_only, 4 << 20)
    refused(errno.EACCES, control.commit, read_only)
    refused(errno.EACCES, control.clone, read_only, source)
    path_only = os.open(m + "/committed", os.O_PATH)
    for call in control.file_map, control.commit:
        refused(errno.EBADF, call, path_only)
    refused(errno.EBADF, control.status, os.open(m, os.O_PATH))
by(MALLORY, mallory)
assert control.status(os.open(m, os.O_RDONLY))["memory_failures"] == 0
assert os.fstat(passed).st_size == 0
P
  umount "$MNT"
  expect_good fsck.famfs "$DEV" >/dev/null
}

test_malformed() {
  make_fs; mount_fs mode=1777
  attempts <<'P'
import ctypes, errno, fcntl, os, random, struct, sys
import control
from hostile import *
m = sys.argv[1]
seed = random.randrange(1 << 32)
print("seed", seed)

def mallory():
    r = random.Random(seed)
    f = os.open(m + "/f", os.O_CREAT | os.O_RDWR, 0o600)
    d = os.open(m, os.O_RDONLY)
    # other sizes and directions of our numbers are not our ioctls
    for fd in f, d:
        for number in range(16):
            for direction in range(4):
                for size in 0, 1, 8, 15, 16, 17, 40, 4096, 16007, 16383:
                    known = {getattr(control, n) for n in vars(control) if n.startswith("IOC_")}
                    command = control.ioc(direction, number, size)
                    if command not in known:
                        refused(errno.ENOTTY, fcntl.ioctl, fd, command, bytearray(16384))
    for _ in range(2000):
        refused((errno.ENOTTY, errno.EINVAL, errno.EFAULT), fcntl.ioctl, r.choice((f, d)),
                control.ioc(r.randrange(4), r.randrange(256), r.randrange(1 << 14)) ^ r.randrange(1, 256) << 8,
                bytearray(1 << 14))
    # pointers
    libc = ctypes.CDLL(None, use_errno=True)
    def at(fd, command, pointer):
        if libc.ioctl(fd, ctypes.c_ulong(command), ctypes.c_void_p(pointer)) < 0:
            raise OSError(ctypes.get_errno(), "ioctl")
    for pointer in 0, 1, 8, (1 << 47) - 8, (1 << 64) - 1, (1 << 64) - 4096, 1 << 63:
        for fd, command in (f, control.IOC_MAP), (f, control.IOC_RESERVE), (f, control.IOC_CLONE), \
                (d, control.IOC_STATUS), (d, control.IOC_METRICS), (d, control.IOC_LOGPLAY), (d, control.IOC_FAILURE):
            refused((errno.EFAULT, errno.EINVAL, errno.EPERM), at, fd, command, pointer)
    # contents
    for _ in range(500):
        fields = [r.choice((0, 1, 2, 3, 1 << 31, (1 << 32) - 1, r.randrange(1 << 32))) for _ in range(2)]
        if fields[0] != 1 or fields[1] > 1:
            buffer = bytearray(r.randbytes(control.MAP.size))
            struct.pack_into("<II", buffer, 0, *fields)
            refused(errno.EINVAL, fcntl.ioctl, f, control.IOC_MAP, buffer)
    huge = ((1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096, 1 << 62, 1 << 40)
    fine = (errno.EINVAL, errno.ENOSPC, errno.EFBIG, errno.EPERM)
    for size in huge + (0,):
        refused(fine, control.reserve, f, size)
        refused(fine, control.reserve, f, size, chunk=2 << 20, strips=2, buckets=2)
    words = (0, 1, 2, 3, 16, 17, 1 << 16, 1 << 31, (1 << 32) - 1)
    for _ in range(500):
        chunk = r.choice((1, 4095, 4096, 1 << 20, 3 << 20, 1 << 21, 1 << 63, (1 << 64) - 1, (1 << 64) - (2 << 20)))
        refused(fine, control.reserve, f, r.choice(huge), chunk=chunk, strips=r.choice(words), buckets=r.choice(words))
    for flags in 4, 8, 1 << 31, 0xFFFFFFFC:
        refused(errno.EINVAL, control.reserve, f, 1, raw=flags)
    assert control.file_map(f)["size"] == 0 and control.status(d)["pending"] == 1
by(MALLORY, mallory)
P
}

# A thread that announces and ends leaves its number to whoever comes next: a file of another user must not be
# dropped for it.
test_an_announcement_is_its_users() {
  make_fs; mount_fs mode=1777
  attempts <<'P'
import os, sys, threading
import control
from hostile import *
m = sys.argv[1]
numbers, ends = os.pipe(), os.pipe()
mallory = os.fork()
if mallory == 0:
    become(MALLORY)
    os.close(ends[1])
    d = os.open(m, os.O_RDONLY)
    def announce():
        control.announce(d)
        os.write(numbers[1], b"%d\n" % threading.get_native_id())
    t = threading.Thread(target=announce)
    t.start()
    t.join()
    while len(os.listdir("/proc/self/task")) > 1:  # join() is back before the kernel has the number back
        pass
    os.write(numbers[1], b"0\n")
    os.read(ends[0], 1)  # the directory stays open
    os._exit(0)
os.close(ends[0])
text = b""
while not text.endswith(b"\n0\n"):
    text += os.read(numbers[0], 100)
thread = int(text.split()[0])
def alice():
    become(ALICE)
    with open(m + "/alices", "w") as f:
        f.write("kept")
try:
    assert fork_as(thread, alice) == 0
    for _ in range(100):
        if control.status(os.open(m, os.O_RDONLY))["pins"] == 0:  # RELEASE has come
            break
        __import__("time").sleep(0.05)
    assert open(m + "/alices").read() == "kept"
finally:
    os.close(ends[1])
    os.waitpid(mallory, 0)
P
}

# What waits for the end of its maker must not use up the daemon's descriptors: with them it sees in /proc who still
# writes a file.
test_descriptors_of_the_daemon() {
  make_fs; mount_fs mode=1777
  local pid; pid=$(daemon)
  attempts "$pid" <<'P'
import os, subprocess, sys
from hostile import *
m, dev, daemon = sys.argv[1:]
def descriptors():
    return len(os.listdir(f"/proc/{daemon}/fd"))
before = descriptors()
ready, ends = os.pipe(), os.pipe()
mallory = os.fork()
if mallory == 0:
    become(MALLORY)
    os.close(ends[1])
    os.umask(0o022)
    for i in range(1500):
        os.mkdir(f"{m}/private{i}", 0o700)
        os.close(os.open(f"{m}/private{i}/f", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    os.write(ready[1], b"x")
    os.read(ends[0], 1)
    os._exit(0)
os.close(ends[0])
os.read(ready[0], 1)
held = descriptors() - before
os.close(ends[1])
os.waitpid(mallory, 0)
assert held < 100, f"{held} descriptors of the daemon for one process"
P
}

# A file closed empty stays pending, and the log has room for so many: then that is all, and it comes back.
test_pending_files() {
  make_fs; mount_fs mode=1777
  local pid; pid=$(daemon)
  attempts "$pid" <<'P'
import errno, os, sys
import control
from hostile import *
m, dev, daemon = sys.argv[1:]
def resident():
    return int(open(f"/proc/{daemon}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
before = resident()
def mallory():
    made = 0
    try:
        while True:
            os.mknod(f"{m}/{made}")
            made += 1
    except OSError as e:
        assert e.errno == errno.ENOSPC, e
    assert made == os.statvfs(m).f_files, made
    refused(errno.ENOSPC, os.mkdir, m + "/d")
by(MALLORY, mallory)
assert resident() - before < 64 << 20, resident() - before
for name in os.listdir(m):
    os.unlink(f"{m}/{name}")
assert os.statvfs(m).f_ffree == os.statvfs(m).f_files
open(m + "/f", "w").write("x")
P
}

# Handles and pins go with the process that had them, however it ends; what it wrote past its end is free again.
test_handles() {
  make_fs; mount_fs mode=1777
  attempts <<'P'
import os, resource, signal, sys, time
import control
from hostile import *
m = sys.argv[1]
free = os.statvfs(m).f_bfree
pid = os.fork()
if pid == 0:
    become(MALLORY)
    fds = [os.open(m + "/f", os.O_CREAT | os.O_RDWR, 0o600)]
    os.truncate(m + "/f", 64 << 20)
    try:
        while len(fds) < 5000:
            fds.append(os.open(m + "/f", os.O_RDWR))
            if len(fds) % 100 == 0:
                control.announce(os.open(m, os.O_RDONLY))
    except OSError:
        pass
    os.unlink(m + "/f")
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(pid, 0)
for _ in range(200):
    if control.status(os.open(m, os.O_RDONLY))["pins"] == 0 and os.statvfs(m).f_bfree == free:
        break
    time.sleep(0.05)
status = control.status(os.open(m, os.O_RDONLY))
assert status["pins"] == 0 and os.statvfs(m).f_bfree == free, status
P
}

run_tests "${1:-}"
