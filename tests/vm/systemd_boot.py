#!/usr/bin/env -S python3 -B
"""systemd_boot.py BUILD SERIES: a guest boots with systemd and the packages, twice, over one memory (guest/systemd.sh)."""
import pathlib
import subprocess
import sys
import tempfile

from hosts import Memory, arguments
from machine import Machine, report

LIMIT = 900  # a boot, in a busy machine


def main():
    a = arguments(__doc__)
    here, build = pathlib.Path(__file__).resolve().parent, pathlib.Path(a.build)
    with tempfile.TemporaryDirectory(prefix="famfs-guest.") as images, Memory() as memory:
        images = pathlib.Path(images)
        subprocess.run([here / "make-systemd-image", build / "package", images / "root.squashfs"], check=True)
        for name in ("famfs.squashfs", f"initramfs-{a.kernel[0]}.gz"):
            (images / name).symlink_to(build / "vm" / name)
        for boot in ("without a device", "with a file system"):
            with Machine(images, build / "vm" / a.kernel[0], "systemd", file=memory.path, size=272) as machine:
                status = machine.start().wait(LIMIT)
                print(f"-- boot {boot}:\n{machine.output().decode(errors='replace')}", flush=True)
                report(machine, status)
            if status != 0:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
