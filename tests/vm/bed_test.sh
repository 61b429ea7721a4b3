#!/bin/bash
# bed_test.sh IMAGES SERIES: a failed test, a panic and a hang look different, and each shows what was said.
set -u
here=$(dirname "$(readlink -f "$0")")
images=$1 series=$2
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# expect WHAT LIMIT STATUS PATTERN
expect() {
  local got=0
  "$here/run-guest" -i "$images" -t "$2" "$images/$series" "$here/guest/fails.sh" . "$1" >"$out" 2>&1 || got=$?
  if [ "$got" != "$3" ] || ! grep -q "the guest says $1" "$out" || ! grep -qE "$4" "$out"; then
    echo "FAILED: $1: exit $got, not $3, or no '$4' in:"
    cat "$out"
    exit 1
  fi
  echo "ok   $1: exit $got"
}
expect test 240 3 '^run-guest: exit 3 after'
expect panic 240 125 'sysrq triggered crash|Kernel panic'
grep -q 'DIED without a result: a panic' "$out" || { cat "$out"; exit 1; }
# Long enough to boot and speak, on any machine.
expect hang "${FAMFS_HANG_AFTER:-75}" 124 'HANG: no result in time'
