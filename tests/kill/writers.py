"""Who writes while things are killed, and what each notes of it.

A writer is a child of ours in the mount. Before it makes a file it notes that it will, and once the call that promises
something has returned it notes that, in a journal outside the mount, before it goes on. Contents follow from the name."""
import os
import random
import signal
import subprocess
import threading
import time
import zlib

POOL_BYTES = 8 << 20
LARGEST = 5 << 20
SIZES = ((1, 4096), (4097, 100_000), (100_001, 2 << 20), ((2 << 20) + 1, LARGEST))
SEED_OF_CREAT = 7
MOST_FILES = 40  # of a thread


class Contents:
    """A cut of random bytes for each name: no two files have the same, and no stretch of one repeats."""

    def __init__(self, seed):
        self.pool = memoryview(random.Random(seed).randbytes(POOL_BYTES))

    def of(self, name, size):
        at = zlib.crc32(name.encode()) % (POOL_BYTES - LARGEST)
        return self.pool[at:at + size]


class Plan:
    """One file to be made: `how` is close, fsync, hole, cp, creat or plain-cp."""

    def __init__(self, name, size, how, uid):
        self.name, self.size, self.how, self.uid = name, size, how, uid
        self.acknowledged = False
        self.killed = False

    def __str__(self):
        words = ["acknowledged"] * self.acknowledged + ["killed"] * self.killed
        return f"{self.name} ({', '.join([self.how, *words])})"

    def line(self):
        return f"begin {self.name} {self.size} {self.how} {self.uid}\n"


class Journal:
    def __init__(self, path):
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666)

    def note(self, line):
        os.write(self.fd, line.encode())

    @staticmethod
    def read(path, plans, trouble):
        """Adds what the journal says to `plans`, by name, and errors to `trouble`."""
        for line in open(path):
            word, name, *rest = line.split()
            if word == "begin":
                plans[name] = Plan(name, int(rest[0]), rest[1], int(rest[2]))
            elif word == "ack":
                plans[name].acknowledged = True
            elif word == "kill":
                plans[name].killed = True
            else:
                trouble.append(line.strip())


class Writer:
    """Runs in a process of its own, with `threads` that make files in turns, or as one that runs commands."""

    def __init__(self, name, uid, seed, journal, contents, scratch, over):
        """over[0], shared with the driver: set before the mount may go."""
        self.name, self.uid, self.seed = name, uid, seed
        self.journal, self.contents, self.scratch, self.over = journal, contents, scratch, over

    def fork(self, mount_point, before, work):
        """`before`: st_dev of the mount point while nothing is mounted; `work` is files or commands."""
        pid = os.fork()
        if pid != 0:
            return pid
        code = 1
        try:
            if self.uid:
                os.setgroups([])
                os.setresgid(self.uid, self.uid, self.uid)
                os.setresuid(self.uid, self.uid, self.uid)
            if self.enter(mount_point, before):
                work(self)
            code = 0
        except BaseException as e:  # nothing of ours may run on as if it were the driver
            self.error(self.name, repr(e))
        finally:
            os._exit(code)

    def enter(self, mount_point, before):
        """Into the mount as it is now: a later one there is not ours."""
        while not self.over[0]:
            try:
                if os.stat(mount_point).st_dev != before:
                    os.chdir(mount_point)
                    return os.stat(".").st_dev != before
            except OSError:
                pass
            time.sleep(0.0005)
        return False

    def error(self, name, what):
        """Before it is over there are none. Returns False: the mount may be gone."""
        if not self.over[0]:
            self.journal.note(f"error {name} {'_'.join(what.split())}\n")
        return False

    def plan(self, rng, tag, how):
        low, high = rng.choices(SIZES, (5, 3, 2, 1))[0]
        return Plan(f"{self.name}.{tag}", rng.randint(low, high), how, self.uid)

    def attempt(self, plan, make):
        """False: the mount is gone."""
        self.journal.note(plan.line())
        try:
            make(plan)
        except OSError as e:
            return self.error(plan.name, e.strerror)
        self.journal.note(f"ack {plan.name}\n")
        return True

    def make_directory(self, plan):
        os.mkdir(plan.name.rstrip("/"), 0o755)
        fd = os.open(plan.name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def make_file(self, plan):
        data = self.contents.of(plan.name, plan.size)
        fd = os.open(plan.name, os.O_CREAT | os.O_WRONLY, 0o644)
        try:
            if plan.how == "hole":
                os.ftruncate(fd, plan.size)
                data = data[:plan.size // 2]
            for at in range(0, len(data), 300_000):
                os.write(fd, data[at:at + 300_000])
            if plan.how == "fsync":
                os.fsync(fd)
                self.journal.note(f"ack {plan.name}\n")
        finally:
            os.close(fd)

    def thread(self, number):
        rng = random.Random(f"{self.seed}.{number}")
        place = ""
        for i in range(MOST_FILES):
            if self.over[0]:
                return
            if i % 5 == 0:
                place = f"{self.name}.{number}.{i}/"
                if not self.attempt(Plan(place, 0, "mkdir", self.uid), self.make_directory):
                    return
                continue
            plan = self.plan(rng, f"{number}.{i}", rng.choice(("close", "fsync", "hole")))
            plan.name = (place if rng.random() < 0.5 else "") + plan.name
            if not self.attempt(plan, self.make_file):
                return

    def files(self, threads=2):
        every = [threading.Thread(target=self.thread, args=(n,)) for n in range(threads)]
        for thread in every:
            thread.start()
        for thread in every:
            thread.join()

    def commands(self, delays):
        """Commands that make files, the i-th killed after delays[i] seconds (None: not)."""
        rng = random.Random(self.seed)
        for i, delay in enumerate(delays):
            if self.over[0]:
                return
            plan = self.plan(rng, f"c{i}", rng.choice(("cp", "cp", "creat", "plain-cp")))
            if not self.run(plan, delay):
                return

    def run(self, plan, delay):
        self.journal.note(plan.line())
        if plan.how == "creat":
            argv = ["famfs", "creat", "-r", "-S", str(SEED_OF_CREAT), "-s", str(plan.size), plan.name]
        else:
            source = f"{self.scratch}/{self.name}.source"
            with open(source, "wb") as f:
                f.write(self.contents.of(plan.name, plan.size))
            argv = (["famfs"] if plan.how == "cp" else []) + ["cp", source, plan.name]
        child = subprocess.Popen(argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        if delay is not None:
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        errors = child.communicate()[1].decode(errors="replace")
        if child.returncode == -signal.SIGKILL:
            self.journal.note(f"kill {plan.name}\n")
        elif child.returncode == 0:
            self.journal.note(f"ack {plan.name}\n")
        else:
            return self.error(plan.name, errors)
        return True
