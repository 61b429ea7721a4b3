#!/bin/bash
# Progress on a terminal, none elsewhere, lines of JSON on request; what Ctrl-C leaves and says.
. "$(dirname "$0")/../support/lib.sh"
terminal=$(dirname "$0")/terminal.py
SUPPORT=$(dirname "$(readlink -f "$0")")/../support
WIPE=$'\r\033[K'

start() { make_fs "$@"; mount_fs; }
# expect_lines NAME FILE: each is what the installed schema NAME says
expect_lines() {
  rm -f "$2".line.*
  split -l 1 "$2" "$2.line."
  python3 "$SUPPORT/check_json.py" "$FAMFS_STAGE/share/famfs/schema" "$1" "$2".line.* || fail "$1: $(cat "$2")"
}
on_terminal() { python3 "$terminal" "$@"; }

test_on_a_terminal() {
  local text
  start
  text=$(on_terminal famfs creat -r -S 42 -t 1 -s 150m "$MNT/f") || fail "creat: $text"
  expect_text "$MNT/f  [0-9.]+ [KMG]?i?B? ?of 150 MiB  [0-9.]+ [KMG]iB/s  [0-9]+ s left" "${text//$WIPE/$'\n'}"
  [[ $text = *"$WIPE" ]] || fail "the line is not wiped: $text"
  text=$(on_terminal famfs verify -q -S 42 -t 1 -f "$MNT/f") || fail "verify: $text"
  expect_text " of 150 MiB .* s left" "$text"
  mkdir "$MNT/d"
  text=$(on_terminal famfs salvage "$DEV" "$FAMFS_SCRATCH/out") || fail "salvage: $text"
  expect_text "files  [0-9.]+ [KMG]?i?B? ?of 150 MiB  [0-9.]+ [KMG]iB/s  [0-9]+ s left" "${text//$WIPE/$'\n'}"
  expect_same "$MNT/f" "$FAMFS_SCRATCH/out/f"
  text=$(on_terminal famfs cp -t 1 "$MNT/f" "$MNT/d") && fail "no space, but: $text"
  expect_text "famfs cp: " "$text"
}

test_elsewhere() {
  local text
  start
  text=$(python3 "$terminal" --no-terminal famfs creat -r -S 42 -t 1 -s 150m "$MNT/f") || fail "creat"
  [ -z "$text" ] || fail "not a terminal, but: $text"
  text=$(python3 "$terminal" --no-terminal famfs verify --json -S 42 -t 1 -f "$MNT/f") || fail "verify: $text"
  grep '"progress"' <<<"$text" >"$FAMFS_SCRATCH/told"
  expect_lines progress "$FAMFS_SCRATCH/told"
  python3 <"$FAMFS_SCRATCH/told" -c '
import json, sys
for line in [json.loads(line) for line in sys.stdin]:
    assert 0 < line["done_bytes"] <= line["total_bytes"] == 150 << 20, line' || fail "progress: $text"
}

test_json_results() {
  start
  local i s="$FAMFS_SCRATCH/json"
  mkdir -p "$s/sub"
  echo one >"$s/one"
  echo second >"$s/sub/two"
  : >"$s/sub/empty"
  famfs cp --json -r "$s" "$MNT/tree" >"$s.out" 2>/dev/null
  famfs creat --json -r -S 42 -s 1m "$MNT/f" >>"$s.out"
  famfs creat --json -M "$MNT/f,1m" -M "$MNT/g,2m" >>"$s.out"
  famfs verify --json -S 42 -f "$MNT/f" >>"$s.out"
  famfs verify --json -S 43 -f "$MNT/f" >>"$s.out" 2>/dev/null
  python3 - "$MNT" "$s" "$s.out" <<'END' || fail "$(cat "$s.out")"
import json, sys
mnt, s, out = sys.argv[1:]
assert [json.loads(line) for line in open(out)] == [
    {"file": mnt + "/tree/one", "source": s + "/one", "bytes": 4},
    {"file": mnt + "/tree/sub/two", "source": s + "/sub/two", "bytes": 7},
    {"copied_files": 2, "expected_files": 3, "interrupted": False},
    {"file": mnt + "/f", "done": "made", "bytes": 1 << 20, "seed": 42},
    {"file": mnt + "/f", "done": "there", "bytes": 1 << 20, "seed": None},
    {"file": mnt + "/g", "done": "made", "bytes": 2 << 20, "seed": None},
    {"file": mnt + "/f", "bytes": 1 << 20, "seed": 42, "good": True, "bad_offset": None},
    {"file": mnt + "/f", "bytes": 1 << 20, "seed": 43, "good": False, "bad_offset": 0}]
END
  sed -n 1,3p "$s.out" >"$s.cp"; sed -n 4,6p "$s.out" >"$s.creat"; sed -n 7,8p "$s.out" >"$s.verify"
  for i in cp creat verify; do expect_lines $i "$s.$i"; done
  rm -rf "$s" "$s".*
}

