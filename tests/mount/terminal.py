#!/usr/bin/env python3
"""terminal.py [--interrupt] [--no-terminal] COMMAND...: runs it on a terminal of its own, and prints what it wrote there.

In slices with pauses between, so that even a fast machine takes long enough for progress to be shown: no test
waits for a size. --interrupt: Ctrl-C is typed as soon as progress is seen. --no-terminal: standard error is a
pipe, with the same slices. Exits as the command does; 128 + signal when one ended it."""
import os
import pty
import select
import signal
import sys
import time

SLICE, PAUSE, SLICES = 0.03, 0.3, 200


def what_is_there(fd, patience):
    text = b""
    while select.select([fd], [], [], patience)[0]:
        try:
            got = os.read(fd, 65536)
        except OSError:  # a terminal that nobody has open any more
            break
        if not got:
            break
        text += got
    return text


def main(args):
    interrupt = "--interrupt" in args
    terminal = "--no-terminal" not in args
    command = [a for a in args if a not in ("--interrupt", "--no-terminal")]
    if terminal:
        pid, fd = pty.fork()
    else:
        fd, other = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(other, 2)
    if pid == 0:
        os.execvp(command[0], command)
    if not terminal:
        os.close(other)
    text, typed = b"", False
    for turn in range(10 ** 6):
        in_slices = turn < SLICES and not typed
        if in_slices:
            time.sleep(SLICE)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(PAUSE)
        text += what_is_there(fd, 0.02)
        if interrupt and not typed and b"s left" in text:
            os.write(fd, b"\x03")  # while it is stopped: what it goes on with is this
            typed = True
        if in_slices:
            os.kill(pid, signal.SIGCONT)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
    text += what_is_there(fd, 0.1)
    sys.stdout.buffer.write(text)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


sys.exit(main(sys.argv[1:]))
