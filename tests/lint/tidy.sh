#!/bin/bash
# tidy.sh RUN-CLANG-TIDY CLANG-TIDY BUILD: clang-tidy over everything that ships. FAMFS_TIDY_CHECKS is added to the checks.
set -u
case ${2:-} in */clang-tidy*) ;; *) echo "SKIPPED: no clang-tidy 19 or newer"; exit 77 ;; esac
"$1" -clang-tidy-binary "$2" -p "$3" -quiet ${FAMFS_TIDY_CHECKS:+"-checks=$FAMFS_TIDY_CHECKS"} -j "$(nproc)" "$PWD/(lib|daemon|tools)/.*\.cpp$" > "$3/tidy.log" 2>/dev/null
status=$?
grep -E 'warning:|error:' -A3 "$3/tidy.log" | head -200
exit $status