# Ctrl-C, typed when the first progress is seen: between 0 and all but one of the files are there, whole.
test_ctrl_c() {
  local text got=0 n i s="$FAMFS_SCRATCH/source"
  start
  mkdir "$s"
  for i in 1 2 3; do head -c 60m /dev/urandom >"$s/$i"; done
  text=$(on_terminal --interrupt famfs cp -t 1 -r "$s" "$MNT/d") || got=$?
  [ "$got" = 1 ] || fail "exit $got: $text"
  expect_text "famfs cp: interrupted: [0-2] of 3 files copied: copy the others" "$text"
  n=$(sed -n 's/.*interrupted: \([0-9]\) of 3 .*/\1/p' <<<"$text")
  [ "$(ls "$MNT/d" | wc -l)" = "$n" ] || fail "said $n: $(ls "$MNT/d")"
  for i in $(ls "$MNT/d"); do expect_same "$s/$i" "$MNT/d/$i"; done
  expect_good famfs cp "$s"/* "$MNT/d" # what was said to do
  diff -r "$s" "$MNT/d" || fail "the second run"
  expect_good umount "$MNT"
  make_fs -f
  mount_fs
  got=0
  text=$(on_terminal --interrupt famfs creat -r -t 1 -M "$MNT/a,100m,1" -M "$MNT/b,80m,2") || got=$?
  [ "$got" = 1 ] || fail "exit $got: $text"
  expect_text "famfs creat: interrupted: [01] of 2 files made" "$text"
  [ ! -e "$MNT/b" ] || fail "b is there"
  got=0
  famfs creat -r -S 5 -s 140m "$MNT/c" || fail "creat"
  text=$(on_terminal --interrupt famfs verify -t 1 -S 5 -f "$MNT/c") || got=$?
  [ "$got" = 1 ] || fail "exit $got: $text"
  expect_text "famfs verify: interrupted: 0 of 1 files verified" "$text"
  got=0
  text=$(on_terminal --interrupt famfs salvage "$DEV" "$FAMFS_SCRATCH/half") || got=$?
  [ "$got" = 1 ] || fail "exit $got: $text"
  n=$(sed -n 's/.*famfs salvage: interrupted: \([01]\) of [12] files saved.*/\1/p' <<<"$text")
  [ "$(find "$FAMFS_SCRATCH/half" -type f | wc -l)" = "$n" ] || fail "said $n: $(ls "$FAMFS_SCRATCH/half")"
  expect_good famfs fsck "$MNT" >/dev/null
  rm -r "$s"
}

# A log that grew by 400,000 entries while a client was not looking.
test_logplay() {
  local text got=0
  needs_file_device "the log is written past the file system"
  grow_log() { # COUNT: of its entries that are committed
    python3 - "$DEV" "$1" <<'END'
import os, sys
sys.path.insert(0, os.environ["SUPPORT"])
import omf
image = omf.Image(size=512 << 20, log_len=256 << 20)
for i in range(400_000):
    image.mkdir(f"d{i}")
image.header(next_index=int(sys.argv[2])).write(sys.argv[1] + ".grown")
os.system(f"dd if={sys.argv[1]}.grown of={sys.argv[1]} bs=1M conv=notrunc status=none; rm {sys.argv[1]}.grown")
END
  }
  export SUPPORT
  grow_log 1
  mount_fs ro,client
  grow_log 400000
  text=$(on_terminal --interrupt famfs logplay "$MNT") || got=$?
  [ "$got" = 1 ] || fail "exit $got: $text"
  expect_text "log  [0-9.]+ [KM]iB of 207.[0-9]+ MiB  [0-9.]+ [KMG]iB/s  [0-9]+ s left" "${text//$WIPE/$'\n'}"
  expect_text "famfs logplay: interrupted: [0-9]+ of 400000 log entries replayed: run it again" "$text"
  expect_text "^famfs_logplay: 400000 log entries; 0 new files; [0-9]+ new directories" "$(famfs logplay "$MNT")"
  [ "$(stat -c %h "$MNT")" = 400002 ] || fail "links of the root: $(stat -c %h "$MNT")"
}

run_tests "$@"
