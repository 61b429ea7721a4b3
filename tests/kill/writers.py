"""Who writes while things are killed, and what each notes of it.

A writer is a child of ours in the mount. Before it makes a file it notes that it will, and once the call that promises
something has returned it notes that, in a journal outside the mount, before it goes on. Contents follow from the name."""
import errno
import os
import random
import shutil
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
MOST_REFUSED = 4  # ENOSPC, until a writer gives up
EXIT_FULL = 12    # of famfs


class Contents:
    """A cut of random bytes for each name: no two files have the same, and no stretch of one repeats."""

    def __init__(self, seed):
        self.pool = memoryview(random.Random(seed).randbytes(POOL_BYTES))

    def of(self, name, size):
        at = zlib.crc32(name.encode()) % (POOL_BYTES - LARGEST)
        return self.pool[at:at + size]


class Plan:
    """One file or directory/ to be made: `how` is close, fsync, hole, cp, creat or plain-cp; mkdir or …cp-tree."""

    def __init__(self, name, size, how, uid):
        self.name, self.size, self.how, self.uid = name, size, how, uid
        self.acknowledged = self.killed = self.refused = False

    def __str__(self):
        words = [w for w in ("acknowledged", "killed", "refused") if getattr(self, w)]
        return f"{self.name} ({', '.join([self.how, *words])})"

    def may_be_part(self):
        """As on any file system, where a program closes what it could not finish. Ours do not."""
        return self.how not in ("cp", "creat") and (self.refused or (self.killed and self.how == "plain-cp"))

    def line(self):
        return f"begin {self.name} {self.size} {self.how} {self.uid}\n"


class Journal:
    def __init__(self, path):
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666)

    def note(self, line):
        os.write(self.fd, line.encode())

    @staticmethod
    def read(path, plans, usual, trouble):
        """Adds what the journal says to `plans`, by name, times to `usual`, and errors to `trouble`."""
        for line in open(path):
            word, name, *rest = line.split()
            if word == "begin":
                plans[name] = Plan(name, int(rest[0]), rest[1], int(rest[2]))
            elif word == "ack":
                plans[name].acknowledged = True
            elif word == "kill":
                plans[name].killed = True
            elif word == "full":
                plans[name].refused = True
            elif word == "took":
                usual.note(name, float(rest[0]))
            else:
                trouble.append(line.strip())


class Usual:
    """How long things take that are left alone, as of late; which moments to kill them at."""

    def __init__(self, rng, took=None):
        self.rng, self.took = rng, took or {}

    def note(self, what, seconds):
        self.took[what] = [*self.took.get(what, ()), seconds][-5:]

    def of(self, what):
        return sorted(self.took[what])[len(self.took[what]) // 2]

    def draw(self, what):
        """None: not known yet, so leave it alone. A little past the end: then it is known anew."""
        return self.rng.uniform(0, 1.2 * self.of(what)) if what in self.took else None


class Writer:
    """Runs in a process of its own, with `threads` that make files in turns, or as one that runs commands."""

    def __init__(self, name, uid, seed, journal, contents, scratch, over, to_the_limit):
        """over[0], shared with the driver: set before the mount may go. to_the_limit: device or log will be full."""
        self.name, self.uid, self.seed = name, uid, seed
        self.journal, self.contents, self.scratch, self.over = journal, contents, scratch, over
        self.to_the_limit, self.refused = to_the_limit, 0

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

    def full(self, plans):
        """False: as often as not, nothing more will fit."""
        if not self.to_the_limit:
            return self.error(plans[0].name, "ENOSPC")
        for plan in plans:
            plan.refused = True
            self.journal.note(f"full {plan.name}\n")
        self.refused += 1
        return self.refused < MOST_REFUSED

    def plan(self, rng, tag, how):
        low, high = rng.choices(SIZES, (5, 3, 2, 1))[0]
        return Plan(f"{self.name}.{tag}", rng.randint(low, high), how, self.uid)

    def attempt(self, plan, make):
        """False: the mount is gone, or full."""
        self.journal.note(plan.line())
        try:
            make(plan)
        except OSError as e:
            return self.full([plan]) if e.errno == errno.ENOSPC else self.error(plan.name, e.strerror)
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
                plan = Plan(f"{self.name}.{number}.{i}/", 0, "mkdir", self.uid)
                if not self.attempt(plan, self.make_directory):
                    return
                place = "" if plan.refused else plan.name
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

    def commands(self, count, likely, took):
        """Commands that make files, each with this likelihood killed before it ends. `took`: Usual's, of such commands."""
        rng = random.Random(self.seed)
        usual = Usual(rng, took)
        for i in range(count):
            if self.over[0]:
                return
            how, tree = rng.choice((("cp", 0), ("cp", 0), ("creat", 0), ("plain-cp", 0), ("cp", 3), ("plain-cp", 3)))
            plans = [self.plan(rng, f"c{i}", how)]
            if tree:
                top = Plan(plans[0].name + "/", 0, f"{how}-tree", self.uid)
                plans = [top, *(self.plan(rng, f"c{i}/{n}", how) for n in range(tree))]
            # Most of a command's time is its start: from there, or from when its last file is there.
            what = plans[0].how + rng.choice(("", "-made"))
            if not self.run(plans, what, usual.draw(what) if rng.random() < likely else None):
                return

    def source(self, plans):
        """Outside the mount, what is to be copied."""
        top = f"{self.scratch}/{plans[0].name}"
        for plan in plans:
            if plan.name.endswith("/"):
                os.mkdir(top)
            else:
                with open(f"{self.scratch}/{plan.name}", "wb") as f:
                    f.write(self.contents.of(plan.name, plan.size))
        return top.rstrip("/")

    def run(self, plans, what, delay):
        name, how = plans[0].name.rstrip("/"), plans[-1].how
        for plan in plans:
            self.journal.note(plan.line())
        source = None
        if how == "creat":
            argv = ["famfs", "creat", "-r", "-S", str(SEED_OF_CREAT), "-s", str(plans[0].size), name]
        else:
            source = self.source(plans)
            argv = (["famfs"] if how == "cp" else []) + ["cp", "-r", source, name]
        began = time.monotonic()
        child = subprocess.Popen(argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        if what.endswith("-made"):
            while child.poll() is None and not os.path.lexists(plans[-1].name):
                time.sleep(0.0002)
            began = time.monotonic()
        if delay is not None:
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        errors = child.communicate()[1].decode(errors="replace")
        took = time.monotonic() - began
        if source:
            (shutil.rmtree if os.path.isdir(source) else os.unlink)(source)
        if child.returncode == EXIT_FULL or (child.returncode == 1 and os.strerror(errno.ENOSPC) in errors):
            return self.full(plans)
        if child.returncode not in (0, -signal.SIGKILL):
            return self.error(name, errors)
        if child.returncode == 0:
            self.journal.note(f"took {what} {took}\n")
        for plan in plans:
            self.journal.note(f"{'ack' if child.returncode == 0 else 'kill'} {plan.name}\n")
        return True
