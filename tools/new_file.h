// A file being made on a famfs mount: pending until commit(), gone without a trace if it never
// comes.
#pragma once

#include "alloc/allocator.h"
#include "base/error.h"
#include "base/fd.h"
#include "copy_engine.h"
#include "identity.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace famfs::tools {

struct NewFileOptions {
  Ownership ownership;
  std::uint64_t size = 0;
  std::optional<alloc::Stripes> stripes;
  bool raw = false; // every byte will be written: spare the zeroing, where the caller may
};

class NewFile {
public:
  // exists, no_space (the message says how much is left), whatever open(2) says.
  [[nodiscard]] static Result<NewFile> make(std::string path, const NewFileOptions& options);
  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  [[nodiscard]] Target& target(); // maps it on first use
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] Result<void> commit();

private:
  NewFile(std::string path, std::uint64_t size, UniqueFd fd)
      : path_(std::move(path)), size_(size), fd_(std::move(fd)) {}
  [[nodiscard]] Result<void> lay_out(const NewFileOptions& options);
  [[nodiscard]] Result<void> reserve_space(const NewFileOptions& options);

  std::string path_;
  std::uint64_t size_;
  UniqueFd fd_;
  std::unique_ptr<Target> target_;
  bool committed_ = false;
};

// An ENOSPC with what the mount of `path` has left, in bytes and in log entries; others as they
// are.
[[nodiscard]] Error with_room_left(Error error, const std::string& path);

} // namespace famfs::tools
