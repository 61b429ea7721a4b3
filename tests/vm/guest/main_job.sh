#!/bin/bash
# The main job: what a user does with a devdax, with the commands that a user has.
. "$(dirname "$0")/../../support/lib.sh"

test_from_mkfs_to_umount() {
  make_fs
  echo "$DEV $MNT fuse.famfs noauto,_netdev 0 0" >/etc/fstab
  expect_good mount "$MNT"
  expect_text "^$DEV $MNT fuse.famfs rw," "$(grep " $MNT " /proc/mounts)"
  [ "$(findmnt -n -o TARGET -S "$DEV")" = "$MNT" ] || fail findmnt
  mkdir "$MNT/d"
  head -c 7000001 /dev/urandom >"$FAMFS_SCRATCH/source"
  expect_good cp "$FAMFS_SCRATCH/source" "$MNT/d/by-cp"
  expect_good famfs cp "$FAMFS_SCRATCH/source" "$MNT/d/by-famfs-cp"
  expect_good famfs creat -r -S 42 -s 4m "$MNT/seeded"
  (cd "$MNT" && sha256sum d/* seeded) >"$FAMFS_SCRATCH/sums"
  expect_text " d/by-cp" "$(cat "$FAMFS_SCRATCH/sums")"
  expect_good umount "$MNT"
  expect_good mount "$MNT"
  (cd "$MNT" && sha256sum -c --quiet "$FAMFS_SCRATCH/sums") || fail "bytes after a remount"
  expect_same "$FAMFS_SCRATCH/source" "$MNT/d/by-cp"
  expect_good famfs verify -S 42 -f "$MNT/seeded" >/dev/null
  [ "$(famfs getmap "$MNT/d/by-cp" >/dev/null; echo $?)" = 0 ] || fail getmap
  expect_text "^Access path: direct" "$(famfs getmap "$MNT/d/by-cp")"
  # What df says: all but superblock, log and the files' 2 MiB units.
  [ "$(df -B1 --output=size "$MNT" | tail -1 | xargs)" -le "$(device_size)" ] || fail "df: size"
  [ "$(df -B1 --output=avail "$MNT" | tail -1 | xargs)" -le $(($(device_size) - (10 << 20) - (20 << 20))) ] || fail "df: avail"
  expect_good famfs fsck "$MNT" >/dev/null
  expect_good umount "$MNT"
  text=$(fsck.famfs "$DEV") || fail "fsck: $text"
  expect_text "^Files: 3$" "$text"
  [ "$(awk '/Device capacity/ {print $3}' <<<"$text")" = "$(device_size)" ] || fail "capacity: $text"
  : >/etc/fstab
}

test_a_program_maps_it() {
  make_fs; mount_fs
  head -c 5000001 /dev/urandom >"$MNT/f"
  cp "$MNT/f" "$FAMFS_SCRATCH/copy"
  expect_good famfs exec -- python3 - "$MNT/f" "$FAMFS_SCRATCH/copy" "$DEV" <<'P'
import mmap, sys
with open(sys.argv[1], "r+b") as f:
    view = mmap.mmap(f.fileno(), 0)
assert view[:] == open(sys.argv[2], "rb").read()
assert any(line.rstrip().endswith(sys.argv[3]) for line in open("/proc/self/maps"))
view[1000:1005] = b"store"
view.flush()
P
  [ "$(dd if="$MNT/f" bs=1 skip=1000 count=5 status=none)" = store ] || fail "a store is not read"
}

test_what_a_devdax_cannot_do_is_not_asked_of_it() {
  # read(2) and write(2) of the node are EINVAL; whoever forgot would have shown it in all tests above.
  expect_fail dd if="$DEV" of=/dev/null bs=4096 count=1 status=none 2>/dev/null
  make_fs
  expect_text "^Device capacity: $(device_size)\$|Device capacity: +$(device_size)" "$(fsck.famfs "$DEV")"
  [ "$(stat -c %s "$DEV")" = 0 ] || fail "a character device with a size"
}

test_mkfs_refuses_what_is_held_and_what_is_there() {
  make_fs
  expect_fail mkfs.famfs "$DEV" 2>/dev/null
  mount_fs
  expect_exit 16 mkfs.famfs -f "$DEV" 2>/dev/null
  # By another node of the same device, too.
  mknod -m 600 "$FAMFS_SCRATCH/node" c $((0x$(stat -c %t "$DEV"))) $((0x$(stat -c %T "$DEV")))
  expect_exit 16 mkfs.famfs -f "$FAMFS_SCRATCH/node" 2>/dev/null
  echo still >"$MNT/f"
}

run_tests "${1:-}"
