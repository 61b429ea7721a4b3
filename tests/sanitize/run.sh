#!/bin/bash
# run.sh PRESET: builds the preset and runs its unit tests.
set -euo pipefail
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset "$1" "${launcher[@]}" >/dev/null
cmake --build --preset "$1" --target unit_tests 2>&1 | tail -5
# The kernel's address randomisation can put mappings where TSan's shadow must be.
setarch -R ctest --test-dir "build/$1" -L unit --output-on-failure -j "$(nproc)"
