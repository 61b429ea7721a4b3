#!/usr/bin/env -S python3 -B
"""Several writers at the end of the log, or of the device, and killed there: famfsd, commands, holders of pending files.
FAMFS_SEED: of the moments and of what is written. Run under support/in-namespace: full.py log|device."""
import errno
import os
import signal
import subprocess
import sys
import time

from bed import Bed, USER, seed_of_run
from oracle import FILL, Oracle, check, command, status_of
from writers import Plan

ROUNDS = 7
LOG_LEFT = 60         # entries, for writers
PENDING = 8           # files held open
SIZE = 3 << 20


def full(call, *args, **named):
    try:
        call(*args, **named)
    except OSError as e:
        check(e.errno == errno.ENOSPC, f"{args}: {e}")
    else:
        check(False, f"{args}: not refused")


def commit(directory):
    """What was made in it, now and not a little after."""
    fd = os.open(directory, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


class Holder:
    """A child with pending files, who does what it is told on a pipe, and answers."""

    def __init__(self, uid, mount_point, work):
        here, there = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(here[1]), os.close(there[0])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                os.chdir(mount_point)
                for answer in work():
                    os.write(there[1], bytes([answer]))
                    if not os.read(here[0], 1):
                        break
                code = 0
            finally:
                os._exit(code)
        os.close(here[0]), os.close(there[1])
        self.tell, self.hear = here[1], there[0]
        self.answer()

    def answer(self):
        said = os.read(self.hear, 1)
        check(said, "a holder of pending files failed")
        self.said = said[0]

    def goes_on(self):
        os.write(self.tell, b"x")
        self.answer()

    def ends(self, how=signal.SIGKILL):
        os.kill(self.pid, how)
        os.waitpid(self.pid, 0)
        os.close(self.tell), os.close(self.hear)


class Full(Bed):
    def daemon(self):
        """One whose log lines can be read."""
        self.lines = open(f"{self.scratch}/lines", "w+b")
        daemon = subprocess.Popen(["famfsd", "-f", "-o", "mode=0777", self.device, self.mnt], stderr=self.lines)
        while os.stat(self.mnt).st_dev == self.nothing:
            check(daemon.poll() is None, "famfsd ended")
            time.sleep(0.001)
        return daemon

    def wave(self, victim):
        """Writers until nothing fits any more; `victim` is killed meanwhile."""
        self.over[0] = 0
        began = time.monotonic()
        if victim != "famfsd":
            self.mount()
            made = self.gather(*self.writers(1.0 if victim == "commands" else 0.0))
            if not victim:
                self.usual.note("wave", time.monotonic() - began)
                check(any(plan.refused for plan in made), "there was room for all")
        else:
            daemon = self.daemon()
            began = self.writers(0.3)
            time.sleep(self.usual.draw("wave"))
            self.kill_daemon(daemon)
            self.mount()
            made = self.gather(*began)
        self.judge(made)

    def all_rounds(self, wanted):
        self.fresh()
        self.kind = self.held
        self.held()
        for self.rounds in range(1, wanted + 1):
            self.kind = self.wave
            self.fresh()
            self.wave(("", "famfsd", "commands")[0 if self.rounds == 1 else 1 + self.rounds % 2])
            self.rounds += 0.5
            self.wave("")  # what they left can be used up
            self.at_the_end()


class FullDevice(Full):
    fresh = Bed.mkfs

    def at_the_end(self):
        pass

    def held(self):
        """What is pending takes all space, and gives all of it back: removed and closed, holder killed, famfsd killed."""
        for how in "unlink", "holder", "famfsd":
            daemon = self.daemon()
            before = status_of(self.mnt)["space"]["free"]
            holders = [Holder(uid, self.mnt, lambda: self.hold(f"{how}.{uid}")) for uid in (0, USER)]
            check(sum(h.said for h in holders) > 8 and status_of(self.mnt)["space"]["free"] == 0, "not all space is taken")
            check(os.statvfs(self.mnt).f_bavail == 0, "df knows of more")
            said = command("famfs", "cp", "/etc/passwd", self.mnt + "/x")
            check(said.returncode == 12 and " 0 bytes and " in said.stderr, f"famfs cp: {said.returncode}: {said.stderr}")
            if how != "famfsd":
                for holder in holders:
                    holder.goes_on()  # removes its files
                check(status_of(self.mnt)["space"]["free"] == 0, "free while it is open")
                for holder in holders:
                    holder.goes_on() if how == "unlink" else holder.ends()
            else:
                self.kill_daemon(daemon)
                self.mount()
            self.oracle.quiet(self.mnt)
            if how != "holder":
                for holder in holders:
                    holder.ends()
            free = status_of(self.mnt)["space"]["free"]
            check(free == before, f"{how}: {free} bytes are free, {before} before")
            self.judge([])

    @staticmethod
    def hold(name):
        fds = []
        try:
            while True:
                fds.append(os.open(f"{name}.{len(fds)}", os.O_CREAT | os.O_RDWR))
                for size in SIZE, 1:  # the last units
                    try:
                        os.posix_fallocate(fds[-1], 0, size)
                        break
                    except OSError:
                        if size == 1:
                            raise
        except OSError as e:
            check(e.errno == errno.ENOSPC, str(e))
        yield len(fds)
        for i in range(len(fds)):
            os.unlink(f"{name}.{i}")
        yield 0
        for fd in fds:
            os.close(fd)
        yield 0


class FullLog(Full):
    def fresh(self):
        """A log with LOG_LEFT entries left, made once."""
        image = self.device + ".image"
        if not os.path.exists(image):
            self.mkfs()
            self.mount()
            top = f"{self.mnt}/{FILL}"
            os.mkdir(top)
            self.fill = os.statvfs(self.mnt).f_favail - LOG_LEFT + 1
            for i in range(self.fill - 1):
                os.mkdir(f"{top}/{i}")
            commit(top)
            self.umount()
            check(command("cp", "--sparse=always", self.device, image).returncode == 0, "cp")
        check(command("cp", "--sparse=always", image, self.device).returncode == 0, "cp")
        self.oracle = Oracle(self.contents, self.fill)

    def at_the_end(self):
        """The log is full to its last entry, and what is there can be used."""
        daemon = self.daemon()
        check(os.statvfs(self.mnt).f_favail == 0, f"{os.statvfs(self.mnt).f_favail} entries are left")
        for i in range(20):
            full(os.mkdir, f"{self.mnt}/d{i}")
            full(os.open, f"{self.mnt}/f{i}", os.O_CREAT | os.O_WRONLY)
        said = command("famfs", "cp", "/etc/passwd", self.mnt + "/x")
        check(said.returncode == 12 and " 0 log entries are left" in said.stderr, f"famfs cp: {said.stderr}")
        self.lines.seek(0)
        lines = [line for line in self.lines.read().decode().splitlines() if ": log: 0 entries are left of " in line]
        check(len(lines) == 1, f"famfsd said: {lines}")
        self.use_what_is_there()
        self.kill_daemon(daemon)
        self.mount()
        self.oracle.look(self.mnt, everything=True)
        self.umount()

    def use_what_is_there(self):
        name, size = next((n, s) for n, s in self.oracle.seen.items() if s)
        with open(f"{self.mnt}/{name}", "r+b") as f:
            was = f.read(1)
            for what in b"new", was:
                f.seek(0)
                f.write(what[:1])
                f.flush()
                os.fsync(f.fileno())
                check(os.pread(f.fileno(), 1, 0) == what[:1], "overwritten in place")
        said = command("famfs", "exec", "--", sys.executable, "-c", MAPS, f"{self.mnt}/{name}", self.device)
        check(said.returncode == 0, f"direct map: {said.stderr}")

    def held(self):
        """Each pending file has an entry promised: those closed are there after a kill, those not closed are not, and
        what they leave is exactly what can be made then."""
        daemon = self.daemon()
        kept = [Plan(f"kept.{uid}.{i}", SIZE + i, "close", uid) for uid in (0, USER) for i in range(PENDING)]
        holders = [Holder(uid, self.mnt, lambda: self.hold([p for p in kept if p.uid == uid])) for uid in (0, USER)]
        rest = os.statvfs(self.mnt).f_favail
        check(rest == LOG_LEFT - len(kept), f"{rest} entries are left beside {len(kept)} that are pending")
        self.make(rest, "rest")
        full(os.mkdir, f"{self.mnt}/one-more")
        for holder in holders:
            holder.goes_on()  # closes every second
        for plan in kept:
            plan.acknowledged = kept.index(plan) % 2 == 0
            if plan.acknowledged:
                self.oracle.plans[plan.name] = plan
        full(os.mkdir, f"{self.mnt}/one-more")
        self.kill_daemon(daemon)
        self.mount()
        for holder in holders:
            holder.ends()
        self.make(len(kept) // 2, "after")
        full(os.mkdir, f"{self.mnt}/one-more")
        self.judge([])

    def make(self, count, name):
        for i in range(count):
            plan = Plan(f"{name}.{i}/", 0, "mkdir", 0)
            os.mkdir(f"{self.mnt}/{plan.name}")
            plan.acknowledged = True
            self.oracle.plans[plan.name] = plan
        commit(self.mnt)

    def hold(self, plans):
        fds = [os.open(plan.name, os.O_CREAT | os.O_RDWR, 0o644) for plan in plans]
        for plan, fd in zip(plans, fds):
            os.write(fd, self.contents.of(plan.name, plan.size))
        yield len(fds)
        for fd in fds[::2]:
            os.close(fd)
        yield 0


MAPS = """
import mmap, sys
with open(sys.argv[1], "r+b") as f:
    view = mmap.mmap(f.fileno(), 0)
    assert any(line.rstrip().endswith(sys.argv[2]) for line in open("/proc/self/maps")), "not a direct map"
    was = view[0:1]
    view[0:1] = b"m"
    view.flush()
    assert open(sys.argv[1], "rb").read(1) == b"m"
    view[0:1] = was
    view.flush()
"""


def main():
    kind, size = {"log": (FullLog, 1 << 30), "device": (FullDevice, 96 << 20)}[sys.argv[1]]
    seed = seed_of_run()
    print(f"seed {seed}", flush=True)
    return kind(seed, size, to_the_limit=True).run(ROUNDS)


sys.exit(main())
