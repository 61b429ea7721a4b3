#!/bin/bash
# famfs mkdir, cp, creat: docs and the public tools' table, row by row.
. "$(dirname "$0")/../support/lib.sh"

start() { make_fs "$@"; mount_fs; }
# Sorted names, modes and owners of what is there.
owners() { (cd "$MNT" && find . -mindepth 1 -printf '%p %m %U:%G\n' | sort); }

test_mkdir() {
  start
  expect_good famfs mkdir "$MNT/d"
  expect_exit 1 famfs mkdir "$MNT/d" 2>/dev/null
  expect_good famfs mkdir -p "$MNT/d"
  expect_exit 1 famfs mkdir "$MNT/no/d" 2>/dev/null
  touch "$MNT/file"
  expect_exit 1 famfs mkdir "$MNT/file" 2>/dev/null
  expect_exit 1 famfs mkdir -p "$MNT/file" 2>/dev/null
  expect_exit 1 famfs mkdir -p "$MNT/file/d" 2>/dev/null
  expect_good famfs mkdir "$MNT//slashes//"
  expect_good famfs mkdir "$MNT/d/../dots"
  [ -d "$MNT/dots" ] || fail "'..' is not resolved"
  expect_exit 1 famfs mkdir -p "$MNT/../outside" 2>/dev/null
  [ ! -e "$MNT/../outside" ] || fail "made outside the mount"
  expect_exit 1 grep -q '\.\.' <<<"$(famfs dump "$MNT")"
}

test_mkdir_modes_and_owners_hold_for_every_directory() {
  start
  (umask 077 && expect_good famfs mkdir -p -m 0751 -u 1000 -g 1001 "$MNT/a/b/c") || exit 1
  [ "$(owners)" = $'./a 751 1000:1001\n./a/b 751 1000:1001\n./a/b/c 751 1000:1001' ] || fail "$(owners)"
  expect_good famfs mkdir -m 000 -u 1000 "$MNT/a/b/closed"
  expect_good famfs mkdir -p -u 7 "$MNT/a/b/closed/in" # root enters whatever it is made for
  remount
  [ "$(stat -c %u "$MNT/a/b/closed/in")" = 7 ] || fail "owner lost"
}

test_mkdir_for_others_is_roots() {
  start
  chmod 777 "$MNT" 2>/dev/null
  expect_good famfs mkdir -m 777 "$MNT/open"
  expect_exit 1 as_user famfs mkdir -u 0 "$MNT/open/d" 2>/dev/null
  expect_exit 1 as_user famfs mkdir -g 0 "$MNT/open/d" 2>/dev/null
  expect_good as_user famfs mkdir "$MNT/open/mine"
  [ "$(stat -c %u "$MNT/open/mine")" = 65534 ] || fail "owner"
}

test_long_names_are_never_cut() {
  start
  local name
  name=$(printf 'n%.0s' {1..79})
  expect_good famfs mkdir "$MNT/$name"
  expect_exit 1 famfs mkdir "$MNT/${name}x" 2>/dev/null
  expect_text "File name too long" "$(famfs mkdir "$MNT/${name}x" 2>&1)"
  expect_exit 1 famfs creat -s 1m "$MNT/$name/x" 2>/dev/null
  expect_exit 1 famfs creat -s 1m "$MNT/$(printf 'n%.0s' {1..256})" 2>/dev/null
  [ "$(ls "$MNT")" = "$name" ] || fail "made: $(ls "$MNT")"
}

test_log_full() {
  local text got=0 i
  DEV=$(new_device 64M)
  start
  # 15,420 entries; directories are the cheapest.
  python3 - "$MNT" <<'END' || fail "filling"
import os, sys
root = sys.argv[1]
for i in range(15418):
    os.mkdir(f"{root}/{i}")
END
  expect_good famfs creat -s 4k "$MNT/last"
  expect_good famfs mkdir "$MNT/lastdir"
  for command in "mkdir $MNT/d" "mkdir -p $MNT/d/e" "creat -s 4k $MNT/f" "cp /etc/passwd $MNT/p" "cp -r /etc/default $MNT"; do
    got=0
    text=$(famfs $command 2>&1) || got=$?
    [ "$got" = 12 ] || fail "exit $got of: famfs $command: $text"
    expect_text " 0 log entries are left" "$text"
  done
  [ "$(ls "$MNT" | wc -l)" = 15420 ] || fail "something was made"
  remount
  [ "$(ls "$MNT" | wc -l)" = 15420 ] || fail "something was lost"
  expect_good umount "$MNT"
  rm -f "$DEV"
}

