#!/bin/bash
# Mounts and tools, started by those who should not, or in an environment that somebody else chose.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")

needs_setuid() { [ -u "$(command -v "$1")" ] || skip "needs a set-uid $1"; }
fuse_for_users() { # as udev makes it; seen in this namespace only
  needs_setuid fusermount3
  if ! as_user test -w /dev/fuse; then
    mknod -m 666 "$FAMFS_SCRATCH/fuse" c 10 229
    mount --bind "$FAMFS_SCRATCH/fuse" /dev/fuse
  fi
}
not_mounted() { ! grep -q " $1 " /proc/mounts || fail "mounted on $1"; }
mounts_by_user() { as_user "$FAMFS_STAGE/sbin/famfsd" -o client "$@" 2>&1; }

test_over_a_directory_of_another() {
  needs_file_device "a user's own"
  fuse_for_users
  make_fs
  chown 65534 "$DEV"
  local dir own
  dir=$(new_dir); own=$(new_dir)
  chmod 755 "$dir"; chown 65534 "$own"
  mkdir -m 700 "$FAMFS_SCRATCH/private" "$FAMFS_SCRATCH/private/in"
  ln -s "$dir" "$own/link"
  for point in "$dir" "$own/link" /etc /run/famfs/holders "$FAMFS_SCRATCH/private/in"; do
    out=$(mounts_by_user "$DEV" "$point") && fail "mounted over $point"
    not_mounted "$(readlink -f "$point")"
  done
  mkdir -m 1777 "$FAMFS_SCRATCH/sticky"
  out=$(mounts_by_user "$DEV" "$FAMFS_SCRATCH/sticky") && fail "mounted over a sticky directory of root's"
  # their own: without set-uid programs and devices, whatever is asked for; and nobody else enters
  out=$(mounts_by_user -o suid,dev,allow_other "$DEV" "$own") || fail "their own: $out"
  expect_text "nosuid,nodev" "$(grep " $own " /proc/mounts)"
  ls "$own" 2>/dev/null && fail "root was let in"
  expect_good as_user fusermount3 -u "$own"
}

test_a_device_of_another() {
  fuse_for_users
  make_fs
  chmod 600 "$DEV"
  local own; own=$(new_dir); chown 65534 "$own"
  before=$(device_read 0 4096 | sha256sum)
  out=$(mounts_by_user "$DEV" "$own") && fail "mounted a device of root's"
  expect_text "Permission denied" "$out"
  for tool in "mkfs.famfs" "mkfs.famfs -f" "mkfs.famfs -k -f" "fsck.famfs" "famfs dump" "famfs probe"; do
    # shellcheck disable=SC2086
    expect_fail as_user $tool "$DEV" >/dev/null 2>&1
  done
  # readable only: looked at, not changed
  chmod 644 "$DEV"
  for tool in "mkfs.famfs" "mkfs.famfs -f" "mkfs.famfs -k -f"; do
    # shellcheck disable=SC2086
    expect_fail as_user $tool "$DEV" >/dev/null 2>&1
  done
  [ "$before" = "$(device_read 0 4096 | sha256sum)" ] || fail "the superblock is another"
}

test_a_mount_of_root_stays() {
  make_fs; mount_fs mode=1777
  expect_fail as_user umount "$MNT" 2>/dev/null
  expect_fail as_user fusermount3 -u "$MNT" 2>/dev/null
  expect_fail as_user fusermount3 -uz "$MNT" 2>/dev/null
  expect_fail as_user famfs umount "$MNT" 2>/dev/null
  expect_fail as_user famfs creat -s 2M --raw "$MNT/raw" 2>/dev/null
  head -c 3M /dev/zero >"$MNT/f"
  expect_fail as_user famfs clone "$MNT/f" "$MNT/g" >/dev/null 2>&1
  for pid in $(pgrep -f "famfs.* $MNT( |\$)"); do expect_fail as_user kill -KILL "$pid" 2>/dev/null; done
  expect_same <(head -c 3M /dev/zero) "$MNT/f"
}

