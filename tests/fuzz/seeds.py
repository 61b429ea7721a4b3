#!/usr/bin/env python3
"""seeds.py OUTDIR: what fuzzing begins with, OUTDIR/TARGET/NAME: tests/support/omf.py's images, good and hostile, the public
tools' (tests/golden), and words that our parsers know. The committed corpus was grown from these."""
import lzma
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import omf  # noqa: E402

MOST_ENTRIES = 48


def save(outdir, target, name, data):
    folder = os.path.join(outdir, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def compact(size, superblock, header, entries, first=1, work=b""):
    """As image.h has it."""
    entries = entries[:MOST_ENTRIES]
    return struct.pack("<QHH4x", size, len(entries), first) + superblock + header + b"".join(entries) + work


def golden(name):
    with lzma.open(os.path.join(HERE, "..", "golden", name)) as image:
        head = image.read()
    superblock, header = head[:200], head[omf.LOG_OFFSET:][:omf.HEADER_SIZE]
    count = struct.unpack_from("<Q", header, 40)[0]
    begin = omf.LOG_OFFSET + omf.HEADER_SIZE
    return superblock, header, [head[begin + i * omf.ENTRY_SIZE:][:omf.ENTRY_SIZE] for i in range(count)]


# One of each thing that volume_operator.cpp does, roughly: what to do, and what with.
WORK = bytes([8, 0, 0, 0x00, 0, 1, 1, 9, 2, 2, 3, 3, 5, 7, 0x10, 2, 1, 0x14, 3, 0x0b, 2, 5, 8, 0x20, 0x13, 2, 0, 9,
              6, 2, 0, 0x0e, 2, 0x16, 2, 0x1e, 3, 0x26, 3, 0x2e, 0x36, 1, 2, 0x0d, 0, 1, 0, 2, 5, 0, 1, 0x46, 2])


def images(outdir):
    for name, image, *_ in omf.all_images():
        parts = (image.superblock_bytes(), image.header_bytes(), image.entries)
        save(outdir, "fsck", name, compact(image.size, *parts))
        save(outdir, "replay", name, compact(image.size, *parts, work=WORK))
        for index, entry in enumerate(image.entries):
            save(outdir, "decode", f"{name}-{index}", struct.pack("<BBQI", 2, 0, image.size, index) + entry)
        save(outdir, "decode", f"{name}-superblock", struct.pack("<BBQI", 0, 0, image.size, 0) + parts[0])
        save(outdir, "decode", f"{name}-header", struct.pack("<BBQI", 1, 0, image.size, 0) + parts[1])
    for name in ("basic8g", "empty8g"):
        parts = golden(name + ".head.img.xz")
        save(outdir, "fsck", name, compact(8 << 30, *parts))
        save(outdir, "replay", name, compact(8 << 30, *parts, work=WORK))


YAML = {
    "keys": "system_uuid: 11111111-2222-4333-8444-555555555555\nmount:\n  mmap: cached\n  allow_other: false\n"
            "  default_permissions: true\n  uid: 12\n  gid: 0\n  mode: 0755\n  timeout: 1.5\nmkfs: {loglen: 16m}\n"
            "allocation: {nstrips: 3, nbuckets: 8, chunksize: 2m}\nlogging: {level: warning}\n",
    "aliases": "a: &x [1, 2]\nb: *x\nc: &y {d: *x}\ne: *y\n", "quotes": "a: \"\\n\\x41\\u263a\"\nb: 'it''s'\nc: |\n  x\n  y\n",
    "documents": "---\na: 1\n...\n---\nb: 2\n", "tags": "!!map {? [a] : !x b}\n", "nothing": "", "null": "~\n",
    "twice": "a: 1\na: 2\n", "merge": "a: &m {x: 1}\nb: {<<: *m, y: 2}\n", "numbers": "\"\\x01017\": \"\\x010x1f\"\n",
}
RECORD = ("device: {}\npath: /dev/dax0.0\npid: 17\nprogram: famfsd\nmount_point: /mnt/x\n"
          "since: 2026-01-02T03:04:05+00:00\nmode: {}\n")
OPTIONS = ["ro", "rw,nofail,_netdev,user=joe,x-systemd.automount,comment=hello,nosuid,noexec,,", "ro,client",
           "raw,mmap=cached,uid=12,gid=4294967294,mode=1750,timeout=1.5,loglevel=debug,debug",
           "system_uuid=01234567-89AB-cdef-0123-456789abcdef", "nouseraccess,nodefaultperm,suid,dev",
           "context=\"u:r:t:s0,c1\",rootcontext=x\\,suid", "remount"]
LINES = [["famfsd", "-f", "-o", "ro,client", "/dev/dax0.0", "/mnt"], ["mount.famfs", "/d/a,b\\c", "/m", "-o", "rw,suid", "-s", "-n"],
         ["famfsd", "--help"], ["famfsd", "-d", "--", "-x", "/m"], ["mount.famfs", "-t", "famfs", "-N", "1", "a", "b"]]


def words(outdir):
    for name, text in YAML.items():
        save(outdir, "config", name, text.encode())
        save(outdir, "record", name, text.encode())
    for device in ("dax-252:0", "file-0:28-1234"):
        for mode in ("hold", "hold_alone", "observe"):
            save(outdir, "record", f"{device}-{mode}", RECORD.format(device, mode).encode())
        save(outdir, "record", device, (device + ".observer-17-1.yaml").encode())
    for index, text in enumerate(OPTIONS):
        save(outdir, "options", f"list-{index}", text.encode())
    for index, args in enumerate(LINES):
        save(outdir, "options", f"line-{index}", "\0".join(args).encode())


def calls(outdir):
    def call(file, how, number, payload=b""):
        return struct.pack("<BBI", file, how, number) + payload
    map_in = struct.pack("<II", 1, 1) + bytes(960)
    reserve = struct.pack("<IIQQII", 1, 2, 5 << 20, 2 << 20, 3, 5)
    raw = struct.pack("<IIQQII", 1, 1, 5000, 0, 0, 0)
    everything = b"".join([call(4, 0, 1, reserve), call(4, 0, 2), call(4, 0, 0, map_in), call(5, 0, 1, raw), call(0, 1, 3),
                           call(1, 1, 4), call(2, 0, 5, struct.pack("<QQ", 4096, 4096)), call(1, 1, 6),
                           call(5, 0, 7, struct.pack("<IIQ", 1, 0, 3)), call(0, 0, 8), call(7, 0, 0, map_in)])
    save(outdir, "ioctl", "files", b"\1" + everything)
    save(outdir, "ioctl", "raw", b"\0" + call(1, 0, 0, map_in) + call(0, 0, 4) + call(0, 0, 8) + call(1, 0, 2))
    # Another size than the command's own, which the kernel does not send.
    for number in range(9):
        one = b"".join(call(file, 2, number, bytes([size]) + map_in[:size]) for file in (0, 4) for size in (0, 7))
        save(outdir, "ioctl", f"short-{number}", b"\1" + one)
    for number in range(9):
        save(outdir, "ioctl", f"one-{number}", b"\1" + call(number, number % 2, number, map_in))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    images(sys.argv[1])
    words(sys.argv[1])
    calls(sys.argv[1])
