#!/bin/bash
# units.sh STAGE PREFIX: the units as systemd reads them, in place of PREFIX the staged install that has the programs;
# and no less hardened than docs/systemd.md says.
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "SKIPPED: needs systemd-analyze"; exit 77; }
stage=$1 prefix=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
service=$folder/famfs@dev-dax0.0.service
sed "s#$prefix/#$stage/#" "$stage/lib/systemd/system/famfs@.service" >"$folder/famfs@.service"
ln -s famfs@.service "$service"
cp "$stage/share/doc/famfs/examples/mnt-famfs.mount" "$folder/"

said=$(systemd-analyze verify --man=no "$service" "$folder/mnt-famfs.mount" 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
systemd-analyze security --no-pager --offline=yes --threshold=42 "$service" | tail -1

# What has to be so for a mount that is everybody's: none of it may give the service a mount namespace.
! grep -E '^(Protect(System|Home|Proc|Kernel|Control)|Private(Tmp|Devices|Mounts|Users)|ProcSubset|(ReadOnly|ReadWrite|Inaccessible)Paths|Root)' "$service"
