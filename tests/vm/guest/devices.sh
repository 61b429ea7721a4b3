#!/bin/bash
# famfs devices against what ndctl, daxctl and sysfs say; and what mkfs, mount and fsck refuse in every mode a device
# can be in: exit code, the command that changes it, that command itself, and not a byte of the device touched.
. "$(dirname "$0")/../../support/lib.sh"
dax=${FAMFS_TEST_DEVICE##*/}

# field NAME: of the device, in Python's words
field() { famfs devices --json | python3 -c '
import json, sys
(one,) = [d for d in json.load(sys.stdin) if d["name"] == sys.argv[1]]
print(eval("d" + sys.argv[2], {"d": one}))' "$dax" "$1"; }

sum() { device_read 0 16777216 | sha256sum; }

# expect_refusals PATTERN: by every tool, in one line that matches
expect_refusals() {
  local text
  text=$(mkfs.famfs -f "$DEV" 2>&1); [ $? = 1 ] || fail "mkfs: $text"
  expect_text "$1" "$text"
  [ "$(wc -l <<<"$text")" = 1 ] || fail "more than a line: $text"
  text=$(mkfs.famfs -f -k "$DEV" 2>&1); [ $? = 1 ] || fail "mkfs -k: $text"
  text=$(mount -t fuse.famfs "$DEV" "$MNT" 2>&1); [ $? = 32 ] || fail "mount: $text"
  expect_text "$1" "$text"
  text=$(famfs mount "$DEV" "$MNT" 2>&1); [ $? = 32 ] || fail "famfs mount: $text"
  expect_text "$1" "$text"
  if [ "${2:-}" != "fsck may" ]; then
    text=$(fsck.famfs "$DEV" 2>&1); [ $? = 8 ] || fail "fsck: $text"
    expect_text "$1" "$text"
  fi
  message=$(mkfs.famfs -f "$DEV" 2>&1) || true
}
# Runs the command that the message ends with.
do_as_told() { bash -c "${message##*with: }" >"$FAMFS_SCRATCH/told" 2>&1 || fail "${message##*with: }: $(cat "$FAMFS_SCRATCH/told")"; }

# So that a test that failed half-way takes no other with it.
restore_at_end() { trap 'restore >/dev/null 2>&1; cleanup' EXIT; }
restore() {
  local drivers=/sys/bus/dax/drivers
  DEV=$FAMFS_TEST_DEVICE
  echo 0 >/sys/bus/nd/devices/region0/read_only
  [ -e $drivers/device_dax/$dax ] && return
  [ -e $drivers/fsdev_dax/$dax ] && { echo "$dax" >$drivers/fsdev_dax/unbind; echo "$dax" >$drivers/fsdev_dax/remove_id; }
  daxctl reconfigure-device -m devdax -f "$dax"
}

test_json_says_what_ndctl_daxctl_and_sysfs_say() {
  ndctl list -RNDBv >"$FAMFS_SCRATCH/ndctl"
  daxctl list -D >"$FAMFS_SCRATCH/daxctl"
  famfs devices --json >"$FAMFS_SCRATCH/ours" || fail "exit $?"
  python3 - "$FAMFS_SCRATCH" "$dax" <<'P' || fail "they differ"
import json, os, sys
folder, name = sys.argv[1:]
read = lambda f: json.load(open(f"{folder}/{f}"))
(ours,) = read("ours")
daxctl = read("daxctl")
(theirs,) = daxctl if isinstance(daxctl, list) else [daxctl]
sysfs = f"/sys/bus/dax/devices/{name}/"
number = lambda f: int(open(sysfs + f).read())
assert ours["name"] == name == theirs["chardev"]
assert ours["device"] == "/dev/" + name
assert ours["device_size"] == theirs["size"] == number("size")
assert ours["alignment"] == theirs.get("align", number("align")) == number("align")
assert ours["target_node"] == theirs["target_node"]
assert ours["driver"] == os.path.basename(os.readlink(sysfs + "driver")) == "device_dax"
assert ours["mode"] == "devdax" and theirs["mode"] == "devdax"
ndctl = read("ndctl")
(bus,) = ndctl if isinstance(ndctl, list) else [ndctl]
region = bus["regions"][0]
namespace = region["namespaces"][0]
assert ours["bus"] == bus["dev"] and ours["bus_provider"] == bus["provider"]
assert ours["region"] == region["dev"]
assert ours["namespace"] == namespace["dev"] and ours["namespace_uuid"] == namespace["uuid"]
assert ours["numa_node"] == region.get("numa_node")
assert ours["bad_memory"] == [] and namespace.get("badblock_count", 0) == 0
assert ours["read_only"] is False
assert ours["holder"] is None and ours["file_system"] is None and ours["problem"] is None
P
}

test_table() {
  text=$(famfs devices) || fail "exit $?"
  expect_text '^DEVICE +MODE +SIZE +ALIGN +NUMA +REGION +BUS +NAMESPACE +BAD +HOLDER +FAMFS$' "$text"
  expect_text "^$DEV +devdax +[0-9.]+ MiB +[24] [MK]iB .*region0 +ndbus0 +[-0-9a-f]{36} +0 +- +-\$" "$text"
  [ "$(wc -l <<<"$text")" = 2 ] || fail "more lines: $text"
}

test_holder_and_file_system() {
  make_fs
  uuid=$(famfs dump --json "$DEV" | python3 -c 'import json,sys; print(json.load(sys.stdin)["superblock"]["uuid"])') || fail dump
  [ "$(field '["file_system"]["uuid"]')" = "$uuid" ] || fail "uuid"
  [ "$(field '["file_system"]["device_size"]')" = "$(device_size)" ] || fail size
  [ "$(field '["holder"]')" = None ] || fail "a holder"
  mount_fs
  echo x >"$MNT/f"
  [ "$(field '["holder"]["mount_point"]')" = "$MNT" ] || fail "mount point"
  [ "$(field '["holder"]["program"]')" = famfsd ] || fail program
  [ "$(field '["file_system"]["device_size"]')" = "$(device_size)" ] || fail "of a mounted one"
  [ "$(cat "$MNT/f")" = x ] || fail "the mount"
}

test_a_broken_superblock_is_told() {
  make_fs
  printf '\xff' | device_write 100
  expect_text 'superblock-crc' "$(field '["problem"]')"
  [ "$(field '["file_system"]')" = None ] || fail "a file system"
}

test_without_root() {
  chmod 600 "$DEV"
  as_user famfs devices >"$FAMFS_SCRATCH/text" || fail "exit $?"
  expect_text 'Permission denied' "$(cat "$FAMFS_SCRATCH/text")"
  expect_text "^$DEV +devdax +[0-9.]+ MiB" "$(cat "$FAMFS_SCRATCH/text")"
  text=$(as_user mkfs.famfs "$DEV" 2>&1) && fail "mkfs"
  expect_text 'Permission denied: as root: chown' "$text"
}

test_unbound() {
  restore_at_end
  make_fs; before=$(sum)
  echo "$dax" >/sys/bus/dax/drivers/device_dax/unbind
  [ "$(field '["mode"]')" = unbound ] || fail mode
  expect_refusals "bound to no driver.*daxctl reconfigure-device -m devdax -f $dax"
  do_as_told
  [ "$(sum)" = "$before" ] || fail "touched"
  expect_good fsck.famfs "$DEV" >/dev/null
}

test_system_ram() {
  restore_at_end
  modprobe kmem 2>/dev/null
  make_fs; before=$(sum)
  # Not onlined: what goes into the kernel's free lists is the kernel's to overwrite.
  echo offline >/sys/devices/system/memory/auto_online_blocks
  daxctl reconfigure-device -m system-ram --no-online "$dax" >"$FAMFS_SCRATCH/told" 2>&1 ||
    skip "no system-ram here: $(tr '\n' ' ' <"$FAMFS_SCRATCH/told")"
  [ "$(field '["mode"]')" = system-ram ] || fail mode
  [ "$(field '["device_size"]')" != None ] || fail "no size"
  expect_refusals "in system-ram mode \(driver kmem\).*daxctl reconfigure-device -m devdax -f $dax"
  do_as_told
  [ "$(sum)" = "$before" ] || fail "touched"
}

test_fsdev() {
  restore_at_end
  modprobe fsdev_dax 2>/dev/null
  [ -e /sys/bus/dax/drivers/fsdev_dax ] || skip "this kernel has no fsdev_dax"
  make_fs; before=$(sum)
  echo "$dax" >/sys/bus/dax/drivers/device_dax/unbind
  echo "$dax" >/sys/bus/dax/drivers/fsdev_dax/new_id
  [ "$(field '["mode"]')" = fsdev_dax ] || fail mode
  expect_refusals 'in fsdev_dax mode.*echo .* device_dax/bind'
  do_as_told
  [ "$(sum)" = "$before" ] || fail "touched"
}

test_read_only_region() {
  restore_at_end
  make_fs; before=$(sum)
  echo 1 >/sys/bus/nd/devices/region0/read_only
  [ "$(field '["read_only"]')" = True ] || fail field
  expect_refusals 'region region0 may only be read.*-o ro.*echo 0 > ' 'fsck may'
  expect_good fsck.famfs "$DEV" >/dev/null
  mount_fs ro
  expect_fail mkdir "$MNT/d" 2>/dev/null
  expect_good umount "$MNT"
  do_as_told
  [ "$(sum)" = "$before" ] || fail "touched"
  mount_fs
}

test_no_such_device() {
  DEV=/dev/dax9.9
  expect_refusals 'no such device.*famfs devices'
  mknod -m 600 "$FAMFS_SCRATCH/stale" c 250 77
  DEV=$FAMFS_SCRATCH/stale
  expect_refusals 'no device has its number'
}

# The program that injects it has the device mapped; the daemon has too, and hears of it before anybody reads.
test_memory_that_fails() {
  make_fs; mount_fs
  echo 1 >/proc/sys/vm/memory_failure_early_kill 2>/dev/null || skip "this kernel has no memory failure"
  head -c 6000000 /dev/urandom >"$MNT/bad"; head -c 3000000 /dev/urandom >"$MNT/good"
  cp "$MNT/good" "$FAMFS_SCRATCH/good"
  python3 - "$DEV" <<'P'
import mmap, os, sys
view = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 2 << 20, mmap.MAP_SHARED, offset=12 << 20)
view[8192]
view.madvise(100, 8192, 4096)  # MADV_HWPOISON
P
  [ "$?" = 135 ] || fail "no SIGBUS"
  text=$(famfs status "$MNT")
  expect_text '^failures.0.file: bad$' "$text"
  expect_text '^bad_memory.0.file: bad$' "$text"
  begin=$(awk '$1 == "failures.0.offset:" {print $2}' <<<"$text")
  length=$(awk '$1 == "failures.0.length:" {print $2}' <<<"$text")
  [ $((begin <= (12 << 20) + 8192 && begin + length > (12 << 20) + 8192)) = 1 ] || fail "not there: $text"
  expect_fail cat "$MNT/bad" >/dev/null 2>&1
  expect_good dd if="$MNT/bad" of=/dev/null bs=1M count=2 status=none
  expect_same "$FAMFS_SCRATCH/good" "$MNT/good"
  expect_good cp "$FAMFS_SCRATCH/good" "$MNT/new"
  expect_same "$FAMFS_SCRATCH/good" "$MNT/new"
}

# run_block N: the Nth block of docs/devices.md that says it is run, line by line
run_block() {
  awk -v n="$1" '/^<!-- run/ {i++} /^```/ {on = !on; if (!on && i == n) exit; next} on && i == n' "$docs" >"$FAMFS_SCRATCH/block"
  [ -s "$FAMFS_SCRATCH/block" ] || fail "no block $1 in $docs"
  bash -ex "$FAMFS_SCRATCH/block" >"$FAMFS_SCRATCH/told" 2>&1 || fail "block $1: $(cat "$FAMFS_SCRATCH/told")"
}

test_zy_the_page_on_devices() {
  docs=$(dirname "$0")/../../../docs/devices.md
  run_block 1
  expect_text '/dev/dax0.0 +devdax' "$(cat "$FAMFS_SCRATCH/told")"
  run_block 2
  expect_text ': clean$' "$(cat "$FAMFS_SCRATCH/told")"
  [ "$(grep -c '^<!-- run' "$docs")" = 3 ] || fail "a block that this test does not know"
  modprobe kmem 2>/dev/null
  if daxctl reconfigure-device -m system-ram --no-online "$dax" >/dev/null 2>&1; then
    run_block 3
    expect_text '/dev/dax0.0 +devdax' "$(cat "$FAMFS_SCRATCH/told")"
  fi
  ndctl create-namespace -f -e namespace0.0 --mode=devdax --map=mem --align="$FAMFS_ALIGN" >/dev/null 2>&1 || fail ndctl
}

# The last in the alphabet, as it makes the namespace anew.
test_zz_namespace_in_another_mode() {
  modprobe nd_pmem 2>/dev/null
  namespace=$(field '["namespace"]')
  for mode in fsdax raw sector; do
    ndctl create-namespace -f -e "$namespace" --mode=$mode >"$FAMFS_SCRATCH/told" 2>&1 || fail "$mode: $(cat "$FAMFS_SCRATCH/told")"
    [ "$(famfs devices --json)" = "[]" ] || fail "$mode: a dax device"
    DEV=$(echo /dev/pmem*)
    [ -b "$DEV" ] || fail "$mode: no block device: $DEV"
    before=$(sha256sum "$DEV")
    expect_refusals "block device of $namespace, .*ndctl create-namespace -f -e $namespace --mode=devdax --map=mem"
    [ "$(sha256sum "$DEV")" = "$before" ] || fail "$mode: touched"
    DEV=$FAMFS_TEST_DEVICE
    expect_refusals 'no such device.*famfs devices'
  done
  message="with: ndctl create-namespace -f -e $namespace --mode=devdax --map=mem --align=$FAMFS_ALIGN"
  do_as_told
  make_fs
}

run_tests "${1:-}"
