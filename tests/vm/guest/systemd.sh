#!/bin/bash
# In a guest that systemd has booted, as famfs-test.service. Where there is no device yet: makes one, and goes through
# its life under systemd up to a shutdown with a file that is pending. Where there is: it was mounted by the boot.
result=/dev/virtio-ports/famfs.result
until [ -e $result ]; do sleep 0.2; done # udev is still at work
exec >$result 2>&1
finish() { echo "$1" >/run/famfs-test.status; systemctl poweroff --no-block; exit; } # told by the shutdown
fail() {
  echo "FAILED: $*"
  systemctl --no-pager --full status mnt-famfs.mount 'famfs@*'
  journalctl --no-pager -b -o short-monotonic | tail -40
  finish 1
}
# within SECONDS COMMAND...: it succeeds, at last.
within() { local i; for i in $(seq "$1"); do "${@:2}" && return; sleep 1; done; fail "not in $1 s: ${*:2}"; }
journal() { journalctl -q -o cat FAMFS_DEVICE=/dev/dax0.0 "FAMFS_MOUNT_POINT=$1"; }

first_boot() {
  local service=famfs@dev-dax0.0.service uuid pid
  ndctl create-namespace -f -e namespace0.0 --mode=devdax --map=mem --align=2M >/dev/null || fail namespace
  within 60 systemctl -q is-active dev-dax0.0.device
  systemctl stop mnt-famfs.mount # it had waited for the device, which has no file system yet
  mkfs.famfs /dev/dax0.0 || fail mkfs
  udevadm trigger --settle /dev/dax0.0
  udevadm info /dev/dax0.0 | grep -q '^E: ID_FS_TYPE=famfs$' || fail "$(udevadm info /dev/dax0.0)"
  uuid=$(udevadm info /dev/dax0.0 | sed -n 's/^E: ID_FS_UUID=//p')
  [ "/dev/famfs/by-uuid/$uuid" -ef /dev/dax0.0 ] || fail "/dev/famfs: $(ls -lR /dev/famfs)"

  mkdir -p "/etc/systemd/system/$service.d"
  printf '[Service]\nEnvironment=MOUNT_POINT=/srv/famfs\n' >"/etc/systemd/system/$service.d/where.conf"
  systemctl daemon-reload
  systemctl start "$service" || fail "start"
  [ "$(findmnt -n -o FSTYPE /srv/famfs)" = fuse.famfs ] || fail "not mounted for all: $(findmnt)"
  systemctl show -p StatusText "$service" | grep 'on /srv/famfs: master' || fail "status"
  [ "$(journal /srv/famfs | grep -c 'on /srv/famfs: master')" = 1 ] || fail "journal"
  pid=$(systemctl show -p MainPID --value "$service")
  grep -E '^(Seccomp|NoNewPrivs|CapEff):' "/proc/$pid/status"
  famfs mkdir -m 0777 /srv/famfs/data || fail mkdir
  setpriv --reuid=65534 --regid=65534 --clear-groups cp /bin/bash /srv/famfs/data/ || fail "cp of another user"
  cmp /bin/bash /srv/famfs/data/bash || fail cmp
  famfs exec -- cmp /bin/bash /srv/famfs/data/bash || fail "cmp by the direct map"
  famfs status /srv/famfs | grep -i pending
  systemctl stop "$service" || fail stop
  ! findmnt /srv/famfs || fail "still mounted"
  fsck.famfs /dev/dax0.0 >/dev/null || fail "the device is not free, or not clean: $(fsck.famfs /dev/dax0.0)"
  [ "$(systemctl show -p Result --value "$service")" = success ] || fail "not a clean end"

  systemctl start mnt-famfs.mount || fail "mount unit of fstab"
  journal /mnt/famfs | grep -q master || fail "journal of a mount unit"
  cmp /bin/bash /mnt/famfs/data/bash || fail "after the service"
  systemd-run -q --unit=writer bash -c 'exec 9>/mnt/famfs/pending; echo text >&9; sleep infinity'
  within 30 test -s /mnt/famfs/pending
}

second_boot() {
  within 120 systemctl -q is-active mnt-famfs.mount
  [ "$(cat /mnt/famfs/pending)" = text ] || fail "what was pending at the shutdown is lost"
  cmp /bin/bash /mnt/famfs/data/bash || fail "after a boot"
}

if [ -e /dev/dax0.0 ]; then second_boot; else first_boot; fi
echo "ok: $([ -e /mnt/famfs/data ] && ls /mnt/famfs)"
finish 0
