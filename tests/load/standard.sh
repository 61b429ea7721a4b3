#!/bin/bash
# fio, stress-ng and fs_mark from Debian as they are: what of them works, and what is refused and how, as docs/testing.md
# lists it.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/lib.sh"

seconds=5 # of each fio job; a stressor has one

setup() {
  needs_file_device "of 8 GiB" # sparse: small files, in 2 MiB each
  needs_command "$1"
  truncate -s 8G "$DEV"
  make_fs; mount_fs
  cd "$FAMFS_SCRATCH" || fail cd
}
# quietly COMMAND...: its output only if it fails
quietly() { "$@" >"$FAMFS_SCRATCH/output" 2>&1 || { tail -30 "$FAMFS_SCRATCH/output"; fail "exit $? of: $*"; }; }
# refused PATTERN COMMAND...
refused() {
  local pattern=$1; shift
  "$@" >"$FAMFS_SCRATCH/output" 2>&1
  expect_text "$pattern" "$(cat "$FAMFS_SCRATCH/output")"
}

job() { quietly "$@" --directory="$MNT" --size=8m --numjobs=2 --verify=crc32c --verify_fatal=1 --group_reporting; }
# The first writes new files and reads them again, the second is in place.
run_engine() {
  local engine=$1; shift
  job "$@" fio --name="$engine" --ioengine="$engine" --rw=write --bs=64k
  job "$@" fio --name="$engine" --ioengine="$engine" --rw=randrw --bs=4k --iodepth=16 --allow_file_create=0 \
    --loops=100 --runtime="$seconds"
}

test_fio() {
  setup fio
  local engine
  for engine in sync psync pvsync2 libaio io_uring; do run_engine $engine; done
  run_engine mmap famfs exec --
  expect_exact
}

test_fio_refused() {
  setup fio
  refused 'func=mmap, error=No such device' fio --name=m --ioengine=mmap --rw=read --size=8m --directory="$MNT"
  refused 'func=delete.*Operation not permitted' \
    fio --name=d --ioengine=filedelete --rw=write --nrfiles=4 --filesize=4k --openfiles=1 --directory="$MNT"
  refused 'Operation not permitted' fio --name=t --ioengine=ftruncate --rw=write --bs=4k --size=64k --directory="$MNT"
  expect_exact
}

test_fs_mark() {
  setup fs_mark
  local method
  for method in 0 1 2 3 4 5 6; do
    quietly fs_mark -k -S $method -d "$MNT/s$method" -D 3 -N 2 -n 12 -s 10240 -t 4 -l "$FAMFS_SCRATCH/log"
  done
  [ "$(find "$MNT" -type f -size 10240c | wc -l)" = $((7 * 4 * 12)) ] || fail "files: $(find "$MNT" -type f | wc -l)"
  refused 'Error in unlink.*Operation not permitted' \
    fs_mark -S 1 -d "$MNT/d" -n 4 -s 10240 -t 1 -l "$FAMFS_SCRATCH/log"
  expect_exact
}

# stress WORD...: stress-ng of two of each
stress() {
  quietly "$@" -t 1s --verify --hdd-bytes 4m --fallocate-bytes 4m --iomix-bytes 4m --seek-size 1m --sendfile-size 1m \
    --readahead-bytes 4m --mmap-bytes 4m --msync-bytes 4m --temp-path "$MNT"
  expect_exact
  make_fs -f; mount_fs
}

test_stress_ng() {
  setup stress-ng
  local stressor
  for stressor in access aio aiol chdir chmod chown copy-file dentry dir dirdeep dirmany dup fallocate fcntl file-ioctl \
    filename flock fpunch fsize fstat getdent handle hdd inode-flags io iomix lease locka lockf lockofd mknod open readahead \
    rename seek sendfile splice sync-file touch utime; do
    stress stress-ng --$stressor 2
  done
  stress famfs exec -- stress-ng --mmap 2 --mmap-file
  stress famfs exec -- stress-ng --msync 2
}

test_stress_ng_refused() {
  setup stress-ng
  local stressor
  for stressor in link symlink; do
    refused 'not allowed on the filesystem' stress-ng --$stressor 1 -t 1s --temp-path "$MNT"
  done
  refused 'does not support xattr' stress-ng --xattr 1 -t 1s --temp-path "$MNT"
  refused 'FIEMAP not supported' stress-ng --fiemap 1 -t 1s --temp-path "$MNT"
  refused 'failed to mmap memory .*No such device' stress-ng --msync 1 -t 1s --temp-path "$MNT"
  for stressor in dnotify inotify; do
    refused 'cannot remove file .*Operation not permitted' stress-ng --$stressor 1 -t 1s --temp-path "$MNT"
  done
  expect_exact
}

run_tests "${1:-}"
