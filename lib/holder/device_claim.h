// What a claim of one device holds in the system: the locks, and the record that names it.
//   hold        device node LOCK_EX, <id>.lock LOCK_EX
//   hold_alone  … and <id>.observers LOCK_EX
//   observe     <id>.observers LOCK_SH
// Two claimers take them in this order, so one of them wins. Where the directory cannot be used the
// lock on the device node is all there is, and observers exclude and are excluded by nobody.
#pragma once

#include "base/error.h"
#include "holder/locks.h"
#include "holder/registry.h"

#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace famfs::holder {

struct Refusal {
  Error error;
  // Nobody's live record tells why: it may be a claim that is just being made or rolled back, and
  // it is worth a moment's patience.
  bool passing = false;
};

// Move-only; gives everything back when destroyed.
class DeviceClaim {
public:
  // `directory` may be null.
  [[nodiscard]] static std::expected<DeviceClaim, Refusal>
  take(const media::DeviceInfo& device, ClaimMode mode, std::shared_ptr<const Directory> directory);
  DeviceClaim(DeviceClaim&&) noexcept = default;
  DeviceClaim& operator=(DeviceClaim&&) = delete;
  DeviceClaim(const DeviceClaim&) = delete;
  DeviceClaim& operator=(const DeviceClaim&) = delete;
  ~DeviceClaim();

  // Replaces the one written before; nothing to do without a directory.
  Result<void> write_record(const Record& record);
  [[nodiscard]] const std::shared_ptr<const Directory>& directory() const noexcept {
    return directory_;
  }

private:
  DeviceClaim(media::DeviceInfo device, ClaimMode mode, std::shared_ptr<const Directory> directory);
  std::optional<Refusal> take_lock_files();
  Result<void> take_lock_file(std::optional<LockFile>& lock, const char* suffix, LockKind kind);
  void do_without_directory(const Error& error);
  [[nodiscard]] Refusal held() const;
  [[nodiscard]] Refusal observed() const;

  media::DeviceInfo device_;
  ClaimMode mode_;
  std::shared_ptr<const Directory> directory_;
  // Given back in reverse: the lock that everybody sees goes last.
  std::optional<DeviceLock> device_lock_;
  std::optional<LockFile> holder_lock_;
  std::optional<LockFile> observers_lock_;
  std::string record_name_;
  UniqueFd record_; // locked: what makes the record live
  pid_t pid_;
};

} // namespace famfs::holder
