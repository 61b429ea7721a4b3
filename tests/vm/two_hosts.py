#!/usr/bin/env -S python3 -B
"""Two hosts over one memory: A makes the file system and is master, B is a client. two_hosts.py BUILD SERIES-A [SERIES-B]"""
from hosts import DEVICE, SETUP, Memory, arguments, check, host, run

LIST = "cd /mnt && find . -mindepth 1 | sort && find . -type f | sort | xargs -r sha256sum"


def start(a, b):
    a.start()
    a.good(SETUP + "make_devdax 2M")
    a.good(f"mkfs.famfs {DEVICE} && mount -t fuse.famfs {DEVICE} /mnt")
    # Only now: the namespace must be made once, before the second host looks.
    b.start()
    b.good(f"[ -c {DEVICE} ]")
    b.good(f"mount -t fuse.famfs -o ro,client {DEVICE} /mnt")
    check('"role":"client"' in b.good("famfs status --json /mnt").replace(" ", "").replace("\n", ""), "B is a client")


def commits_are_seen(a, b):
    a.good("""mkdir -p /mnt/d/e; head -c 5000001 /dev/urandom >/tmp/source
      cp /tmp/source /mnt/d/cp && famfs cp /tmp/source /mnt/d/e/famfs-cp && famfs creat -r -S 42 -s 3m /mnt/seeded""")
    a.good("(exec 7>/mnt/pending; echo half >&7; exec sleep 1000) </dev/null >/dev/null 2>&1 & sleep 0.5")
    check(b.good(LIST).strip() == "", "nothing is seen before a replay")
    text = b.good("famfs logplay /mnt")
    check("3 new files; 2 new directories" in text, text)
    committed = "\n".join(line for line in a.good(LIST).splitlines() if "pending" not in line)
    seen = b.good(LIST).strip()
    check(seen == committed, f"B sees:\n{seen}\nA committed:\n{committed}")
    check("pending" in a.good(LIST), "the pending file is A's own")
    b.good("famfs verify -S 42 -f /mnt/seeded")


def client_appends_nothing(b):
    for command, word in [("echo x >/mnt/new", "Read-only file system"), ("mkdir /mnt/dir", "Read-only file system"),
                          ("echo x >>/mnt/seeded", "Read-only file system"), ("famfs creat -s 4k /mnt/c", "ead-only"),
                          ("truncate -s 1 /mnt/seeded", "Read-only file system")]:
        status, text = b.ask(command)
        check(status not in (0, 139, 134) and word in text, f"{command}: exit {status}: {text}")
    for command in (f"mkfs.famfs {DEVICE}", f"mkfs.famfs -f {DEVICE}", f"mkfs.famfs -f -k {DEVICE}"):
        status, text = b.ask(command)
        check(status == 16, f"{command} on a client: exit {status}: {text}")


def client_maps_it(b):
    b.good(f"""famfs getmap /mnt/d/cp | grep '^Access path: direct'
      famfs exec -- python3 - <<'P'
import mmap
with open("/mnt/d/cp", "rb") as f:
    view = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    assert view[:] == f.read()
assert any(line.rstrip().endswith("{DEVICE}") for line in open("/proc/self/maps"))
P""")


def publish_and_acquire(a, b):
    a.good("printf 'the old text of A' >/mnt/shared")
    status, _ = b.ask("[ -e /mnt/shared ]")
    check(status != 0, "a later commit is seen without a replay")
    b.good("famfs logplay /mnt && [ \"$(cat /mnt/shared)\" = 'the old text of A' ]")
    b.good('python3 "$FAMFS_HERE/shared.py" follow /mnt/shared 4 8 /tmp/mapped /tmp/go >/tmp/seen 2>&1 & '
           "for i in $(seq 300); do [ -e /tmp/mapped ] && exit; sleep 0.1; done; cat /tmp/seen; exit 1")
    a.good('python3 "$FAMFS_HERE/shared.py" store /mnt/shared 4 "new word"')
    seen = b.good("touch /tmp/go; for i in $(seq 300); do [ $(wc -l </tmp/seen) = 2 ] && break; sleep 0.1; done; "
                  "cat /tmp/seen /mnt/shared")
    check(seen == "old text\nnew word\nthe new word of A", seen)


def ends_clean(a, b):
    b.good(f"umount /mnt && fsck.famfs {DEVICE}")
    status, text = b.ask(f"mkfs.famfs {DEVICE}")
    check(status != 0 and "famfs file system already" in text, f"mkfs on B: exit {status}: {text}")
    a.good(f"kill %1 2>/dev/null; pkill -x sleep; sleep 0.5; umount /mnt && fsck.famfs {DEVICE}")
    b.good(f"mount -t fuse.famfs -o ro,client {DEVICE} /mnt && [ \"$(cat /mnt/pending)\" = half ]")


def test():
    a_series, b_series = (arguments(__doc__).kernel * 2)[:2]
    build = arguments(__doc__).build
    with Memory() as memory, host(build, a_series, memory.path, 272) as a, host(build, b_series, memory.path, 272) as b:
        start(a, b)
        for step, hosts in [(commits_are_seen, (a, b)), (client_appends_nothing, (b,)), (client_maps_it, (b,)),
                            (publish_and_acquire, (a, b)), (ends_clean, (a, b))]:
            step(*hosts)
            print(f"ok   {step.__name__}", flush=True)


run(test)
