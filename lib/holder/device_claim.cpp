#include "holder/device_claim.h"

#include "base/diag.h"
#include "base/text.h"
#include "holder/record.h"

#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace famfs::holder {

namespace {

const char* way_out(const Record& record) {
  return record.mount_point.empty() ? "wait until it ends, or stop it" : "unmount it first";
}

std::string unrecorded(const media::DeviceInfo& device) {
  struct stat st{};
  const auto owner =
      ::stat(device.path.c_str(), &st) == 0 ? lock_owner(st.st_dev, st.st_ino) : std::nullopt;
  return owner ? fmt::format("{}: held by a process that left no record (pid {}, {}): wait until "
                             "it ends, or stop it",
                             printable(device.path), owner->pid, printable(owner->program))
               : fmt::format("{}: held by a process that left no record: look for it with "
                             "`fuser -v {}`",
                             printable(device.path), printable(device.path));
}

} // namespace

DeviceClaim::DeviceClaim(media::DeviceInfo device, ClaimMode mode,
                         std::shared_ptr<const Directory> directory)
    : device_(std::move(device)), mode_(mode), directory_(std::move(directory)), pid_(::getpid()) {}

DeviceClaim::~DeviceClaim() {
  // A forked child's copy is not its own to remove.
  if (record_ && pid_ == ::getpid() && directory_->leads_to(record_name_, record_.get())) {
    directory_->remove(record_name_);
  }
}

std::expected<DeviceClaim, Refusal> DeviceClaim::take(const media::DeviceInfo& device,
                                                      ClaimMode mode,
                                                      std::shared_ptr<const Directory> directory) {
  DeviceClaim claim(device, mode, std::move(directory));
  if (mode != ClaimMode::observe) {
    auto lock = DeviceLock::take(device);
    if (!lock) {
      return std::unexpected(lock.error().code == Errc::busy
                                 ? claim.held()
                                 : Refusal{.error = std::move(lock).error()});
    }
    claim.device_lock_.emplace(std::move(*lock));
  }
  if (auto refusal = claim.take_lock_files()) {
    return std::unexpected(std::move(*refusal));
  }
  if (claim.directory_) {
    remove_stale(*claim.directory_, device.id, mode != ClaimMode::observe);
  }
  return claim;
}

std::optional<Refusal> DeviceClaim::take_lock_files() {
  if (directory_ && mode_ != ClaimMode::observe) {
    if (auto taken = take_lock_file(holder_lock_, ".lock", LockKind::exclusive); !taken) {
      return held();
    }
  }
  if (directory_ && mode_ != ClaimMode::hold) {
    const auto kind = mode_ == ClaimMode::observe ? LockKind::shared : LockKind::exclusive;
    if (auto taken = take_lock_file(observers_lock_, ".observers", kind); !taken) {
      return mode_ == ClaimMode::observe ? held() : observed();
    }
  }
  return std::nullopt;
}

// Fails with Errc::busy alone; any other error is the directory's.
Result<void> DeviceClaim::take_lock_file(std::optional<LockFile>& lock, const char* suffix,
                                         LockKind kind) {
  auto taken = LockFile::take(directory_, device_.id.text() + suffix, kind);
  if (taken) {
    lock.emplace(std::move(*taken));
    return {};
  }
  if (taken.error().code == Errc::busy) {
    return std::unexpected(std::move(taken).error());
  }
  do_without_directory(taken.error());
  return {};
}

void DeviceClaim::do_without_directory(const Error& error) {
  const bool usual = error.code == Errc::access_denied || error.code == Errc::not_permitted;
  diag::log(
      usual ? diag::Level::info : diag::Level::warning,
      fmt::format("{}: claimed without a record: {}", printable(device_.path), error.message));
  observers_lock_.reset();
  holder_lock_.reset();
  directory_ = nullptr;
}

Refusal DeviceClaim::held() const {
  const auto record = directory_ ? live_record(*directory_, record_name(device_.id)) : std::nullopt;
  // Only one who holds alone stops an observer: of another's record it is not the reason.
  if (record && (mode_ != ClaimMode::observe || record->mode == ClaimMode::hold_alone)) {
    return {.error = {.code = Errc::busy,
                      .message = fmt::format("{}: held by {}: {}", printable(device_.path),
                                             record->text(), way_out(*record))}};
  }
  return {.error = {.code = Errc::busy, .message = unrecorded(device_)}, .passing = true};
}

Refusal DeviceClaim::observed() const {
  const auto record = live_observer(*directory_, device_.id);
  return {.error = {.code = Errc::busy,
                    .message = record
                                   ? fmt::format("{}: observed by {}: {}", printable(device_.path),
                                                 record->text(), way_out(*record))
                                   : fmt::format("{}: observed by a process that left no "
                                                 "record: wait until it ends",
                                                 printable(device_.path))},
          .passing = !record};
}

Result<void> DeviceClaim::write_record(const Record& record) {
  if (!directory_) {
    return {};
  }
  if (record_name_.empty()) {
    record_name_ =
        mode_ == ClaimMode::observe ? observer_record_name(device_.id) : record_name(device_.id);
  }
  auto file = directory_->replace_locked(record_name_, record_yaml(record));
  if (!file) {
    return std::unexpected(std::move(file).error());
  }
  record_ = std::move(*file);
  return {};
}

} // namespace famfs::holder
