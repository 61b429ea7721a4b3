#!/bin/bash
# install.sh FOLDER: the packages built, put into a clean Debian, used and taken away again, with nothing left behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
fail() { echo "FAILED: $*"; exit 1; }

if [ "${2:-}" != installed-in ]; then
  for command in dpkg-buildpackage lintian mmdebstrap; do
    command -v "$command" >/dev/null || { echo "SKIPPED: needs $command"; exit 77; }
  done
  [ "$(id -u)" = 0 ] || { echo "SKIPPED: needs root"; exit 77; }
  "$here/build" "$folder"
  lintian --allow-root --fail-on error "$folder"/*.deb
  # What the packages ask for, without them: so that what purge leaves is theirs.
  needs=$(for deb in "$folder"/*.deb; do dpkg-deb -f "$deb" Depends; echo; done | tr ',' '\n' |
    sed 's/(.*//; s/|.*//; s/ //g' | grep -v famfs | sort -u | paste -sd,)
  . /etc/os-release
  root=$folder/root-$VERSION_CODENAME-$(sha256sum <<<"$needs" | head -c 8).tar
  if [ ! -f "$root" ]; then
    mmdebstrap --quiet --format=tar --variant=apt --include="systemd,udev,mount,kmod,ndctl,daxctl,$needs" "$VERSION_CODENAME" "$root.new"
    mv "$root.new" "$root"
  fi
  # Its mounts and processes end with it.
  exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" "$folder" installed-in "$root"
fi

root=$(mktemp -d)
trap 'umount -R -l "$root"; rmdir "$root"' EXIT
mount -t tmpfs -o size=2g,mode=755 tmpfs "$root"
tar -C "$root" -xf "$3"
mkdir "$root/debs"
cp "$folder"/*.deb "$root/debs"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
# But dpkg's own records, caches that every package changes, and what mount(8) and systemd-analyze keep for themselves.
files() { (cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log -o \
  -path ./run/mount -o -path ./run/systemd \) -prune -o -print | sort); }

files >"$root/debs/before"
in_root sh -c 'dpkg --install /debs/*.deb' >/dev/null
in_root systemd-analyze verify --man=no famfs@dev-dax0.0.service
[ "$(readelf -d "$root"/usr/lib/*/libfamfs.so.1 | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" = libfamfs.so.1 ] || fail "soname"
! readelf -d "$root/usr/bin/famfs" "$root/usr/sbin/mkfs.famfs" | grep -E 'RPATH|RUNPATH' || fail "a path of libraries"

in_root sh -euc '
  mkdir /mnt/famfs
  mkfs.famfs --size 64m /mnt/image >/dev/null
  mount -t fuse.famfs /mnt/image /mnt/famfs
  cp /usr/bin/famfs /mnt/famfs/copy
  famfs exec -- cmp /usr/bin/famfs /mnt/famfs/copy
  famfs umount /mnt/famfs
  famfs probe /mnt/image
  fsck.famfs /mnt/image >/dev/null
  rm -r /mnt/image /mnt/famfs
'
[ -f "$root/etc/famfs/system_uuid" ] || fail "no system UUID: purge has nothing to show"
in_root dpkg --purge famfs libfamfs-dev libfamfs1 >/dev/null
files >"$root/debs/after"
diff <(grep -v '^./debs' "$root/debs/before") <(grep -v '^./debs' "$root/debs/after") || fail "left behind (>), or taken away (<)"
! pgrep -x famfsd || fail "a daemon is left"
echo "installed, used and purged: $(cd "$folder" && echo *.deb)"
