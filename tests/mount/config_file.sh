#!/bin/bash
# /etc/famfs/famfs.yaml: its defaults act on mounts and tools, options win, mistakes are refused.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py
file=/etc/famfs/famfs.yaml # in-namespace made /etc/famfs the test's own

make_fs() { rm -f "$file"; expect_good mkfs.famfs "$DEV" >/dev/null; } # each test begins without a file
config() { cat >"$file"; }
other_uuid=01234567-89ab-4cde-8f01-23456789abcd
options() { grep " $MNT " /proc/mounts | cut -d' ' -f4; }
role() { python3 "$control" status "$MNT" role; }

test_defaults_of_a_mount() {
  make_fs
  config <<<$'mount:\n  uid: 65534\n  gid: 7\n  mode: 0751\n  allow_other: false\n  default_permissions: false\n  mmap: cached'
  mount_fs
  [ "$(stat -c %u:%g:%a "$MNT")" = 65534:7:751 ] || fail "root directory: $(stat -c %u:%g:%a "$MNT")"
  ! grep -qE "allow_other|default_permissions" <<<"$(options)" || fail "options: $(options)"
  expect_text "^access_path.name: cached$" "$(famfs status "$MNT")"
  remount uid=0,mode=0700,allow_other,default_permissions,mmap=refused
  [ "$(stat -c %u:%g:%a "$MNT")" = 0:7:700 ] || fail "root directory: $(stat -c %u:%g:%a "$MNT")"
  expect_text "allow_other" "$(options)"
  expect_text "default_permissions" "$(options)"
  expect_text "^access_path.name: direct$" "$(famfs status "$MNT")"
}

