#!/bin/bash
# /run/famfs/holders, the locks in it and on the device: what others put there or hold there.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")
holders=/run/famfs/holders # of this namespace alone

device_id() { # as records are named
  if [ -c "$DEV" ]; then stat -L -c 'dax-%Hr:%Lr' "$DEV"; else stat -c 'file-%Hd:%Ld-%i' "$DEV"; fi
}
is_held() { expect_exit 16 mkfs.famfs -f "$DEV" >/dev/null 2>&1; }
forged() { printf 'device: "%s"\npath: %s\npid: 1\nprogram: init\nmount_point: /\nsince: "1970-01-01T00:00:00+00:00"\nmode: hold\n' "$(device_id)" "$DEV"; }

test_nothing_is_theirs() {
  make_fs; mount_fs
  local id; id=$(device_id)
  [ "$(stat -c %a:%u "$holders" "$holders/$id.yaml" "$holders/$id.lock" "$holders/$id.sock" | xargs)" = "755:0 644:0 600:0 600:0" ] ||
    fail "$(ls -la "$holders")"
  as_user /usr/bin/python3 - "$holders" "$id" <<'P' || fail "open to all"
import os, socket, sys
holders, id = sys.argv[1:]
def refused(call, *args):
    try:
        call(*args)
    except PermissionError:
        return
    raise AssertionError((call, args))
for name in "x", f".{id}.yaml.tmp":
    refused(os.open, f"{holders}/{name}", os.O_CREAT | os.O_WRONLY)
    refused(os.symlink, "/etc/passwd", f"{holders}/{name}")
    refused(os.mkfifo, f"{holders}/{name}")
    refused(os.link, f"{holders}/{id}.yaml", f"{holders}/{name}")
for name in os.listdir(holders):
    refused(os.unlink, f"{holders}/{name}")
    refused(os.rename, f"{holders}/{name}", f"{holders}/x")
    refused(os.open, f"{holders}/{name}", os.O_RDWR)
    if not name.endswith(".yaml"):
        refused(os.open, f"{holders}/{name}", os.O_RDONLY)
refused(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect, f"{holders}/{id}.sock")
P
  is_held
}

# Anybody may read a record and so lock it, as far as the kernel lets readers.
test_locks_on_records() {
  make_fs; mount_fs
  local id line; id=$(device_id)
  cat >"$FAMFS_SCRATCH/lock.py" <<'P'
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
F_OFD_SETLK = 37
fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
try:
    fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
    sys.exit("a reader has a write lock")
except OSError:
    pass
print("locked", flush=True)
sys.stdin.read()  # until the test ends
P
  # of a holder that is gone: it stays dead
  forged >"$FAMFS_SCRATCH/forged"
  expect_good umount "$MNT"
  for _ in $(seq 100); do [ -e "$holders/$id.yaml" ] || break; sleep 0.1; done # famfsd goes a little later
  cp "$FAMFS_SCRATCH/forged" "$holders/$id.yaml"; chmod 644 "$holders/$id.yaml"
  coproc as_user /usr/bin/python3 "$FAMFS_SCRATCH/lock.py" "$holders/$id.yaml"
  read -r -t 60 line <&"${COPROC[0]}" && [ "$line" = locked ] || fail "no lock"
  famfs holders --json | python3 -c 'import json, sys
(record,) = json.load(sys.stdin)
assert record["live"] is False, record' || fail "$(famfs holders --json)"
  # and is in nobody's way
  mount_fs
  is_held
  grep -q famfsd "$holders/$id.yaml" || fail "no record"
}

# A directory that was there before us, and is another's, is not used: whatever it holds, nothing is written through it.
test_a_directory_of_another() {
  make_fs
  local id; id=$(device_id)
  echo precious >"$FAMFS_SCRATCH/precious"; chmod 600 "$FAMFS_SCRATCH/precious"
  plant() {
    local name
    forged >"$holders/$id.yaml"
    for name in ".$id.yaml.tmp" "$id.lock" "$id.observers" "$id.sock"; do
      rm -f "$holders/$name"; ln -s "$FAMFS_SCRATCH/precious" "$holders/$name"
    done
  }
  as_owner() { chown -hR 65534:65534 "$holders"; }
  as_writable() { chown -hR 0:0 "$holders"; chmod 777 "$holders"; }
  for owner in as_owner as_writable; do
    rm -rf "$holders"; mkdir "$holders"
    plant; "$owner"
    mount_fs
    is_held # the device's own lock is enough
    grep -q famfsd "$holders/$id.yaml" && fail "$owner: used"
    expect_good touch "$MNT/f"
    expect_good umount "$MNT"
    [ "$(cat "$FAMFS_SCRATCH/precious")" = precious ] || fail "$owner: written through a link"
    [ "$(stat -c %a "$FAMFS_SCRATCH/precious")" = 600 ] || fail "$owner: its mode is $(stat -c %a "$FAMFS_SCRATCH/precious")"
  done
  # a link in place of the directory itself
  rm -rf "$holders"; mkdir "$FAMFS_SCRATCH/elsewhere"; ln -s "$FAMFS_SCRATCH/elsewhere" "$holders"
  mount_fs; is_held; expect_good umount "$MNT"
  [ -z "$(ls -A "$FAMFS_SCRATCH/elsewhere")" ] || fail "written elsewhere: $(ls -A "$FAMFS_SCRATCH/elsewhere")"
  rm "$holders"
}

