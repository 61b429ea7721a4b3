#!/bin/bash
# run.sh BUILD ALIGN NAME...: tests of this folder on /dev/dax0.0, under support/in-namespace as the mount tests.
here=$(dirname "$(readlink -f "$0")")
. "$here/setup.sh"
build=$1 align=$2
shift 2
make_devdax "$align" || exit 1
export FAMFS_TEST_DEVICE=/dev/dax0.0 FAMFS_ALIGN=$align FAMFS_DEVICE_BYTES=$build/tests/device_bytes
export FAMFS_PROBE=$build/tests/vm/devdax_probe FAMFS_DIRECT_PROBE=$build/tests/mount/direct_probe
export FAMFS_DIRECT_TWIN=$build/tests/mount/direct_twin
uname -r
# What this kernel is known to lack.
case $(uname -r) in
  6.1.*) export FAMFS_MAY_SKIP='^test_fsdev|memory failure|MADV_HWPOISON' ;;
  6.12.*) export FAMFS_MAY_SKIP='^test_fsdev' ;;
  *) export FAMFS_MAY_SKIP= ;;
esac
failed=0
for name in "$@"; do
  echo "== $name, aligned to $align"
  "$here/../../support/in-namespace" "$build/stage" bash "$here/$name.sh" || failed=1
done
exit $failed
