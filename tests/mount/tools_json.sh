#!/bin/bash
# What --json prints is what the installed schemas say (docs/json.md), and they refuse what is not so.
. "$(dirname "$0")/../support/lib.sh"

support=$(dirname "$0")/../support
schemas=$FAMFS_STAGE/share/famfs/schema
python3 -c 'import jsonschema' || fail "python3-jsonschema is missing: tools/install-packages test"

# good NAME COMMAND...: exit 0, and its output is that of NAME.
good() {
  local name=$1
  shift
  expect_exit 0 "$@" >"$FAMFS_SCRATCH/said"
  python3 "$support/check_json.py" "$schemas" "$name" "$FAMFS_SCRATCH/said" || fail "$*: $(cat "$FAMFS_SCRATCH/said")"
}

test_every_command() {
  good mkfs mkfs.famfs -f --json "$DEV"
  good probe famfs probe --json "$DEV"
  good config famfs config --json
  good fsck fsck.famfs --json -B 4 "$DEV"
  good dump famfs dump --json "$DEV"
  mount_fs
  good logplay famfs logplay --json "$MNT"
  famfs mkdir "$MNT/dir"
  famfs creat -s 5m -r "$MNT/dir/simple"
  famfs creat -s 16m -N 3 -B 4 -C 2m "$MNT/interleaved" 2>/dev/null || fail creat
  printf 'x' >"$MNT/"$'not\xffutf8'
  good getmap famfs getmap --json "$MNT/dir/simple"
  good getmap famfs getmap --json "$MNT/interleaved"
  good status famfs status --json "$MNT"
  good status famfs status --json
  good holders famfs holders --json
  good devices famfs devices --json
  good dump famfs dump --json "$MNT"
  good fsck famfs fsck --json "$MNT"
  good logplay famfs logplay --json -n "$MNT"
  good logplay famfs logplay --json -S "$FAMFS_SCRATCH/shadow" "$MNT"
}

# Where the machine has no dax device: one that sysfs alone knows.
test_a_device() {
  in_sysfs() {
    local region=/sys/bus/made-up/hmem.0
    mount -t tmpfs tmpfs /sys/bus
    mkdir -p $region/dax7.0 /sys/bus/dax/{devices,drivers/device_dax} /sys/bus/platform
    ln -s /sys/bus/platform $region/subsystem
    ln -s /sys/bus/dax/drivers/device_dax $region/dax7.0/driver
    ln -s $region/dax7.0 /sys/bus/dax/devices/
    famfs devices --json
  }
  export -f in_sysfs
  good devices unshare --mount --propagation private bash -c in_sysfs
  grep -q '"name": "dax7.0"' "$FAMFS_SCRATCH/said" || fail "no device"
}

test_status_of_other_mounts() {
  local got=0
  mount_fs raw
  good status famfs status --json "$MNT"
  kill -9 "$(jq '.[0].pid' "$FAMFS_SCRATCH/said")"
  for i in $(seq 100); do ls "$MNT" >/dev/null 2>&1 || break; sleep 0.05; done
  famfs status --json "$MNT" >"$FAMFS_SCRATCH/said" || got=$?
  [ "$got" = 1 ] || fail "exit $got of a dead mount"
  python3 "$support/check_json.py" "$schemas" status "$FAMFS_SCRATCH/said" || fail "$(cat "$FAMFS_SCRATCH/said")"
}

test_status_is_what_statfs_says() {
  make_fs
  mount_fs
  famfs creat -s 5m "$MNT/file"
  famfs status --json "$MNT" | python3 -c '
import json, os, sys
(told,) = json.load(sys.stdin)
fs = os.statvfs(sys.argv[1])
assert told["space"]["data"] == fs.f_blocks * fs.f_frsize and told["space"]["free"] == fs.f_bfree * fs.f_frsize, told
assert told["log"]["capacity"] == fs.f_files and told["log"]["capacity"] - told["log"]["entries"] == fs.f_ffree, told
assert told["device_size"] == int(sys.argv[2]), told' "$MNT" "$(device_size)" || fail "they differ"
}

test_what_failed_is_told() {
  needs_file_device "the report of a memory failure is made up"
  make_fs
  mount_fs
  famfs creat -s 5m -r "$MNT/file"
  expect_good python3 "$support/../mount/control.py" failure "$MNT" 10485760 4096
  good status famfs status --json "$MNT"
  grep -q '"times": 1' "$FAMFS_SCRATCH/said" || fail "no failure: $(cat "$FAMFS_SCRATCH/said")"
}

# The images that are made to break readers hold every kind of fault.
test_faults() {
  needs_file_device "images are files"
  local images name fault said
  said=$(new_dir)
  images=$(mktemp -d "$FAMFS_DEVICE_PREFIX.traps.XXXXXX")
  python3 "$support/omf.py" traps "$images"
  while read -r name fault; do
    expect_exit "$([ "$fault" = None ] && echo 0 || echo 4)" famfs fsck --json "$images/$name" >"$said/$name.fsck"
    expect_good famfs dump --json "$images/$name" >"$said/$name.dump"
    # Where neither superblock nor header tells the log's length there is nothing to save.
    famfs salvage --json "$images/$name" "$said/tree" >"$said/$name.salvage" 2>/dev/null
    [ -s "$said/$name.salvage" ] || { [ "$name" = log-len-1t ] && rm "$said/$name.salvage"; } || fail "$name: no salvage"
    rm -rf "$said/tree"
    fsck.famfs --json --repair -n "$images/$name" >"$said/$name.repair.fsck"
  done < <(python3 -c '
import json, sys
for name, about in json.load(open(sys.argv[1] + "/traps.json")).items():
    print(name, about["fault"])' "$images")
  rm -rf "$images"
  for name in fsck dump salvage; do
    python3 "$support/check_json.py" "$schemas" $name "$said"/*.$name || fail "$name"
  done
}

run_tests "$@"
