#include "base/error.h"

#include "catch.h"

#include <cerrno>
#include <cstddef>
#include <set>
#include <string>

using famfs::Errc;
using famfs::ExitStyle;
using famfs::to_exit;

namespace {

constexpr std::size_t kCodes = static_cast<std::size_t>(Errc::system) + 1;

} // namespace

TEST_CASE("each Errc has an errno, a name of its own and exit codes that are failures") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCodes; ++i) {
    const auto code = static_cast<Errc>(i);
    CAPTURE(famfs::name(code));
    CHECK(famfs::to_errno(code) > 0);
    CHECK(names.insert(famfs::name(code)).second);
    for (const ExitStyle style :
         {ExitStyle::general, ExitStyle::fsck, ExitStyle::mount, ExitStyle::getmap}) {
      CHECK(to_exit(code, style) > 0);
      CHECK(to_exit(code, style) < 128);
    }
  }
}

TEST_CASE("an errno comes back as itself") {
  for (std::size_t i = 0; i < kCodes; ++i) {
    const int number = famfs::to_errno(static_cast<Errc>(i));
    CAPTURE(number);
    CHECK(famfs::to_errno(famfs::from_errno(number)) == number);
  }
  CHECK(famfs::from_errno(EINVAL) == Errc::invalid);
  CHECK(famfs::from_errno(ENOSPC) == Errc::no_space);
  CHECK(famfs::from_errno(EIO) == Errc::io);
  CHECK(famfs::from_errno(EDQUOT) == Errc::no_space);
  CHECK(famfs::from_errno(EXDEV) == Errc::system);
  CHECK(famfs::from_errno(0) == Errc::system);
  CHECK(famfs::from_errno(-1) == Errc::system);
}

TEST_CASE("the errnos that callers of system calls see") {
  CHECK(famfs::to_errno(Errc::corrupt) == EUCLEAN);
  CHECK(famfs::to_errno(Errc::log_full) == ENOSPC);
  CHECK(famfs::to_errno(Errc::not_famfs) == ENOTTY);
  CHECK(famfs::to_errno(Errc::stale) == ESTALE);
  CHECK(famfs::to_errno(Errc::unsupported) == EOPNOTSUPP);
  CHECK(famfs::to_errno(Errc::not_permitted) == EPERM);
  CHECK(famfs::to_errno(Errc::access_denied) == EACCES);
  CHECK(famfs::to_errno(Errc::timed_out) == ETIMEDOUT);
}

TEST_CASE("the exit codes that scripts rely on") {
  CHECK(to_exit(Errc::usage) == 2);
  CHECK(to_exit(Errc::no_space) == 12);
  CHECK(to_exit(Errc::log_full) == 12);
  CHECK(to_exit(Errc::busy) == 16);
  CHECK(to_exit(Errc::exists) == 1);

  CHECK(to_exit(Errc::corrupt, ExitStyle::fsck) == 4);
  CHECK(to_exit(Errc::io, ExitStyle::fsck) == 8);
  CHECK(to_exit(Errc::usage, ExitStyle::fsck) == 16);
  CHECK(to_exit(Errc::busy, ExitStyle::fsck) == 16);

  CHECK(to_exit(Errc::usage, ExitStyle::mount) == 1);
  CHECK(to_exit(Errc::busy, ExitStyle::mount) == 32);

  CHECK(to_exit(Errc::not_famfs, ExitStyle::getmap) == 1);
  CHECK(to_exit(Errc::no_map, ExitStyle::getmap) == 2);
  CHECK(to_exit(Errc::not_found, ExitStyle::getmap) == 9);
  CHECK(to_exit(Errc::not_regular, ExitStyle::getmap) == 21);
  CHECK(to_exit(Errc::is_directory, ExitStyle::getmap) == 21);
  CHECK(to_exit(Errc::usage, ExitStyle::getmap) == 2);
}

TEST_CASE("fail_errno says what, why and what to do") {
  const auto plain = famfs::fail_errno(ENOENT, "open /x").error();
  CHECK(plain.code == Errc::not_found);
  CHECK(plain.message == "open /x: No such file or directory");
  const auto hinted = famfs::fail_errno(EBUSY, "claim /x", "unmount it").error();
  CHECK(hinted.code == Errc::busy);
  CHECK(hinted.message == "claim /x: Device or resource busy: unmount it");
}
