#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace famfs {
namespace {

// What most errors exit with; a row names only where it differs.
struct Exits {
  std::uint8_t general = 1;
  std::uint8_t fsck = 8;
  std::uint8_t mount = 32;
  std::uint8_t getmap = 1;
};

struct Row {
  Errc code;
  std::string_view name;
  int number;
  Exits exits = {};
};

// In the order of Errc. Where rows share an errno, from_errno() takes the one that closest() says.
constexpr auto kTable = std::to_array<Row>({
    {Errc::usage, "usage", EINVAL, {.general = 2, .fsck = 16, .mount = 1, .getmap = 2}},
    {Errc::invalid, "invalid", EINVAL},
    {Errc::not_found, "not-found", ENOENT, {.getmap = 9}},
    {Errc::exists, "exists", EEXIST},
    {Errc::not_directory, "not-directory", ENOTDIR},
    {Errc::is_directory, "is-directory", EISDIR, {.getmap = 21}},
    {Errc::not_regular, "not-regular", EINVAL, {.getmap = 21}},
    {Errc::not_empty, "not-empty", ENOTEMPTY},
    {Errc::not_permitted, "not-permitted", EPERM},
    {Errc::access_denied, "access-denied", EACCES},
    {Errc::read_only, "read-only", EROFS},
    {Errc::busy, "busy", EBUSY, {.general = 16, .fsck = 16}},
    {Errc::no_device, "no-device", ENODEV},
    {Errc::no_such_address, "no-such-address", ENXIO},
    {Errc::unsupported, "unsupported", EOPNOTSUPP},
    {Errc::no_space, "no-space", ENOSPC, {.general = 12}},
    {Errc::log_full, "log-full", ENOSPC, {.general = 12}},
    {Errc::name_too_long, "name-too-long", ENAMETOOLONG},
    {Errc::too_big, "too-big", EFBIG},
    {Errc::io, "io", EIO},
    {Errc::corrupt, "corrupt", EUCLEAN, {.fsck = 4}},
    {Errc::not_famfs, "not-famfs", ENOTTY},
    {Errc::no_map, "no-map", ENODATA, {.getmap = 2}},
    {Errc::stale, "stale", ESTALE},
    {Errc::no_memory, "no-memory", ENOMEM},
    {Errc::interrupted, "interrupted", EINTR},
    {Errc::timed_out, "timed-out", ETIMEDOUT},
    {Errc::system, "system", EIO},
});

consteval bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].code) != i) {
      return false;
    }
  }
  return kTable.size() == static_cast<std::size_t>(Errc::system) + 1;
}
static_assert(in_order());

constexpr const Row& row(Errc code) noexcept {
  const auto i = static_cast<std::size_t>(code);
  return kTable[i < kTable.size() ? i : static_cast<std::size_t>(Errc::system)];
}

// Errnos that no row has, or that several have.
constexpr Errc closest(int err) noexcept {
  switch (err) {
  case EINVAL:
  case ERANGE:
    return Errc::invalid;
  case EDQUOT:
    return Errc::no_space;
  case EOVERFLOW:
    return Errc::too_big;
  case ENOSYS:
    return Errc::unsupported;
  case EHWPOISON:
    return Errc::io;
  default:
    return Errc::system;
  }
}

} // namespace

std::unexpected<Error> fail_errno(int err, std::string_view what, std::string_view hint) {
  const std::string why = std::generic_category().message(err);
  if (hint.empty() && err == ENOTCONN) { // what the kernel says of every path in such a mount
    hint = "the daemon of the mount is gone: famfs umount it, and mount it again";
  }
  return fail(from_errno(err), hint.empty() ? fmt::format("{}: {}", what, why)
                                            : fmt::format("{}: {}: {}", what, why, hint));
}

std::string_view name(Errc code) noexcept {
  return row(code).name;
}

int to_errno(Errc code) noexcept {
  return row(code).number;
}

Errc from_errno(int err) noexcept {
  if (const Errc special = closest(err); special != Errc::system) {
    return special;
  }
  for (const Row& candidate : kTable) {
    if (candidate.number == err) {
      return candidate.code;
    }
  }
  return Errc::system;
}

int to_exit(Errc code, ExitStyle style) noexcept {
  const Exits& exits = row(code).exits;
  switch (style) {
  case ExitStyle::general:
    return exits.general;
  case ExitStyle::fsck:
    return exits.fsck;
  case ExitStyle::mount:
    return exits.mount;
  case ExitStyle::getmap:
    return exits.getmap;
  }
  return exits.general;
}

std::set<int> exits(ExitStyle style) {
  std::set<int> all{0};
  for (int code = 0; code <= static_cast<int>(Errc::system); ++code) {
    all.insert(to_exit(static_cast<Errc>(code), style));
  }
  return all;
}

} // namespace famfs
