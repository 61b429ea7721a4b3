#!/bin/bash
# fails.sh BUILD test|panic|hang: what a bed must tell apart.
echo "the guest says $2"
case $2 in
  test) exit 3 ;;
  panic) echo c >/proc/sysrq-trigger ;;
  hang) sleep 10000 ;;
esac
