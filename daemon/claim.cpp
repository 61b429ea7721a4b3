#include "claim.h"

#include "mount_table.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>

namespace famfs::daemon {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(20);
// A holder without a record: one that is gone by now, or one that could write none (not root).
constexpr auto kPatienceWithStranger = std::chrono::milliseconds(500);

// How long to wait for the holder to end. Asked in the holder's own mount namespace.
std::chrono::milliseconds patience(const holder::Registry& registry,
                                   const media::DeviceId& device) {
  const auto record = registry.holder(device);
  if (!record) {
    return kPatienceWithStranger;
  }
  const bool ending = record->program == "famfsd" && !record->mount_point.empty() &&
                      !find_mount(std::to_string(record->pid), record->mount_point);
  return ending ? kPatience : std::chrono::milliseconds(0);
}

// Scripts look for the words of errno 16.
Error with_errno(Error error) {
  if (error.message.find("errno 16") == std::string::npos) {
    error.message += " (Device or resource busy (errno 16))";
  }
  return error;
}

} // namespace

Result<holder::Claim> claim_device(holder::Registry& registry, const media::Device& device,
                                   const CommandLine& line, Failures& failures) {
  const std::array devices{&device};
  const auto owner = holder::Owner::make();
  const holder::HolderInfo info{
      .program = "famfsd",
      .mount_point = line.mount_point,
      .notify_failure = [&failures](std::uint64_t offset, std::uint64_t length) {
        failures.note(offset, length);
      }};
  const auto mode = line.options.client ? holder::ClaimMode::observe : holder::ClaimMode::hold;
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    auto claim = registry.claim(devices, owner, info, mode);
    if (claim || claim.error().code != Errc::busy) {
      return claim;
    }
    if (std::chrono::steady_clock::now() - begin >= patience(registry, device.info().id)) {
      return std::unexpected(with_errno(std::move(claim.error())));
    }
    std::this_thread::sleep_for(kPause);
  }
}

} // namespace famfs::daemon
