#include "base/diag.h"

#include "base/fd.h"

#include "catch.h"

#include <array>
#include <cstdio>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace diag = famfs::diag;

namespace {

// What `fn` writes to standard error.
template <class Fn> std::string standard_error_of(Fn fn) {
  const famfs::UniqueFd file(::memfd_create("stderr", MFD_CLOEXEC));
  const famfs::UniqueFd saved(::dup(STDERR_FILENO));
  std::fflush(stderr);
  ::dup2(file.get(), STDERR_FILENO);
  fn();
  std::fflush(stderr);
  ::dup2(saved.get(), STDERR_FILENO);
  std::array<char, 4096> text{};
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

} // namespace

// One test case, because init() is for the whole program.
TEST_CASE("diagnostics go to standard error, from the level on that was asked for") {
  const auto log_all = [] {
    diag::debug("d {}", 1);
    diag::info("i {}", 2);
    diag::warning("w {}", 3);
    diag::error("e {{}} {}", "{}");
  };
  CHECK(standard_error_of(log_all) == "famfs: w 3\nfamfs: e {} {}\n");
  diag::init({.program = "famfsd", .level = diag::Level::info});
  CHECK(standard_error_of(log_all) == "famfsd: i 2\nfamfsd: w 3\nfamfsd: e {} {}\n");
  diag::init({.program = "fsck.famfs", .level = diag::Level::error});
  CHECK(standard_error_of(log_all) == "fsck.famfs: e {} {}\n");
}
