"""stream.py ROUND: a stream of commits; each is acknowledged on descriptor 9 once close(2), or fsync(2) of a directory, has returned.
stream.py check ROUND...: what of these rounds is in /mnt: "ROUND COUNT" where it is the first COUNT steps of the
stream, whole; else what is wrong, and 1. The steps are known from the round and their number alone."""
import hashlib
import os
import sys

MOUNT = "/mnt"


def content(name):
    seed = hashlib.sha256(name.encode()).digest()
    size = 1 + int.from_bytes(seed[:2], "little") * (40 if seed[2] < 16 else 2)
    return (seed * (size // len(seed) + 1))[:size]


def steps(number):
    """Directories are the cheapest commits; every fourth is a file in the one before."""
    for i in range(100000):
        if i % 4 == 0:
            yield f"r{number}-{i // 4}/", None
        elif i % 4 == 3:
            yield f"r{number}-{i // 4}/file", content(f"{number} {i}")
        else:
            yield f"r{number}-{i // 4}/d{i % 4}/", None


def stream(number):
    for i, (name, data) in enumerate(steps(number)):
        path = f"{MOUNT}/{name}"
        if data is None:
            os.mkdir(path)
            fd = os.open(path, os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
        else:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            os.write(fd, data)
            os.close(fd)
        os.write(9, f"ack {number} {i}\n".encode())


def present(number, there):
    """How many steps of a round are there, from the first on; what is there beyond is an error."""
    mine = {name for name in there if name.startswith(f"r{number}-")}
    count = 0
    for name, data in steps(number):
        if name not in mine:
            break
        if data is not None and open(f"{MOUNT}/{name}", "rb").read() != data:
            sys.exit(f"{name}: not what was written")
        mine.discard(name)
        count += 1
    if mine:
        sys.exit(f"round {number}: {count} steps, and out of order: {sorted(mine)[:5]}")
    return count


def main():
    if sys.argv[1] != "check":
        stream(sys.argv[1])
        return
    there = set()
    for folder, folders, files in os.walk(MOUNT):
        relative = os.path.relpath(folder, MOUNT)
        prefix = "" if relative == "." else relative + "/"
        there |= {f"{prefix}{name}/" for name in folders} | {prefix + name for name in files}
    for number in sys.argv[2:]:
        print(number, present(number, there))


main()
