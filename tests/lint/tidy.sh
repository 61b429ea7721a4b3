#!/bin/bash
# tidy.sh RUN-CLANG-TIDY CLANG-TIDY BUILD: clang-tidy over everything that ships. FAMFS_TIDY_CHECKS is added to the checks.
# It reads a unity build (in BUILD/tidy, never built): most of its time goes to the library's headers.
set -u
case ${2:-} in */clang-tidy*) ;; *) echo "SKIPPED: no clang-tidy 19 or newer"; exit 77 ;; esac
cmake --preset dev -B "$3/tidy" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=24 >/dev/null || exit
"$1" -clang-tidy-binary "$2" -p "$3/tidy" -quiet -checks="-bugprone-suspicious-include,${FAMFS_TIDY_CHECKS:-}" \
  -header-filter='/(lib|daemon|tools)/[^ ]*\.(h|cpp)$' -j "$(nproc)" \
  "^($3/tidy|$PWD)/(lib|daemon|tools)/.*\.(cpp|cxx)$" > "$3/tidy.log" 2>/dev/null
status=$?
grep -E 'warning:|error:' -A3 "$3/tidy.log" | head -200
exit $status
