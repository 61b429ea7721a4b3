#!/bin/bash
# famfs chkread, check, clone: the public tools' table; and how errors are told by what an error comes through.
. "$(dirname "$0")/../support/lib.sh"

start() { make_fs "$@"; mount_fs; }

test_chkread() {
  start
  expect_good famfs creat -r -S 42 -s 5000001 "$MNT/f"
  expect_good famfs creat -r -S 7 -s 9m -N 2 -B 2 "$MNT/strips" 2>/dev/null
  expect_text "5000001 bytes are the same by read\(2\) and in a direct map" "$(famfs chkread "$MNT/f")"
  expect_good famfs chkread "$MNT/strips" >/dev/null
  expect_good famfs chkread -s "$MNT/.meta/.superblock" >/dev/null
  expect_good famfs chkread -l "$MNT/.meta/.log" >/dev/null
  expect_exit 1 famfs chkread -s "$MNT/f" 2>/dev/null
  expect_exit 1 famfs chkread -l "$MNT/f" 2>/dev/null
  expect_exit 1 famfs chkread -l "$MNT/.meta/.superblock" 2>/dev/null
  expect_exit 2 famfs chkread -s -l "$MNT/f" 2>/dev/null
  touch "$MNT/empty"
  mkdir "$MNT/d"
  local what
  for what in "$MNT/empty" "$MNT/none" "$MNT/d" /etc/passwd; do
    expect_exit 1 famfs chkread "$what" 2>/dev/null
  done
  chmod 600 "$DEV" # no direct map: the kernel's private one
  expect_good famfs mkdir -m 777 "$MNT/open"
  expect_good as_user cp "$MNT/f" "$MNT/open/f"
  expect_text "in a private map" "$(as_user famfs chkread "$MNT/open/f")"
}


test_check() {
  start
  expect_text "^$MNT: 0 files, 0 directories: every file has a valid map$" "$(famfs check "$MNT")"
  famfs mkdir -p "$MNT/a/b"
  expect_good famfs creat -s 5m "$MNT/a/b/f"
  expect_good famfs creat -s 9m -N 2 -B 2 "$MNT/strips" 2>/dev/null
  touch "$MNT/empty"
  expect_text "^$MNT: 3 files, 2 directories: every file has a valid map$" "$(famfs check "$MNT")"
  expect_text "^$MNT/a/b/f: good$" "$(famfs check -v "$MNT")"
  expect_text "^$MNT/a: 1 files, 1 directories: " "$(famfs check "$MNT/a")"
  expect_exit 1 famfs check /proc 2>/dev/null
  expect_exit 1 famfs check "$MNT/none" 2>/dev/null
  expect_exit 1 famfs check "$MNT/empty" 2>/dev/null
}

test_clone() {
  local text before
  start
  expect_good famfs creat -r -S 42 -s 5m "$MNT/f"
  before=$(stat -f -c %f "$MNT")
  expect_exit 2 famfs clone "$MNT/f" "$MNT/c" 2>/dev/null
  [ ! -e "$MNT/c" ] || fail "without --yes-corrupt"
  touch "$MNT/empty"
  local what
  for what in "$MNT/empty" "$MNT/none" "$MNT" /etc/passwd; do
    expect_exit 1 famfs clone --yes-corrupt "$what" "$MNT/c" 2>/dev/null
    [ ! -e "$MNT/c" ] || fail "made of $what"
  done
  expect_exit 1 famfs clone --yes-corrupt "$MNT/f" "$MNT/empty" 2>/dev/null
  expect_exit 1 famfs clone --yes-corrupt "$MNT/f" "$FAMFS_SCRATCH/c" 2>/dev/null
  famfs mkdir -m 777 "$MNT/open"
  expect_exit 1 as_user famfs clone --yes-corrupt "$MNT/f" "$MNT/open/c" 2>/dev/null
  as_user /usr/bin/python3 - "$MNT/f" "$MNT/open/c" "$(dirname "$0")" <<'END' || fail "the daemon cloned for an ordinary user"
import errno, fcntl, os, struct, sys
sys.path.insert(0, sys.argv[3])
from control import IOC_CLONE
fd = os.open(sys.argv[2], os.O_CREAT | os.O_EXCL | os.O_RDWR)
try:
    fcntl.ioctl(fd, IOC_CLONE, struct.pack("<IIQ", 1, 0, os.stat(sys.argv[1]).st_ino))
except OSError as error:
    os.unlink(sys.argv[2])
    sys.exit(error.errno != errno.EPERM)
sys.exit(1)
END
  [ ! -e "$MNT/open/c" ] || fail "made by an ordinary user"
  expect_good famfs fsck "$MNT" >/dev/null
  expect_good famfs check "$MNT" >/dev/null

  expect_good famfs clone "$MNT/f" "$MNT/c" --yes-corrupt
  expect_same "$MNT/f" "$MNT/c"
  [ "$(stat -f -c %f "$MNT")" = "$before" ] || fail "the clone took space"
  text=$(famfs fsck "$MNT") && fail "fsck is content"
  expect_text "\(extent-overlap\)" "$text"
  text=$(famfs check "$MNT" 2>&1) && fail "check is content"
  expect_text "cross-linked" "$text"
  expect_good umount "$MNT"
  expect_exit 4 famfs fsck "$DEV" >/dev/null
  mount_fs
  [ ! -e "$MNT/c" ] || fail "the next mount took the clone"
  expect_good famfs verify -q -S 42 -f "$MNT/f"
  expect_good famfs creat -r -S 1 -s 5m "$MNT/g"
  expect_good famfs verify -q -S 42 -f "$MNT/f"
}

