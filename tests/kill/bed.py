"""What random_points.py and full.py share: a device, a mount point, several writers, and the rounds of tests on them."""
import ctypes
import mmap
import os
import random
import signal
import subprocess
import time
from collections import Counter

from oracle import Oracle, Wrong, check, command
from writers import Contents, Journal, Usual, Writer

USER = 65534
COMMANDS = 4         # of a writer that runs them, each round
PATIENCE = 60
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


class Bed:
    """A device and a mount point, and the file system on it. to_the_limit: writers may meet ENOSPC."""

    def __init__(self, seed, device_bytes, to_the_limit=False):
        self.seed, self.rng = seed, random.Random(seed)
        self.usual = Usual(self.rng)
        self.device_bytes, self.to_the_limit = device_bytes, to_the_limit
        self.scratch = os.environ["FAMFS_SCRATCH"]
        self.device = os.environ["FAMFS_DEVICE_PREFIX"] + ".kill"
        self.mnt = self.scratch + "/mnt"
        os.mkdir(self.mnt)
        os.chmod(self.scratch, 0o777)
        with open(self.device, "wb") as f:
            f.truncate(device_bytes)
        self.nothing = os.stat(self.mnt).st_dev
        self.contents = Contents(seed)
        self.oracle = None
        self.rounds, self.kind = 0, self.mkfs
        self.kills = Counter()      # by what was killed
        self.found = Counter()      # by what that left
        self.over = mmap.mmap(-1, 1)

    # -- the file system

    def mkfs(self):
        said = command("mkfs.famfs", "-f", self.device)
        check(said.returncode == 0, f"mkfs: {said.stderr}")
        self.oracle, self.free = Oracle(self.contents), self.device_bytes

    def mount(self):
        said = command("mount", "-t", "fuse.famfs", "-o", "mode=0777", self.device, self.mnt)
        check(said.returncode == 0, f"mount: {said.stdout}{said.stderr}")

    def umount(self):
        said = command("umount", self.mnt)
        check(said.returncode == 0, f"umount: {said.stderr}")

    def detach(self):
        return libc.umount2(self.mnt.encode(), MNT_DETACH) == 0

    # -- rounds

    def writers(self, likely):
        """likely: that a command is killed. Their pids, those that run commands last, and their journals."""
        def commands(writer):
            writer.commands(COMMANDS, likely, self.usual.took)
        work = {"root": (0, Writer.files), "user": (USER, Writer.files), "root-commands": (0, commands),
                "user-commands": (USER, commands)}
        pids, journals = [], []
        for name, (uid, what) in work.items():
            path = f"{self.scratch}/journal.{self.rounds}.{name}"
            writer = Writer(f"{name}.{self.rounds}", uid, self.rng.random(), Journal(path), self.contents, self.scratch,
                            self.over, self.to_the_limit)
            pids.append(writer.fork(self.mnt, self.nothing, what))
            os.close(writer.journal.fd)
            journals.append(path)
        return pids, journals

    def gather(self, pids, journals):
        """Once the writers have ended, which they do by themselves, whatever became of their mount."""
        end = time.monotonic() + PATIENCE
        for pid in pids:
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > end:
                    os.kill(pid, signal.SIGKILL)
                    raise Wrong(f"writer {pid} hangs")
                time.sleep(0.001)
        trouble, before = [], set(self.oracle.plans)
        for path in journals:
            Journal.read(path, self.oracle.plans, self.usual, trouble)
            os.unlink(path)
        check(not trouble, f"writers met: {trouble[:3]}")
        made = [self.oracle.plans[name] for name in self.oracle.plans.keys() - before]
        self.kills.update(plan.how for plan in made if plan.killed and "/" not in plan.name.rstrip("/"))
        self.found["acknowledged files"] += sum(plan.acknowledged for plan in made)
        self.found["refused"] += sum(plan.refused for plan in made)
        return made

    def judge(self, made):
        self.free = self.oracle.judge(self.mnt)
        for plan in made:
            if plan.killed:
                size = self.oracle.seen.get(plan.name)
                left = "gone" if size is None else "whole" if size == plan.size else "part"
                self.found[f"{plan.how}: {left}"] += 1
        self.umount()

    def kill_daemon(self, daemon):
        """The mount goes too, so that the next can come at once."""
        self.over[0] = 1
        daemon.kill()
        self.kills["famfsd"] += 1
        if self.rng.random() < 0.5:
            daemon.wait()
        mounted = self.detach()
        while not mounted and daemon.poll() is None:
            mounted = self.detach()
        mounted = self.detach() or mounted  # its last system call may have been mount(2)
        self.found[f"famfsd: {'mounted' if mounted else 'not yet mounted'}"] += 1

    def run(self, wanted):
        """Until so many kills, or rounds, are done; the exit status of the test."""
        began = time.monotonic()
        try:
            self.all_rounds(wanted)
        except (Wrong, subprocess.TimeoutExpired) as e:
            print(f"FAILED in round {self.rounds}, {self.kind.__name__} (FAMFS_SEED={self.seed}): {e}")
            return 1
        finally:
            self.detach()
        print(f"{self.rounds} rounds in {time.monotonic() - began:.0f} s; killed: {tally(self.kills)}; "
              f"found: {tally(self.found)}")
        return 0


def tally(counter):
    return ", ".join(f"{what} {count}" for what, count in sorted(counter.items()))


def seed_of_run():
    return int(os.environ.get("FAMFS_SEED", str(random.randrange(10**6))))
