#!/usr/bin/env python3
"""Writes famfs images, good and hostile, byte by byte from docs/format.md.

Shares nothing with lib/format, so that a mistake there cannot hide in its own tests. Only the standard
library. The images are sparse.

    omf.py make OUT [--size 1G] [--log 8M] [--system UUID] [--json FILE]
    omf.py traps OUTDIR [--system UUID]

`make` builds the image that the JSON file describes (or an empty file system):
    {"entries": [{"mkdir": "d", "mode": "0755"}, {"file": "d/f", "size": "3M"},
                 {"file": "i", "size": 4194304, "chunk": "2M", "extents": [[0, 67108864, 2097152], ...]}],
     "header": {"next_index": 1}, "superblock": {"version": 47}}
Anything that Image's methods take as a keyword may be given; what is given is written, right or not.

`traps` writes one image for each name in the manifest OUTDIR/traps.json, which tells for each:
    fault   what a reader must say ("extent-past-device"), null where all is well
    reach   how far it reaches: "volume", "log-tail", "entry", or null
    paths   the namespace that a replay must yield ([] when the volume cannot be used), bytes that are
            not UTF-8 replaced; paths_hex has them as they are
"""

import argparse
import json
import os
import struct
import sys
import uuid
import zlib

KiB, MiB, GiB, TiB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
UNIT = 2 * MiB
LOG_OFFSET = 2 * MiB
HEADER_SIZE, ENTRY_SIZE = 48, 544
FILE, MKDIR, DELETE, ADD_DEVICE, INVALID = range(5)
SIMPLE, INTERLEAVED = 0, 1
SYSTEM = "11111111-2222-4333-8444-555555555555"


def parse_size(value):
    if isinstance(value, int):
        return value
    units = {"k": KiB, "m": MiB, "g": GiB, "t": TiB}
    unit = units.get(value[-1:].lower())
    return int(value[:-1]) * unit if unit else int(value, 0)


def parse_mode(value):
    return value if isinstance(value, int) else int(value, 8)


def path_bytes(path):
    return path if isinstance(path, bytes) else os.fsencode(path)


