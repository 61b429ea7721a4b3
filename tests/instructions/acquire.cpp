// acquire FILE [OFFSET LENGTH]: maps FILE, and asks famfs_acquire for a range of the map.
#include "famfs.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int count, char** args) {
  if (count != 2 && count != 4) {
    std::fprintf(stderr, "usage: acquire FILE [OFFSET LENGTH]\n");
    return 2;
  }
  const int fd = open(args[1], O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || fstat(fd, &status) != 0) {
    std::perror(args[1]);
    return 1;
  }
  void* const map =
      famfs_mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    std::perror("famfs_mmap");
    return 1;
  }
  if (count == 2) {
    return 0;
  }
  const auto offset = std::strtoull(args[2], nullptr, 10);
  const auto length = std::strtoull(args[3], nullptr, 10);
  if (famfs_acquire(static_cast<const std::byte*>(map) + offset, length) != 0) {
    std::perror("famfs_acquire");
    return 1;
  }
  return 0;
}
