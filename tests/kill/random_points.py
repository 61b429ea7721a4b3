#!/usr/bin/env -S python3 -B
"""famfsd, mkfs.famfs, famfs cp, famfs creat and cp under SIGKILL at random points, with several writers.
FAMFS_KILLS: how many kills (1000); FAMFS_SEED: of the points and of what is written. Run under support/in-namespace."""
import ctypes
import json
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from oracle import Oracle, Wrong, check, command
from writers import Contents, Journal, Writer

DEVICE_BYTES = 2 << 30
USER = 65534
STREAM = 0.12        # seconds that writers have at most, after the mount
COMMANDS = 4         # of the writer that runs them, each round
LEAST_FREE = 800 << 20
PATIENCE = 60
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


class Points:
    """Which moments: spread over what the thing to be killed takes when it is left alone."""

    def __init__(self, rng):
        self.rng, self.took = rng, {}

    def measure(self, what, act, times=3):
        took = []
        for _ in range(times):
            began = time.monotonic()
            act()
            took.append(time.monotonic() - began)
        self.took[what] = sorted(took)[times // 2]

    def draw(self, what, more=0.0):
        """With others at work it takes longer than alone."""
        return self.rng.uniform(0, self.rng.choice((1.1, 3, 10)) * self.took[what] + more)


class Bed:
    """A device and a mount point; the file system on it, as long as there is room."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.points = Points(self.rng)
        self.scratch = os.environ["FAMFS_SCRATCH"]
        self.device = os.environ["FAMFS_DEVICE_PREFIX"] + ".kill"
        self.mnt = self.scratch + "/mnt"
        os.mkdir(self.mnt)
        os.chmod(self.scratch, 0o777)
        with open(self.device, "wb") as f:
            f.truncate(DEVICE_BYTES)
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
        self.oracle, self.free = Oracle(self.contents), DEVICE_BYTES

    def mount(self):
        said = command("mount", "-t", "fuse.famfs", "-o", "mode=0777", self.device, self.mnt)
        check(said.returncode == 0, f"mount: {said.stdout}{said.stderr}")

    def umount(self):
        said = command("umount", self.mnt)
        check(said.returncode == 0, f"umount: {said.stderr}")

    def detach(self):
        return libc.umount2(self.mnt.encode(), MNT_DETACH) == 0

    def calibrate(self):
        self.mkfs()
        self.points.measure("mkfs", self.mkfs)
        self.points.measure("mount", lambda: (self.mount(), self.umount()))
        self.mount()
        numbers = iter(range(100))
        for how in (["cp"], ["famfs", "cp"]):
            source = sys.executable
            self.points.measure("".join(how), lambda: command(*how, source, f"{self.mnt}/{next(numbers)}"))
        self.points.measure("famfscreat", lambda: command("famfs", "creat", "-r", "-s", "2m", f"{self.mnt}/{next(numbers)}"))
        self.umount()
        self.mkfs()
        print("alone, in ms: " + ", ".join(f"{what} {took * 1e3:.0f}" for what, took in self.points.took.items()))

    # -- rounds

    def writers(self, delays):
        work = {"root": (0, Writer.files), "user": (USER, Writer.files),
                "root-commands": (0, lambda w: w.commands(delays[0])),
                "user-commands": (USER, lambda w: w.commands(delays[1]))}
        pids, journals = [], []
        for name, (uid, what) in work.items():
            path = f"{self.scratch}/journal.{self.rounds}.{name}"
            writer = Writer(f"{name}.{self.rounds}", uid, self.rng.random(), Journal(path), self.contents, self.scratch,
                            self.over)
            pids.append(writer.fork(self.mnt, self.nothing, what))
            os.close(writer.journal.fd)
            journals.append(path)
        return pids, journals

    def delays(self, likely):
        longest = max(("cp", "famfscp", "famfscreat"), key=self.points.took.get)
        return [[self.points.draw(longest) if self.rng.random() < likely else None for _ in range(COMMANDS)]
                for _ in range(2)]

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
            Journal.read(path, self.oracle.plans, trouble)
            os.unlink(path)
        check(not trouble, f"writers met: {trouble[:3]}")
        made = [self.oracle.plans[name] for name in self.oracle.plans.keys() - before]
        self.kills.update(plan.how for plan in made if plan.killed)
        self.found["acknowledged files"] += sum(plan.acknowledged for plan in made)
        return made

    def judge(self, made):
        self.free = self.oracle.judge(self.mnt)
        for plan in made:
            if plan.killed:
                size = self.oracle.seen.get(plan.name, 0)
                self.found[f"{plan.how}: {'whole' if size == plan.size else 'part' if size else 'gone'}"] += 1
        self.umount()

    def tools_round(self):
        """The daemon lives; what ends in its mount is commands."""
        self.mount()
        pids, journals = self.writers(self.delays(1.0))
        for pid in pids[2:]:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.over[0] = 1
        self.judge(self.gather(pids, journals))

    def daemon_round(self):
        """From the start of the daemon to the end of the stream; the next mount does not wait for anything."""
        moment = self.rng.uniform(0, self.points.took["mount"] + STREAM)
        pids, journals = self.writers(self.delays(0.3))
        daemon = subprocess.Popen(["famfsd", "-f", "-o", "mode=0777", self.device, self.mnt], stderr=subprocess.DEVNULL)
        time.sleep(moment)
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
        self.mount()
        self.judge(self.gather(pids, journals))

    def mkfs_kill(self):
        """The file system of before, whole; or none, and a new mkfs needs no --force; or the new one."""
        mkfs = subprocess.Popen(["mkfs.famfs", "-f", self.device], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(self.points.draw("mkfs"))
        mkfs.kill()
        errors = mkfs.communicate()[1]
        check(mkfs.returncode in (0, -signal.SIGKILL), f"mkfs: exit {mkfs.returncode}: {errors}")
        left = self.what_mkfs_left(command("fsck.famfs", "--json", self.device))
        if left != "old":
            self.oracle = Oracle(self.contents)
        if mkfs.returncode != 0:
            self.kills["mkfs"] += 1
            self.found[f"mkfs: {left}"] += 1
        self.mount()
        self.free = self.oracle.judge(self.mnt, everything=True)
        self.umount()

    def what_mkfs_left(self, fsck):
        if fsck.returncode == 0:
            return "new" if json.loads(fsck.stdout)["log"]["entries"] == 0 else "old"
        refused = command("mount", "-t", "fuse.famfs", self.device, self.mnt)
        check("no famfs file system" in refused.stderr, f"fsck: {fsck.returncode}: {fsck.stdout}{fsck.stderr}; "
              f"mount: {refused.stderr}")
        said = command("mkfs.famfs", self.device)
        check(said.returncode == 0, f"mkfs after a killed one: {said.stderr}")
        return "none"

    def run(self, wanted):
        while sum(self.kills.values()) < wanted:
            self.rounds += 1
            self.over[0] = 0
            if self.free < LEAST_FREE:
                self.mkfs()
            self.kind, = self.rng.choices((self.daemon_round, self.tools_round, self.mkfs_kill), (55, 20, 25))
            self.kind()


def tally(counter):
    return ", ".join(f"{what} {count}" for what, count in sorted(counter.items()))


def main():
    seed = int(os.environ.get("FAMFS_SEED", str(random.randrange(10**6))))
    wanted = int(os.environ.get("FAMFS_KILLS", "1000"))
    print(f"{wanted} kills, seed {seed}", flush=True)
    began = time.monotonic()
    bed = Bed(seed)
    bed.calibrate()
    try:
        bed.run(wanted)
    except (Wrong, subprocess.TimeoutExpired) as e:
        print(f"FAILED in round {bed.rounds}, {bed.kind.__name__} (FAMFS_SEED={seed}): {e}")
        return 1
    finally:
        bed.detach()
    print(f"{bed.rounds} rounds in {time.monotonic() - began:.0f} s; killed: {tally(bed.kills)}; "
          f"found: {tally(bed.found)}")
    return 0


sys.exit(main())
