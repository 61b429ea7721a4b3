#!/bin/bash
# completion.sh STAGE: what bash offers at the end of a line, by the function that bash itself would call.
set -u
PATH=$1/bin:$1/sbin:$PATH
. "$1/share/bash-completion/completions/famfs" || exit 1
for program in mkfs.famfs fsck.famfs famfsd mount.famfs mount.fuse.famfs; do
  [ "$1/share/bash-completion/completions/$program" -ef "$1/share/bash-completion/completions/famfs" ] || {
    echo "FAILED: no completion is installed for $program"; exit 1; }
done
compopt() { :; } # bash has it only while it completes
failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# offered LINE: split as bash does (COMP_WORDBREAKS has = and :)
offered() {
  local line=$1
  COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
  read -ra COMP_WORDS <<<"${line//=/ = }"
  [ "${line: -1}" != " " ] || COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _famfs "${COMP_WORDS[0]}" 2>"$said"
  [ ! -s "$said" ] || { echo "FAILED: '$line': on the terminal: $(cat "$said")"; failed=1; }
}
# offers LINE WORD...: these are among what is offered. only LINE WORD...: and nothing else.
offers() {
  local word line=$1
  shift
  offered "$line"
  for word in "$@"; do
    [[ " ${COMPREPLY[*]} " == *" $word "* ]] || { echo "FAILED: '$line': no $word: ${COMPREPLY[*]}"; failed=1; }
  done
}
only() {
  offers "$@"
  [ ${#COMPREPLY[@]} = $(($# - 1)) ] || { echo "FAILED: '$1': ${#COMPREPLY[@]} are offered: ${COMPREPLY[*]}"; failed=1; }
}

offers "famfs " mount umount fsck mkdir cp creat status getmap
only "famfs sta" status
only "famfs --ver" --version
offers "famfs cp -" -r --recursive --threadct --compare -N --help
only "famfs cp --rec" --recursive
only "famfs cp source --chunk" --chunksize
only "famfs cp --threadct "            # a number
only "famfs cp wei"                    # a file: readline's
only "famfs fsck --js" --json
only "mkfs.famfs --for" --force
only "mkfs.famfs --size 1g --log" --loglen
offers "fsck.famfs -" -v --human -B
only "famfs mount -o cl" client
only "famfs mount --options cl" client
only "famfs mount -o ro,cli" ro,client
only "famfs mount -o mm" mmap=
only "famfs mount -o mmap=" refused cached
only "famfs mount -o ro,mmap=c" cached
only "famfs mount -o context=/x,mmap=c" cached
only "famfs mount -o context=" # nobody knows
only "famfs mount /dev/dax0.0 /m"
only "mount.fuse.famfs /dev/dax0.0 /mnt -o nouser" nouseraccess
offers "mount.fuse.famfs -" -o -f -t -N # the helper has flags that famfsd has not
offers "famfs exec -- bas" bash

# Every option of every program is offered: there is no second list of them.
for program in "famfs" "mkfs.famfs" "fsck.famfs" "famfsd" $(famfs --list-options | sed -n '/"commands"/,$s/.*"name": "\(.*\)".*/famfs:\1/p'); do
  options=$(${program/:/ } --list-options | sed -n '/"options"/,/\]/s/.*"name": "\(.*\)".*/--\1/p')
  offers "${program/:/ } --" $options
done
exit $failed
