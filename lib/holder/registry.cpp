#include "holder/registry.h"

#include "base/diag.h"
#include "base/units.h"
#include "base/uuid.h"
#include "holder/claim_table.h"
#include "holder/record.h"

#include <algorithm>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include <unistd.h>

namespace famfs::holder {

namespace {

// How long a refusal that no live record explains is given to pass: a claimer has the lock a little
// before its record is there, which on a machine without an accelerator takes 100 ms and more.
constexpr auto kPatience = std::chrono::milliseconds(1000);
constexpr auto kPause = std::chrono::milliseconds(5);

// Exceptions of libraries end here.
template <class F> auto guarded(F&& body) -> decltype(body()) {
  try {
    return std::forward<F>(body)();
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, "holder registry: out of memory");
  } catch (const std::exception& e) {
    return fail(Errc::system, std::string("holder registry: ") + e.what());
  }
}

Result<std::vector<const media::Device*>> in_order(std::span<const media::Device* const> devices,
                                                   const Owner& owner) {
  if (devices.empty() || std::ranges::find(devices, nullptr) != devices.end()) {
    return fail(Errc::invalid, "claim: no device is given: name one");
  }
  if (owner.token.empty()) {
    return fail(Errc::invalid, "claim: the owner has no token: take Owner::make()");
  }
  std::vector<const media::Device*> ordered(devices.begin(), devices.end());
  std::ranges::sort(ordered, {}, [](const media::Device* device) { return device->info().id; });
  return ordered;
}

Result<void> check_range(std::uint64_t offset, std::uint64_t length) {
  if (length == 0 || !checked_add(offset, length)) {
    return fail(Errc::invalid, fmt::format("memory failure at {} of {} bytes: not a range of a "
                                           "device: give its offset and length",
                                           offset, length));
  }
  return {};
}

std::unexpected<Error> nobody_listens(const media::DeviceId& device, const char* why) {
  return fail(Errc::unsupported,
              fmt::format("{}: memory failure not reported: {}", device.text(), why));
}

} // namespace

Owner Owner::make() {
  return {.token = Uuid::random().text()};
}

struct Claim::State {
  std::shared_ptr<ClaimTable> table;
  Owner owner;
  std::vector<ClaimKey> keys;
  pid_t pid; // what a forked child inherits is not its own to give back
};

Claim::Claim() noexcept = default;
Claim::Claim(Claim&&) noexcept = default;

Claim& Claim::operator=(Claim&& other) noexcept {
  if (this != &other) {
    release();
    state_ = std::move(other.state_);
  }
  return *this;
}

Claim::~Claim() {
  release();
}

void Claim::release() noexcept {
  const auto state = std::exchange(state_, nullptr);
  if (!state || state->pid != ::getpid()) {
    return;
  }
  for (const ClaimKey& key : state->keys) {
    // Refused where Registry::release() took this count already.
    const auto released = guarded([&] { return state->table->release(key, state->owner); });
    static_cast<void>(released);
  }
}

Result<void> Claim::set_mount_point(const std::string& mount_point) {
  if (!state_) {
    return fail(Errc::invalid, "set_mount_point: nothing is claimed: claim first");
  }
  return guarded([&] { return state_->table->set_mount_point(state_->keys, mount_point); });
}

Claim::operator bool() const noexcept {
  return state_ != nullptr;
}

struct Registry::Impl {
  std::shared_ptr<ClaimTable> table; // shared with the claims, which may outlive the registry
};

Registry::Registry() : Registry(Options()) {}

Registry::Registry(Options options)
    : impl_(std::make_shared<Impl>(std::make_shared<ClaimTable>(std::move(options)))) {}

Registry::~Registry() {
  impl_->table->stop();
}

Result<Claim> Registry::claim(std::span<const media::Device* const> devices, const Owner& owner,
                              const HolderInfo& info, ClaimMode mode) {
  return guarded([&]() -> Result<Claim> {
    const auto ordered = in_order(devices, owner);
    if (!ordered) {
      return std::unexpected(ordered.error());
    }
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      auto keys = impl_->table->claim(*ordered, owner, info, mode);
      if (keys) {
        Claim claim;
        claim.state_ =
            std::make_unique<Claim::State>(impl_->table, owner, std::move(*keys), ::getpid());
        return claim;
      }
      if (!keys.error().passing || std::chrono::steady_clock::now() >= give_up) {
        return std::unexpected(std::move(keys).error().error);
      }
      std::this_thread::sleep_for(kPause);
    }
  });
}

Result<void> Registry::release(const media::DeviceId& device, const Owner& owner) {
  return guarded([&]() -> Result<void> {
    auto released = impl_->table->release({.device = device, .observer = {}}, owner);
    if (released || impl_->table->release({.device = device, .observer = owner.token}, owner)) {
      return {};
    }
    diag::error("{}", released.error().message);
    return released;
  });
}

Result<void> Registry::report_failure(const media::DeviceId& device, std::uint64_t offset,
                                      std::uint64_t length) {
  return guarded([&]() -> Result<void> {
    if (auto checked = check_range(offset, length); !checked) {
      return checked;
    }
    if (const auto listener = impl_->table->listener(device)) {
      const int err = listener->call(offset, length);
      return err == 0            ? Result<void>()
             : err == EOPNOTSUPP ? nobody_listens(device, "its holder does not listen")
                                 : Result<void>(fail_errno(err, device.text()));
    }
    const auto directory = impl_->table->directory(false);
    if (!directory || !live_record(**directory, record_name(device))) {
      return nobody_listens(device, "nobody holds it");
    }
    return send_failure(**directory, socket_name(device), offset, length);
  });
}

std::optional<Record> Registry::holder(const media::DeviceId& device) const {
  try {
    if (auto own = impl_->table->holder(device)) {
      return own;
    }
    if (const auto directory = impl_->table->directory(false)) {
      if (auto record = live_record(**directory, record_name(device))) {
        return record;
      }
    }
    const auto owner = lock_owner(device);
    return owner ? std::optional(Record{.device = device,
                                        .device_path = {},
                                        .pid = owner->pid,
                                        .program = owner->program,
                                        .mount_point = {},
                                        .since = "a time unknown",
                                        .mode = ClaimMode::hold,
                                        .live = true})
                 : std::nullopt;
  } catch (const std::exception& e) {
    diag::log(diag::Level::error, e.what());
    return std::nullopt;
  }
}

std::vector<Record> Registry::list() const {
  std::vector<Record> records;
  try {
    const auto directory = impl_->table->directory(false);
    if (!directory) {
      if (directory.error().code != Errc::not_found) {
        diag::warning("{}", directory.error().message);
      }
      return records;
    }
    for (const std::string& file_name : (*directory)->names()) {
      if (file_name.starts_with('.') || !file_name.ends_with(".yaml")) {
        continue; // locks, sockets, records that are being written
      }
      auto record = read_record(**directory, file_name);
      if (record) {
        records.push_back(std::move(*record));
      } else if (record.error().code != Errc::not_found) { // gone meanwhile
        diag::warning("{}", record.error().message);
      }
    }
  } catch (const std::exception& e) {
    diag::log(diag::Level::error, e.what());
  }
  return records;
}

} // namespace famfs::holder