# Even in a directory of ours: links, FIFOs, forged and monstrous records.
test_things_in_our_directory() {
  make_fs
  local id; id=$(device_id)
  echo precious >"$FAMFS_SCRATCH/precious"; chmod 600 "$FAMFS_SCRATCH/precious"
  mkdir -p "$holders"
  for name in ".$id.yaml.tmp" "$id.yaml" "$id.sock"; do
    for kind in symlink hardlink fifo; do
      case $kind in
        symlink) ln -sfn "$FAMFS_SCRATCH/precious" "$holders/$name" ;;
        hardlink) rm -f "$holders/$name"; touch "/run/famfs/other"; ln "/run/famfs/other" "$holders/$name" ;;
        fifo) rm -f "$holders/$name"; mkfifo "$holders/$name" ;;
      esac
      expect_good timeout 60 famfs holders >/dev/null 2>&1
      expect_good timeout 60 famfs status >/dev/null 2>&1
      mount_fs; is_held; expect_good umount "$MNT"
      [ "$(cat "$FAMFS_SCRATCH/precious"):$(stat -c %a "$FAMFS_SCRATCH/precious")" = precious:600 ] || fail "$name as a $kind"
      [ ! -s /run/famfs/other ] || fail "$name as a $kind: written through"
    done
    rm -f "$holders/$name"
  done
  for name in "$id.lock" "$id.observers"; do # left alone, and not waited for: the device's own lock excludes
    for kind in symlink fifo; do
      rm -f "$holders/$name"
      if [ "$kind" = fifo ]; then mkfifo "$holders/$name"; else ln -s "$FAMFS_SCRATCH/precious" "$holders/$name"; fi
      expect_good timeout 60 mount -t fuse.famfs "$DEV" "$MNT"
      is_held; expect_good umount "$MNT"
    done
    rm -f "$holders/$name"
  done
  # YAML that unfolds
  local record=$holders/$id.yaml
  python3 - >"$record" <<'P'
print("a0: &a0 [x,x,x,x,x,x,x,x,x]")
for i in range(1, 30):
    print(f"a{i}: &a{i} [" + ",".join([f"*a{i-1}"] * 9) + "]")
P
  expect_good timeout 60 famfs holders >/dev/null 2>&1
  python3 -c 'print("[" * 60000)' >"$record"
  expect_good timeout 60 famfs holders >/dev/null 2>&1
  printf 'device: "%s"\npath: "/dev/\\e[2J\\e]0;x\\a"\npid: 1\nprogram: "\\e[31mx\\n y"\nsince: "\\e[1m"\nmode: hold\n' "$id" >"$record"
  famfs holders 2>&1 | grep -q "$(printf '[\033\007]')" && fail "escapes reach the terminal"
  mount_fs; is_held
}

# Who may open the device, if only to read, can hold its lock: that is told, with who it is.
test_a_lock_on_the_device() {
  needs_file_device "nobody else has its node open"
  make_fs
  chmod 644 "$DEV"
  coproc as_user /usr/bin/python3 -c '
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(fd, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()' "$DEV"
  local pid=$COPROC_PID line out
  read -r -t 60 line <&"${COPROC[0]}" && [ "$line" = locked ] || fail "no lock"
  out=$(mount -t fuse.famfs "$DEV" "$MNT" 2>&1) && fail "mounted"
  expect_text "pid [0-9]+, python3" "$out"
  kill "$pid"
  # mode 600 is what keeps them out
  chmod 600 "$DEV"
  expect_fail as_user /usr/bin/python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY)' "$DEV" 2>/dev/null
  mount_fs
}

run_tests "${1:-}"