test_no_space() {
  local text got=0 before
  start
  famfs creat -s 200m "$MNT/big" || fail "creat"
  before=$(stat -f -c %f "$MNT")
  truncate -s 100m "$FAMFS_SCRATCH/source"
  for command in "creat -s 100m $MNT/f" "creat -r -s 100m $MNT/f" "cp $FAMFS_SCRATCH/source $MNT/f"; do
    got=0
    text=$(famfs $command 2>&1) || got=$?
    [ "$got" = 12 ] || fail "exit $got of: famfs $command: $text"
    expect_text "[0-9]+ bytes and [0-9]+ log entries are left" "$text"
  done
  [ "$(ls "$MNT")" = big ] || fail "made: $(ls "$MNT")"
  [ "$(stat -f -c %f "$MNT")" = "$before" ] || fail "space lost"
  rm "$FAMFS_SCRATCH/source"
}

test_cp() {
  start
  local s="$FAMFS_SCRATCH/cp"
  mkdir -p "$s/tree/sub/deep"
  head -c 5000001 /dev/urandom >"$s/one"
  head -c 70 /dev/urandom >"$s/two"
  cp "$s/one" "$s/tree/sub/deep/x"
  cp "$s/two" "$s/tree/two"
  chmod 640 "$s/one"
  chmod 751 "$s/tree/sub"
  expect_good famfs cp "$s/one" "$MNT/one"
  expect_same "$s/one" "$MNT/one"
  [ "$(stat -c %a "$MNT/one")" = 640 ] || fail "mode"
  expect_good famfs cp -m 600 -u 5 -g 6 -t 3 -c -v "$s/one" "$MNT/owned" >/dev/null
  [ "$(stat -c '%a %u:%g' "$MNT/owned")" = "600 5:6" ] || fail "owner"
  expect_good famfs mkdir "$MNT/d"
  expect_good famfs cp "$s/one" "$s/two" "$MNT/d"
  expect_good famfs cp "$s/two" "$MNT/d/../two"
  expect_good famfs cp "$s/two" "$MNT/d/."   # overwritten in place
  expect_good famfs cp "$s/two" "$MNT/d/"
  expect_same "$s/two" "$MNT/d/two"
  expect_exit 1 famfs cp "$s/tree" "$MNT/" 2>/dev/null
  expect_good famfs cp -r "$s/tree" "$MNT/"
  diff -r "$s/tree" "$MNT/tree" || fail "tree differs"
  [ "$(stat -c %a "$MNT/tree/sub")" = 751 ] || fail "directory's mode"
  expect_good famfs cp -r "$s/tree" "$MNT/tree2"
  diff -r "$s/tree" "$MNT/tree2" || fail "tree2 differs"
  expect_good famfs cp -r "$s/tree" "$MNT/tree2/new/" 2>/dev/null
  remount
  diff -r "$s/tree" "$MNT/tree2/new" || fail "tree differs after a mount"
  expect_same "$s/one" "$MNT/owned"
  rm -rf "$s"
}

test_cp_skips_and_goes_on() {
  start
  local s="$FAMFS_SCRATCH/skip" before
  mkdir "$s"
  echo content >"$s/good"
  : >"$s/empty"
  mkfifo "$s/pipe"
  ln -s good "$s/link"
  famfs mkdir "$MNT/d"
  expect_exit 1 famfs cp "$s/missing" "$s/empty" /dev/zero "$s/pipe" "$s" "$s/good" "$MNT/d" 2>/dev/null
  [ "$(ls "$MNT/d")" = good ] || fail "made: $(ls "$MNT/d")"
  expect_exit 1 famfs cp -r "$s" "$MNT/" 2>/dev/null
  [ "$(ls "$MNT/skip")" = good ] || fail "made: $(ls "$MNT/skip")"
  for source in "$s/missing" "$s/empty" /dev/zero "$s"; do
    expect_fail famfs cp "$source" "$MNT/none" 2>/dev/null
    [ ! -e "$MNT/none" ] || fail "$source made something"
  done
  echo longer content >"$s/good"
  expect_exit 1 famfs cp "$s/good" "$MNT/d" 2>/dev/null # another size
  [ "$(cat "$MNT/d/good")" = content ] || fail "changed by a refused copy"
  echo CONTENT >"$s/good"
  expect_good famfs cp "$s/good" "$MNT/d"
  [ "$(cat "$MNT/d/good")" = CONTENT ] || fail "not overwritten in place"
  expect_exit 1 famfs cp "$MNT/d/good" "$MNT/d" 2>/dev/null # onto itself
  [ "$(cat "$MNT/d/good")" = CONTENT ] || fail "lost"
  expect_exit 1 famfs cp "$s/good" "$s/other" 2>/dev/null
  expect_exit 1 famfs cp "$s/good" "$MNT/no/such/dir" 2>/dev/null
  expect_exit 1 famfs cp "$s/good" "$s/good" "$MNT/d/good" 2>/dev/null
  rm -rf "$s"
}

