#!/bin/bash
# When a file is committed: at the last close of whoever writes it, not before and not later.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py

state() { python3 -c 'import os,sys; print(os.getxattr(sys.argv[1],"user.famfs.map").decode())' "$1" | sed -n 's/^state: //p'; }
expect_state() { [ "$(state "$1")" = "$2" ] || fail "$1 is $(state "$1"), not $2"; }
expect_content() { [ "$(cat "$1")" = "$2" ] || fail "$1 holds '$(cat "$1")', not '$2'"; }
# RELEASE comes after close(2) has returned.
wait_state() {
  local i
  for i in $(seq 200); do [ "$(state "$1")" != "$2" ] || return 0; sleep 0.05; done
  fail "$1 never became $2"
}

setup() { make_fs; mount_fs mode=0777; F=$MNT/f; }

test_committed_when_the_writer_returns() {
  setup
  cp /etc/passwd "$F"
  expect_state "$F" committed
  echo x >"$MNT/g"
  expect_state "$MNT/g" committed
  python3 -c 'open("'"$MNT"'/h","wb").write(b"x"*100000)'
  expect_state "$MNT/h" committed
}

# What a writer was told is done survives a kill that leaves no time for anything.
test_what_was_closed_survives_a_kill() {
  setup
  cp /etc/passwd "$F"
  kill -9 "$(python3 "$control" status "$MNT" pid)"
  umount -l "$MNT"
  mount_fs
  expect_same /etc/passwd "$F"
}

test_group_of_commands() {
  setup
  { ls /; date +%Y; ls /; } >"$F"
  expect_state "$F" committed
  expect_content "$F" "$(ls /; date +%Y; ls /)"
}

test_group_with_a_child_first_and_builtins() {
  setup
  { /bin/echo a; echo b; /bin/echo c; (echo d); } >"$F"
  expect_content "$F" $'a\nb\nc\nd'
}

test_exec_redirection() {
  setup
  bash -c 'exec 3>"$1"; echo a >&3; /bin/echo b >&3; (echo c >&3); echo d >&3' _ "$F"
  expect_content "$F" $'a\nb\nc\nd'
  expect_state "$F" committed
}

test_exec_stdout() {
  setup
  bash -c 'exec >"$1"; /bin/echo a; /bin/echo b; date +%Y >/dev/null; /bin/echo c' _ "$F"
  expect_content "$F" $'a\nb\nc'
}

test_loop_with_appending() {
  setup
  # Each >> opens anew; between them nobody has the file, so the first one commits.
  bash -c 'for i in 1 2 3; do /bin/echo $i; done >"$1"' _ "$F"
  expect_content "$F" $'1\n2\n3'
}

test_background_writers_after_their_parent_left() {
  setup
  # The shell that opened it ends first; its children write one after the other.
  bash -c '{ (sleep 0.4; /bin/echo a) & (sleep 0.8; /bin/echo b; /bin/echo c) & } >"$1"' _ "$F"
  wait_state "$F" committed
  expect_content "$F" $'a\nb\nc'
}

test_nohup_style() {
  setup
  bash -c 'setsid bash -c "sleep 0.3; echo a; sleep 0.3; /bin/echo b; echo c" >"$1" 2>&1 </dev/null &' _ "$F"
  wait_state "$F" committed
  expect_content "$F" $'a\nb\nc'
}

test_popen() {
  setup
  python3 - "$F" <<'P'
import subprocess, sys
with open(sys.argv[1], "w") as f:
    for i in range(3):
        subprocess.run(["echo", str(i)], stdout=f, check=True)
    p = subprocess.Popen(["sh", "-c", "sleep 0.3; echo late; /bin/echo later"], stdout=f)
p.wait()
P
  expect_content "$F" $'0\n1\n2\nlate\nlater'
  expect_state "$F" committed
}

test_dup_in_one_process() {
  setup
  python3 - "$F" <<'P'
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(fd, b"a\n")
other = os.dup(fd)
os.close(fd)
os.write(other, b"b\n")
third = os.dup(other)
os.dup2(os.open("/dev/null", os.O_WRONLY), other)
os.write(third, b"c\n")
os.close(third)
P
  expect_content "$F" $'a\nb\nc'
  expect_state "$F" committed
}

test_two_openers() {
  setup
  python3 - "$F" <<'P'
import os, sys
a = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
b = os.open(sys.argv[1], os.O_WRONLY)
os.write(a, b"first\n")
os.close(a)
os.pwrite(b, b"second\n", 6)
os.close(b)
P
  expect_content "$F" $'first\nsecond'
  expect_state "$F" committed
}

