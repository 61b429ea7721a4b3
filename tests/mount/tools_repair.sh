#!/bin/bash
# Damage to a device, byte by byte; fsck --repair and salvage; what a mount shows then.
. "$(dirname "$0")/../support/lib.sh"

HEADER=$((2 << 20))
# entry INDEX: where it lies
entry() { echo $((HEADER + 48 + $1 * 544)); }
# damage OFFSET [OCTETS]: writes them there
damage() { printf "${2:-\\xee\\xee}" | device_write "$1" || fail "damage"; }

# Entries 0 to 4: d, d/one, d/two, secret, last.
filled() {
  make_fs
  mount_fs
  expect_good famfs mkdir -m 750 -u 1000 -g 1001 "$MNT/d"
  expect_good famfs creat -r -S 42 -s 5m -m 640 -u 1000 -g 1001 "$MNT/d/one"
  expect_good famfs creat -r -S 7 -s 3000001 -N 3 -B 4 -C 2m "$MNT/d/two" 2>/dev/null
  expect_good famfs creat -r -S 1 -s 4096 -m 600 "$MNT/secret"
  expect_good famfs creat -r -S 99 -s 2m "$MNT/last"
  copy=$(new_dir)
  cp -a "$MNT/." "$copy/"
  rm -rf "$copy/.meta"
  expect_good umount "$MNT"
}
# same_tree LEFT RIGHT: names, modes, owners, bytes
same_tree() {
  diff <(cd "$1" && find . -mindepth 1 -path ./.meta -prune -o -printf '%p %y %m %U:%G\n' | sort) \
    <(cd "$2" && find . -mindepth 1 -path ./.meta -prune -o -printf '%p %y %m %U:%G\n' | sort) || fail "the trees differ"
  diff -r -x .meta "$1" "$2" || fail "contents differ"
}
repair() { expect_exit "$1" fsck.famfs --repair "$DEV" >"$FAMFS_SCRATCH/said"; }

test_an_append_that_was_cut_short() {
  filled
  damage $((HEADER + 32)) '\x06'
  expect_exit 4 fsck.famfs --repair -n "$DEV" | grep -q "would mend: .*next sequence number 6 becomes 5" || fail "-n"
  repair 1
  repair 0
  mount_fs
  same_tree "$copy" "$MNT"
}

test_the_last_entry() {
  filled
  damage "$(($(entry 4) + 41))"
  mount_fs
  expect_fail famfs creat -s 2m "$MNT/more" 2>/dev/null
  expect_exit 16 fsck.famfs --repair "$DEV" 2>"$FAMFS_SCRATCH/said"
  expect_exit 16 fsck.famfs -y "$DEV" 2>/dev/null
  expect_exit 16 famfs fsck --repair "$MNT" 2>>"$FAMFS_SCRATCH/said"
  grep -q "Device or resource busy\|errno 16\|held\|mounted" "$FAMFS_SCRATCH/said" || fail "who holds it: $(cat "$FAMFS_SCRATCH/said")"
  expect_good umount "$MNT"
  repair 1
  grep -q 'mended: log entry 4 .*entries given up: 1 "l.*next index 5 becomes 4; next sequence number 5 becomes 4' "$FAMFS_SCRATCH/said" ||
    fail "what was given up: $(cat "$FAMFS_SCRATCH/said")"
  rm "$copy/last"
  mount_fs
  same_tree "$copy" "$MNT"
  expect_good famfs creat -r -S 3 -s 2m "$MNT/more"
  remount
  expect_good famfs verify -q -S 3 -f "$MNT/more"
  expect_good famfs fsck "$MNT" >/dev/null
}

test_superblock_and_header() {
  filled
  damage 2 '\x55'
  damage 8 '\x55'
  damage 34 '\x55'
  damage 112 '\x00\x00\x00\x00\x00\x00\x00\x00'
  damage "$HEADER" '\x01\x02\x03\x04\x05\x06\x07\x08\x09'
  expect_exit 32 famfs mount "$DEV" "$MNT" 2>/dev/null
  repair 1
  repair 0
  mount_fs
  same_tree "$copy" "$MNT"
}

test_an_entry_in_the_middle() {
  local out
  filled
  damage "$(($(entry 1) + 42))"
  repair 4
  grep -q 'lost: log entry 1, "d/' "$FAMFS_SCRATCH/said" || fail "no name: $(cat "$FAMFS_SCRATCH/said")"
  grep -q "famfs salvage $DEV DIRECTORY.*: 3 files" "$FAMFS_SCRATCH/said" || fail "no way out: $(cat "$FAMFS_SCRATCH/said")"
  out=$(new_dir)
  expect_exit 1 famfs salvage "$DEV" "$out" >/dev/null
  rm "$copy/d/one"
  same_tree "$copy" "$out"
  # Proved by its CRC, it is restored.
  damage "$(($(entry 1) + 42))" 'on'
  damage "$(entry 1)" '\x77'
  repair 1
  repair 0
}

test_salvage_of_what_cannot_be_mounted() {
  local out
  filled
  damage 48                        # the file system's UUID: nothing proves it
  damage "$HEADER" '\x00'
  damage "$((HEADER + 32))" '\x00' # nor the header, its counters apart
  repair 4
  expect_exit 32 famfs mount "$DEV" "$MNT" 2>/dev/null
  out=$(new_dir)
  expect_exit 1 famfs salvage "$DEV" "$out/in" 2>"$FAMFS_SCRATCH/said"
  grep -q "neither superblock" "$FAMFS_SCRATCH/said" || fail "why: $(cat "$FAMFS_SCRATCH/said")"
  damage "$HEADER" '\x0d'          # the header again, without the superblock
  expect_good famfs salvage "$DEV" "$out/in" >"$FAMFS_SCRATCH/said"
  same_tree "$copy" "$out/in"
  # Out, made again, and in.
  make_fs -f
  mount_fs
  expect_good famfs cp -r "$out/in/d" "$MNT/d"
  expect_good famfs verify -q -S 42 -f "$MNT/d/one"
}

test_salvage_beside_a_mount_and_as_a_user() {
  local out
  filled
  mount_fs
  out=$(new_dir)
  expect_good famfs salvage "$DEV" "$out/in" >/dev/null
  same_tree "$copy" "$out/in"
  expect_good famfs salvage "$MNT" "$out/by-path" >/dev/null
  expect_good umount "$MNT"
  chmod 644 "$DEV"
  chmod 777 "$out"
  expect_good as_user famfs salvage "$DEV" "$out/user" >/dev/null
  [ "$(stat -c %u "$out/user/d/one")" = 65534 ] || fail "owner"
  [ "$(stat -c %a "$out/user/d/one")" = 640 ] || fail "mode"
  cmp "$out/user/d/two" "$copy/d/two" || fail "contents"
}

run_tests "$@"
