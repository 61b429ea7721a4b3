#!/bin/bash
# ctest.sh BUILD ALIGN CTEST-ARGUMENTS: the host's tests on /dev/dax0.0, as ctest has them listed. A test that was skipped as a whole is a failure here.
. "$(dirname "$0")/setup.sh"
build=$1 align=$2
shift 2
make_devdax "$align" || exit 1
export FAMFS_TEST_DEVICE=/dev/dax0.0 FAMFS_MAY_SKIP='needs a stand-in file|needs the command cc'
uname -r
mkdir -p "$build/Testing"
ctest --test-dir "$build" -LE vm -V "$@" 2>&1 | tee /tmp/ctest.out
[ "${PIPESTATUS[0]}" = 0 ] || exit 8
! grep -q '\*\*\*Skipped' /tmp/ctest.out || { echo "ctest.sh: skipped as a whole, which is a failure here"; exit 9; }
