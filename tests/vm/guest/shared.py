"""Stores and loads through libfamfs, for tests of two hosts:
shared.py store FILE OFFSET TEXT: through a mapping, then famfs_publish.
shared.py follow FILE OFFSET LENGTH MAPPED GO: maps and loads, says so by the file MAPPED, waits for the file GO, then
famfs_acquire and loads again; prints both."""
import ctypes
import mmap
import os
import sys
import time

famfs = ctypes.CDLL("libfamfs.so.1", use_errno=True)
famfs.famfs_mmap.restype = ctypes.c_void_p
famfs.famfs_mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
famfs.famfs_publish.argtypes = famfs.famfs_acquire.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def mapped(path, write):
    fd = os.open(path, os.O_RDWR if write else os.O_RDONLY)
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if write else 0)
    at = famfs.famfs_mmap(None, os.fstat(fd).st_size, protection, mmap.MAP_SHARED, fd, 0)
    assert at not in (None, ctypes.c_void_p(-1).value), os.strerror(ctypes.get_errno())
    return at


def main():
    what, path, offset = sys.argv[1], sys.argv[2], int(sys.argv[3])
    at = mapped(path, what == "store") + offset
    if what == "store":
        text = sys.argv[4].encode()
        ctypes.memmove(at, text, len(text))
        assert famfs.famfs_publish(at, len(text)) == 0
        return
    length, told, go = int(sys.argv[4]), sys.argv[5], sys.argv[6]
    print(ctypes.string_at(at, length).decode())
    open(told, "w").close()
    while not os.path.exists(go):
        time.sleep(0.05)
    assert famfs.famfs_acquire(at, length) == 0
    print(ctypes.string_at(at, length).decode())


main()
