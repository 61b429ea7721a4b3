"""direct_python.py DIR direct|refused: ordinary Python on files of a famfs mount, under `famfs exec` or not."""
import errno
import mmap
import os
import sys

folder, expect = sys.argv[1], sys.argv[2]
path = os.path.join(folder, expect)
BYTES = os.urandom(3_000_000)


def device_of(name):
    """Does this process have a mapping of it?"""
    with open("/proc/self/maps") as maps:
        return any(line.rstrip().endswith(name) for line in maps)


with open(path, "wb") as f:
    f.write(BYTES)

if expect == "refused":
    with open(path, "r+b") as f:
        try:
            mmap.mmap(f.fileno(), 0)
            sys.exit("mapped")
        except OSError as e:
            assert e.errno == errno.ENODEV, e
    sys.exit(0)

with open(path, "r+b") as f:
    with mmap.mmap(f.fileno(), 0) as view:
        assert device_of(sys.argv[3])
        assert view[:] == BYTES
        view[1_000_000:1_000_005] = b"store"
        view.flush()
        assert os.pread(f.fileno(), 5, 1_000_000) == b"store"
        os.pwrite(f.fileno(), b"write", 2_999_995)
        assert view[-5:] == b"write"
        assert view.find(b"store") <= 1_000_000
    assert not device_of(sys.argv[3])

    with mmap.mmap(f.fileno(), 4096, offset=mmap.ALLOCATIONGRANULARITY * 7) as part:
        assert part[:] == BYTES[4096 * 7:4096 * 8]
    with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY) as copy:
        copy[0:4] = b"copy"
        assert os.pread(f.fileno(), 4, 0) == BYTES[:4]

with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as view:
    f.close()
    assert view[:10] == BYTES[:10]
    try:
        mmap.mmap(os.open(path, os.O_RDONLY), 0)  # PROT_WRITE by default
        sys.exit("read-only descriptor, writable map")
    except PermissionError:
        pass

# A new file that grows through its map; the old mapping knew two pages.
with open(path + ".new", "w+b") as f:
    f.truncate(8192)
    view = mmap.mmap(f.fileno(), 8192)
    view[0:5] = b"begin"
    view.resize(5_000_000)
    assert len(view) == 5_000_000
    view[-3:] = b"end"
    assert view[0:5] == b"begin"
    view.close()
with open(path + ".new", "rb") as f:
    data = f.read()
assert len(data) == 5_000_000 and data[:5] == b"begin" and data[-3:] == b"end"
assert data[5:-3] == bytes(5_000_000 - 8), "a new file shows no old bytes"

# Two processes, one memory.
with open(path, "r+b") as f:
    view = mmap.mmap(f.fileno(), 0)
child = os.fork()
if child == 0:
    view[0:5] = b"child"
    os._exit(0)
os.waitpid(child, 0)
assert view[0:5] == b"child"
view.close()
assert not device_of(sys.argv[3])
