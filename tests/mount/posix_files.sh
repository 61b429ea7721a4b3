#!/bin/bash
# Ordinary programs make good files: the right bytes, mode and owner, still there after a remount.
. "$(dirname "$0")/../support/lib.sh"

getmap_state() { python3 -c 'import os,sys; print(os.getxattr(sys.argv[1],"user.famfs.map").decode())' "$1" | sed -n 's/^state: //p'; }

# A tree with a deep path, an empty file, a file of odd size and one of several MiB.
make_source() {
  SRC=$(new_dir)
  mkdir -p "$SRC/tree/a/b"
  head -c 3000001 /dev/urandom >"$SRC/tree/odd"
  head -c 9M /dev/urandom >"$SRC/tree/a/nine"
  printf 'x' >"$SRC/tree/a/b/one"
  : >"$SRC/tree/empty"
  chmod 640 "$SRC/tree/odd"
  chmod -R a+rX "$SRC"
}

expect_tree() { diff -r "$1" "$2" || fail "$1 and $2 differ"; }
expect_mode() { [ "$(stat -c %a "$1")" = "$2" ] || fail "mode of $1 is $(stat -c %a "$1"), not $2"; }
expect_owner() { [ "$(stat -c %u:%g "$1")" = "$2" ] || fail "owner of $1 is $(stat -c %u:%g "$1"), not $2"; }

test_cp_by_root() {
  make_fs; mount_fs; make_source
  expect_good cp "$SRC/tree/odd" "$MNT/odd"
  expect_good cp -r "$SRC/tree" "$MNT/tree"
  remount
  expect_same "$SRC/tree/odd" "$MNT/odd"
  expect_tree "$SRC/tree" "$MNT/tree"
}

test_cp_p_keeps_mode_and_owner_of_files() {
  make_fs; mount_fs; make_source
  chown 1000:1001 "$SRC/tree/odd"
  chmod 604 "$SRC/tree/odd"
  expect_good cp -p "$SRC/tree/odd" "$MNT/odd"
  remount
  expect_same "$SRC/tree/odd" "$MNT/odd"
  expect_mode "$MNT/odd" 604
  expect_owner "$MNT/odd" 1000:1001
}

# install(1) sets owner and mode after the close.
test_install() {
  make_fs; mount_fs; make_source
  expect_good install -d "$MNT/bin"
  expect_good install "$SRC/tree/odd" "$MNT/bin/default"
  [ "$(getmap_state "$MNT/bin/default")" = committed ] || fail "not committed when install returned"
  expect_mode "$MNT/bin/default" 755
  expect_good install -m 711 -o 12 -g 13 "$SRC/tree/odd" "$MNT/bin/odd"
  remount
  expect_same "$SRC/tree/odd" "$MNT/bin/odd"
  expect_mode "$MNT/bin/odd" 711
  expect_owner "$MNT/bin/odd" 12:13
}

test_tar_by_root() {
  make_fs; mount_fs; make_source
  tar -C "$SRC" -cf "$SRC/t.tar" tree
  expect_good tar -C "$MNT" -xf "$SRC/t.tar"
  remount
  expect_tree "$SRC/tree" "$MNT/tree"
  expect_mode "$MNT/tree/odd" "$(stat -c %a "$SRC/tree/odd")"
}

test_by_an_ordinary_user() {
  make_fs; mount_fs mode=0777; make_source
  tar -C "$SRC" -cf "$SRC/t.tar" tree
  expect_good as_user cp "$SRC/tree/odd" "$MNT/odd"
  expect_good as_user cp -r "$SRC/tree" "$MNT/copy"
  expect_good as_user mkdir "$MNT/tar"
  expect_good as_user tar -C "$MNT/tar" -xf "$SRC/t.tar"
  expect_good as_user install -m 600 "$SRC/tree/odd" "$MNT/installed"
  remount mode=0777
  expect_owner "$MNT/odd" 65534:65534
  expect_mode "$MNT/installed" 600
  expect_same "$SRC/tree/odd" "$MNT/installed"
  expect_tree "$SRC/tree" "$MNT/copy"
  expect_tree "$SRC/tree" "$MNT/tar/tree"
}

