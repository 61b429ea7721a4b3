#!/bin/bash
# As a service of systemd.
. "$(dirname "$0")/../support/lib.sh"
script=$(dirname "$0")/service.py

test_service_tells_the_manager_and_the_journal() {
  make_fs
  expect_good python3 "$script" "$DEV" "$MNT"
  mount_fs
  [ "$(cat "$MNT/pending")" = text ] || fail "what was pending at the stop is lost"
}

run_tests "$@"
