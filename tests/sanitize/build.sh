#!/bin/bash
# build.sh PRESET STAGE: builds the target `sanitized` of the preset in build/PRESET, and makes build/PRESET/stage: what is
# staged in STAGE, with the preset's famfsd.
set -euo pipefail
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset "$1" "${launcher[@]}" >/dev/null
cmake --build --preset "$1" --target sanitized | tail -5
rm -rf "build/$1/stage"
cp -a "$2" "build/$1/stage"
cp "build/$1/daemon/famfsd" "build/$1/stage/sbin/"
