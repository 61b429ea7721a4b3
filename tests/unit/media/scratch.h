// A folder in shared memory that goes away with the test, and files in it.
#pragma once

#include "catch.h"

#include "base/fd.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace scratch {

class Folder {
public:
  Folder() {
    std::string name = "/dev/shm/famfs-test.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  [[nodiscard]] std::string file(const std::string& name, std::uint64_t size) const {
    const std::string path = *this / name;
    std::ofstream(path).flush();
    std::filesystem::resize_file(path, size);
    return path;
  }

private:
  std::string path_;
};

// A plain shared mapping of a file.
class Mapping {
public:
  Mapping(const std::string& path, std::size_t length) : length_(length) {
    const famfs::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(fd);
    void* at = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    REQUIRE(at != MAP_FAILED);
    bytes_ = static_cast<char*>(at);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(bytes_, length_); }
  [[nodiscard]] char* at(std::size_t offset) const { return bytes_ + offset; }

private:
  char* bytes_ = nullptr;
  std::size_t length_;
};

} // namespace scratch