test_system_uuid() {
  rm -f /etc/famfs/*
  config <<<"system_uuid: $other_uuid"
  expect_text "$other_uuid" "$(mkfs.famfs --json "$DEV")"
  [ ! -e /etc/famfs/system_uuid ] || fail "made one that is not used"
  mount_fs
  [ "$(role)" = master ] || fail "$(role)"
  remount system_uuid=00000000-0000-4000-8000-000000000001
  [ "$(role)" = client ] || fail "option: $(role)"
  rm "$file"
  remount
  [ "$(role)" = client ] || fail "another host's: $(role)"
}

test_interleaving() {
  make_fs; mount_fs
  config <<<$'allocation:\n  nstrips: 2\n  nbuckets: 4\n  chunksize: 4m'
  layout() { famfs getmap "$MNT/$1" | sed -n 's/^Interleaved: //p'; }
  expect_good famfs creat -s 16m "$MNT/made" 2>/dev/null
  expect_good famfs cp "$MNT/made" "$MNT/copied" 2>/dev/null
  expect_good famfs creat -s 16m -N 3 -B 3 "$MNT/made-3" 2>/dev/null
  expect_good famfs cp -N 3 -B 3 "$MNT/made" "$MNT/copied-3" 2>/dev/null
  expect_good famfs creat -s 16m -N 0 "$MNT/made-0"
  expect_good famfs cp -N 0 "$MNT/made" "$MNT/copied-0"
  local how
  for how in made copied; do
    [ "$(layout $how)" = "2 strips, chunks of 4194304 bytes" ] || fail "$how: $(layout $how)"
    [ "$(layout $how-3)" = "3 strips, chunks of 2097152 bytes" ] || fail "$how-3: $(layout $how-3)"
    [ -z "$(layout $how-0)" ] || fail "$how-0: $(layout $how-0)"
  done
}

# serve OPTION... -- COMMAND: what the daemon says in the foreground while COMMAND runs.
serve() {
  local options=() daemon
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  famfsd -f "${options[@]}" "$DEV" "$MNT" >"$FAMFS_SCRATCH/log" 2>&1 & daemon=$!
  for _ in $(seq 300); do ! mountpoint -q "$MNT" || break; sleep 0.1; done
  "$@"
  expect_good umount "$MNT"
  wait "$daemon" || fail "famfsd: exit $?"
  cat "$FAMFS_SCRATCH/log"
}

test_level() {
  make_fs
  expect_text "unmounted" "$(serve -- true)"
  config <<<$'logging:\n  level: error'
  [ -z "$(serve -- true)" ] || fail "$(cat "$FAMFS_SCRATCH/log")"
  expect_text "unmounted" "$(serve -o loglevel=info -- true)"
}

test_timeout() {
  make_fs; mount_fs; echo a >"$MNT/f"; umount "$MNT"
  look() { for _ in 1 2 3 4 5; do stat "$MNT/f" >/dev/null; done; }
  asked() { serve -d "$@" -- look | grep -c LOOKUP; }
  [ "$(asked)" -lt 5 ] || fail "built in: $(asked) look-ups"
  config <<<$'mount:\n  timeout: 0'
  [ "$(asked)" -ge 5 ] || fail "from the file: $(asked) look-ups"
  [ "$(asked -o timeout=3600)" -lt 5 ] || fail "option: $(asked -o timeout=3600) look-ups"
}

test_mistakes() {
  local text command
  make_fs
  config <<<$'mount:\n  timout: 5'
  for command in "mount -t fuse.famfs" "mount -f -t fuse.famfs" "famfs mount" famfsd mount.famfs; do
    text=$($command "$DEV" "$MNT" 2>&1) && fail "$command: exit 0"
    expect_text ": $file:2:3: mount.timout: unknown key: remove it, or use one of mmap, " "$text"
    [ "$(wc -l <<<"$text")" = 1 ] || fail "$command: not one line: $text"
    expect_exit 32 $command "$DEV" "$MNT" 2>/dev/null
  done
  ! mountpoint -q "$MNT" || fail mounted
  for command in "mkfs.famfs -f $DEV" "famfs creat -s 4k $MNT/f" "famfs cp /etc/passwd $MNT/f" "famfs config" \
                 "famfs config --check"; do
    text=$($command 2>&1) && fail "$command: exit 0"
    expect_text ": $file:2:3: mount.timout: unknown key" "$text"
    [ "$(wc -l <<<"$text")" = 1 ] || fail "$command: not one line: $text"
    expect_exit 1 $command 2>/dev/null
  done
  # Ranges of values that a mount has no use for.
  while read -r config place; do
    printf "$config" | config
    for command in "mount -t fuse.famfs $DEV $MNT" "famfs mount $DEV $MNT" "famfs config --check" "mkfs.famfs -f $DEV"; do
      text=$($command 2>&1) && fail "$command: exit 0 with $config"
      expect_text ": $file:$place: " "$text"
      [ "$(wc -l <<<"$text")" = 1 ] || fail "$command: not one line: $text"
    done
  done <<'END'
mkfs:\n\x20\x20loglen:\x209m\n 2:3: log length 9437184
allocation:\n\x20\x20nbuckets:\x2064\n\x20\x20nstrips:\x2017\n 3:3: allocation.nstrips 17
allocation:\n\x20\x20nstrips:\x204\n\x20\x20nbuckets:\x2065\n 3:3: allocation.nbuckets 65
allocation:\n\x20\x20chunksize:\x203m\n\x20\x20nstrips:\x202\n\x20\x20nbuckets:\x202\n 2:3: allocation.chunksize 3145728
END
  ! mountpoint -q "$MNT" || fail mounted
  for command in famfsd mount.famfs mkfs.famfs "famfs cp" "famfs config"; do
    expect_good $command --help >/dev/null
  done
  FAMFS_CONFIG=/dev/null mount_fs
  [ -z "$(ls "$MNT")" ] || fail "a tool made something"
}

test_another_file() {
  make_fs
  printf 'mount:\n  mode: 0711\n' >"$FAMFS_SCRATCH/other.yaml"
  export FAMFS_CONFIG="$FAMFS_SCRATCH/other.yaml"
  mount_fs
  [ "$(stat -c %a "$MNT")" = 711 ] || fail "mode $(stat -c %a "$MNT")"
  umount "$MNT"
  export FAMFS_CONFIG="$FAMFS_SCRATCH/absent.yaml"
  expect_exit 32 mount -t fuse.famfs "$DEV" "$MNT" 2>/dev/null
}

# Whoever cannot read the file must not get other defaults than root does.
test_unreadable() {
  local text
  make_fs; mount_fs mode=0777
  config <<<$'allocation:\n  nstrips: 2\n  nbuckets: 4'
  chmod 600 "$file"
  text=$(as_user famfs creat -s 4m "$MNT/f" 2>&1) && fail "exit 0"
  expect_text "famfs creat: .*$file: Permission denied: let everybody read it" "$text"
  [ "$(wc -l <<<"$text")" = 1 ] || fail "not one line: $text"
  [ ! -e "$MNT/f" ] || fail "made"
  expect_exit 1 as_user famfs config --check 2>/dev/null
  FAMFS_CONFIG=/dev/null expect_good as_user famfs creat -s 4m "$MNT/f"
}

test_installed_example() {
  expect_text ": good$" "$(famfs config --check "$FAMFS_STAGE/etc/famfs/famfs.yaml")"
  cp "$FAMFS_STAGE/etc/famfs/famfs.yaml" "$file"
  expect_text ": good$" "$(famfs config --check)"
  make_fs; mount_fs
}

run_tests "${1:-}"
