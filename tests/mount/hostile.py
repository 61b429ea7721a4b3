"""For hostile_*.sh: attempts that must be refused, by users who are not root."""
import ctypes
import os
import struct
import sys
import traceback

ROOT, MALLORY, ALICE = 0, 65534, 4711  # the attacker is nobody; nobody needs an entry in /etc/passwd
STAFF = 4242  # a group


def refused(want, call, *args, **named):
    """call must fail with that errno, or one of those."""
    wanted = want if isinstance(want, tuple) else (want,)
    try:
        result = call(*args, **named)
    except OSError as e:
        assert e.errno in wanted, (call, args, e)
    else:
        raise AssertionError(f"{call} {args} was not refused: {result!r}")


def become(uid, groups=()):
    os.setgroups(groups)
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def by(uid, attempt, *args, groups=()):
    """Runs it as that user, in a child; what fails there fails here."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            become(uid, groups)
            attempt(*args)
            status = 0
        except BaseException:  # a child never goes on as its parent
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(pid, 0)[1] != 0:
        raise AssertionError(f"{attempt.__name__} by {uid}")


def fork_as(thread, child):
    """A child with this number, as if numbers had come round; for root. Its status."""
    wanted = ctypes.c_int(thread)
    SIGCHLD, SYS_clone3 = 17, 435
    arguments = struct.pack("<11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1, 0)
    pid = ctypes.CDLL(None, use_errno=True).syscall(SYS_clone3, arguments, len(arguments))
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone3")
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]
