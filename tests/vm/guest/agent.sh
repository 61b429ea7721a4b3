#!/bin/bash
# A shell for the host: reads "LENGTH\nSCRIPT" from the control port, answers "STATUS LENGTH\nOUTPUT". What is to
# reach the host while a script runs (acknowledged commits) goes to descriptor 9: the result port, unbuffered.
export LC_ALL=C # lengths in bytes
exec 9>&1 8<>"$FAMFS_CONTROL"
while read -r length <&8 && read -r -N "$length" script <&8; do
  bash -c "$script" >/tmp/agent.out 2>&1 </dev/null
  status=$?
  { echo "$status $(stat -c %s /tmp/agent.out)"; cat /tmp/agent.out; } >&8
done
