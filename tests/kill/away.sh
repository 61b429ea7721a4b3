#!/bin/bash
# A daemon that is gone, or stopped; a mount point that vanishes.
. "$(dirname "$0")/../support/lib.sh"
here=$(dirname "$0")
control=$here/../mount/control.py

pid_of() { python3 "$control" status "$1" pid; }
wait_gone() { local i; for i in $(seq 200); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.05; done; fail "process $1 is still there"; }
wait_free() { local i; for i in $(seq 200); do fsck.famfs "$DEV" >/dev/null 2>&1 && return; sleep 0.05; done; fail "$(fsck.famfs "$DEV" 2>&1)"; }

test_programs_with_direct_maps_survive_the_daemon() {
  needs_file_device "the node's name is looked for in /proc/self/maps"
  make_fs; mount_fs
  expect_good timeout -s KILL 120 famfs exec -- python3 -B "$here/mapped.py" "$DEV" "$MNT" "$(pid_of "$MNT")"
  expect_good famfs fsck "$MNT" >/dev/null
}

# Writers stand still and go on; who asks is told why it takes long; who wants the device is told who has it.
test_a_stopped_daemon() {
  make_fs; mount_fs mode=0777
  local i out asker mounters
  pid=$(pid_of "$MNT") # the trap's too
  for i in 1 2 3; do
    as_user bash -c 'for n in $(seq 40); do head -c 70000 /dev/zero | tr "\0" "$1" >"$2/$1.$n" || exit 1; done' _ "$i" "$MNT" &
  done
  for i in 1 2 3 4 5; do
    kill -STOP "$pid"; sleep 0.1
    kill -CONT "$pid"; sleep 0.05
  done
  kill -STOP "$pid"
  trap 'kill -CONT "$pid" 2>/dev/null; cleanup' EXIT # else nothing in the mount ends
  famfs status "$MNT" >"$FAMFS_SCRATCH/status" 2>"$FAMFS_SCRATCH/why" & asker=$!
  expect_text " $pid .*$MNT" "$(expect_good timeout -s KILL 60 famfs holders)"
  out=$(timeout -s KILL 60 mount -t fuse.famfs "$DEV" "$(new_dir)" 2>&1); [ $? = 32 ] || fail "mount: $out"
  expect_text "held by famfsd \(pid $pid\)" "$out"
  expect_exit 16 timeout -s KILL 60 fsck.famfs "$DEV" 2>/dev/null
  for i in $(seq 600); do [ ! -s "$FAMFS_SCRATCH/why" ] || break; sleep 0.1; done
  expect_text "^famfs: $MNT: its daemon has not answered for .*: famfs holders .*kill -CONT" "$(cat "$FAMFS_SCRATCH/why")"
  [ "$(wc -l <"$FAMFS_SCRATCH/why")" = 1 ] || fail "more than a line: $(cat "$FAMFS_SCRATCH/why")"
  # and who mounts over it
  mount -t fuse.famfs "$DEV" "$MNT" 2>"$FAMFS_SCRATCH/why.mount" & mounters=$!
  famfs mount "$DEV" "$MNT" 2>"$FAMFS_SCRATCH/why.famfs" & mounters="$mounters $!"
  for i in mount famfs; do
    for _ in $(seq 600); do [ ! -s "$FAMFS_SCRATCH/why.$i" ] || break; sleep 0.1; done
    expect_text "^(mount.)?famfs: $MNT: its daemon has not answered for .*kill -CONT" "$(cat "$FAMFS_SCRATCH/why.$i")"
  done
  kill -CONT "$pid"
  for i in $mounters; do expect_exit 32 wait "$i"; done
  expect_good wait "$asker"
  expect_text "^pid: $pid\$" "$(cat "$FAMFS_SCRATCH/status")"
  expect_good wait %1; expect_good wait %2; expect_good wait %3
  remount mode=0777
  for i in 1 2 3; do
    [ "$(cat "$MNT"/"$i".* | tr -d "$i" | wc -c) $(cat "$MNT"/"$i".* | wc -c)" = "0 2800000" ] || fail "of writer $i"
  done
  expect_good famfs fsck "$MNT" >/dev/null
}

# What was open when the mount was taken away is written and committed; the device is free after the last.
test_a_lazy_unmount_under_open_files() {
  local how pid
  for how in "umount -l" "fusermount3 -u -z"; do
    make_fs -f; mount_fs
    pid=$(pid_of "$MNT")
    exec 7>"$MNT/open"
    echo before >&7
    expect_good $how "$MNT"
    [ -z "$(ls "$MNT")" ] || fail "still there after $how"
    echo after >&7 || fail "not written after $how"
    kill -0 "$pid" || fail "the daemon left an open file"
    expect_exit 16 mkfs.famfs -f "$DEV" 2>/dev/null
    exec 7>&-
    wait_gone "$pid"
    mount_fs
    [ "$(cat "$MNT/open")" = $'before\nafter' ] || fail "$how: $(cat "$MNT/open")"
    expect_good famfs fsck "$MNT" >/dev/null
    famfs umount "$MNT" || fail "umount"
  done
}

test_a_mount_point_that_is_removed() {
  make_fs
  local pid folder; folder=$(new_dir); mkdir "$folder/mnt"
  expect_good mount -t fuse.famfs "$DEV" "$folder/mnt"
  pid=$(pid_of "$folder/mnt")
  exec 7>"$folder/mnt/open"
  echo x >&7
  umount -l "$folder/mnt"
  mv "$folder/mnt" "$folder/elsewhere"; rmdir "$folder/elsewhere"
  echo y >&7
  exec 7>&-
  wait_gone "$pid"
  wait_free
  mount_fs
  [ "$(cat "$MNT/open")" = $'x\ny' ] || fail "lost"
}

# From another namespace the directory may be removed under the mount, which the kernel then takes away.
test_a_mount_point_that_is_removed_under_the_mount() {
  make_fs
  local folder pid; folder=$(new_dir); mkdir "$folder/mnt"
  unshare --mount --propagation private sleep 300 & local other=$!
  sleep 0.3
  expect_good mount -t fuse.famfs "$DEV" "$folder/mnt"
  pid=$(pid_of "$folder/mnt")
  echo x >"$folder/mnt/f"; : >"$folder/mnt/empty"
  nsenter --mount=/proc/$other/ns/mnt rmdir "$folder/mnt" || fail "rmdir from the other namespace"
  kill "$other"
  wait_gone "$pid"
  wait_free
  mount_fs
  [ "$(cat "$MNT/f")" = x ] && [ -e "$MNT/empty" ] || fail "lost"
}

test_a_mount_namespace_that_ends() {
  make_fs
  local i
  unshare --mount --propagation private bash -c 'mount -t fuse.famfs "$1" "$2" && echo x >"$2/f" && : >"$2/empty"' \
    _ "$DEV" "$MNT" || fail "in a namespace"
  # Its daemon lives in that namespace: it ends when told to, and as any other leaves all in order.
  expect_text "^/" "$(famfs holders | tail -1)"
  i=$(famfs holders --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["pid"])')
  expect_exit 32 mount -t fuse.famfs "$DEV" "$MNT" 2>/dev/null
  kill -TERM "$i"
  wait_gone "$i"
  mount_fs
  [ "$(cat "$MNT/f")" = x ] && [ -e "$MNT/empty" ] || fail "lost"
}

run_tests "${1:-}"
