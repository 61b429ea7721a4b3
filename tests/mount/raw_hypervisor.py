#!/usr/bin/env python3
"""raw_hypervisor.py FILE DEVICE: QEMU maps FILE (a raw mount's) as the memory of a guest, share=on, through the preload
library; a processor in it loads what write(2) put there and stores its complement, which is then in DEVICE's bytes."""
import os
import socket
import subprocess
import sys
import tempfile
import time

WORDS = b"written by write(2)"
AT = 0x10000
ANSWER_AT = AT + 0x100
ANSWER = bytes(byte ^ 0xFF for byte in WORDS)

# A BIOS of 64 KiB. For each byte of WORDS at 1000:0000: its complement to 1000:0100. Then it halts.
CODE = bytes.fromhex("b80010 8ed8 b9%02x00 31f6 8a04 f6d0 88840001 46 e2f5 f4 ebfd" % len(WORDS))
RESET = bytes.fromhex("ea000000f0")  # jmp f000:0000


def bios():
    return CODE.ljust(0xFFF0, b"\x90") + RESET.ljust(0x10, b"\x90")


def wait_for(what, condition, process):
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, f"QEMU ended: {process.communicate()}"
        assert time.monotonic() < end, f"not within a minute: {what}"
        time.sleep(0.05)


def device_bytes(path, offset, length):
    with open(path, "rb") as device:
        return os.pread(device.fileno(), length, offset)


def command(folder, file, size):
    with open(f"{folder}/bios", "wb") as image:
        image.write(bios())
    return ["famfs", "exec", "--", "qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-nodefaults", "-S",
            "-m", f"{size // 2**20}M", "-machine", "pc,memory-backend=fam", "-bios", f"{folder}/bios",
            "-object", f"memory-backend-file,id=fam,share=on,mem-path={file},size={size}",
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off"]


def tell(path, *words):
    with socket.socket(socket.AF_UNIX) as qmp:
        qmp.settimeout(60)
        qmp.connect(path)
        stream = qmp.makefile("rw")
        assert "QMP" in stream.readline()
        for word in ("qmp_capabilities", *words):
            stream.write('{"execute": "%s"}\n' % word)
            stream.flush()
            while "return" not in stream.readline():
                pass


def main(file, device):
    with open(file, "r+b", buffering=0) as whole:
        os.pwrite(whole.fileno(), WORDS, AT)
    with tempfile.TemporaryDirectory(dir=os.environ["FAMFS_SCRATCH"]) as folder:
        qemu = subprocess.Popen(command(folder, file, os.stat(file).st_size), stderr=subprocess.PIPE)
        try:
            wait_for("QMP", lambda: os.path.exists(f"{folder}/qmp"), qemu)
            tell(f"{folder}/qmp")  # it is there before the memory is mapped, and answers after
            with open(f"/proc/{qemu.pid}/maps", encoding="utf-8") as maps:
                maps = [line.split() for line in maps if line.rstrip().endswith(" " + device)]
            assert maps and all("rw-s" in line[1] for line in maps), "the device is not mapped"
            assert device_bytes(device, ANSWER_AT, len(ANSWER)) != ANSWER, "answered before it ran"
            tell(f"{folder}/qmp", "cont")
            wait_for("the guest's answer in the device",
                     lambda: device_bytes(device, ANSWER_AT, len(ANSWER)) == ANSWER, qemu)
            held = subprocess.run(["umount", os.path.dirname(file)], capture_output=True, check=False)
            assert held.returncode != 0, "unmounted under a guest's memory"
            tell(f"{folder}/qmp", "quit")
            assert qemu.wait(60) == 0
        finally:
            qemu.kill()
            qemu.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