# one_line PROGRAM COMMAND...: fails, with one line on standard error alone that PROGRAM begins.
one_line() {
  local name=$1 text
  shift
  text=$("$@" 2>&1 >"$FAMFS_SCRATCH/out") && fail "exit 0 of: $*"
  [ ! -s "$FAMFS_SCRATCH/out" ] || fail "standard output of $*: $(cat "$FAMFS_SCRATCH/out")"
  [ "$(wc -l <<<"$text")" = 1 ] || fail "not one line of $*: $text"
  [[ $text = "$name: "*": "* ]] || fail "$*: $text"
}

test_errors_are_one_line_of_the_program_that_was_called() {
  make_fs
  one_line "famfs mount" famfs mount "$DEV" "$MNT/none"
  one_line "famfs mount" famfs mount /no/such "$MNT"
  one_line "famfs mount" famfs mount -o frobnicate "$DEV" "$MNT"
  one_line "famfs mount" famfs mount /etc/passwd "$MNT"
  one_line "famfs mount" famfs mount "$DEV"
  one_line famfsd famfsd "$DEV" "$MNT/none"
  expect_good famfs mount "$DEV" "$MNT"
  one_line "famfs mount" famfs mount "$DEV" "$MNT"
  expect_text "errno 16|Device or resource busy" "$(famfs mount "$DEV" "$MNT" 2>&1)"
  one_line mkfs.famfs mkfs.famfs -f "$DEV"
  one_line "famfs umount" famfs umount /proc
  one_line "famfs fsck" famfs fsck /no/such
  one_line "famfs mkdir" famfs mkdir "$MNT/no/d"
  touch "$MNT/f"
  one_line "famfs cp" famfs cp /etc/passwd "$MNT/f"
  expect_text "remove it first" "$(famfs cp /etc/passwd "$MNT/f" 2>&1)"
  [ ! -s "$MNT/f" ] || fail "changed by a refused copy"
  one_line "famfs creat" famfs creat -s 1m "$MNT/f"
  one_line "famfs verify" famfs verify -S 1 -f "$MNT/f"
  one_line "famfs flush" famfs flush "$MNT/none"
  one_line "famfs getmap" famfs getmap "$MNT/f"
  one_line "famfs chkread" famfs chkread "$MNT/f"
  one_line "famfs check" famfs check "$MNT/f"
  one_line "famfs clone" famfs clone "$MNT/f" "$MNT/g"
  one_line "famfs logplay" famfs logplay /proc
  one_line "famfs status" famfs status /proc
  one_line "famfs dump" famfs dump /no/such
  one_line "famfs exec" famfs exec no-such-program
  one_line famfs famfs frobnicate
}

test_an_empty_name_is_seen() {
  local command text
  make_fs
  mount_fs
  for command in mkdir "creat -s 1m" "cp /etc/passwd" "verify -S 1 -f" flush getmap chkread check logplay status dump \
                 probe umount; do
    text=$(famfs $command "" 2>&1) && fail "exit 0 of famfs $command ''"
    expect_text "^famfs [a-z]+: \"\": [nN]o such " "$text"
  done
  one_line "famfs mount" famfs mount "" "$MNT"
  one_line mount.famfs mount.famfs "$DEV" ""
}

# What nobody could read was not said: an error, in the words and with the exit code of the one who spoke.
test_standard_output_that_cannot_be_written() {
  local want command
  make_fs
  while read -r want command; do
    expect_exit "$want" $command >/dev/full 2>"$FAMFS_SCRATCH/said"
    [ "$(wc -l <"$FAMFS_SCRATCH/said")" = 1 ] || fail "not one line of $command: $(cat "$FAMFS_SCRATCH/said")"
    grep -q "^${command%% [-/]*}: standard output: cannot be written: " "$FAMFS_SCRATCH/said" ||
      fail "$command: $(cat "$FAMFS_SCRATCH/said")"
  done <<END
1 famfs --help
8 fsck.famfs $DEV
8 famfs fsck --json $DEV
1 famfs dump $DEV
1 mkfs.famfs -f --json $DEV
32 famfs mount --help
32 famfsd --version
32 mount.famfs --list-options
END
}

# Field, value, and what to do.
test_a_bad_log_header_is_told_whole() {
  local text
  make_fs
  printf '\377' | device_write $((2097152 + 8)) || fail write # the header's length
  for command in "famfs logplay -S $FAMFS_SCRATCH/shadow -d $DEV" "famfs mount $DEV $MNT"; do
    text=$($command 2>&1) && fail "exit 0 of $command"
    [ "$(wc -l <<<"$text")" = 1 ] || fail "not one line: $text"
    expect_text "log header.*(crc|length).*: .*fsck.famfs $DEV" "$text"
  done
}

run_tests "$@"
