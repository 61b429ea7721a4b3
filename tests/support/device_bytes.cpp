// device_bytes read DEVICE OFFSET LENGTH >… | write DEVICE OFFSET <…: the bytes of a device as it
// is, through a mapping: a devdax has no read(2) and no write(2).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t kAlignment = 2UL << 20;

char* map(const char* path, std::uint64_t offset, std::uint64_t length, int protection) {
  const int fd = open(path, (protection & PROT_WRITE) != 0 ? O_RDWR : O_RDONLY);
  const std::uint64_t begin = offset / kAlignment * kAlignment;
  const std::uint64_t end = (offset + length + kAlignment - 1) / kAlignment * kAlignment;
  void* const at =
      mmap(nullptr, end - begin, protection, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (at == MAP_FAILED) {
    perror(path);
    exit(1);
  }
  return static_cast<char*>(at) + (offset - begin);
}

int read_device(const char* path, std::uint64_t offset, std::uint64_t length) {
  const char* const at = map(path, offset, length, PROT_READ);
  return fwrite(at, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
}

int write_device(const char* path, std::uint64_t offset) {
  std::string bytes;
  for (int c = getchar(); c != EOF; c = getchar()) {
    bytes.push_back(static_cast<char>(c));
  }
  if (bytes.empty()) {
    return 1;
  }
  std::memcpy(map(path, offset, bytes.size(), PROT_READ | PROT_WRITE), bytes.data(), bytes.size());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 0); };
  if (what == "read" && argc == 5) {
    return read_device(argv[2], number(3), number(4));
  }
  return what == "write" && argc == 4 ? write_device(argv[2], number(3)) : 2;
}
