#include "base/host_id.h"

#include "base/fd.h"
#include "base/read_file.h"
#include "base/text.h"

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace famfs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUuidText = 36;
constexpr mode_t kMode = 0444;

std::string quoted(const fs::path& path) {
  return printable(path.native());
}

// No value: the file is not there.
Result<std::optional<Uuid>> read_uuid(const fs::path& path) {
  const auto text =
      read_file(path, 2 * kUuidText); // longer than any good one: the rest need not be seen
  if (!text) {
    if (text.error().code == Errc::not_found || text.error().code == Errc::not_directory) {
      return std::nullopt;
    }
    return std::unexpected(text.error());
  }
  std::string_view digits = *text;
  while (digits.ends_with('\n') || digits.ends_with('\0')) {
    digits.remove_suffix(1);
  }
  const auto uuid = Uuid::parse(digits);
  if (!uuid) {
    return fail(Errc::invalid,
                fmt::format("{}: not a system UUID of 36 characters: correct it, or remove "
                            "it if this host owns no famfs file system",
                            quoted(path)));
  }
  return *uuid;
}

Result<void> write_whole(int fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) {
      return fail_errno(errno, fmt::format("write {}", quoted(path)));
    }
    text.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  // fchmod and not open()'s mode: every program must be able to read it, whatever the umask.
  if (::fchmod(fd, kMode) != 0 || ::fsync(fd) != 0) {
    return fail_errno(errno, fmt::format("write {}", quoted(path)));
  }
  return {};
}

// Writes a temporary file and links it into place: link(2) fails where there is one already, so of
// two makers one wins and both then read the winner's.
Result<void> make_file(const fs::path& path, const Uuid& uuid) {
  std::error_code error;
  if (fs::create_directories(path.parent_path(), error)) { // every program reads what is in it
    fs::permissions(path.parent_path(), fs::perms{0755}, error);
  }
  if (error) {
    return fail_errno(error.value(), fmt::format("make directory {}", quoted(path.parent_path())));
  }
  const fs::path temporary =
      path.parent_path() / ("." + path.filename().native() + "." + uuid.text());
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!fd) {
    return fail_errno(errno, fmt::format("make {}", quoted(path)));
  }
  auto written = write_whole(fd.get(), uuid.text() + '\n', temporary);
  const bool linked = written && ::link(temporary.c_str(), path.c_str()) == 0;
  const int link_error = errno;
  ::unlink(temporary.c_str());
  if (written && !linked && link_error != EEXIST) {
    return fail_errno(link_error, fmt::format("make {}", quoted(path)));
  }
  return written;
}

Result<Uuid> make_uuid(const fs::path& path) {
  if (auto made = make_file(path, Uuid::random()); !made) {
    return std::unexpected(std::move(made.error()));
  }
  auto found = read_uuid(path);
  if (!found) {
    return std::unexpected(std::move(found.error()));
  }
  if (!*found) {
    return fail(Errc::not_found, fmt::format("{}: gone again after it was made", quoted(path)));
  }
  return **found;
}

} // namespace

Result<Uuid> host_uuid(HostIdMode mode, const HostIdFiles& files) {
  for (const fs::path& path : {files.public_file, files.own_file}) {
    auto found = read_uuid(path);
    if (!found) {
      return std::unexpected(std::move(found.error()));
    }
    if (*found) {
      return **found;
    }
  }
  if (mode == HostIdMode::read_only) {
    return fail(
        Errc::not_found,
        fmt::format("this host has no system UUID: neither {} nor {} exists: mkfs.famfs or a mount "
                    "as root makes one",
                    quoted(files.public_file), quoted(files.own_file)));
  }
  return make_uuid(files.own_file);
}

} // namespace famfs
