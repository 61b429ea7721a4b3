#!/bin/bash
# Directories get their mode and owner from the programs that copy trees, in whatever order those do it.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py

setup() { make_fs; mount_fs mode=0777; }
entries() { python3 "$control" status "$MNT" log entries; }
state() { python3 -c 'import os,sys; print(os.getxattr(sys.argv[1],"user.famfs.map").decode())' "$1" | sed -n 's/^state: //p'; }
# Names, modes, owners and content of what is there.
tree() { (cd "$1" && find . -mindepth 1 ! -path './.meta*' -printf '%p %M %U:%G\n' | sort && find . -type f ! -path './.meta*' -exec cksum {} + | sort -k3); }
expect_entries() { [ "$(entries)" = "$1" ] || fail "$(entries) entries, not $1"; }
wait_entries() {
  local i
  for i in $(seq 400); do [ "$(entries)" != "$1" ] || return 0; sleep 0.05; done
  fail "never $1 entries, but $(entries)"
}
# A tree with directories of every kind; nobody but root may enter one of them, another is closed to all.
make_source() {
  SOURCE=$FAMFS_SCRATCH/source
  rm -rf "$SOURCE"
  mkdir -p "$SOURCE/top/sub/deep" "$SOURCE/top/empty" "$SOURCE/top/owned" "$SOURCE/last"
  for f in top/file top/sub/file top/sub/deep/file top/owned/file last/file; do
    seq "$((RANDOM + 100))" >"$SOURCE/$f"
  done
  head -c 3000000 /dev/urandom >"$SOURCE/top/large"
  : >"$SOURCE/top/sub/nothing"
  chmod 600 "$SOURCE/top/sub/file"
  chmod 755 "$SOURCE/top" "$SOURCE/last"
  chmod 775 "$SOURCE/top/sub"
  chmod 700 "$SOURCE/top/sub/deep"
  chmod 750 "$SOURCE/top/owned"
  chmod 711 "$SOURCE/top/empty"
  chown 5:6 "$SOURCE/top/owned" "$SOURCE/top/owned/file"
}
# check COMMAND...: makes in $MNT what is in $SOURCE, which is all there after it, and after a new mount.
check() {
  expect_good "$@"
  diff <(tree "$SOURCE") <(tree "$MNT") || fail "not the same: $*"
  remount mode=0777
  diff <(tree "$SOURCE") <(tree "$MNT") || fail "not the same after a new mount: $*"
}

test_tar() {
  setup; make_source
  tar cf "$FAMFS_SCRATCH/tar" -C "$SOURCE" top last
  check tar xf "$FAMFS_SCRATCH/tar" -C "$MNT"
}

test_tar_is_committed_when_it_is_done() {
  setup; make_source
  tar cf "$FAMFS_SCRATCH/tar" -C "$SOURCE" top last
  expect_good tar xf "$FAMFS_SCRATCH/tar" -C "$MNT"
  [ "$(state "$MNT/top/large")" = committed ] || fail "not at the end of tar"
  [ "$(stat -c %a "$MNT/top")" = 755 ] || fail "mode"
  kill -9 "$(python3 "$control" status "$MNT" pid)"
  umount -l "$MNT"
  mount_fs mode=0777
  expect_same "$SOURCE/top/large" "$MNT/top/large"
  expect_same "$SOURCE/top/sub/deep/file" "$MNT/top/sub/deep/file"
}

test_cp_a() {
  setup; make_source
  check cp -a "$SOURCE/top" "$SOURCE/last" "$MNT"
}

test_rsync() {
  needs_command rsync
  setup; make_source
  check rsync -a "$SOURCE/top" "$SOURCE/last" "$MNT/"
}

test_cp_r_of_a_user_with_a_group_of_his_own() {
  setup; make_source
  mkdir -m 777 "$MNT/users"
  (umask 002; as_user cp -r "$SOURCE/last" "$MNT/users/") || fail "cp -r"
  chmod 775 "$SOURCE/last"
  (umask 002; as_user cp -r "$SOURCE/last" "$MNT/users/again") || fail "cp -r of a directory that the group may write"
  [ "$(stat -c %a "$MNT/users/again")" = 775 ] || fail "mode"
}

