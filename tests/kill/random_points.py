#!/usr/bin/env -S python3 -B
"""famfsd, mkfs.famfs, famfs cp, famfs creat and cp under SIGKILL at random points, with several writers.
FAMFS_KILLS: how many kills (1000); FAMFS_SEED: of the points and of what is written. Run under support/in-namespace."""
import json
import os
import signal
import subprocess
import sys
import time

from bed import Bed, seed_of_run
from oracle import Oracle, check, command

STREAM = 0.12        # seconds that writers have at most, after the mount
LEAST_FREE = 800 << 20
SHARES = {"famfsd": 0.35, "mkfs": 0.25, "commands": 0.4}


class RandomPoints(Bed):
    def measure(self, what, act):
        for _ in range(3):
            began = time.monotonic()
            act()
            self.usual.note(what, time.monotonic() - began)

    def tools_round(self):
        """The daemon lives; what ends in its mount is commands."""
        self.mount()
        pids, journals = self.writers(1.0)
        for pid in pids[2:]:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.over[0] = 1
        self.judge(self.gather(pids, journals))

    def daemon_round(self):
        """From the start of the daemon to the end of the stream; the next mount does not wait for anything."""
        moment = self.rng.uniform(0, self.usual.of("mount") + STREAM)
        pids, journals = self.writers(0.3)
        daemon = subprocess.Popen(["famfsd", "-f", "-o", "mode=0777", self.device, self.mnt], stderr=subprocess.DEVNULL)
        time.sleep(moment)
        self.kill_daemon(daemon)
        self.mount()
        self.judge(self.gather(pids, journals))

    def mkfs_kill(self):
        """The file system of before, whole; or none, and a new mkfs needs no --force; or the new one."""
        began = time.monotonic()
        mkfs = subprocess.Popen(["mkfs.famfs", "-f", self.device], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(self.usual.draw("mkfs"))
        mkfs.kill()
        errors = mkfs.communicate()[1]
        took = time.monotonic() - began
        check(mkfs.returncode in (0, -signal.SIGKILL), f"mkfs: exit {mkfs.returncode}: {errors}")
        left = self.what_mkfs_left(command("fsck.famfs", "--json", self.device))
        if left != "old":
            self.oracle = Oracle(self.contents)
        if mkfs.returncode == 0:
            self.usual.note("mkfs", took)
        else:
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

    def next_kind(self):
        """Whose kills are behind their share."""
        done = {"famfsd": self.kills["famfsd"], "mkfs": self.kills["mkfs"]}
        done["commands"] = sum(self.kills.values()) - sum(done.values())
        kinds = {"famfsd": self.daemon_round, "mkfs": self.mkfs_kill, "commands": self.tools_round}
        return kinds[min(SHARES, key=lambda who: done[who] / SHARES[who])]

    def all_rounds(self, wanted):
        self.mkfs()
        self.measure("mkfs", self.mkfs)
        self.measure("mount", lambda: (self.mount(), self.umount()))
        while sum(self.kills.values()) < wanted:
            self.rounds += 1
            self.over[0] = 0
            if self.free < LEAST_FREE:
                self.mkfs()
            self.kind = self.next_kind()
            self.kind()


def main():
    seed, wanted = seed_of_run(), int(os.environ.get("FAMFS_KILLS", "1000"))
    print(f"{wanted} kills, seed {seed}", flush=True)
    return RandomPoints(seed, device_bytes=2 << 30).run(wanted)


sys.exit(main())