test_a_user_needs_permission() {
  make_fs; mount_fs
  mkdir -m 700 "$MNT/private"
  echo secret >"$MNT/private/f"
  echo open >"$MNT/readable"
  expect_fail as_user touch "$MNT/new" 2>/dev/null
  expect_fail as_user cat "$MNT/private/f" 2>/dev/null
  expect_fail as_user bash -c ": >>'$MNT/readable'" 2>/dev/null
  expect_good as_user cat "$MNT/readable" >/dev/null
  expect_fail as_user cat "$MNT/.meta/.log" 2>/dev/null
}

test_umask() {
  make_fs; mount_fs
  (umask 027; echo x >"$MNT/f"; mkdir "$MNT/d")
  remount
  expect_mode "$MNT/f" 640
  expect_mode "$MNT/d" 750
}

test_dd() {
  make_fs; mount_fs; make_source
  expect_good dd if="$SRC/tree/a/nine" of="$MNT/dd" bs=1M status=none
  expect_good dd if="$SRC/tree/a/nine" of="$MNT/dd-fsync" bs=64k conv=fsync status=none
  expect_good dd if="$SRC/tree/a/nine" of="$MNT/dd-direct" bs=1M oflag=direct status=none
  expect_good dd if=/dev/zero of="$MNT/zero" bs=4k count=3 status=none
  remount
  expect_same "$SRC/tree/a/nine" "$MNT/dd"
  expect_same "$SRC/tree/a/nine" "$MNT/dd-fsync"
  expect_same "$SRC/tree/a/nine" "$MNT/dd-direct"
  expect_good cmp -n 9437184 "$SRC/tree/a/nine" <(dd if="$MNT/dd" iflag=direct bs=1M status=none)
  [ "$(stat -c %s "$MNT/zero")" = 12288 ] || fail "size of zero"
}

test_fallocate_and_truncate_make_zeros() {
  make_fs; mount_fs
  # What was there before must not show.
  head -c 40M /dev/urandom >"$MNT/dirt"
  expect_fail rm "$MNT/dirt" 2>/dev/null
  python3 - "$MNT" <<'P'
import os, sys
m = sys.argv[1]
fd = os.open(m + "/gone", os.O_CREAT | os.O_RDWR)
os.write(fd, os.urandom(20 << 20))
os.unlink(m + "/gone")
os.close(fd)
P
  expect_good fallocate -l 5000000 "$MNT/fallocated"
  expect_good truncate -s 7000000 "$MNT/truncated"
  remount
  cmp -n 5000000 "$MNT/fallocated" /dev/zero || fail "fallocated"
  cmp -n 7000000 "$MNT/truncated" /dev/zero || fail "truncated"
  [ "$(stat -c %s "$MNT/fallocated" "$MNT/truncated" | xargs)" = "5000000 7000000" ] || fail sizes
}

test_sparse_and_backward_writes() {
  make_fs; mount_fs
  python3 - "$MNT/f" <<'P'
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
os.pwrite(fd, b"end", 6_000_000)
os.pwrite(fd, b"middle", 3_000_000)
os.pwrite(fd, b"start", 0)
os.ftruncate(fd, 100)
os.ftruncate(fd, 4_000_000)
os.pwrite(fd, b"end", 3_999_997)
os.close(fd)
P
  remount
  python3 - "$MNT/f" <<'P' || fail "bytes"
import sys
want = bytearray(4_000_000)
want[0:5] = b"start"
want[3_999_997:] = b"end"
assert open(sys.argv[1], "rb").read() == bytes(want)
P
}

test_python_open_and_mkstemp_rename() {
  make_fs; mount_fs
  python3 - "$MNT" <<'P' || fail python
import os, sys, tempfile
m = sys.argv[1]
data = os.urandom(5_000_123)
with open(m + "/wb", "wb") as f:
    f.write(data)
fd, name = tempfile.mkstemp(dir=m)
os.write(fd, data)
os.rename(name, m + "/renamed")
os.close(fd)
with tempfile.TemporaryFile(dir=m) as f:
    f.write(data)
    f.flush()
    f.seek(0)
    assert f.read() == data
    assert os.fstat(f.fileno()).st_size == len(data)
open(m + "/want", "wb").write(data)
assert sorted(os.listdir(m)) == ["renamed", "want", "wb"], os.listdir(m)
P
  remount
  expect_same "$MNT/want" "$MNT/wb"
  expect_same "$MNT/want" "$MNT/renamed"
}

