#!/bin/bash
# Mount options: what fstab adds, what the kernel is told, what is ours, what is refused.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py

options() { grep " $MNT " /proc/mounts | cut -d' ' -f4; }

test_fstab() {
  make_fs
  echo "$DEV $MNT fuse.famfs nofail,_netdev,noauto,users,owner,defaults,x-systemd.requires=a.service,x-gvfs-hide,comment=hi,noatime,noexec 0 0" >"$FAMFS_SCRATCH/fstab"
  expect_good mount --fstab "$FAMFS_SCRATCH/fstab" "$MNT"
  expect_text "noexec" "$(options)"
  expect_text "noatime" "$(options)"
}

test_kernel_flags() {
  make_fs
  mount_fs noexec,sync,dirsync,noatime
  local flag
  for flag in nosuid nodev noexec sync dirsync noatime allow_other default_permissions; do
    expect_text "(^|,)$flag(,|$)" "$(options)"
  done
  cp /bin/true "$MNT/true"
  expect_fail "$MNT/true" 2>/dev/null
  # mount(8) keeps these two to itself, for they are what it would do anyway.
  umount "$MNT"; expect_good mount.famfs "$DEV" "$MNT" -o suid,dev
  ! grep -qE "nosuid|nodev" <<<"$(options)" || fail "suid,dev: $(options)"
  remount nouseraccess,nodefaultperm
  ! grep -qE "allow_other|default_permissions" <<<"$(options)" || fail "options: $(options)"
  expect_fail as_user ls "$MNT" 2>/dev/null
}

test_unknown_is_refused() {
  make_fs
  local out
  out=$(mount -t fuse.famfs -o frobnicate "$DEV" "$MNT" 2>&1); [ $? = 1 ] || fail "exit"
  expect_text "frobnicate" "$out"
  [ "$(wc -l <<<"$out")" = 1 ] || fail "not one line: $out"
  expect_exit 1 mount.famfs "$DEV" "$MNT" -o mmap=perhaps 2>/dev/null
  expect_exit 1 mount.famfs "$DEV" "$MNT" -o system_uuid=1234 2>/dev/null
  expect_exit 1 mount.famfs "$DEV" "$MNT" -o mode=9 2>/dev/null
  expect_exit 1 mount.famfs "$DEV" "$MNT" -o uid=root 2>/dev/null
  expect_exit 1 mount.famfs "$DEV" "$MNT" -o timeout=soon 2>/dev/null
  expect_exit 1 mount.famfs "$DEV" 2>/dev/null
  expect_exit 1 famfsd --frobnicate 2>/dev/null
  ! grep -q " $MNT " /proc/mounts || fail mounted
  expect_good mount.famfs -s "$DEV" "$MNT" -o frobnicate
}

test_fake_and_help() {
  make_fs
  expect_good mount.famfs -f "$DEV" "$MNT"
  expect_good mount -f -t fuse.famfs "$DEV" "$MNT"
  ! grep -q " $MNT " /proc/mounts || fail mounted
  expect_text "mmap=refused.cached" "$(famfsd --help)"
  expect_text "^famfsd [0-9]" "$(famfsd --version)"
}

test_root_directory() {
  make_fs; mount_fs uid=65534,gid=7,mode=01770
  [ "$(stat -c %u:%g "$MNT")" = 65534:7 ] || fail "owner $(stat -c %u:%g "$MNT")"
  expect_text "770$" "$(stat -c %a "$MNT")"
  expect_good as_user touch "$MNT/f"
}

test_odd_names() {
  needs_file_device "it is renamed"
  make_fs
  local odd="$FAMFS_DEVICE_PREFIX.a,b c\\d" dir="$FAMFS_SCRATCH/m n,o"
  mv "$DEV" "$odd"; mkdir "$dir"
  expect_good mount -t fuse.famfs "$odd" "$dir"
  [ "$(findmnt -n -o SOURCE --target "$dir")" = "$odd" ] || fail "$(findmnt -n -o SOURCE --target "$dir")"
  { echo a; /bin/echo b; } >"$dir/f x"
  [ "$(cat "$dir/f x")" = $'a\nb' ] || fail content
  (cd "$FAMFS_SCRATCH" && expect_good umount "m n,o")
  # Relative paths: the daemon leaves this directory.
  (cd "$(dirname "$odd")" && expect_good mount -t fuse.famfs "./$(basename "$odd")" "$dir")
  expect_good umount "$dir"
  mv "$odd" "$DEV"
}

test_roles() {
  make_fs; mount_fs
  role() { python3 "$control" status "$MNT" role; }
  [ "$(role)" = master ] || fail "$(role)"
  remount client
  [ "$(role)" = client ] || fail "client: $(role)"
  remount system_uuid=00000000-0000-4000-8000-000000000001
  [ "$(role)" = client ] || fail "another host: $(role)"
  expect_fail touch "$MNT/f" 2>/dev/null
  remount
  expect_good touch "$MNT/f"
}

# By an ordinary user, through fusermount3, of a device that is theirs.
test_by_an_ordinary_user() {
  make_fs
  command -v fusermount3 >/dev/null || { echo "SKIPPED: no fusermount3"; return; }
  [ -u "$(command -v fusermount3)" ] || { echo "SKIPPED: fusermount3 is not setuid"; return; }
  if ! as_user test -w /dev/fuse; then # as udev makes it; seen in this namespace only
    mknod -m 666 "$FAMFS_SCRATCH/fuse" c 10 229
    mount --bind "$FAMFS_SCRATCH/fuse" /dev/fuse
  fi
  chown 65534 "$DEV" "$MNT"
  local uuid; uuid=$(cat /opt/famfs/system_uuid /etc/famfs/system_uuid 2>/dev/null | tr -d '\0' | head -c 36)
  expect_good as_user "$FAMFS_STAGE/sbin/famfsd" "$DEV" "$MNT" -o system_uuid="$uuid"
  expect_good as_user cp /etc/passwd "$MNT/f"
  as_user cmp /etc/passwd "$MNT/f" || fail content
  expect_text "fuse.famfs" "$(grep " $MNT " /proc/mounts)"
  expect_good as_user fusermount3 -u "$MNT"
}

run_tests "${1:-}"
