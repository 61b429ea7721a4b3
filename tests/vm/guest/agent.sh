#!/bin/bash
# agent.sh BUILD: a shell for the host, where an installed famfs is in its places: reads "LENGTH\nSCRIPT" from the
# control port, answers "STATUS LENGTH\nOUTPUT". What is to reach the host while a script runs (acknowledged
# commits) goes to descriptor 9: the result port, unbuffered.
here=$(dirname "$(readlink -f "$0")")
if [ -n "${1:-}" ]; then
  exec "$here/../../support/in-namespace" "$1/stage" env FAMFS_BUILD="$1" FAMFS_HERE="$here" \
    FAMFS_PROBE="$1/tests/vm/devdax_probe" FAMFS_DEVICE_BYTES="$1/tests/device_bytes" bash "$here/agent.sh"
fi
export LC_ALL=C # lengths in bytes
exec 9>&1 8<>"$FAMFS_CONTROL"
# Between two of the host's connections the port is at its end.
while :; do
  read -r length <&8 && read -r -N "$length" script <&8 || { sleep 0.1; continue; }
  bash -c "$script" >/tmp/agent.out 2>&1 </dev/null
  status=$?
  { echo "$status $(stat -c %s /tmp/agent.out)"; cat /tmp/agent.out; } >&8
done