# mount(8) is set-uid; for a line of fstab with `user` it starts the helper as that user.
test_fstab_by_a_user() {
  needs_file_device "a user's own"
  needs_setuid mount
  fuse_for_users
  make_fs
  local own evil
  own=$(new_dir); evil=$(new_dir)
  chmod 777 "$evil"; chown 65534 "$own" "$DEV"
  echo "$DEV $own fuse.famfs user,noauto,client 0 0" >"$FAMFS_SCRATCH/fstab"
  mount --bind "$FAMFS_SCRATCH/fstab" /etc/fstab
  for name in fusermount3 fusermount famfsd mount.fuse.famfs mount.fuse mount mkdir sh; do
    printf '#!/bin/sh\n/usr/bin/id -u >>%s/ran\nexit 1\n' "$evil" >"$evil/$name"
    chmod 755 "$evil/$name"
  done
  printf 'mount: {mode: "0777"}\nlogging: {level: wrong}\n' >"$evil/famfs.yaml"
  # What the helper runs is where libfuse and famfs were installed, not what PATH has.
  as_user env -i PATH="$evil" LD_LIBRARY_PATH="$FAMFS_STAGE/lib" FAMFS_CONFIG= LC_ALL=xx_XX.ROT13 IFS=/ TZ=/etc/shadow \
    HOME="$evil" TMPDIR="$evil" FUSE_COMMFD=0 _FUSE_COMMFD=0 "$(command -v mount)" "$own" >"$evil/out" 2>&1
  grep -qx 0 "$evil/ran" 2>/dev/null && fail "a program from a user's PATH ran as root"
  if grep -q " $own " /proc/mounts; then
    pid=$(pgrep -f "famfs.* $own( |\$)" | head -1)
    [ "$(stat -c %u "/proc/$pid")" = 65534 ] || fail "the daemon of a user's mount is $(stat -c %u "/proc/$pid")'s"
    expect_text "nosuid,nodev" "$(grep " $own " /proc/mounts)"
    expect_text "user_id=65534" "$(grep " $own " /proc/mounts)"
    umount "$own"
  else
    fail "not mounted: $(cat "$evil/out")"
  fi
  umount /etc/fstab
}

