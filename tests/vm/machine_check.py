#!/usr/bin/env python3
"""A machine check under a file, on an NVDIMM (NFIT): SIGBUS for the program that has it mapped, EIO for read(2), badblocks
that last: fsck tells, a later mount keeps away from them. machine_check.py BUILD SERIES"""
import collections
import json
import re
import time

from hosts import DEVICE, SETUP, arguments, check, host, run

AT = 1 << 20  # in the file
DAEMON = f"""famfsd {DEVICE} /mnt -f -o loglevel=info >/tmp/log 2>&1 </dev/null &
  for i in $(seq 300); do grep -q ' /mnt ' /proc/mounts && exit; sleep 0.1; done; cat /tmp/log; exit 1"""


def wait_for(word, file, seconds=60):
    return (f"for i in $(seq {seconds * 10}); do grep -qE '{word}' {file} && break; sleep 0.1; done; cat {file}; "
            f"grep -qE '{word}' {file}")


def bad_address(a):
    """Physical, of a byte in the file: where the device begins, and where the file is on it."""
    text = a.good("cat /sys/bus/dax/devices/dax0.0/resource; famfs getmap --json /mnt/bad")
    base, _, text = text.partition("\n")
    return int(base, 0), json.loads(text)["extents"][0]["offset"] + AT


def inject(a, address):
    """As if the load that runs just now had met it: in the program that spins, which is nearly always; in the kernel it
    would be a panic, in another program that one's SIGBUS."""
    def monitor(line):
        return a.monitor("human-monitor-command", **{"command-line": line})

    def program():
        registers = monitor("info registers")
        return re.search(r"CR3=(\w+)", registers)[1] if "CPL=3" in registers else None

    seen = collections.Counter()
    for _ in range(1000):
        a.monitor("stop")
        now = program()
        seen[now] += now is not None
        hit_it = now is not None and seen[now] >= 5 and seen.most_common(1)[0][0] == now
        if hit_it:
            monitor(f"mce 0 9 0xbd80000000000134 0x7 {address:#x} 0x8c")
        a.monitor("cont")
        if hit_it:
            return
        time.sleep(0.05)
    raise AssertionError("the processor is never in the program")


def covers(place, offset):
    return place["offset"] <= offset < place["offset"] + place["length"]


def hit(a):
    base, offset = bad_address(a)
    a.good(f'"$FAMFS_PROBE" spin /mnt/bad {AT} >/tmp/spin 2>&1 </dev/null & ' + wait_for("spinning", "/tmp/spin"))
    inject(a, base + offset)
    print(a.good(wait_for("sigbus code", "/tmp/spin")).strip())
    return offset


def while_mounted(a, offset):
    status, text = a.ask("cat /mnt/bad >/dev/null")
    check(status == 1 and "Input/output error" in text, f"read: exit {status}: {text}")
    a.good("cmp /tmp/good /mnt/good && cp /tmp/good /mnt/after && cmp /tmp/good /mnt/after")
    log = a.good(wait_for(f"{DEVICE}: memory failure at offset [0-9]+, [0-9]+ bytes, in bad", "/tmp/log"))
    print([line for line in log.splitlines() if "memory failure" in line][0])
    failures = json.loads(a.good("famfs status --json /mnt"))[0]["failures"]
    check([f["file"] for f in failures if covers(f, offset)] == ["bad"], f"famfs status: {failures}")
    check("badblock_count" in a.good("ndctl list -RNMu"), "the badblocks last")
    badblocks = json.loads(a.good("famfs devices --json"))[0]["bad_memory"]
    check(any(covers(b, offset) for b in badblocks), f"famfs devices: {badblocks}")


def after_remount(a, offset):
    a.good("umount /mnt; wait")
    status, text = a.ask(f"fsck.famfs --json {DEVICE} 2>/dev/null")
    places = json.loads(text)["bad_memory"]
    check(status == 4 and [p["file"] for p in places if covers(p, offset)] == ["bad"], f"fsck: exit {status}: {text}")
    a.good(DAEMON)
    status, text = a.ask("cat /mnt/bad >/dev/null")
    check(status == 1 and "Input/output error" in text, f"read after a remount: exit {status}: {text}")
    a.good("cmp /tmp/good /mnt/good && cmp /tmp/good /mnt/after")
    # All space that is left is handed out, and none of it is bad.
    a.good("""i=0; while head -c 16M /dev/zero >/mnt/fill$i 2>/dev/null; do i=$((i+1)); done
      for f in /mnt/fill*; do cat "$f" >/dev/null || exit 1; done; [ $i -gt 5 ]""", 240)
    a.good("umount /mnt")


def test():
    options = arguments(__doc__)
    with host(options.build, options.kernel[0], None, 272, kind="nvdimm") as a:
        a.start()
        a.good(SETUP + f"make_devdax 2M && mkfs.famfs {DEVICE}", 240)
        a.good(DAEMON)
        a.good("head -c 5000001 /dev/urandom >/tmp/good; cp /tmp/good /mnt/good; head -c 5M /dev/urandom >/mnt/bad")
        offset = hit(a)
        while_mounted(a, offset)
        after_remount(a, offset)


run(test)
