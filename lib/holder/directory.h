// The directory of records, in which nothing is trusted: every open is relative to it, follows no
// symlink and never blocks; what is not a plain file of an owner we believe is refused.
// Immutable, so thread-safe.
#pragma once

#include "base/error.h"
#include "base/fd.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace famfs::holder {

class Directory {
public:
  // `believed_uid`: whose files are believed beside the caller's own; -1: root's.
  // `create`: made, 0755, with its parents, when missing.
  // Errc::access_denied where it is not the caller's to open or make; Errc::corrupt when others may
  // write to it.
  [[nodiscard]] static Result<std::shared_ptr<const Directory>>
  open(const std::filesystem::path& path, int believed_uid, bool create);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] bool believes(uid_t uid) const noexcept;
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  // For bind(2) and connect(2), whose address has room for 107 bytes and no directory argument.
  [[nodiscard]] std::string socket_path(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const; // sorted
  void remove(const std::string& name) const noexcept;

  // Whether `name` still leads to the file behind `file`.
  [[nodiscard]] bool leads_to(const std::string& name, int file) const noexcept;

  // A file that was there. Errc::not_found: nothing there; Errc::corrupt: not a plain file (a
  // symlink, FIFO, hard link, writable by others, another's), never opened for that where it shows.
  [[nodiscard]] Result<UniqueFd> open_file(const std::string& name) const;
  // The same, made with mode 0600 when missing.
  [[nodiscard]] Result<UniqueFd> open_or_create(const std::string& name) const;
  // Errc::corrupt past 64 KiB.
  [[nodiscard]] Result<std::string> read(int file, const std::string& name) const;
  // A new file of mode 0644 under `name`, whatever was there before; a write lock (fcntl(2), of the
  // open file description) is taken on it before others can open it, and held by the result.
  [[nodiscard]] Result<UniqueFd> replace_locked(const std::string& name,
                                                const std::string& text) const;
  // Whether somebody has such a lock.
  [[nodiscard]] static bool is_locked(int file) noexcept;

  Directory(UniqueFd fd, std::string path, int believed_uid);

private:
  [[nodiscard]] Result<void> check(int file, const std::string& name) const;
  UniqueFd fd_;
  std::string path_;
  int believed_uid_;
};

} // namespace famfs::holder