# Who writes a temporary file and renames it when it is whole: each as the idiom has it.
test_rename_after_close() {
  make_fs; mount_fs
  python3 - "$MNT" <<'P' || fail python
import os, sys, tempfile
m = sys.argv[1]
def save(name, sync):
    fd, temporary = tempfile.mkstemp(dir=m)
    os.write(fd, name.encode())
    if sync:
        os.fsync(fd)
    os.close(fd)
    os.rename(temporary, m + "/" + name)
save("plain", False)
save("synced", True)
# rsync's: a hidden name, chmod, then rename
fd = os.open(m + "/.rsync.x7Kq", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
os.write(fd, b"rsync")
os.close(fd)
os.utime(m + "/.rsync.x7Kq", (1, 1))
os.chmod(m + "/.rsync.x7Kq", 0o644)
os.rename(m + "/.rsync.x7Kq", m + "/rsync")
for name in ("plain", "synced", "rsync"):
    assert b"committed" in os.getxattr(m + "/" + name, "user.famfs.map"), name
try:
    os.rename(m + "/plain", m + "/other")
    sys.exit("a committed file was renamed")
except PermissionError:
    pass
P
  remount
  [ "$(cat "$MNT/plain" "$MNT/synced" "$MNT/rsync")" = plainsyncedrsync ] || fail content
  expect_mode "$MNT/rsync" 644
}

test_a_temporary_file_is_committed_when_its_maker_is_gone() {
  make_fs; mount_fs
  python3 -c 'import os,sys,tempfile; fd,n=tempfile.mkstemp(dir=sys.argv[1],prefix="t"); os.write(fd,b"x"); os.close(fd)' "$MNT"
  for i in $(seq 200); do
    [ "$(getmap_state "$MNT"/t*)" = committed ] && return
    sleep 0.05
  done
  fail "never committed"
}

test_empty_files() {
  make_fs; mount_fs
  touch "$MNT/touched" "$MNT/filled"
  : >"$MNT/redirected"
  cp /dev/null "$MNT/copied"
  echo later >"$MNT/filled"
  remount
  [ "$(cat "$MNT/filled")" = later ] || fail "filled"
  for f in touched redirected copied; do
    [ -f "$MNT/$f" ] && [ ! -s "$MNT/$f" ] || fail "$f"
  done
}

test_overwrite_in_place() {
  make_fs; mount_fs; make_source
  cp "$SRC/tree/a/nine" "$MNT/f"
  remount
  head -c 9M /dev/urandom >"$SRC/other"
  expect_good dd if="$SRC/other" of="$MNT/f" bs=1M conv=notrunc status=none
  expect_same "$SRC/other" "$MNT/f"
  remount
  expect_same "$SRC/other" "$MNT/f"
}

test_utimes_are_kept_until_the_unmount() {
  make_fs; mount_fs
  echo x >"$MNT/f"
  expect_good touch -d 2001-02-03T04:05:06Z "$MNT/f"
  [ "$(stat -c %Y "$MNT/f")" = 981173106 ] || fail "mtime $(stat -c %Y "$MNT/f")"
}

test_sed_in_place_leaves_nothing_behind() {
  make_fs; mount_fs
  echo old >"$MNT/f"
  expect_text "cannot rename .*: Operation not permitted" "$(cd "$MNT" && sed -i s/old/new/ f 2>&1)"
  [ "$(ls "$MNT")" = f ] || fail "left: $(ls "$MNT")"
  [ "$(cat "$MNT/f")" = old ] || fail "content"
  # Written, given a mode, synced, and only then named.
  python3 - "$MNT" <<'P' || fail "mkstemp, fchmod, fsync, rename"
import os, sys, tempfile
fd, name = tempfile.mkstemp(dir=sys.argv[1])
os.write(fd, b"x")
os.fchmod(fd, 0o644)
os.fsync(fd)
os.close(fd)
os.rename(name, sys.argv[1] + "/g")
P
  remount
  [ "$(cat "$MNT/g")" = x ] || fail "lost"
}

run_tests "${1:-}"
