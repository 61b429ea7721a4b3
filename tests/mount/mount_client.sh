#!/bin/bash
# A client mount beside the master stands for another host: it stops nothing, appends nothing, and sees
# what is committed after a replay.
. "$(dirname "$0")/../support/lib.sh"
control=$(dirname "$0")/control.py

setup() {
  make_fs; mount_fs
  OTHER=$(new_dir)
  expect_good mount -t fuse.famfs -o ro,client "$DEV" "$OTHER"
  trap 'umount "$OTHER"; cleanup' EXIT
}

test_sees_what_is_committed_after_logplay() {
  setup
  mkdir "$MNT/d"
  cp /bin/bash "$MNT/d/bash"
  exec 7>"$MNT/d/pending"
  echo x >&7
  [ ! -e "$OTHER/d" ] || fail "seen before a replay"
  expect_text '"entries": 2, "files": 1, "directories": 1, "faults": 0, "position": 2' "$(python3 "$control" logplay "$OTHER")"
  expect_same /bin/bash "$OTHER/d/bash"
  [ "$(ls "$OTHER/d")" = bash ] || fail "pending files are seen"
  exec 7>&-
  sleep 0.2 # RELEASE may be under way
  python3 "$control" logplay "$OTHER" >/dev/null
  [ "$(cat "$OTHER/d/pending")" = x ] || fail "the second replay"
  expect_text '"entries": 0' "$(python3 "$control" logplay "$OTHER")"
  [ "$(stat -c %h "$OTHER")" = 3 ] || fail "links of the root: $(stat -c %h "$OTHER")"
}

test_writes_in_place_are_seen() {
  setup
  cp /bin/bash "$MNT/f"
  python3 "$control" logplay "$OTHER" >/dev/null
  cat "$OTHER/f" >/dev/null
  printf 'changed' | dd of="$MNT/f" conv=notrunc status=none
  [ "$(head -c 7 "$OTHER/f")" = changed ] || fail "stale"
}

test_refuses() {
  setup
  expect_fail touch "$OTHER/f" 2>/dev/null
  expect_fail mkdir "$OTHER/d" 2>/dev/null
  [ "$(python3 "$control" status "$OTHER" role)" = client ] || fail role
}

test_does_not_stop_the_master() {
  setup
  umount "$MNT"
  mount_fs
  echo x >"$MNT/f"
  python3 "$control" logplay "$OTHER" >/dev/null
  [ "$(cat "$OTHER/f")" = x ] || fail content
}

test_many_clients() {
  setup
  local more; more=$(new_dir)
  expect_good mount -t fuse.famfs -o client "$DEV" "$more"
  echo x >"$MNT/f"
  python3 "$control" logplay "$more" >/dev/null
  [ "$(cat "$more/f")" = x ] || fail content
  umount "$more"
}

run_tests "${1:-}"
