#!/bin/bash
# Direct maps on a real mount: direct_map.sh PROBE TWIN [PATTERN]
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")
probe=$1
twin=$2
shift 2

test_frames_of_one_extent() {
  make_fs; mount_fs
  head -c 5000001 /dev/urandom >"$FAMFS_SCRATCH/copy"
  cp "$FAMFS_SCRATCH/copy" "$MNT/f"
  text=$("$probe" frames "$MNT/f" "$FAMFS_SCRATCH/copy") || fail "$text"
  expect_text ' in 1 stretches, 1 extents' "$text"
}

test_frames_of_many_extents() {
  make_fs; mount_fs
  fragment 2M
  head -c 25000001 /dev/urandom >"$FAMFS_SCRATCH/copy"
  cp "$FAMFS_SCRATCH/copy" "$MNT/f"
  text=$("$probe" frames "$MNT/f" "$FAMFS_SCRATCH/copy") || fail "$text"
  expect_text ' in 12 stretches, 12 extents' "$text"
}

test_frames_of_strips() {
  make_fs; mount_fs
  expect_good famfs creat -s 13000000 -r -S 7 -N 3 -B 6 -C 2M "$MNT/f" >/dev/null
  cat "$MNT/f" >"$FAMFS_SCRATCH/copy"
  text=$("$probe" frames "$MNT/f" "$FAMFS_SCRATCH/copy") || fail "$text"
  expect_text ', 3 extents, interleaved' "$text"
}

# A read-only client on the same host: the same frames.
test_frames_of_a_client() {
  make_fs; mount_fs
  head -c 3000000 /dev/urandom >"$FAMFS_SCRATCH/copy"
  cp "$FAMFS_SCRATCH/copy" "$MNT/f"
  other=$(new_dir)
  expect_good mount -t fuse.famfs -o ro,client "$DEV" "$other"
  # Read-only: the probe's O_RDWR is refused, a map for reading is not.
  famfs exec -- python3 - "$other/f" "$FAMFS_SCRATCH/copy" "$DEV" <<'P' || { umount "$other"; fail client; }
import mmap, sys
with open(sys.argv[1], "rb") as f:
    view = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
assert view[:] == open(sys.argv[2], "rb").read()
assert any(l.rstrip().endswith(sys.argv[3]) for l in open("/proc/self/maps"))
P
  expect_good umount "$other"
}

# The same bytes for a file on the mount and a plain one.
twins() {
  python3 -c 'import sys; sys.stdout.buffer.write(bytes(65 + (i // 4096) + i % 7 for i in range(3 * 4096 + 100)))' >"$FAMFS_SCRATCH/bytes"
  plain=$(new_device 0)
  cp "$FAMFS_SCRATCH/bytes" "$plain"
  cp "$FAMFS_SCRATCH/bytes" "$MNT/f"
}

test_behaves_like_a_plain_file() {
  needs_file_device "on devdax tests/vm/guest/direct.sh has the rows that differ"
  make_fs; mount_fs; twins
  expect_good "$twin" famfs "$MNT/f" "$plain"
  rm -f "$plain"
}

test_behaves_like_a_plain_file_under_preload() {
  needs_file_device "on devdax tests/vm/guest/direct.sh has the rows that differ"
  make_fs; mount_fs; twins
  expect_good famfs exec -- "$twin" libc "$MNT/f" "$plain"
  rm -f "$plain"
}

test_preload_leaves_plain_files_alone() {
  make_fs; mount_fs; twins
  other=$(new_device 0); cp "$FAMFS_SCRATCH/bytes" "$other"
  expect_good famfs exec -- "$twin" libc "$other" "$plain"
  rm -f "$plain" "$other"
}

test_a_mapping_is_a_pin() {
  make_fs; mount_fs
  expect_good "$probe" pin famfs "$MNT"
}

test_a_mapping_is_a_pin_under_preload() {
  make_fs; mount_fs
  expect_good famfs exec -- "$probe" pin libc "$MNT"
}