# Started by root, with what sudo(8) or a script left in place.
test_odd_surroundings() {
  make_fs
  local gone; gone=$(mktemp -d)
  check() {
    local pid; pid=$(pgrep -f "famfs.* $MNT( |\$)" | head -1)
    [ -n "$pid" ] || fail "$1: no daemon"
    echo "content of $1" >"$MNT/${1// /-}" || fail "$1: write"
    expect_text "content of $1" "$(cat "$MNT/${1// /-}")"
    # Whoever holds, holds alone.
    expect_exit 16 mkfs.famfs -f "$DEV" >/dev/null 2>&1
    [ "$(stat -c %a "/run/famfs/holders")" = 755 ] || fail "$1: holders: $(stat -c %a /run/famfs/holders)"
    [ "$1" = "no file size" ] || [ "$(stat -c %a /run/famfs/holders/*.yaml)" = 644 ] || fail "$1: record"
    for sock in /run/famfs/holders/*.sock; do
      [ "$(stat -c %a "$sock")" = 600 ] || fail "$1: socket"
    done
    [ -z "$(find /etc/famfs /run/famfs -perm /022 ! -type l)" ] || fail "$1: others may write: $(find /etc/famfs /run/famfs -perm /022)"
    expect_good umount "$MNT"
  }
  mount.famfs "$DEV" "$MNT" 0<&- 1>&- 2>&- || fail closed
  check "closed descriptors"
  mount.famfs "$DEV" "$MNT" 1>&- || fail closed
  check "closed output"
  (umask 0; mount_fs); check "umask 0"
  (umask 077; mount_fs); check "umask 077"
  (cd "$gone" && rmdir "$gone" && mount.famfs "$DEV" "$MNT") || fail cwd
  check "a directory that is gone"
  env -i LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$FAMFS_STAGE/sbin/mount.famfs" "$DEV" "$MNT" || fail "no environment"
  check "no environment"
  env LC_ALL=tr_TR.UTF-8 LANG=xx TZ=:/etc/shadow PATH=/nowhere "$FAMFS_STAGE/sbin/mount.famfs" "$DEV" "$MNT" || fail locale
  check "odd locale"
  (ulimit -S -n 40; mount_fs); check "few descriptors"
  (ulimit -c 0; ulimit -f 0; mount.famfs "$DEV" "$MNT") || fail "no file size"
  check "no file size"
}

# With standard output closed the first file opened would be it, and a report would be written over the superblock.
test_tools_without_standard_descriptors() {
  needs_file_device "devdax has no write(2)"
  make_fs
  before=$(device_read 0 4096 | sha256sum)
  expect_good fsck.famfs "$DEV" 0<&- 1>&- 2>&-
  expect_good famfs dump "$DEV" 0<&- 1>&- 2>&-
  [ "$before" = "$(device_read 0 4096 | sha256sum)" ] || fail "written over"
  rm "$DEV"; truncate -s 256M "$DEV"
  expect_good mkfs.famfs "$DEV" 0<&- 1>&- 2>&-
  expect_good fsck.famfs "$DEV" >/dev/null
  mount_fs
  head -c 100000 /dev/urandom >"$FAMFS_SCRATCH/in"
  expect_good famfs cp -v "$FAMFS_SCRATCH/in" "$MNT/f" 0<&- 1>&- 2>&-
  expect_same "$FAMFS_SCRATCH/in" "$MNT/f"
}

# Programs that run with more rights than their user: ours take nothing from the environment, and the preload library
# is not in theirs.
test_set_uid_programs() {
  findmnt -n -o OPTIONS -T "$FAMFS_SCRATCH" | grep -q nosuid && skip "needs $FAMFS_SCRATCH without nosuid"
  cp "$(command -v cat)" "$FAMFS_SCRATCH/cat"
  chmod 4755 "$FAMFS_SCRATCH/cat"
  out=$(as_user env "$FAMFS_STAGE/bin/famfs" exec -- "$FAMFS_SCRATCH/cat" /proc/self/maps) || fail "$out"
  grep -q libfamfs <<<"$out" && fail "the preload library is in a set-uid program"
  out=$(as_user "$FAMFS_STAGE/bin/famfs" exec -- /bin/cat /proc/self/maps) || fail "$out"
  expect_text "libfamfs-preload" "$out" # without set-uid it is
  # Ours, though nobody should make them set-uid. ld.so ignores LD_LIBRARY_PATH then.
  local lib; lib=$(mktemp -d "$FAMFS_SCRATCH/lib.XXXXXX"); chmod 755 "$lib"
  cp "$FAMFS_STAGE/bin/famfs" "$FAMFS_SCRATCH/famfs"; chmod 4755 "$FAMFS_SCRATCH/famfs"
  echo "root: only" >"$FAMFS_SCRATCH/secret"; chmod 600 "$FAMFS_SCRATCH/secret"
  out=$(as_user env FAMFS_CONFIG="$FAMFS_SCRATCH/secret" "$FAMFS_SCRATCH/famfs" config 2>&1)
  expect_text "." "$out"
  grep -q "$FAMFS_SCRATCH/secret" <<<"$out" && fail "a set-uid program read the file that its user named: $out"
  out=$(as_user env FAMFS_CONFIG="$FAMFS_SCRATCH/secret" "$FAMFS_STAGE/bin/famfs" config 2>&1)
  expect_text "$FAMFS_SCRATCH/secret" "$out" # without set-uid it tries to
}

# ld.so lets the preload library into a set-uid program where somebody installed it set-uid too: it does nothing there.
test_a_set_uid_library() {
  findmnt -n -o OPTIONS -T "$FAMFS_SCRATCH" | grep -q nosuid && skip "needs $FAMFS_SCRATCH without nosuid"
  make_fs; mount_fs
  head -c 1M /dev/urandom >"$MNT/f"
  chmod 666 "$DEV"
  local libs mine=$FAMFS_SCRATCH/lib
  libs=$(ldconfig -p | sed -n 's,.* => \(.*\)/libc\.so\.6$,\1,p' | head -1)
  mkdir "$mine"
  cp "$FAMFS_STAGE/lib/famfs/libfamfs-preload.so" "$FAMFS_STAGE/lib/libfamfs.so.1" "$mine"
  chmod 4755 "$mine"/*
  mount -t overlay -o lowerdir="$mine:$libs" overlay "$libs" || fail "overlay over $libs"
  map() {
    as_user env LD_PRELOAD=libfamfs-preload.so "$1" -c 'import mmap, os, sys
try:
    mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 4096, prot=mmap.PROT_READ)
    print("mapped", end=" ")
except OSError as e:
    print(os.strerror(e.errno), end=" ")
print("libfamfs-preload" in open("/proc/self/maps").read())' "$MNT/f"
  }
  cp "$(readlink -f /usr/bin/python3)" "$FAMFS_SCRATCH/python"
  expect_text "^mapped True$" "$(map "$FAMFS_SCRATCH/python")"
  chmod 4755 "$FAMFS_SCRATCH/python"
  expect_text "^No such device True$" "$(map "$FAMFS_SCRATCH/python")"
}

run_tests "${1:-}"
