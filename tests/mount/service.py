#!/usr/bin/env python3
"""service.py DEVICE MOUNT_POINT: famfsd as a service of systemd, which is played here: a socket for sd_notify(3), and
one where journald has its own, with famfsd's standard error connected to "the journal". Prints what went wrong."""
import os
import signal
import socket
import subprocess
import sys
import tempfile

device, mount_point = sys.argv[1:]
JOURNAL = "/run/systemd/journal/socket"


def listen(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(60)
    return s


def states(data):
    return dict(line.split("=", 1) for line in data.decode().splitlines())


def check(what, condition):
    if not condition:
        sys.exit(f"FAILED: {what}")


if os.path.isdir("/run/systemd"):  # the machine's own: in this mount namespace, hidden
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/systemd"], check=True)
journal = listen(JOURNAL)
notify_path = os.path.join(tempfile.mkdtemp(dir=os.environ["FAMFS_SCRATCH"]), "notify")
notify = listen(notify_path)
err, err_of_daemon = socket.socketpair()
identity = os.fstat(err_of_daemon.fileno())
environment = dict(os.environ, NOTIFY_SOCKET=notify_path, JOURNAL_STREAM=f"{identity.st_dev}:{identity.st_ino}")
daemon = subprocess.Popen(["famfsd", "-f", device, mount_point], env=environment, stderr=err_of_daemon)
err_of_daemon.close()

ready = states(notify.recv(4096))
check(f"ready: {ready}", ready.get("READY") == "1" and f"{device} on {mount_point}: master" in ready["STATUS"])
check("not mounted when it says so", os.path.ismount(mount_point))
line = states(journal.recv(4096))
wanted = {"SYSLOG_IDENTIFIER": "famfsd", "FAMFS_DEVICE": device, "FAMFS_MOUNT_POINT": mount_point, "PRIORITY": "6",
          "MESSAGE": ready["STATUS"]}
check(f"journal: {line}", wanted.items() <= line.items())

pending = os.open(os.path.join(mount_point, "pending"), os.O_CREAT | os.O_WRONLY)  # and it stays open
os.write(pending, b"text")
daemon.send_signal(signal.SIGTERM)
stopping = states(notify.recv(4096))
check(f"stopping: {stopping}", stopping.get("STOPPING") == "1" and "committed" in stopping["STATUS"])
check(f"exit {daemon.wait(60)}", daemon.returncode == 0)
check("still mounted", not os.path.ismount(mount_point))
check("lines on standard error beside the journal", not err.recv(4096))

# One that leaves the service says nothing in its name.
subprocess.run(["famfsd", device, mount_point], env=dict(os.environ, NOTIFY_SOCKET=notify_path), check=True)
subprocess.run(["umount", mount_point], check=True)
notify.settimeout(0)
try:
    sys.exit(f"FAILED: told the service manager of another service: {notify.recv(4096)}")
except BlockingIOError:
    pass
