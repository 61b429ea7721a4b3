// Who of this process has which device: owners, counts, and what each claim holds in the system.
//
// Thread-safe. One mutex; under it nothing waits: locks are tried, records written. Callbacks run,
// and are waited for, without it.
#pragma once

#include "base/error.h"
#include "holder/device_claim.h"
#include "holder/failure_channel.h"
#include "holder/registry.h"

#include <compare>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace famfs::holder {

// A device has one holder and any number of observers.
struct ClaimKey {
  media::DeviceId device;
  std::string observer; // its owner's token; empty: the holder
  auto operator<=>(const ClaimKey&) const = default;
};

class ClaimTable {
public:
  explicit ClaimTable(Registry::Options options) : options_(std::move(options)) {}
  ClaimTable(const ClaimTable&) = delete;
  ClaimTable& operator=(const ClaimTable&) = delete;
  ~ClaimTable() = default;

  // All or none; `devices` in DeviceId order. One try: a Refusal may be a passing one.
  [[nodiscard]] std::expected<std::vector<ClaimKey>, Refusal>
  claim(std::span<const media::Device* const> devices, const Owner& owner, const HolderInfo& info,
        ClaimMode mode);
  // Gives one count back. Errc::not_permitted: not this owner's. Waits for a callback that runs.
  Result<void> release(const ClaimKey& key, const Owner& owner);
  Result<void> set_mount_point(std::span<const ClaimKey> keys, const std::string& mount_point);

  [[nodiscard]] std::optional<Record> holder(const media::DeviceId& device) const;
  // Null: not held here; else what to call, which may be a listener without a callback.
  [[nodiscard]] std::shared_ptr<FailureListener> listener(const media::DeviceId& device) const;
  [[nodiscard]] Result<std::shared_ptr<const Directory>> directory(bool create) const;
  void stop() noexcept; // no more callbacks of other processes' reports

private:
  struct Held {
    Owner owner;
    unsigned count = 0;
    Record record;
    DeviceClaim claim;
    std::shared_ptr<FailureListener> listener; // null for observers
  };
  struct Taken {
    std::vector<ClaimKey> again; // this owner's already
    std::vector<std::pair<const media::Device*, DeviceClaim>> fresh;
    std::vector<ClaimKey> all;
  };
  std::expected<Taken, Refusal> take(std::span<const media::Device* const> devices,
                                     const Owner& owner, ClaimMode mode);
  std::optional<Refusal> check_held(const Held& held, const media::DeviceInfo& device,
                                    const Owner& owner, ClaimMode mode) const;
  void enter(const media::DeviceInfo& device, DeviceClaim claim, const Owner& owner,
             const HolderInfo& info, ClaimMode mode);
  [[nodiscard]] ClaimKey key_for(const media::DeviceId& device, const Owner& owner,
                                 ClaimMode mode) const;
  [[nodiscard]] std::shared_ptr<const Directory>
  usable_directory(const media::DeviceInfo& device) const;

  const Registry::Options options_;
  mutable std::mutex mutex_; // guards held_
  std::map<ClaimKey, Held> held_;
  FailureChannel channel_;
};

} // namespace famfs::holder
