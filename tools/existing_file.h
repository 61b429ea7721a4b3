// A file that is there already, to be overwritten in place or compared: its size stays.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "copy_engine.h"

#include <cstdint>
#include <memory>
#include <string>

namespace famfs::tools {

class ExistingFile {
public:
  // not_regular, not_famfs (`must_be_famfs`), whatever open(2) says.
  [[nodiscard]] static Result<ExistingFile> open(std::string path, bool writable,
                                                 bool must_be_famfs);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] Target& target(); // maps it on first use

private:
  ExistingFile(std::string path, bool writable, std::uint64_t size, UniqueFd fd)
      : path_(std::move(path)), writable_(writable), size_(size), fd_(std::move(fd)) {}

  std::string path_;
  bool writable_;
  std::uint64_t size_;
  UniqueFd fd_;
  std::unique_ptr<Target> target_;
};

} // namespace famfs::tools