test_a_reader_does_not_hold_it_back() {
  setup
  : >"$F"
  exec 8<"$F"
  echo x >"$F"
  expect_state "$F" committed
  exec 8<&-
}

test_threads() {
  setup
  python3 - "$F" <<'P'
import os, sys, threading
def work():
    fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
    os.write(fd, b"x" * 70000)
    os.close(fd)
t = threading.Thread(target=work)
t.start()
t.join()
P
  expect_state "$F" committed
}

test_pipeline() {
  setup
  seq 100000 | tee "$F" | tail -1 >"$MNT/last"
  expect_content "$F" "$(seq 100000)"
  expect_content "$MNT/last" 100000
}

test_an_ordinary_user() {
  setup
  as_user bash -c '{ ls /; /bin/echo a; (echo b); } >"$1"' _ "$F"
  expect_state "$F" committed
  expect_content "$F" "$(ls /; echo a; echo b)"
}

test_fsync_commits_at_once() {
  setup
  python3 - "$F" <<'P' || fail "fsync"
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.fsync(fd)                                   # nothing to commit yet
os.write(fd, b"data")
assert b"pending" in os.getxattr(sys.argv[1], "user.famfs.map")
os.fsync(fd)
assert b"committed" in os.getxattr(sys.argv[1], "user.famfs.map")
P
}

# The commit is a part of close(2), not of what comes after it: here the log is gone.
test_a_commit_that_fails_is_told_at_close() {
  needs_file_device "it is cut short"
  setup
  python3 - "$F" "$DEV" <<'P' || fail "close"
import errno, os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(fd, b"data")
os.truncate(sys.argv[2], 1 << 20)
try:
    os.close(fd)
    sys.exit("close said nothing")
except OSError as e:
    assert e.errno == errno.EIO, e
P
}

test_no_space_is_told_at_write() {
  setup
  expect_fail dd if=/dev/zero of="$F" bs=1M count=400 status=none 2>/dev/null
  expect_fail bash -c "echo x >'$MNT/g'" 2>/dev/null
}

# /dev/null's inode number is small, and so are ours. The mapping holds RELEASE back.
test_a_writer_of_another_file_system_with_the_same_inode_number() {
  needs_file_device "a guest's console, inode 3 too, is on a mount that its processes do not see"
  setup
  python3 - "$MNT" <<'P' || fail "not committed at close"
import ctypes, mmap, os, sys
folder = sys.argv[1]
private_map = ctypes.CDLL(None).mmap  # mmap.mmap has a duplicate of the descriptor
private_map.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
null = os.open("/dev/null", os.O_RDWR)
for i in range(1000):
    name = f"{folder}/{i}"
    fd = os.open(name, os.O_CREAT | os.O_RDWR)
    os.write(fd, b"x")
    private_map(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, fd, 0)
    os.close(fd)
    assert b"state: committed" in os.getxattr(name, "user.famfs.map"), (i, os.stat(name))
    if os.stat(name).st_ino == os.fstat(null).st_ino:
        sys.exit(0)
sys.exit(f"no file has the number of {os.fstat(null)}")
P
}

test_unlink_while_open() {
  setup
  bash -c 'exec 5>"$1"; echo x >&5; rm "$1"; echo y >&5' _ "$F" || fail "write to an unlinked file"
  [ ! -e "$F" ] || fail "still there"
  remount
  [ ! -e "$F" ] || fail "came back"
}

# execve(2) closes what is O_CLOEXEC with locks of its own held, which /proc may wait for.
test_exec_with_a_pending_file() {
  setup
  timeout -s KILL 120 python3 - "$MNT" <<'P' || fail "exec"
import os, subprocess, sys
empty = os.open(sys.argv[1] + "/empty", os.O_CREAT | os.O_RDWR)
data = os.open(sys.argv[1] + "/data", os.O_CREAT | os.O_RDWR)
os.write(data, b"before")
assert os.system("true") == 0
subprocess.run(["true"], check=True, close_fds=False)
os.write(data, b" and after")
if os.fork() == 0:
    os.write(data, b", the last")
    os.execvp("true", ["true"])
os.wait()
os.close(data)
P
  expect_state "$MNT/data" committed
  expect_content "$MNT/data" "before and after, the last"
}

run_tests "${1:-}"
