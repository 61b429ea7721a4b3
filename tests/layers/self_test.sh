#!/bin/bash
# The check itself must be able to fail: one tree for each kind of offence.
set -eu
check=$(dirname "$0")/check_includes.py
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{daemon,tools,lib/format,lib/media,lib/base}
red() { # MODULE-FILE INCLUDE-LINE
  echo "$2" > "$tree/$1"
  if python3 "$check" "$tree" >/dev/null; then echo "FAILED: not seen: $2 in $1"; exit 1; fi
  rm "$tree/$1"
}
python3 "$check" "$tree" >/dev/null
red lib/format/x.cpp '#include "media/memory.h"'
red lib/base/x.cpp '#include "format/entry.h"'
red lib/media/x.h '#include <fuse_lowlevel.h>'
red daemon/x.cpp '#include <libpmem2.h>'
red tools/x.cpp '#include <spdlog/spdlog.h>'
red lib/format/x.cpp '#include "../media/memory.h"'
red daemon/x.cpp '#include "tools/cli.h"'
echo "all seen"
