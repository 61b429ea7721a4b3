#!/bin/bash
# ctest.sh BUILD ALIGN CTEST-ARGUMENTS: the host's tests on /dev/dax0.0, as ctest has them listed. What the host
# must set up for them (fixtures) is in the image. A test that was skipped as a whole is a failure here.
. "$(dirname "$0")/setup.sh"
build=$1 align=$2
shift 2
make_devdax "$align" || exit 1
export FAMFS_TEST_DEVICE=/dev/dax0.0
uname -r
mkdir -p "$build/Testing"
ctest --test-dir "$build" -FA '.*' -LE vm -V "$@" >/tmp/ctest.out 2>&1
status=$?
# Passed tests in one line each, with what they skip; failed ones whole.
python3 "$(dirname "$0")/summary.py" /tmp/ctest.out
[ "$status" = 0 ] || exit "$status"
if grep -q '\*\*\*Skipped' /tmp/ctest.out; then
  echo "skipped as a whole: $(grep '\*\*\*Skipped' /tmp/ctest.out)"
  exit 1
fi
