"""mapped.py DEVICE MOUNT_POINT DAEMON_PID, under `famfs exec`: a program with direct maps while its daemon is killed and a
new one comes."""
import ctypes
import errno
import mmap
import os
import signal
import subprocess
import sys
import threading

device, folder, pid = sys.argv[1], sys.argv[2], int(sys.argv[3])
SIZE = 5_000_000
MNT_DETACH = 2
path = folder + "/f"
with open(path, "wb") as f:
    f.write(os.urandom(SIZE))

file = open(path, "r+b")
view = mmap.mmap(file.fileno(), SIZE)
with open("/proc/self/maps") as maps:
    assert any(line.rstrip().endswith(device) for line in maps), "not a direct map"

stop = threading.Event()
rounds = [0]


def load_and_store():
    while not stop.is_set():
        at = 4096 * (rounds[0] % 1000)
        view[at:at + 8] = rounds[0].to_bytes(8, "little")
        assert view[at:at + 8] == rounds[0].to_bytes(8, "little")
        rounds[0] += 1


def refused(what, *errors):
    try:
        what()
    except OSError as e:
        assert e.errno in errors, e
    else:
        sys.exit("not refused")


def goes_on():
    before = rounds[0]
    while rounds[0] < before + 1000:
        assert worker.is_alive()


worker = threading.Thread(target=load_and_store, daemon=True)
worker.start()
goes_on()
os.kill(pid, signal.SIGKILL)
goes_on()
GONE = (errno.ENOTCONN, errno.ECONNABORTED)
refused(lambda: os.pread(file.fileno(), 1, 0), *GONE)
refused(lambda: mmap.mmap(file.fileno(), SIZE), errno.ENODEV)
refused(lambda: os.open(path, os.O_RDONLY), *GONE)
view.flush()
assert ctypes.CDLL(None).umount2(folder.encode(), MNT_DETACH) == 0
subprocess.run(["mount", "-t", "fuse.famfs", device, folder], check=True)
goes_on()
stop.set()
worker.join()

# New opens see what was stored before, without a daemon, and after.
assert open(path, "rb").read() == view[:]
with open(path, "r+b") as again:
    new = mmap.mmap(again.fileno(), SIZE)
    view[0:3] = b"old"
    assert new[0:3] == b"old" and os.pread(again.fileno(), 3, 0) == b"old"
    new[SIZE - 3:] = b"new"
    assert view[SIZE - 3:] == b"new"
    # The old one goes as any mapping does, and leaves the new one alone.
    refused(lambda: view.resize(2 * SIZE), *GONE)
    view.close()
    assert new[0:3] == b"old"
    new.close()
with open("/proc/self/maps") as maps:
    assert not any(line.rstrip().endswith(device) for line in maps), "a map is left"
