// Results across module borders, and the one table that turns them into errno and exit codes.
//
// Exceptions do not cross a module's border: a function that can fail returns Result<T>. The
// message is one line, "what: why: what to do", without the program's name and without a trailing
// newline; it names the thing and the value. Thread-safe: values only.
#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace famfs {

enum class Errc : std::uint8_t {
  usage,           // the command line, a mount option or an argument is wrong
  invalid,         // a value is out of range for what it is used for
  not_found,       // no such file, directory or entry
  exists,          // the name is taken
  not_directory,   // a path component is a file
  is_directory,    // a file was asked for
  not_regular,     // neither file nor directory was expected
  not_empty,       // the directory has entries
  not_permitted,   // the format cannot record it, or a committed file would change: EPERM
  access_denied,   // permission bits or ownership refuse it: EACCES
  read_only,       // a read-only mount, or a client
  busy,            // another owner holds the device
  no_device,       // device missing, being removed, of size zero; or mmap that cannot be coherent
  no_such_address, // device offline or unbound under us
  unsupported,     // a device or an operation that this cannot be done with
  no_space,        // no free extent
  log_full,        // no free slot in the log
  name_too_long,   // path or component longer than the format has room for
  too_big,         // past the largest file
  io,              // a poisoned page, a device that went away: EIO
  corrupt,         // the media does not hold what it must
  not_famfs,       // a file or device that is not one of ours
  no_map,          // a famfs file without extents
  stale,           // a node that is gone
  no_memory,
  interrupted,
  timed_out,
  system, // an error of the operating system with no closer name; message has strerror
};

struct Error {
  Errc code;
  std::string message;
};

template <class T> using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// For a failed system call: maps `err` (an errno) to the closest Errc; message is
// "what: strerror(err)", or "what: strerror(err): hint" when a hint is given.
[[nodiscard]] std::unexpected<Error> fail_errno(int err, std::string_view what,
                                                std::string_view hint = {});

[[nodiscard]] std::string_view name(Errc code) noexcept; // "not-found": for JSON and test output

// What a system call returns for it (positive errno).
[[nodiscard]] int to_errno(Errc code) noexcept;
[[nodiscard]] Errc from_errno(int err) noexcept;

// Which program's exit codes: general (famfs and mkfs.famfs), fsck (0 4 8 16), mount (mount(8)'s 1
// and 32), getmap (1 2 9 21).
enum class ExitStyle : std::uint8_t { general, fsck, mount, getmap };
[[nodiscard]] int to_exit(Errc code, ExitStyle style = ExitStyle::general) noexcept;
[[nodiscard]] std::set<int> exits(ExitStyle style); // of all errors, and 0

} // namespace famfs
