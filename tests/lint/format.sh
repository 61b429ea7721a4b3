#!/bin/bash
# format.sh CLANG-FORMAT: every C and C++ file is formatted as .clang-format says.
case ${1:-} in */clang-format*) ;; *) echo "SKIPPED: no clang-format 19 or newer"; exit 77 ;; esac
find lib daemon tools tests \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0 | xargs -0 "$1" --dry-run --Werror