def round_up(value, unit):
    return -(-value // unit) * unit


class Image:
    """A file system to be: entries in order, and overrides for fields of superblock and header."""

    def __init__(self, size=64 * MiB, log_len=8 * MiB, system=SYSTEM):
        self.size, self.log_len, self.system = size, log_len, system
        self.entries, self.data = [], {}
        self.next_free = LOG_OFFSET + log_len
        self.superblock_fields, self.header_fields = {}, {}

    # --- structures; keywords override single fields, `crc` too ---

    def superblock(self, **fields):
        """version, log_offset, log_len, alloc_unit, major, minor, device_size, magic, path, crc…"""
        self.superblock_fields.update(fields)
        return self

    def header(self, **fields):
        """magic, length, last_index, next_seqnum, next_index, crc."""
        self.header_fields.update(fields)
        return self

    def raw_entry(self, type=FILE, payload=b"", seqnum=None, crc=None):
        """An entry with these bytes after its type; seqnum and crc are right unless given."""
        index = len(self.entries)
        body = struct.pack("<QII", index if seqnum is None else seqnum, type, 0)
        body += payload[:520].ljust(520, b"\0")
        self.entries.append(body + struct.pack("<Q", zlib.crc32(body) if crc is None else crc))
        return self

    def mkdir(self, path, mode=0o755, uid=0, gid=0, **entry):
        name = path_bytes(path).ljust(80, b"\0")[:80]
        return self.raw_entry(MKDIR, struct.pack("<III", uid, gid, parse_mode(mode)) + name, **entry)

    def file(self, path, size=4096, extents=None, chunk=None, content=None, flags=2, uid=0, gid=0,
             mode=0o644, map_type=None, count=None, nstrips=None, **entry):
        """`extents`: (device, offset, length)…, by default one that fits. With `chunk` they are strips.
        `map_type`, `count` (extents, or sets of strips) and `nstrips` are right unless given; bytes in
        `content` go to the first extent's place."""
        size = parse_size(size) if content is None else len(content)
        if extents is None:
            extents = [self.take(size)] if size else []
        if content is not None:
            self.data[extents[0][1]] = content
        flat = b"".join(struct.pack("<QQQ", *extent) for extent in extents)
        if chunk is None:
            kind, full_count, tail = SIMPLE, len(extents), flat
        else:
            strips = len(extents) if nstrips is None else nstrips
            kind, full_count, tail = INTERLEAVED, 1, struct.pack("<QQ", strips, parse_size(chunk)) + flat
        payload = struct.pack("<QIIII", size, flags, uid, gid, parse_mode(mode))
        payload += path_bytes(path).ljust(80, b"\0")[:80]
        payload += struct.pack("<IIII", kind if map_type is None else map_type, 0,
                               full_count if count is None else count, 0)
        return self.raw_entry(FILE, payload + tail, **entry)

    def add_device(self, index=1, size=GiB, device=bytes(16), **entry):
        return self.raw_entry(ADD_DEVICE, struct.pack("<Q16sI", size, device, index), **entry)

    def take(self, size):
        """The next free extent for `size` bytes."""
        length = round_up(size, UNIT)
        offset, self.next_free = self.next_free, self.next_free + length
        return (0, offset, length)

    # --- bytes ---

    def superblock_bytes(self):
        field = {"magic": 0x87B282FF, "version": 48, "log_offset": LOG_OFFSET, "log_len": self.log_len,
                 "alloc_unit": UNIT, "major": 2, "minor": 2, "fs_uuid": str(uuid.UUID(int=1)),
                 "dev_uuid": str(uuid.UUID(int=2)), "system": self.system, "flags": 0,
                 "device_size": self.size, "path": b"/dev/dax0.0"} | self.superblock_fields
        ids = b"".join(uuid.UUID(field[name]).bytes for name in ("fs_uuid", "dev_uuid", "system"))
        covered = struct.pack("<QQQQQII", field["magic"], field["version"], field["log_offset"],
                              field["log_len"], field["alloc_unit"], field["major"], field["minor"]) + ids
        crc = field.get("crc", zlib.crc32(covered))
        return covered + struct.pack("<QIIQ16s64s", crc, field["flags"], 0, field["device_size"],
                                     bytes(16), path_bytes(field["path"]))

    def header_bytes(self):
        count = len(self.entries)
        field = {"magic": 0xBADCAFEF00D, "length": self.log_len,
                 "last_index": (self.log_len - HEADER_SIZE) // ENTRY_SIZE - 1,
                 "next_seqnum": self.header_fields.get("next_index", count),
                 "next_index": count} | self.header_fields
        covered = struct.pack("<QQQ", field["magic"], field["length"], field["last_index"])
        crc = field.get("crc", zlib.crc32(covered))
        return covered + struct.pack("<QQQ", crc, field["next_seqnum"], field["next_index"])

    def write(self, path):
        with open(path, "wb") as out:
            out.truncate(self.size)
            out.write(self.superblock_bytes())
            out.seek(LOG_OFFSET)
            out.write(self.header_bytes() + b"".join(self.entries))
            for offset, content in self.data.items():
                out.seek(offset)
                out.write(content)


def describe(image, description):
    """Applies a description as in the module's text to an image."""
    for entry in description.get("entries", []):
        fields = dict(entry)
        for kind in ("mkdir", "file", "raw_entry", "add_device"):
            if kind in fields:
                path = fields.pop(kind)
                args = [path] if kind in ("mkdir", "file") else []
                if "payload" in fields:
                    fields["payload"] = bytes.fromhex(fields["payload"])
                getattr(image, kind)(*args, **fields)
    return image.header(**description.get("header", {})).superblock(**description.get("superblock", {}))


# --- traps ---

BEFORE = ["before", "before/file"]
DATA = LOG_OFFSET + 8 * MiB  # where the data of a trap image begins, and `before/file` lies
FREE = DATA + 8 * MiB        # a place that no good file of a trap image uses


def path_traps():
    yield "path-dotdot", "path-component", dict(path="../escape")
    yield "path-dotdot-inside", "path-component", dict(path="before/../../escape")
    yield "path-dotdot-last", "path-component", dict(path="before/..")
    yield "path-dot", "path-component", dict(path="./x")
    yield "path-double-slash", "path-component", dict(path="before//x")
    yield "path-trailing-slash", "path-component", dict(path="before/x/")
    yield "path-absolute", "path-absolute", dict(path="/tmp/famfs-escape")
    yield "path-empty", "path-empty", dict(path="")
    yield "path-without-nul", "path-not-terminated", dict(path="n" * 80)
    yield "path-missing-parent", "path-parent-missing", dict(path="missing/x")
    yield "path-below-file", "path-parent-is-file", dict(path="before/file/x")
    yield "path-twice", "path-duplicate", dict(path="before/file")
    yield "path-file-where-directory-is", "path-duplicate", dict(path="before")
    yield "path-meta", "path-reserved", dict(path=".meta/.log")
    yield "path-meta-itself", "path-reserved", dict(path=".meta")


def extent_traps():
    last = 64 * MiB
    yield "extent-past-device", "extent-past-device", dict(extents=[(0, last, UNIT)])
    yield "extent-across-device-end", "extent-past-device", dict(extents=[(0, last - UNIT, 2 * UNIT)])
    yield "extent-length-2-62", "extent-past-device", dict(extents=[(0, FREE, 1 << 62)])
    yield "extent-wraps", "extent-past-device", dict(extents=[(0, FREE, (1 << 64) - UNIT)])
    yield "extent-offset-wraps", "extent-past-device", dict(extents=[(0, (1 << 64) - UNIT, UNIT)])
    yield "extent-offset-0", "extent-in-metadata", dict(extents=[(0, 0, UNIT)])
    yield "extent-over-log", "extent-in-metadata", dict(extents=[(0, LOG_OFFSET, UNIT)])
    yield "extent-over-log-end", "extent-in-metadata", dict(extents=[(0, DATA - UNIT, 2 * UNIT)])
    yield "extent-over-file", "extent-overlap", dict(extents=[(0, DATA, UNIT)])
    yield "extent-over-itself", "extent-overlap", dict(
        size=3 * UNIT, extents=[(0, FREE, 2 * UNIT), (0, FREE + UNIT, UNIT)])
    yield "extent-unaligned", "extent-unaligned", dict(extents=[(0, FREE + 4096, UNIT)])
    yield "extent-unaligned-length", "extent-unaligned", dict(extents=[(0, FREE, UNIT + 4096)])
    yield "extent-length-0", "extent-empty", dict(extents=[(0, FREE, 0)])
    yield "extents-17", "extent-count", dict(extents=[(0, FREE, UNIT)] * 16, count=17)
    yield "extents-1000", "extent-count", dict(extents=[(0, FREE, UNIT)] * 16, count=1000)
    yield "extents-2-32", "extent-count", dict(extents=[(0, FREE, UNIT)], count=(1 << 32) - 1)
    yield "extents-0", "extent-count", dict(extents=[])
    yield "device-without-device", "extent-device", dict(extents=[(1, FREE, UNIT)])
    yield "device-2-64", "extent-device", dict(extents=[((1 << 64) - 1, FREE, UNIT)])
    yield "map-type-unknown", "map-type", dict(map_type=2)
    yield "map-type-2-32", "map-type", dict(map_type=(1 << 32) - 1)


def strip_traps():
    strips = [(0, FREE + i * 2 * UNIT, 2 * UNIT) for i in range(3)]
    good = dict(size=6 * MiB, chunk=UNIT, extents=strips)
    yield "strips-0", "strip-count", good | dict(nstrips=0)
    yield "strips-17", "strip-count", good | dict(nstrips=17)
    yield "strips-1000", "strip-count", good | dict(nstrips=1000)
    yield "strips-2-64", "strip-count", good | dict(nstrips=(1 << 64) - 1)
    yield "strip-sets-0", "extent-count", good | dict(count=0)
    yield "strip-sets-2", "extent-count", good | dict(count=2)
    yield "strip-sets-1000", "extent-count", good | dict(count=1000)
    yield "chunk-0", "strip-chunk", good | dict(chunk=0)
    yield "chunk-1m", "strip-chunk", good | dict(chunk=MiB)
    yield "chunk-6m", "strip-chunk", good | dict(chunk=3 * UNIT)
    yield "chunk-2-63", "strip-length", good | dict(chunk=1 << 63)
    yield "strips-unequal", "strip-length", good | dict(extents=strips[:2] + [(0, FREE + 8 * MiB, UNIT)])
    yield "strips-part-chunk", "strip-length", good | dict(chunk=4 * UNIT)
    yield "strips-overlap", "extent-overlap", good | dict(extents=strips[:2] + strips[:1])
    yield "strips-past-device", "extent-past-device", good | dict(
        extents=strips[:2] + [(0, 64 * MiB - UNIT, 2 * UNIT)])
    yield "strips-size-0", "file-size-zero", good | dict(size=0)
    yield "strips-size-beyond", "file-size-beyond-extents", good | dict(size=6 * UNIT + 1)


def file_traps():
    one = [(0, FREE, UNIT)]
    yield "size-0", "file-size-zero", dict(size=0, extents=one)
    yield "size-beyond-extents", "file-size-beyond-extents", dict(size=UNIT + 1, extents=one)
    yield "size-2-64", "file-size-beyond-extents", dict(size=(1 << 64) - 1, extents=one)
    yield "mode-setuid", "mode-bits", dict(mode=0o4755)
    yield "mode-type-bits", "mode-bits", dict(mode=0o100644)
    yield "flags-0", "file-flags", dict(flags=0)
    yield "flags-3", "file-flags", dict(flags=3)


def entry_traps():
    """Name, fault, and what appends the one bad entry."""
    for group in (path_traps, extent_traps, strip_traps, file_traps):
        for name, fault, fields in group():
            given = dict(path="bad", extents=[(0, FREE, UNIT)]) | fields
            yield name, fault, lambda image, given=given: image.file(**given)
    for name, fault, path in [("mkdir-dotdot", "path-component", ".."), ("mkdir-absolute", "path-absolute", "/x"),
                              ("mkdir-empty", "path-empty", ""), ("mkdir-without-nul", "path-not-terminated", "n" * 80),
                              ("mkdir-missing-parent", "path-parent-missing", "missing/d"),
                              ("mkdir-twice", "path-duplicate", "before"),
                              ("mkdir-over-file", "path-duplicate", "before/file"),
                              ("mkdir-meta", "path-reserved", ".meta")]:
        yield name, fault, lambda image, path=path: image.mkdir(path)
    yield "mkdir-setuid", "mode-bits", lambda image: image.mkdir("bad", mode=0o4755)
    for number in (DELETE, INVALID, 5, (1 << 32) - 1):
        yield f"type-{number}", "entry-type", lambda image, n=number: image.raw_entry(n, b"\0" * 24 + b"before")
    yield "add-device-0", "device-index", lambda image: image.add_device(0)
    yield "add-device-2-32", "device-index", lambda image: image.add_device((1 << 32) - 1)
    yield "add-device-size-0", "device-index", lambda image: image.add_device(1, size=0)


def volume_traps():
    """Name, fault, superblock's overrides, header's overrides."""
    yield "version-47", "superblock-version", dict(version=47), {}
    yield "major-9", "superblock-omf", dict(major=9), {}
    yield "minor-3", "superblock-omf", dict(minor=3), {}
    yield "magic-killed", "superblock-magic", dict(magic=0), {}
    yield "superblock-crc", "superblock-crc", dict(crc=1), {}
    yield "superblock-crc-high", "superblock-crc", dict(crc=1 << 32), {}
    yield "log-offset-0", "superblock-log", dict(log_offset=0), {}
    yield "log-offset-2-63", "superblock-log", dict(log_offset=1 << 63), {}
    yield "log-len-0", "superblock-log", dict(log_len=0), {}
    yield "log-len-4m", "superblock-log", dict(log_len=4 * MiB), {}
    yield "log-len-12m", "superblock-log", dict(log_len=12 * MiB), {}
    yield "log-len-1t", "superblock-log", dict(log_len=TiB), dict(length=TiB)
    yield "log-len-2-63", "superblock-log", dict(log_len=1 << 63), {}
    yield "log-len-past-device", "superblock-log", dict(log_len=64 * MiB), {}
    yield "alloc-unit-12345", "superblock-alloc-unit", dict(alloc_unit=12345), {}
    yield "alloc-unit-0", "superblock-alloc-unit", dict(alloc_unit=0), {}
    yield "device-size-0", "superblock-device-size", dict(device_size=0), {}
    yield "device-size-2-60", "superblock-device-size", dict(device_size=1 << 60), {}
    yield "device-size-below-log", "superblock-device-size", dict(device_size=10 * MiB - 1), {}
    yield "header-magic", "header-magic", {}, dict(magic=0)
    yield "header-crc", "header-crc", {}, dict(crc=1)
    yield "header-length", "header-length", {}, dict(length=16 * MiB)
    yield "header-last-index", "header-length", {}, dict(last_index=1 << 40)
    yield "next-index-2-40", "header-next-index", {}, dict(next_index=1 << 40)
    yield "next-index-past-last", "header-next-index", {}, dict(next_index=15421)
    yield "next-index-2-64", "header-next-index", {}, dict(next_index=(1 << 64) - 1)


def good_start(system):
    return Image(system=system).mkdir("before").file("before/file", content=b"before" * 100)


def tail_images(system):
    """Faults that end a replay: the entries before them stay."""
    yield "entry-crc", "entry-crc", good_start(system).file("bad", crc=1).file("after")
    yield "entry-crc-high", "entry-crc", good_start(system).file("bad", crc=1 << 63).file("after")
    yield "entry-seqnum", "entry-seqnum", good_start(system).file("bad", seqnum=7).file("after")
    zeros = good_start(system)
    zeros.entries.append(bytes(ENTRY_SIZE))
    yield "entry-zeros", "entry-crc", zeros


def good_images(system):
    """Name, image, and the paths that are there besides `before` and `before/file`."""
    yield "good", good_start(system), []
    yield "good-empty-file", good_start(system).file("empty", size=0), ["empty"]
    newline, binary = "new\nline", os.fsdecode(b"\xff\xfe\x01")
    yield "good-name-newline", good_start(system).file(newline), [newline]
    yield "good-name-not-utf8", good_start(system).mkdir(binary).file(binary + "/x"), [binary, binary + "/x"]
    yield "good-name-79", good_start(system).file("n" * 79), ["n" * 79]
    yield "good-dots", good_start(system).mkdir("...").file(".../..x"), ["...", ".../..x"]
    yield "good-meta-deeper", good_start(system).mkdir("before/.meta").file(".metadata"), ["before/.meta", ".metadata"]
    extents = [(0, DATA + (2 * i + 2) * UNIT, UNIT) for i in range(12)]
    yield "good-extents", good_start(system).file("many", size=12 * UNIT - 5, extents=extents), ["many"]
    strips = [(0, FREE + 6 * i * MiB, 4 * MiB) for i in range(5)]
    yield "good-strips", good_start(system).file("il", size=20 * MiB - 1, chunk=UNIT, extents=strips), ["il"]
    # Whole entries past the commit point were never committed.
    yield "good-next-index-less", good_start(system).file("uncommitted").header(next_index=2), []
    yield "good-mid-append", good_start(system).file("x").header(next_index=2, next_seqnum=3), []
    yield "good-path-no-nul", good_start(system).superblock(path=b"/" * 64), []
    small = good_start(system).superblock(alloc_unit=4096)
    yield "good-alloc-unit-4k", small.file("s", extents=[(0, FREE + 4096, 4096)]), ["s"]


def all_images(system=SYSTEM):
    """(name, image, fault, reach, paths) for each image that `traps` writes."""
    for name, fault, append in entry_traps():
        image = good_start(system)
        append(image)
        yield name, image.file("after"), fault, "entry", BEFORE + ["after"]
    for name, fault, image in tail_images(system):
        yield name, image, fault, "log-tail", BEFORE
    for name, fault, superblock, header in volume_traps():
        yield name, good_start(system).superblock(**superblock).header(**header), fault, "volume", []
    # fsck speaks of them; nobody goes by flags, and a replay by next_index alone.
    yield ("superblock-flags", good_start(system).superblock(flags=1), "superblock-flags", None, BEFORE)
    yield ("counters-apart", good_start(system).header(next_seqnum=1 << 40), "header-counters", None, BEFORE)
    for name, image, more in good_images(system):
        yield name, image, None, None, BEFORE + more


def write_traps(folder, system):
    os.makedirs(folder, exist_ok=True)
    manifest = {}
    for name, image, fault, reach, paths in all_images(system):
        image.write(os.path.join(folder, name))
        raw = [path_bytes(path) for path in paths]
        manifest[name] = {"fault": fault, "reach": reach,
                          "paths": [path.decode(errors="replace") for path in raw],
                          "paths_hex": [path.hex() for path in raw]}
    with open(os.path.join(folder, "traps.json"), "w", encoding="ascii") as out:
        json.dump(manifest, out, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("out")
    make.add_argument("--size", type=parse_size, default=GiB)
    make.add_argument("--log", type=parse_size, default=8 * MiB)
    make.add_argument("--json", type=argparse.FileType("r"))
    traps = commands.add_parser("traps")
    traps.add_argument("outdir")
    for command in (make, traps):
        command.add_argument("--system", default=SYSTEM, help="the owner's system UUID")
    args = parser.parse_args()
    if args.command == "traps":
        write_traps(args.outdir, args.system)
        return 0
    image = Image(args.size, args.log, args.system)
    describe(image, json.load(args.json) if args.json else {}).write(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
