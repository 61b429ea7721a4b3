#!/bin/bash
# What an application developer gets: header, library, pkg-config, CMake package; and nothing else shows.
. "$(dirname "$0")/../support/lib.sh"
lib=$FAMFS_STAGE/lib
examples=$(realpath "$(dirname "$0")/../../examples")

test_symbols() {
  needs_command nm
  text=$(nm -D --defined-only "$lib/libfamfs.so" | awk '$2 != "A" && $3 !~ /^famfs_/')
  [ -z "$text" ] || fail "exported: $text"
  for f in $(grep -oE '\bfamfs_[a-z_]+\(' "$FAMFS_STAGE/include/famfs.h" | tr -d '(' | sort -u); do
    nm -D --defined-only "$lib/libfamfs.so" | grep -q " $f@@FAMFS_1.0\$" || fail "$f is in the header alone"
  done
  text=$(nm -D --defined-only "$lib/famfs/libfamfs-preload.so" | awk '{print $3}' | sort | tr '\n' ' ')
  [ "$text" = "madvise mmap mmap64 mprotect mremap msync munmap " ] || fail "preload exports: $text"
  expect_text 'SONAME.*libfamfs\.so\.1\]' "$(readelf -d "$lib/libfamfs.so")"
}

# Neither library drags in more than the C library.
test_needed() {
  needs_command readelf
  text=$(readelf -d "$lib/libfamfs.so" "$lib/famfs/libfamfs-preload.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
    grep -vE '^(libc\.so\.6|ld-linux.*|libfamfs\.so\.1)$')
  [ -z "$text" ] || fail "needs: $text"
}

test_pkg_config() {
  needs_command cc
  export PKG_CONFIG_PATH=$lib/pkgconfig
  # shellcheck disable=SC2046
  expect_good cc -Wall -Wextra -Werror -std=c11 -D_GNU_SOURCE -o "$FAMFS_SCRATCH/map_file" "$examples/map_file.c" \
    $(pkg-config --cflags --libs libfamfs)
  make_fs; mount_fs
  head -c 9000000 /dev/urandom >"$MNT/f"
  text=$("$FAMFS_SCRATCH/map_file" "$MNT/f") || fail "$text"
  [ "$(grep -c 'the same page' <<<"$text")" = 4 ] || fail "$text"
  expect_exit 2 "$FAMFS_SCRATCH/map_file" /etc/passwd 2>/dev/null
}

test_cmake_package() {
  needs_command cmake
  mkdir "$FAMFS_SCRATCH/app"
  cat >"$FAMFS_SCRATCH/app/CMakeLists.txt" <<'E'
cmake_minimum_required(VERSION 3.25)
project(app C)
find_package(Famfs REQUIRED)
add_executable(app app.c)
target_link_libraries(app PRIVATE Famfs::famfs)
E
  cat >"$FAMFS_SCRATCH/app/app.c" <<'E'
#include <famfs.h>
#include <stdio.h>
int main(void) { return puts(famfs_version()) < 0; }
E
  expect_good cmake -S "$FAMFS_SCRATCH/app" -B "$FAMFS_SCRATCH/app/b" -DCMAKE_PREFIX_PATH="$FAMFS_STAGE" >/dev/null
  expect_good cmake --build "$FAMFS_SCRATCH/app/b" >/dev/null
  expect_text '^[0-9]+\.[0-9]+\.[0-9]+$' "$("$FAMFS_SCRATCH/app/b/app")"
}

test_header_is_c_and_cpp() {
  needs_command cc
  for c in 'cc -std=c99 -xc' 'c++ -std=c++11 -xc++'; do
    echo '#include <famfs.h>' | expect_good $c -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$FAMFS_STAGE/include" -
  done
}

run_tests "${1:-}"
