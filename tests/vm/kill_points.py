#!/usr/bin/env -S python3 -B
"""QEMU of the master is killed with SIGKILL during a stream of commits, at random points; the client and the rebooted
master must agree on a prefix of the stream that holds every acknowledged commit, whole. kill_points.py BUILD SERIES
FAMFS_KILLS: rounds (20); FAMFS_SEED: of the random points.

A reboot is a guest started from the state of one that had booted and had not touched the file system: its RAM
knows nothing of what was killed. The last reboot is from the kernel on."""
import os
import random
import re
import time

from hosts import DEVICE, SETUP, Memory, arguments, check, host, run

SIZE = 1024
UUID = "6f1c2a9e-0000-4000-8000-00000000000a"
NAME_HOST = f"echo {UUID} >/etc/famfs/system_uuid"
MOUNT = f"mount -t fuse.famfs {DEVICE} /mnt"


def prepared_state(build, series, memory):
    state = memory.folder.name + "/state"
    with host(build, series, memory.path, SIZE) as a:
        a.start()
        a.good(SETUP + f"make_devdax 2M && {NAME_HOST} && mkfs.famfs {DEVICE}")
        a.save(state)
    return state


def acknowledged(a, number):
    return max((int(i) for i in re.findall(rf"^ack {number} (\d+)$", a.output().decode(), re.M)), default=-1) + 1


def stream_and_kill(a, number, delay):
    a.send(f'exec python3 "$FAMFS_HERE/stream.py" {number}')
    end = time.monotonic() + 60
    while acknowledged(a, number) == 0:
        check(time.monotonic() < end, "the stream does not begin")
        time.sleep(0.02)
    time.sleep(delay)
    a.kill()
    return acknowledged(a, number)


def count(guest, number):
    return int(guest.good(f'python3 "$FAMFS_HERE/stream.py" check {number}').split()[1])


def look_from_client(b, number):
    # By following the log, and by replaying all of it.
    b.good("famfs logplay /mnt" if number % 2 else f"umount /mnt && mount -t fuse.famfs -o ro,client {DEVICE} /mnt")
    return count(b, number)


class Rounds:
    """What was acknowledged, and what the two hosts saw of it."""

    def __init__(self):
        self.acked, self.seen = [], []

    def master_looks(self, a):
        """After the reboot: the check of the file system, then its bytes."""
        a.good(f"fsck.famfs {DEVICE}", 240)
        a.good(MOUNT)
        if not self.seen:
            return
        number = len(self.seen) - 1
        again = count(a, number)
        print(f"round {number}: {self.acked[-1]} acknowledged, {self.seen[-1]} seen by B, {again} by the rebooted A",
              flush=True)
        check(again == self.seen[-1], "the hosts disagree")
        check(self.acked[-1] <= again, "an acknowledged commit is lost")


def test():
    options = arguments(__doc__)
    build, series = options.build, options.kernel[0]
    number_of = int(os.environ.get("FAMFS_KILLS", "20"))
    seed = int(os.environ.get("FAMFS_SEED", str(random.randrange(10**6))))
    points = random.Random(seed)
    print(f"{number_of} rounds, seed {seed}")
    rounds = Rounds()
    with Memory() as memory:
        state = prepared_state(build, series, memory)
        with host(build, series, memory.path, SIZE) as b:
            b.start()
            b.good(f"mount -t fuse.famfs -o ro,client {DEVICE} /mnt", 240)
            for number in range(number_of):
                with host(build, series, memory.path, SIZE, incoming=state) as a:
                    rounds.master_looks(a.start())
                    rounds.acked.append(stream_and_kill(a, number, points.uniform(0, 1.5)))
                rounds.seen.append(look_from_client(b, number))
            with host(build, series, memory.path, SIZE) as a:
                a.start().good(NAME_HOST, 240)
                rounds.master_looks(a)
            b.good("umount /mnt")
            b.good(f"fsck.famfs {DEVICE} && mount -t fuse.famfs -o ro,client {DEVICE} /mnt")
            every = b.good('python3 "$FAMFS_HERE/stream.py" check ' + " ".join(map(str, range(number_of)))).split()
            check([int(n) for n in every[1::2]] == rounds.seen, "what was committed once has changed")


run(test)
