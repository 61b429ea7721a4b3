#!/bin/bash
# Direct maps where the kernel has rules of its own: FAMFS_ALIGN is what the device was made with.
. "$(dirname "$0")/../../support/lib.sh"
here=$(dirname "$0")

# 2 MiB of contiguous pages cost one fault where the kernel maps huge pages; 512 where it does not, which is how
# this test would fail.
test_a_2_mib_extent_is_mapped_by_huge_pages() {
  make_fs; mount_fs
  head -c 4M /dev/urandom >"$MNT/f"
  text=$("$FAMFS_PROBE" faults "$MNT/f") || fail "$text"
  case $FAMFS_ALIGN in
    2M) expect_text "^2 faults for 4194304 bytes, pages of 2048 kB" "$text" ;;
    4K) expect_text "^1024 faults for 4194304 bytes, pages of 4 kB" "$text" ;;
  esac
}

test_page_frames_are_the_devices() {
  make_fs; mount_fs
  for size in 4096 1 2097152 5000001; do
    head -c $size /dev/urandom >"$FAMFS_SCRATCH/copy"
    cp "$FAMFS_SCRATCH/copy" "$MNT/f$size"
    text=$("$FAMFS_DIRECT_PROBE" frames "$MNT/f$size" "$FAMFS_SCRATCH/copy") || fail "$size: $text"
  done
  expect_good famfs creat -s 13000000 -r -S 7 -N 3 -B 6 -C 2M "$MNT/strips" >/dev/null
  cat "$MNT/strips" >"$FAMFS_SCRATCH/copy"
  text=$("$FAMFS_DIRECT_PROBE" frames "$MNT/strips" "$FAMFS_SCRATCH/copy") || fail "$text"
  expect_text ', 3 extents, interleaved' "$text"
}

# MAP_FIXED at an aligned address with an odd offset: the kernel succeeds and maps other bytes.
test_no_offset_maps_other_bytes() {
  make_fs; mount_fs
  head -c 5M /dev/zero >"$MNT/f"
  text=$("$FAMFS_PROBE" trap "$MNT/f") || fail "exit $?: $text"
  expect_text '^offset 4096: mapped$' "$text"
  case $FAMFS_ALIGN in
    2M)
      expect_text '^raw: other bytes$' "$text" # the trap is there
      expect_text '^offset 4096, fixed: Invalid argument$' "$text"
      ;;
    4K)
      expect_text '^raw: the right bytes$' "$text"
      expect_text '^offset 4096, fixed: mapped$' "$text"
      ;;
  esac
}

# Row by row against a plain file: at 4 KiB nothing differs; at 2 MiB what docs/limits.md says, and no more.
test_behaves_as_a_plain_file_or_as_documented() {
  make_fs; mount_fs
  python3 -c 'import sys; sys.stdout.buffer.write(bytes(65 + (i // 4096) + i % 7 for i in range(3 * 4096 + 100)))' >"$FAMFS_SCRATCH/bytes"
  for how in famfs libc; do
    cp "$FAMFS_SCRATCH/bytes" "$MNT/$how"
    plain=$FAMFS_DEVICE_PREFIX.plain
    cp "$FAMFS_SCRATCH/bytes" "$plain"
    if [ $how = libc ]; then exec=(famfs exec --); else exec=(); fi
    "${exec[@]}" "$FAMFS_DIRECT_TWIN" $how "$MNT/$how" "$plain" >"$FAMFS_SCRATCH/rows"
    rm -f "$plain"
    expect_text '^[0-9]+ rows compared, ' "$(tail -1 "$FAMFS_SCRATCH/rows")"
    sed -i '/ rows compared, /d; s/^row [0-9]*: //' "$FAMFS_SCRATCH/rows"
    diff "$here/twin-$FAMFS_ALIGN.rows" "$FAMFS_SCRATCH/rows" || fail "$how: rows that differ from a plain file's are not those expected (<)"
  done
}

test_fork_and_pins() {
  make_fs; mount_fs
  expect_good "$FAMFS_DIRECT_PROBE" pin famfs "$MNT"
}

run_tests "${1:-}"
