// The locks behind a claim: flock(2) on open file descriptions of our own, so that they end with
// the process however it ends, and exclude another Registry of the same process too.
//
// An open file description is shared with what fork(2) makes: a child that lives on without exec
// keeps the lock. What is released here is unlocked first, so that such a child keeps nothing; and
// a child that destroys what it inherited gives nothing back, as it is not its own.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "holder/directory.h"
#include "media/device.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace famfs::holder {

enum class LockKind : std::uint8_t { shared, exclusive };

// LOCK_EX on the device node itself. Move-only.
class DeviceLock {
public:
  DeviceLock() = default;
  // Held by somebody: Errc::busy. Missing, or no longer a device to use: as media::inspect says.
  [[nodiscard]] static Result<DeviceLock> take(const media::DeviceInfo& device);
  DeviceLock(DeviceLock&&) noexcept = default;
  DeviceLock& operator=(DeviceLock&&) = delete;
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;
  ~DeviceLock();

private:
  UniqueFd fd_;
  pid_t pid_ = 0;
};

// A lock on a file of the directory, made for it and removed with its last lock. Move-only.
class LockFile {
public:
  LockFile() = default;
  // Held by somebody: Errc::busy.
  [[nodiscard]] static Result<LockFile> take(std::shared_ptr<const Directory> directory,
                                             std::string name, LockKind kind);
  LockFile(LockFile&&) noexcept = default;
  LockFile& operator=(LockFile&&) = delete;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

private:
  std::shared_ptr<const Directory> directory_;
  std::string name_;
  UniqueFd fd_;
  pid_t pid_ = 0;
};

struct LockOwner {
  int pid = 0;
  std::string program; // its comm
};

// Who has LOCK_EX on that inode, by /proc/locks: a help for messages. Not seen: processes of other
// PID namespaces, and file systems that show another st_dev than the kernel's own (btrfs, overlay).
[[nodiscard]] std::optional<LockOwner> lock_owner(dev_t dev, ino_t ino);
// The same of a device.
[[nodiscard]] std::optional<LockOwner> lock_owner(const media::DeviceId& device);

} // namespace famfs::holder
