#include "holder/claim_table.h"

#include "base/diag.h"
#include "base/text.h"
#include "holder/record.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace famfs::holder {

std::expected<std::vector<ClaimKey>, Refusal>
ClaimTable::claim(std::span<const media::Device* const> devices, const Owner& owner,
                  const HolderInfo& info, ClaimMode mode) {
  const std::lock_guard lock(mutex_);
  // All are locked before any is told of: a refusal then has nothing to take back but locks.
  auto taken = take(devices, owner, mode);
  if (!taken) {
    return std::unexpected(std::move(taken).error());
  }
  for (auto& [device, claim] : taken->fresh) {
    enter(device->info(), std::move(claim), owner, info, mode);
  }
  for (const ClaimKey& key : taken->again) {
    ++held_.at(key).count;
  }
  return std::move(taken->all);
}

std::expected<ClaimTable::Taken, Refusal>
ClaimTable::take(std::span<const media::Device* const> devices, const Owner& owner,
                 ClaimMode mode) {
  Taken taken;
  for (const media::Device* device : devices) {
    const media::DeviceInfo& info = device->info();
    const ClaimKey key = key_for(info.id, owner, mode);
    if (const auto held = held_.find(key); held != held_.end()) {
      if (auto refusal = check_held(held->second, info, owner, mode)) {
        return std::unexpected(std::move(*refusal));
      }
      taken.again.push_back(key);
    } else if (!taken.all.empty() && taken.all.back() == key) { // twice in one set
      taken.again.push_back(key);
    } else {
      auto claim = DeviceClaim::take(info, mode, usable_directory(info));
      if (!claim) {
        return std::unexpected(std::move(claim).error());
      }
      taken.fresh.emplace_back(device, std::move(*claim));
    }
    taken.all.push_back(key);
  }
  return taken;
}

// What an owner holds it need not observe as well: that is one more count of the same.
ClaimKey ClaimTable::key_for(const media::DeviceId& device, const Owner& owner,
                             ClaimMode mode) const {
  ClaimKey key{.device = device, .observer = {}};
  if (mode == ClaimMode::observe) {
    const auto held = held_.find(key);
    if (held == held_.end() || held->second.owner != owner) {
      key.observer = owner.token;
    }
  }
  return key;
}

std::optional<Refusal> ClaimTable::check_held(const Held& held, const media::DeviceInfo& device,
                                              const Owner& owner, ClaimMode mode) const {
  if (held.owner != owner) {
    return Refusal{.error = {.code = Errc::busy,
                             .message = fmt::format("{}: held by {}: release it first",
                                                    printable(device.path), held.record.text())}};
  }
  if (mode == ClaimMode::hold_alone && held.record.mode != ClaimMode::hold_alone) {
    return Refusal{.error = {.code = Errc::invalid,
                             .message = fmt::format("{}: held by the same owner, but not alone: "
                                                    "release it first",
                                                    printable(device.path))}};
  }
  return std::nullopt;
}

void ClaimTable::enter(const media::DeviceInfo& device, DeviceClaim claim, const Owner& owner,
                       const HolderInfo& info, ClaimMode mode) {
  Record record{.device = device.id,
                .device_path = device.path,
                .pid = ::getpid(),
                .program = info.program,
                .mount_point = info.mount_point,
                .since = now_as_text(),
                .mode = mode,
                .live = true};
  if (auto written = claim.write_record(record); !written) {
    diag::warning("{}: claimed without a record: {}", printable(device.path),
                  written.error().message);
  }
  std::shared_ptr<FailureListener> listener;
  if (mode != ClaimMode::observe) {
    listener = std::make_shared<FailureListener>(info.notify_failure);
  }
  if (listener && info.notify_failure && claim.directory()) {
    if (auto heard = channel_.listen(claim.directory(), socket_name(device.id), listener); !heard) {
      diag::warning("{}: no memory failures will be heard of from other processes: {}",
                    printable(device.path), heard.error().message);
    }
  }
  held_.try_emplace(
      {.device = device.id, .observer = mode == ClaimMode::observe ? owner.token : std::string()},
      Held{.owner = owner,
           .count = 1,
           .record = std::move(record),
           .claim = std::move(claim),
           .listener = std::move(listener)});
}

Result<void> ClaimTable::release(const ClaimKey& key, const Owner& owner) {
  std::map<ClaimKey, Held>::node_type last; // ends without the mutex: it may wait for a callback
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(key);
    if (held == held_.end() || held->second.owner != owner) {
      return fail(Errc::not_permitted,
                  fmt::format("{}: released by one who is not its owner ({})", key.device.text(),
                              held == held_.end() ? "nobody of this process has it"
                                                  : held->second.record.text()));
    }
    if (--held->second.count > 0) {
      return {};
    }
    last = held_.extract(held);
  }
  if (const auto& listener = last.mapped().listener) {
    listener->close();
    channel_.close(socket_name(key.device));
  }
  return {};
}

Result<void> ClaimTable::set_mount_point(std::span<const ClaimKey> keys,
                                         const std::string& mount_point) {
  const std::lock_guard lock(mutex_);
  for (const ClaimKey& key : keys) {
    const auto found = held_.find(key);
    if (found == held_.end()) {
      return fail(Errc::invalid,
                  fmt::format("{}: released already: claim it again", key.device.text()));
    }
    Held& held = found->second;
    held.record.mount_point = mount_point;
    if (auto written = held.claim.write_record(held.record); !written) {
      return written;
    }
  }
  return {};
}

std::optional<Record> ClaimTable::holder(const media::DeviceId& device) const {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find({.device = device, .observer = {}});
  return held == held_.end() ? std::nullopt : std::optional(held->second.record);
}

std::shared_ptr<FailureListener> ClaimTable::listener(const media::DeviceId& device) const {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find({.device = device, .observer = {}});
  return held == held_.end() ? nullptr : held->second.listener;
}

Result<std::shared_ptr<const Directory>> ClaimTable::directory(bool create) const {
  return Directory::open(options_.directory, options_.directory_uid, create);
}

std::shared_ptr<const Directory>
ClaimTable::usable_directory(const media::DeviceInfo& device) const {
  auto opened = directory(true);
  if (opened) {
    return std::move(*opened);
  }
  const Errc code = opened.error().code;
  diag::log(code == Errc::access_denied || code == Errc::not_permitted ? diag::Level::info
                                                                       : diag::Level::warning,
            fmt::format("{}: claimed without a record: {}", printable(device.path),
                        opened.error().message));
  return nullptr;
}

void ClaimTable::stop() noexcept {
  channel_.stop();
}

} // namespace famfs::holder
