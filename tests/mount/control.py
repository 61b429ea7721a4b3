#!/usr/bin/env python3
"""The ioctls of lib/base/control.h, for tests: control.py status|logplay|map|commit|failure PATH [ARGS].

Written from the header and apart from the code under test, so that a change of the layout is seen.
"""
import fcntl
import json
import os
import struct
import sys

EXTENTS = 16
MAP = struct.Struct("<IIIIQQIIQQQQQ" + "QQQ" * EXTENTS + "512s")
RESERVE = struct.Struct("<IIQQII")
LOGPLAY = struct.Struct("<QQQQQQ")
STATUS = struct.Struct("<II16000s")
FAILURE = struct.Struct("<QQ")


def ioc(direction, number, size):
    return direction << 30 | size << 16 | 0xFA << 8 | number


IOC_MAP = ioc(3, 1, MAP.size)
IOC_RESERVE = ioc(1, 2, RESERVE.size)
IOC_COMMIT = ioc(0, 3, 0)
IOC_LOGPLAY = ioc(2, 4, LOGPLAY.size)
IOC_STATUS = ioc(2, 5, STATUS.size)
IOC_FAILURE = ioc(1, 6, FAILURE.size)
IOC_ANNOUNCE = ioc(0, 7, 0)
IOC_CLONE = ioc(1, 8, 16)
IOC_METRICS = ioc(2, 9, STATUS.size)


def document(fd, command):
    buffer = bytearray(STATUS.size)
    fcntl.ioctl(fd, command, buffer)
    length, _, text = STATUS.unpack(buffer)
    return json.loads(text[:length])


def status(fd):
    return document(fd, IOC_STATUS)


def metrics(fd):
    return document(fd, IOC_METRICS)


def logplay(fd):
    buffer = bytearray(LOGPLAY.size)
    fcntl.ioctl(fd, IOC_LOGPLAY, buffer)
    return dict(zip(("entries", "files", "directories", "faults", "position", "left"), LOGPLAY.unpack(buffer)))


def file_map(fd, use=0, version=1):
    buffer = bytearray(MAP.size)
    struct.pack_into("<II", buffer, 0, version, use)
    fcntl.ioctl(fd, IOC_MAP, buffer)
    v = MAP.unpack(buffer)
    count = v[6]
    return {
        "kind": v[2], "flags": v[3], "size": v[4], "chunk": v[5], "device_size": v[8],
        "alignment": v[9], "rdev": v[10], "dev": v[11], "ino": v[12],
        "extents": [v[13 + 3 * i: 16 + 3 * i] for i in range(count)],
        "path": v[-1][:v[7]].decode(),
    }


def reserve(fd, size, raw=0, chunk=0, strips=0, buckets=0):
    fcntl.ioctl(fd, IOC_RESERVE, RESERVE.pack(1, raw, size, chunk, strips, buckets))


def commit(fd):
    fcntl.ioctl(fd, IOC_COMMIT)


def announce(fd):
    fcntl.ioctl(fd, IOC_ANNOUNCE)


def clone(fd, source):
    fcntl.ioctl(fd, IOC_CLONE, struct.pack("<IIQ", 1, 0, source))


def failure(fd, offset, length):
    fcntl.ioctl(fd, IOC_FAILURE, FAILURE.pack(offset, length))


def main():
    what, path, *args = sys.argv[1:]
    fd = os.open(path, os.O_RDONLY)
    if what == "status":
        told = status(fd)
        for key in args:  # status PATH a b: told["a"]["b"]
            told = told[key]
        print(told if isinstance(told, str) else json.dumps(told))
    elif what == "logplay":
        print(json.dumps(logplay(fd)))
    elif what == "map":
        print(json.dumps(file_map(fd)))
    elif what == "failure":
        failure(fd, int(args[0], 0), int(args[1], 0))
    else:
        sys.exit("usage: control.py status|logplay|map|failure PATH")


if __name__ == "__main__":
    main()