# A mount that is mapped is busy; exec ends the mapping.
test_exec_ends_a_mapping() {
  make_fs; mount_fs
  cp /etc/passwd "$MNT/f"
  text=$("$probe" exec famfs "$MNT/f" grep -c "$DEV\$" /proc/self/maps)
  [ "$text" = 0 ] || fail "$text mappings of the device after exec"
  expect_good umount "$MNT"
}

test_a_mapping_keeps_the_mount_busy() {
  make_fs; mount_fs
  cp /etc/passwd "$MNT/f"
  mkfifo "$FAMFS_SCRATCH/go" "$FAMFS_SCRATCH/mapped"
  famfs exec -- python3 - "$MNT/f" "$FAMFS_SCRATCH/mapped" "$FAMFS_SCRATCH/go" <<'P' &
import mmap, os, sys
with open(sys.argv[1], "rb") as f:
    view = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
# Python keeps a duplicate: the mapping alone must hold the mount.
os.closerange(3, 1000)
open(sys.argv[2], "w").close()
open(sys.argv[3]).read()
P
  cat "$FAMFS_SCRATCH/mapped"
  umount "$MNT" 2>/dev/null && fail "unmounted under a mapping"
  echo >"$FAMFS_SCRATCH/go"
  expect_good wait $!
  expect_good umount "$MNT"
}

test_python_through_preload() {
  make_fs; mount_fs
  expect_good python3 "$here/direct_python.py" "$MNT" refused
  expect_good famfs exec -- python3 "$here/direct_python.py" "$MNT" direct "$DEV"
  remount
  expect_good famfs exec -- python3 -c 'import mmap,sys
with open(sys.argv[1],"rb") as f:
  assert mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[0:5] == b"child"' "$MNT/direct"
}

test_python_through_preload_on_a_cached_mount() {
  make_fs; mount_fs mmap=cached
  expect_good famfs exec -- python3 "$here/direct_python.py" "$MNT" direct "$DEV"
}

# Without permission on the device: what the kernel says, and one line that says why.
test_device_out_of_reach() {
  make_fs; mount_fs
  cp /etc/passwd "$MNT/f"; chmod 644 "$MNT/f" 2>/dev/null
  install -m 755 "$probe" "$FAMFS_SCRATCH/probe"
  chmod 600 "$DEV"
  as_user "$FAMFS_SCRATCH/probe" unreachable "$MNT/f" || fail probe
  text=$(as_user famfs exec -- python3 - "$MNT/f" 2>&1 <<'P'
import errno, mmap, sys
for i in range(3):
    with open(sys.argv[1], "rb") as f:
        try:
            mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
            print("mapped")
        except OSError as e:
            print(errno.errorcode[e.errno])
P
)
  [ "$(grep -c '^famfs: ' <<<"$text")" = 1 ] || fail "not one line: $text"
  expect_text "^famfs: mmap of $MNT/f: cannot open device $DEV: Permission denied: " "$text"
  [ "$(grep -c '^ENODEV$' <<<"$text")" = 3 ] || fail "$text"
  chmod 666 "$DEV"
  as_user famfs exec -- python3 -c 'import mmap,sys
with open(sys.argv[1],"rb") as f:
  mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)' "$MNT/f" || fail "with permission"
}

test_tools_under_preload() {
  make_fs; mount_fs
  head -c 7000000 /dev/urandom >"$FAMFS_SCRATCH/copy"
  expect_good famfs exec -- cp "$FAMFS_SCRATCH/copy" "$MNT/cp"
  expect_good famfs exec -- dd if="$FAMFS_SCRATCH/copy" of="$MNT/dd" bs=64k status=none
  expect_good famfs exec -- tar -C "$FAMFS_SCRATCH" -cf "$MNT/tar" copy
  expect_good famfs exec -- bash -c 'cat "$1" | cat >"$2"' - "$MNT/cp" "$MNT/cat"
  for f in cp dd cat; do expect_good famfs exec -- cmp "$FAMFS_SCRATCH/copy" "$MNT/$f"; done
  [ "$(famfs exec -- sh -c 'exit 7'; echo $?)" = 7 ] || fail "exit code"
  [ -z "$(famfs exec -- grep -c zzz /etc/passwd 2>&1 >/dev/null)" ] || fail "noise"
}

run_tests "${1:-}"
