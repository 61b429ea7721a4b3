"""For starved.sh: many programs in the mount given, each file checked at the end."""
import mmap
import os
import subprocess
import sys
import tempfile

PROGRAMS, FILES, HELD = 8, 10, 300
folder = sys.argv[1]


def data(name):
    return name.encode() * 30000


def program(number):
    if number % 2:
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    os.chdir(folder)
    os.mkdir(f"d{number}")
    os.chmod(f"d{number}", 0o750)
    for i in range(FILES):
        name = f"d{number}/{i}"
        with open(name, "wb") as f:
            f.write(data(name))
        with open(name, "r+b") as f:
            f.write(data(name)[:5])
    handle, path = tempfile.mkstemp(dir=f"d{number}")
    os.write(handle, data("draft"))
    os.close(handle)
    os.rename(path, f"d{number}/draft")
    held = [os.open(f"d{number}/{i % FILES}", os.O_RDWR) for i in range(HELD)]
    for i, fd in enumerate(held):
        name = f"d{number}/{i % FILES}"
        assert os.pread(fd, 1 << 20, 0) == data(name)
    for i in range(0 if os.getuid() else FILES):  # the device is root's
        with mmap.mmap(held[i], 0, prot=mmap.PROT_READ) as view:
            assert view[:] == data(f"d{number}/{i}")
    source = "/etc/passwd"
    subprocess.run(["famfs", "cp", source, f"d{number}/copy"], check=True)
    subprocess.run(["cmp", source, f"d{number}/copy"], check=True)


def work():
    pids = []
    for number in range(PROGRAMS):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                program(number)
                code = 0
            finally:
                sys.excepthook(*sys.exc_info()) if code else None
                os._exit(code)
        pids.append(pid)
    assert all(os.waitpid(pid, 0)[1] == 0 for pid in pids)


def look():
    for number in range(PROGRAMS):
        there = sorted(os.listdir(f"{folder}/d{number}"))
        assert there == sorted([*map(str, range(FILES)), "copy", "draft"]), there
        for i in range(FILES):
            name = f"d{number}/{i}"
            assert open(f"{folder}/{name}", "rb").read() == data(name), name
        assert open(f"{folder}/d{number}/draft", "rb").read() == data("draft")


{"work": work, "look": look}[sys.argv[2]]()
