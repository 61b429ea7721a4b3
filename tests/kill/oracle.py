"""What must be true of a mount after a kill: of names, contents and space, by what writers noted, by the daemon's own
status, by statfs and by fsck."""
import json
import os
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../mount")
import control  # noqa: E402
from writers import SEED_OF_CREAT  # noqa: E402

QUIET_WITHIN = 20
FILL = "fill"


class Wrong(Exception):
    pass


def check(good, what):
    if not good:
        raise Wrong(what)


def command(*argv, input=None):
    return subprocess.run(argv, input=input, capture_output=True, text=True, errors="replace", timeout=120)


def status_of(mount_point):
    fd = os.open(mount_point, os.O_RDONLY)
    try:
        return control.status(fd)
    finally:
        os.close(fd)


def fail(error):
    raise error


def tree_of(mount_point):
    """Name to stat, directories with a slash at the end."""
    there = {}
    for folder, folders, files in os.walk(mount_point, onerror=fail):
        relative = os.path.relpath(folder, mount_point)
        prefix = "" if relative == "." else relative + "/"
        folders[:] = [name for name in folders if prefix + name not in (".meta", FILL)]
        for name in folders + files:
            found = os.lstat(os.path.join(folder, name))
            there[prefix + name + ("/" if stat.S_ISDIR(found.st_mode) else "")] = found
    return there


class Oracle:
    """Of one file system since its mkfs: `plans` by name, what was seen committed by name. In FILL there are `fill - 1`
    directories, which are not looked at."""

    def __init__(self, contents, fill=0):
        self.contents, self.fill = contents, fill
        self.plans, self.seen = {}, {}

    def expected(self, plan):
        data = self.contents.of(plan.name, plan.size)
        if plan.how == "hole":
            return bytes(data[:plan.size // 2]) + bytes(plan.size - plan.size // 2)
        return data

    def same(self, path, plan, size):
        check(size == plan.size or (plan.may_be_part() and size < plan.size),
              f"{plan}: {size} bytes of {plan.size} are visible")
        with open(path, "rb") as f:
            check(memoryview(f.read()) == self.expected(plan)[:size], f"{plan}: other bytes")

    def look(self, mount_point, everything=False):
        """The whole of it, with the contents of what was not seen before, or of everything."""
        there = tree_of(mount_point)
        lost = [str(plan) for n, plan in self.plans.items() if plan.acknowledged and n not in there]
        check(not lost, f"lost: {lost[:5]}")
        gone = [n for n, size in self.seen.items() if size and n not in there]
        check(not gone, f"was there before, and is gone: {gone[:5]}")
        created = []
        for name, found in there.items():
            plan = self.plans.get(name)
            check(plan is not None, f"{name}: nobody made it")
            check(found.st_uid == plan.uid, f"{name}: is {found.st_uid}'s, not {plan.uid}'s")
            if self.seen.get(name) == found.st_size and not everything or name.endswith("/"):
                continue
            if plan.how == "creat":
                check(found.st_size == plan.size, f"{plan}: {found.st_size} bytes of {plan.size} are visible")
                created.append(os.path.join(mount_point, name))
            else:
                self.same(os.path.join(mount_point, name), plan, found.st_size)
        if created:
            said = command("famfs", "verify", *[x for path in created for x in ("-m", f"{path},{SEED_OF_CREAT}")])
            check(said.returncode == 0, f"famfs verify: {said.stdout}{said.stderr}")
        self.seen = {name: found.st_size for name, found in there.items()}

    def quiet(self, mount_point):
        """Until what was killed is closed: the kernel tells a daemon of that a little later."""
        end = time.monotonic() + QUIET_WITHIN
        while status_of(mount_point)["pins"] != 0:
            check(time.monotonic() < end, f"{status_of(mount_point)['pins']} pins, and nobody is there")
            time.sleep(0.002)

    def space(self, mount_point, status):
        """By the sizes alone: what no file has is free."""
        unit = status["space"]["alloc_unit"]
        files = [size for name, size in self.seen.items() if not name.endswith("/")]
        free = status["space"]["data"] - sum(-(-size // unit) * unit for size in files)
        statfs = os.statvfs(mount_point)
        check(status["space"]["free"] == free, f"free: {status['space']['free']}, by the files' sizes {free}")
        check(statfs.f_bfree * statfs.f_frsize == free, f"statfs: {statfs.f_bfree * statfs.f_frsize}, not {free}")
        return free

    def log(self, mount_point, status):
        """An entry for each name, but for those that wait: files closed empty, as a killed cp(1) may leave one, and
        directories in which there is nothing else."""
        statfs = os.statvfs(mount_point)
        names = len(self.seen) + self.fill
        check(statfs.f_files - statfs.f_ffree == names, f"statfs: {statfs.f_files - statfs.f_ffree} files, {names} names")
        empty = sum(not name.endswith("/") and size == 0 for name, size in self.seen.items())
        check(status["pending"] <= empty, f"{status['pending']} files are pending, {empty} are empty")
        holders = {os.path.dirname(name) + "/" for name, size in self.seen.items() if size and not name.endswith("/")}
        bare = sum(name.endswith("/") and name not in holders for name in self.seen)
        entries = status["log"]["entries"]
        check(names - empty - bare <= entries <= names - status["pending"], f"{entries} entries, {names} names")
        check(status["log"]["faults"] == 0, "faults in the log")
        return entries

    def fsck(self, target, entries, free):
        said = command("famfs", "fsck", "--json", target)
        check(said.returncode == 0, f"famfs fsck {target}: exit {said.returncode}: {said.stdout}{said.stderr}")
        report = json.loads(said.stdout)
        names = report["files"] + report["directories"]
        check(names == entries, f"fsck: {names} names, not {entries}")
        check(report["space"]["free"] == free, f"fsck: free {report['space']['free']}, not {free}")

    def judge(self, mount_point, everything=False):
        self.quiet(mount_point)
        self.look(mount_point, everything)
        status = status_of(mount_point)
        free = self.space(mount_point, status)
        self.fsck(mount_point, self.log(mount_point, status), free)
        return free
