"""One guest: a stock Debian kernel in QEMU, with a range of memory that ndctl makes a /dev/dax0.0 of.
The one place that knows QEMU's command line; run-guest and the tests of two hosts stand on it."""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

RAM = 1536  # MiB
STATUS = re.compile(rb"^FAMFS-GUEST-STATUS=(\d+)\r?$", re.M)
HANG, DIED = 124, 125
IGNORE_SHARED = [{"capability": "x-ignore-shared", "state": True}]
# nokaslr … tsc: steadier and faster without an accelerator. panic=-1, oops=panic: a panic ends QEMU, so that it is
# told from a hang. no_hash_pointers and the like would only slow the boot.
CMDLINE = ("console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr no_timer_check tsc=reliable apparmor=0 "
           "audit=0 init_on_alloc=0")


def die_with_parent():
    """A guest does not outlive a test that was itself killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class GuestDied(Exception):
    pass


class Machine:
    """options: images, kernel (folder), script, arguments; file: memory shared with other guests; size in MiB;
    kind: e820 or nvdimm; control: a shell in the guest is wanted (see command()); incoming: start from this state."""

    def __init__(self, images, kernel, script, arguments=(), file=None, size=512, kind="e820", control=False,
                 incoming=None):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="famfs-guest."))
        self.images, self.kernel = pathlib.Path(images), pathlib.Path(kernel)
        self.script, self.arguments = script, list(arguments)
        self.file, self.size, self.kind, self.control, self.incoming = file, size, kind, control, incoming
        self.channel = self.process = self.qmp = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.work, ignore_errors=True)

    # -- QEMU

    def _memory(self):
        if not self.file:
            return f"memory-backend-ram,id=fam,size={self.size}M"
        if not os.path.exists(self.file):
            with open(self.file, "wb") as f:
                f.truncate(self.size << 20)
        return f"memory-backend-file,id=fam,share=on,mem-path={self.file},size={self.size}M"

    def _machine(self):
        if self.kind == "e820":
            # The range lies at 4 GiB, on a node of its own. -cx16: without it QEMU 7.2 panics 6.12 at boot.
            return ["-cpu", "max,-cx16", "-machine", f"q35,max-ram-below-4g={RAM}M", "-m", f"{RAM + self.size}M",
                    "-object", f"memory-backend-ram,id=ram,size={RAM}M", "-object", self._memory(),
                    "-numa", "node,nodeid=0,memdev=ram", "-numa", "node,nodeid=1,memdev=fam"]
        if self.kind == "nvdimm":
            # Icelake-Server takes machine checks.
            return ["-cpu", "Icelake-Server,-cx16", "-machine", "q35,nvdimm=on", "-m", f"{RAM}M,slots=2,maxmem=16G",
                    "-object", self._memory(), "-device", "nvdimm,memdev=fam,id=nv0"]
        raise ValueError(f"{self.kind}: unknown kind of memory: e820 or nvdimm")

    def _command(self):
        extra = f"memmap={self.size}M!4G" if self.kind == "e820" else ""
        image = next(iter(sorted(self.kernel.rglob("vmlinuz*"))), None)
        if image is None:
            raise FileNotFoundError(f"{self.kernel}: no kernel in it: run tests/vm/fetch-kernel")
        ports = ["-chardev", f"file,id=result,path={self.work}/result,append=on",
                 "-device", "virtserialport,chardev=result,name=famfs.result"]
        if self.control:
            ports += ["-chardev", f"socket,id=control,path={self.work}/control,server=on,wait=off",
                      "-device", "virtserialport,chardev=control,name=famfs.control"]
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "1", *self._machine(),
                "-nographic", "-no-reboot", "-nodefaults", "-qmp", f"unix:{self.work}/qmp,server=on,wait=off",
                "-serial", f"file:{self.work}/console", "-device", "virtio-serial-pci", *ports,
                "-drive", f"file={self.images}/root.squashfs,format=raw,if=virtio,readonly=on",
                "-drive", f"file={self.images}/famfs.squashfs,format=raw,if=virtio,readonly=on",
                "-kernel", str(image), "-initrd", f"{self.images}/initramfs-{self.kernel.name}.gz",
                *(["-incoming", "defer"] if self.incoming else []),
                "-append", f"{CMDLINE} {extra} famfs.script={self.script} famfs.arguments={','.join(self.arguments)}"]

    def start(self):
        with open(self.work / "stderr", "wb") as errors:
            self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            preexec_fn=die_with_parent)
        if self.incoming:
            self.monitor("migrate-set-capabilities", capabilities=IGNORE_SHARED)
            self.monitor("migrate-incoming", uri=f"exec:cat {self.incoming}")
        return self

    def kill(self):
        """SIGKILL: what was in flight stays where it was."""
        if self.channel:
            self.channel.close()
            self.channel = None
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def monitor(self, execute, **arguments):
        """A QMP command; {"human-monitor-command": …} reaches what QMP has no word for."""
        if self.qmp is None:
            self.qmp = self._connect("qmp", 60).makefile("rw")
            self.qmp.readline()
            self.monitor("qmp_capabilities")
        self.qmp.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while "return" not in (answer := json.loads(self.qmp.readline())):
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']['desc']}")
        return answer["return"]

    def save(self, state):
        """Stops the guest and writes its state, without the shared memory, for `incoming`."""
        self.channel.close()
        self.channel = None
        self.monitor("migrate-set-capabilities", capabilities=IGNORE_SHARED)
        self.monitor("migrate", uri=f"exec:cat > {state}")
        while (status := self.monitor("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled"):
                raise RuntimeError(f"saving the guest's state: {status}")
            time.sleep(0.1)

    # -- what comes back

    def output(self):
        try:
            return STATUS.sub(b"", (self.work / "result").read_bytes())
        except FileNotFoundError:
            return b""

    def console(self):
        text = (self.work / "console").read_text(errors="replace") if (self.work / "console").exists() else ""
        stderr = (self.work / "stderr").read_text(errors="replace")
        return "\n".join(line for line in (text + stderr).splitlines() if "warning: TCG" not in line)

    def wait(self, limit):
        """The script's exit status, HANG or DIED."""
        try:
            self.process.wait(limit)
            nothing = DIED
        except subprocess.TimeoutExpired:
            self.kill()
            nothing = HANG
        try:
            found = STATUS.findall((self.work / "result").read_bytes())
        except FileNotFoundError:
            found = []
        return int(found[-1]) if found else nothing

    # -- a shell in it (guest/agent): for the tests of two hosts

    def _connect(self, port, limit):
        end = time.monotonic() + limit
        while True:
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(str(self.work / port))
                return connection
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise GuestDied(f"no {port} port:\n{self.console()}") from None
                time.sleep(0.05)

    def _receive(self, until):
        data = b""
        while not until(data):
            try:
                more = self.channel.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                self.kill()
                raise GuestDied(f"the guest ended:\n{self.console()}")
            data += more
        return data

    def send(self, script, limit=120):
        """Starts a script; answer() has what came of it."""
        if self.channel is None:
            self.channel = self._connect("control", limit)
        data = script.encode()
        self.channel.sendall(f"{len(data)}\n".encode() + data)

    def answer(self, limit=120):
        self.channel.settimeout(limit)
        try:
            data = self._receive(lambda d: b"\n" in d)
            head, _, rest = data.partition(b"\n")
            status, length = map(int, head.split())
            text = rest + (self._receive(lambda d: len(d) >= length - len(rest)) if len(rest) < length else b"")
        except TimeoutError:
            raise GuestDied(f"no answer within {limit} s (a hang):\n{self.console()}") from None
        return status, text.decode(errors="replace")

    def ask(self, script, limit=120):
        self.send(script, limit)
        return self.answer(limit)

    def good(self, script, limit=120):
        status, text = self.ask(script, limit)
        if status != 0:
            raise AssertionError(f"exit {status} of: {script}\n{text}")
        return text


def report(machine, status, file=sys.stderr):
    """What a result other than the script's own means, and the console."""
    if status in (HANG, DIED):
        what = "HANG: no result in time" if status == HANG else "DIED without a result: a panic"
        print(f"run-guest: the guest {what}; the end of its console:", file=file)
        print("\n".join(machine.console().splitlines()[-60:]), file=file)
