"""Two hosts over one memory: what their tests share."""
import argparse
import os
import resource
import sys
import tempfile

from machine import GuestDied, Machine

DEVICE = "/dev/dax0.0"
SETUP = '. "$FAMFS_HERE/setup.sh"; '


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("build")
    parser.add_argument("kernel", nargs="+", help="series; a second one: of the other host")
    return parser.parse_args()


def host(build, series, file, size, **more):
    agent = os.path.join(os.path.dirname(os.path.realpath(__file__)), "guest/agent.sh")
    return Machine(os.environ.get("FAMFS_IMAGES", f"{build}/vm"), f"{build}/vm/{series}", agent, [build], file=file, size=size, control=True, **more)


class Memory:
    """The shared memory's file, on tmpfs; gone at the end."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="famfs-test.vm.", dir="/dev/shm")
        self.path = self.folder.name + "/memory"
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def run(test):
    """A panic or hang of a guest ends the test as such, with its console; a failed check says which."""
    try:
        test()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{spent.ru_utime + spent.ru_stime:.0f} s of processor time")
    except GuestDied as died:
        sys.exit(f"GUEST DIED OR HUNG: {died}")
    except AssertionError as wrong:
        sys.exit(f"FAILED: {wrong}")