test_cp_of_a_tree_into_itself_ends() {
  start
  famfs mkdir -p "$MNT/t/sub"
  expect_good famfs creat -s 4k "$MNT/t/sub/f"
  expect_good timeout 60 famfs cp -r "$MNT/t" "$MNT/t/copy"
  [ -f "$MNT/t/copy/sub/f" ] || fail "not copied"
}

test_users_make_files_where_they_may() {
  start
  expect_good famfs mkdir -m 777 "$MNT/open"
  expect_good famfs mkdir -m 755 "$MNT/closed"
  chmod 600 "$DEV" # so that no direct map is possible: the bytes go through the daemon
  expect_good as_user famfs cp /etc/passwd "$MNT/open/copied"
  expect_same /etc/passwd "$MNT/open/copied"
  expect_good as_user famfs creat -r -S 42 -s 8m "$MNT/open/seeded"
  expect_good as_user famfs verify -S 42 -f "$MNT/open/seeded" >/dev/null
  [ "$(stat -c %u "$MNT/open/copied")" = 65534 ] || fail "owner"
  expect_exit 1 as_user famfs cp /etc/passwd "$MNT/closed/copied" 2>/dev/null
  expect_exit 1 as_user famfs creat -s 4k "$MNT/closed/f" 2>/dev/null
  expect_exit 1 as_user famfs creat -s 4k -u 0 "$MNT/open/f" 2>/dev/null
  expect_text "^Access path: copy: " "$(as_user famfs getmap "$MNT/open/copied")"
  [ "$(ls -A "$MNT/closed" "$MNT/open" | wc -l)" = 5 ] || fail "made: $(ls -A "$MNT/closed" "$MNT/open")"
}

test_users_with_permission_on_the_device_map_it() {
  start
  chmod 666 "$DEV"
  expect_good famfs mkdir -m 777 "$MNT/open"
  expect_good as_user famfs cp -c /etc/passwd "$MNT/open/copied"
  expect_good as_user famfs creat -r -S 42 -s 8m -m 600 "$MNT/open/seeded"
  expect_good as_user famfs creat -s 8m "$MNT/open/zeroes"
  expect_good as_user famfs verify -S 42 -f "$MNT/open/seeded" >/dev/null
  cmp -n 8388608 "$MNT/open/zeroes" /dev/zero || fail "not zero"
  expect_text "^Access path: direct: " "$(as_user famfs getmap "$MNT/open/copied")"
  remount
  expect_same /etc/passwd "$MNT/open/copied"
  expect_good famfs verify -S 42 -f "$MNT/open/seeded" >/dev/null
}

test_a_new_file_shows_nothing_of_what_was_there() {
  start
  famfs creat -r -S 1 -s 200m "$MNT/old" || fail "creat"
  expect_good umount "$MNT"
  make_fs -f # the bytes are still there
  mount_fs
  expect_good famfs creat -s 8m "$MNT/zeroes"
  cmp -n 8388608 "$MNT/zeroes" /dev/zero || fail "old bytes"
  printf x >"$FAMFS_SCRATCH/one"
  expect_good famfs cp "$FAMFS_SCRATCH/one" "$MNT/one"
  offset=$(famfs getmap --json "$MNT/one" | python3 -c 'import json, sys; print(json.load(sys.stdin)["extents"][0]["offset"])')
  cmp -n 4095 <(device_read $((offset + 1)) 4095) /dev/zero || fail "old bytes behind the end, where a mapping shows them"
}