test_one_after_the_other() {
  setup
  mkdir "$MNT/a" && chmod 751 "$MNT/a" && chown 5:6 "$MNT/a" || fail "mkdir, chmod, chown"
  install -d -m 0770 -o 7 "$MNT/b/c" || fail "install -d"
  mkdir -p -m 0711 "$MNT/d/e" || fail "mkdir -m"
  python3 -c 'import os,sys; os.makedirs(sys.argv[1]); os.chmod(sys.argv[1], 0o770)' "$MNT/f/g" || fail "makedirs, chmod"
  mkdir "$MNT/gone" && rmdir "$MNT/gone" || fail "mkdir, rmdir"
  remount mode=0777
  [ "$(cd "$MNT" && find . -mindepth 1 ! -path './.meta*' -printf '%p %m %U:%G\n' | sort)" = "\
./a 751 5:6
./b 755 0:0
./b/c 770 7:0
./d 755 0:0
./d/e 711 0:0
./f 755 0:0
./f/g 770 0:0" ] || fail "$(cd "$MNT" && find . -mindepth 1 -printf '%p %m %U:%G\n')"
  expect_fail chmod 700 "$MNT/a" 2>/dev/null
  expect_fail rmdir "$MNT/a" 2>/dev/null
}

test_when_a_directory_is_committed() {
  setup
  mkdir -p "$MNT/a/b"
  echo x >"$MNT/a/b/f"
  expect_entries 3
  mkdir "$MNT/synced"
  sync "$MNT/synced"
  expect_entries 4
  mkdir -p "$MNT/in/synced"
  sync "$MNT/in"
  expect_entries 6
  mkdir "$MNT/alone"
  wait_entries 7 # after a while
}

test_a_private_directory_is_committed_with_its_first_ordinary_file() {
  setup
  python3 - "$MNT" "$(dirname "$0")" <<'P' || fail "private directories"
import os, sys
sys.path.insert(0, sys.argv[2])
import control
m = sys.argv[1]
root = os.open(m, os.O_RDONLY)
def used():
    return control.status(root)["log"]["entries"]
def pending(name):
    return b"pending" in os.getxattr(m + "/" + name, "user.famfs.map")
def write(name, flags=0):
    fd = os.open(m + "/" + name, os.O_CREAT | os.O_WRONLY | flags, 0o644)
    os.write(fd, b"x")
    os.close(fd)

os.mkdir(m + "/d", 0o700)
os.mkdir(m + "/d/sub")
write("d/sub/copied", os.O_EXCL)
assert pending("d/sub/copied") and used() == 0
write("d/ordinary")
assert used() == 4 and not pending("d/ordinary") and not pending("d/sub/copied")

os.mkdir(m + "/e", 0o700)
write("e/copied", os.O_EXCL)
write("e/other", os.O_EXCL)
assert used() == 4
fd = os.open(m + "/e/other", os.O_RDONLY)
os.fsync(fd)
assert used() == 7, used()

os.mkdir(m + "/f", 0o700)
os.mkdir(m + "/f/g", 0o700)
write("f/g/copied", os.O_EXCL)
os.chmod(m + "/f/g", 0o755)
assert used() == 7 and pending("f/g/copied") # f may still change
os.unlink(m + "/f/g/copied")
write("f/g/second", os.O_EXCL)
os.chmod(m + "/f", 0o711)
assert used() == 10 and not pending("f/g/second")
P
  wait_entries 10
  [ "$(stat -c %a "$MNT/d")" = 700 ] || fail "mode of d"
}

# What waits does not take more space than it has, or a tree would not fit that does.
test_what_waits_is_trimmed() {
  setup
  python3 - "$MNT" <<'P' || fail "space"
import os, sys
m = sys.argv[1]
before = os.statvfs(m).f_bfree
os.mkdir(m + "/d", 0o700)
fd = os.open(m + "/d/f", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
for _ in range(33):
    os.write(fd, bytes(1 << 20)) # the 17th unit of 2 MiB
os.close(fd)
used = (before - os.statvfs(m).f_bfree) * 4096
assert used == 34 << 20, used
P
}

run_tests "${1:-}"
