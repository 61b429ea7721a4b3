#!/bin/bash
# The device is taken away while it is mounted. (devices.sh has what is refused in other modes.)
. "$(dirname "$0")/../../support/lib.sh"
here=$(dirname "$0")
. "$here/setup.sh"
drivers=/sys/bus/dax/drivers

# Each operation that needs the device gives EIO or ENXIO, soon, and the daemon is there to say so.
expect_gone() {
  timeout 100 python3 - "$MNT" <<'P' || fail "operations on a device that is gone"
import errno, os, sys
m = sys.argv[1]
def create():
    fd = os.open(m + "/new", os.O_CREAT | os.O_WRONLY)
    try:
        os.write(fd, b"x" * 5000)
        os.fsync(fd)
    finally:
        os.close(fd)
def mkdir(): # pending, until it is to last
    os.mkdir(m + "/dir")
    fd = os.open(m + "/dir", os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
        os.rmdir(m + "/dir")
wrong = 0
for name, call in {
    "read": lambda: os.pread(os.open(m + "/f", os.O_RDONLY), 100, 0),
    "read direct": lambda: os.read(os.open(m + "/f", os.O_RDONLY | os.O_DIRECT), 4096),
    "write": lambda: os.pwrite(os.open(m + "/f", os.O_WRONLY), b"x" * 100, 5000),
    "create": create,
    "mkdir": mkdir,
    "the log": lambda: os.read(os.open(m + "/.meta/.log", os.O_RDONLY), 4096),
}.items():
    try:
        call()
        print(f"{name}: works")
        wrong += 1
    except OSError as e:
        if e.errno not in (errno.EIO, errno.ENXIO):
            print(f"{name}: {e}")
            wrong += 1
os.listdir(m) # from the daemon's own memory
sys.exit(wrong)
P
}

fill_and_hold() {
  make_fs; mount_fs
  head -c 5000001 /dev/urandom >"$MNT/f"
  cp "$MNT/f" "$FAMFS_SCRATCH/copy"
  rm -f "$FAMFS_SCRATCH/go"
  mkfifo "$FAMFS_SCRATCH/go"
  "$FAMFS_PROBE" hold "$MNT/f" <"$FAMFS_SCRATCH/go" >"$FAMFS_SCRATCH/held" &
  HOLDER=$!
  exec 6>"$FAMFS_SCRATCH/go"
  wait_for_line mapped
  echo >&6
  wait_for_line whole
}
wait_for_line() {
  local i
  for i in $(seq 300); do grep -qE "^$1" "$FAMFS_SCRATCH/held" && return; sleep 0.1; done
  fail "no '$1' from the program that has it mapped: $(cat "$FAMFS_SCRATCH/held")"
}
# What has it mapped gets SIGBUS at a load, and can end.
expect_bus_and_end() {
  echo >&6
  wait_for_line 'sigbus code 2'
  exec 6>&-
  wait $HOLDER || fail "exit $? of the program that has it mapped"
}
expect_no_claim() {
  local i
  for i in $(seq 100); do famfs holders | grep -q "$DEV" || return 0; sleep 0.1; done
  fail "still claimed: $(famfs holders)"
}

test_unbound_while_mounted() {
  fill_and_hold
  echo dax0.0 >$drivers/device_dax/unbind
  expect_gone
  expect_bus_and_end
  expect_good timeout 60 umount "$MNT"
  expect_no_claim
  expect_exit 32 mount -t fuse.famfs "$DEV" "$MNT" 2>/dev/null
  echo dax0.0 >$drivers/device_dax/bind
  mount_fs
  expect_same "$FAMFS_SCRATCH/copy" "$MNT/f"
  echo x >"$MNT/after" || fail "write"
}

test_back_before_umount() {
  fill_and_hold
  echo dax0.0 >$drivers/device_dax/unbind
  expect_gone
  echo dax0.0 >$drivers/device_dax/bind
  exec 6>&-
  wait $HOLDER
  # Whether what was mapped before comes back is the kernel's affair; a new mount has it.
  expect_good timeout 60 umount "$MNT"
  expect_no_claim
  mount_fs
  expect_same "$FAMFS_SCRATCH/copy" "$MNT/f"
}

# Not `ndctl disable-namespace`: kernel 6.12 frees the device under whoever has it open, and panics when that is closed
# (list corruption in cd_forget), whatever the program.
test_disabled_with_daxctl_while_mounted() {
  fill_and_hold
  expect_good timeout 100 daxctl disable-device dax0.0 >/dev/null 2>&1
  expect_gone
  expect_bus_and_end
  expect_good timeout 60 umount "$MNT"
  expect_no_claim
  expect_good daxctl enable-device dax0.0 >/dev/null 2>&1
  mount_fs
  expect_same "$FAMFS_SCRATCH/copy" "$MNT/f"
}

to_system_ram() {
  modprobe kmem 2>/dev/null
  timeout 200 daxctl reconfigure-device -m system-ram -f dax0.0 >"$FAMFS_SCRATCH/daxctl" 2>&1 || skip "no system-ram here: $(tail -1 "$FAMFS_SCRATCH/daxctl")"
}
to_devdax() {
  timeout 100 daxctl offline-memory dax0.0 >/dev/null 2>&1
  expect_good timeout 100 daxctl reconfigure-device -m devdax -f dax0.0 >/dev/null 2>&1
}

test_made_system_ram_while_mounted() {
  fill_and_hold
  to_system_ram
  expect_gone
  expect_bus_and_end
  expect_good timeout 60 umount "$MNT"
  expect_no_claim
  to_devdax
  # The kernel has used that memory: the file system is made again.
  make_fs -f; mount_fs
  echo x >"$MNT/after" || fail "write"
}

run_tests "${1:-}"