test_creat() {
  start
  expect_good famfs creat -s 8m "$MNT/f"
  [ "$(stat -c '%s %a' "$MNT/f")" = "8388608 644" ] || fail "$(stat "$MNT/f")"
  cmp -n 8388608 "$MNT/f" /dev/zero || fail "not zero"
  expect_good famfs creat -s 8m "$MNT/f"
  expect_exit 1 famfs creat -s 9m "$MNT/f" 2>/dev/null
  expect_exit 1 famfs creat "$MNT/none" 2>/dev/null
  expect_exit 1 famfs creat -s 0 "$MNT/none" 2>/dev/null
  expect_exit 1 famfs creat -s 1m "$MNT/no/f" 2>/dev/null
  expect_exit 1 famfs creat -s 1m "$MNT" 2>/dev/null
  expect_text "File too large" "$(famfs creat -s 16777215t "$MNT/none" 2>&1)"
  expect_text "does not end in a slash" "$(famfs creat -s 1m "$MNT/none/" 2>&1)"
  expect_exit 1 famfs creat -s 1m -u 4294967295 "$MNT/none" 2>/dev/null # "no id" to the kernel
  expect_exit 1 famfs creat -s 1m "$MNT/../outside" 2>/dev/null
  [ ! -e "$MNT/../outside" ] && [ ! -e "$MNT/none" ] || fail "made"
  expect_good famfs creat -s 1m -m 0600 -u 1000 -g 1001 "$MNT/owned"
  [ "$(stat -c '%a %u:%g' "$MNT/owned")" = "600 1000:1001" ] || fail "owner"
  expect_good famfs creat -s 1m -m 000 "$MNT/closed"
  expect_good famfs creat -r -S 42 -s 8388608 "$MNT/seed42"
  [ "$(sha256sum <"$MNT/seed42" | cut -c1-64)" = 6aceabfa06d468608614b8fd961afb502de1bfa208c0e5ec5af279928407ec3b ] ||
    fail "seed 42"
  expect_good famfs creat -r -S 7 "$MNT/seed42" # another seed, in place
  expect_good famfs verify -S 7 -f "$MNT/seed42" >/dev/null
  expect_good famfs creat -r -s 3000001 -t 5 "$MNT/random"
  cmp -s -n 3000001 "$MNT/random" /dev/zero && fail "not random"
  remount
  expect_good famfs verify -S 7 -f "$MNT/seed42" >/dev/null
  [ "$(ls "$MNT" | tr '\n' ' ')" = "closed f owned random seed42 " ] || fail "$(ls "$MNT")"
}

test_creat_multi() {
  start
  expect_good famfs creat -t 2 -M "$MNT/a,1m,1" --multi "$MNT/b,3000001,7" -M "$MNT/c,2m"
  expect_good famfs verify -m "$MNT/a,1" -m "$MNT/b,7" >/dev/null
  cmp -n 2097152 "$MNT/c" /dev/zero || fail "not zero"
  expect_exit 1 famfs creat -M "$MNT/d,1m" -M "$MNT/a,2m" -M bad -M "$MNT/e,1m,9" 2>/dev/null
  [ "$(ls "$MNT" | tr '\n' ' ')" = "a b c d e " ] || fail "$(ls "$MNT")"
  expect_good famfs verify -m "$MNT/e,9" >/dev/null
}

test_interleaved() {
  start
  local text
  expect_good famfs creat -r -S 99 -s 33m -N 3 -B 4 -C 2m "$MNT/il" 2>/dev/null
  famfs getmap --json "$MNT/il" | python3 -c '
import json, sys
m = json.load(sys.stdin)
assert m["kind"] == "interleaved" and m["chunk"] == 2 << 20 and len(m["strips"]) == 3, m
assert all(s["length"] == 12 << 20 for s in m["strips"]), m
assert len({s["offset"] * 4 // (256 << 20) for s in m["strips"]}) == 3, m' || fail "map"
  expect_good famfs verify -S 99 -f "$MNT/il" >/dev/null
  expect_good famfs creat -s 1m -N 3 -B 4 "$MNT/small" 2>/dev/null # smaller than a chunk
  expect_text "^EXTENT" "$(famfs getmap "$MNT/small")"
  expect_good famfs cp -N 2 -B 2 -C 4m "$MNT/il" "$MNT/copy" 2>/dev/null
  expect_same "$MNT/il" "$MNT/copy"
  expect_exit 1 famfs creat -s 8m -N 17 -B 20 "$MNT/no" 2>/dev/null
  expect_exit 1 famfs creat -s 8m -N 4 -B 3 "$MNT/no" 2>/dev/null
  expect_exit 1 famfs creat -s 8m -N 4 -B 65 "$MNT/no" 2>/dev/null
  expect_exit 1 famfs creat -s 8m -N 4 -B 8 -C 3m "$MNT/no" 2>/dev/null
  text=$(famfs creat -s 128m -N 2 -B 4 -C 128m "$MNT/no" 2>&1) && fail "a chunk larger than a bucket"
  expect_text "a chunk of 134217728 in one of 4 buckets: give a smaller chunk" "$text"
  [ ! -e "$MNT/no" ] || fail made
  text=$(famfs creat -s 8m -N 2 -B 4 "$MNT/warned" 2>&1)
  expect_text "warning: .*1 GiB" "$text"
  remount
  expect_good famfs verify -S 99 -f "$MNT/il" >/dev/null
  expect_good famfs verify -S 99 -f "$MNT/copy" >/dev/null
  expect_good famfs fsck "$MNT" >/dev/null
}

run_tests "$@"
