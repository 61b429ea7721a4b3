// overwrite FILE NEW: new bytes for a committed file, in thirds: by a map and famfs_publish, by a
// map and famfs_msync, by pwrite(2). Then NEW is made: at its commit all of them must be durable.
#include "famfs.h"

#include <cstddef>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

int give_up(const char* what) {
  std::perror(what);
  return 1;
}

} // namespace

int main(int count, char** args) {
  if (count != 3) {
    std::fprintf(stderr, "usage: overwrite FILE NEW\n");
    return 2;
  }
  const int fd = open(args[1], O_RDWR | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || fstat(fd, &status) != 0) {
    return give_up(args[1]);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::size_t third = size / 3; // not a line's end: neighbours share one
  void* const map = famfs_mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    return give_up("famfs_mmap");
  }
  auto* const bytes = static_cast<std::byte*>(map);
  std::memset(bytes, 'p', third);
  if (famfs_publish(bytes, third) != 0) {
    return give_up("famfs_publish");
  }
  std::memset(bytes + third, 's', third);
  if (famfs_msync(bytes + third / 4096 * 4096, third + 4096, MS_SYNC) != 0) {
    return give_up("famfs_msync");
  }
  static std::byte rest[8192];
  std::memset(rest, 'w', sizeof rest);
  if (pwrite(fd, rest, sizeof rest, static_cast<off_t>(2 * third)) != sizeof rest) {
    return give_up("pwrite");
  }
  const int made = open(args[2], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  return made < 0 || write(made, "new", 3) != 3 || close(made) != 0 ? give_up(args[2]) : 0;
}
