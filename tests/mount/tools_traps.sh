#!/bin/bash
# Images made to break readers, through every program as it is installed: none crashes, hangs, or
# mounts what it must refuse.
. "$(dirname "$0")/../support/lib.sh"

images=$(mktemp -d "$FAMFS_DEVICE_PREFIX.traps.XXXXXX")
trap 'rm -rf "$images"' EXIT
python3 "$(dirname "$0")/../support/omf.py" traps "$images"
names() { python3 -c '
import json, sys
for name, about in json.load(open(sys.argv[1] + "/traps.json")).items():
    print(name, about["fault"] or "none", about["reach"] or "none")' "$images"; }

# within EXIT... COMMAND: its exit is one of them, and it comes within a minute.
within() {
  local allowed=" $1 " got=0
  shift
  timeout 60 "$@" >"$FAMFS_SCRATCH/said" 2>&1 || got=$?
  [[ $allowed = *" $got "* ]] || fail "exit $got of: $*: $(head -5 "$FAMFS_SCRATCH/said")"
}

test_every_program_lives_through_every_image() {
  local name fault reach image shadow
  while read -r name fault reach; do
    image=$images/$name
    shadow=$(new_dir)
    case $fault in none) within 0 fsck.famfs -v "$image" ;; *) within 4 fsck.famfs -v "$image" ;; esac
    within 0 famfs dump "$image"
    within 0 famfs dump --json "$image"
    within "0 1" famfs logplay -S "$shadow/in" -d "$image"
    [ "$(ls -A "$shadow")" = in ] || [ -z "$(ls -A "$shadow")" ] || fail "$name: wrote outside the shadow"
    if [ "$reach" = volume ]; then
      within 32 famfs mount "$image" "$MNT"
      continue
    fi
    within 0 famfs mount "$image" "$MNT"
    case $fault in none) within 0 famfs fsck "$MNT" ;; *) within 4 famfs fsck "$MNT" ;; esac
    within 0 famfs logplay "$MNT"
    within 0 famfs logplay -n "$MNT"
    within 0 famfs status "$MNT"
    within 0 find "$MNT"
    within 0 famfs getmap "$MNT/before/file"
    within 0 famfs umount "$MNT"
  done < <(names)
}

run_tests "$@"
