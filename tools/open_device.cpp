#include "open_device.h"

#include "base/text.h"
#include "mount_point.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include <sys/stat.h>

namespace famfs::tools {
namespace {

using namespace std::chrono_literals;
constexpr auto kGoing = 2s;
constexpr auto kLook = 50ms;

Result<holder::Claim> claim_patiently(const Context& context, holder::Registry& registry,
                                      const media::Device& device, const std::string& program,
                                      holder::ClaimMode mode) {
  const std::array<const media::Device*, 1> devices{&device};
  const holder::Owner owner = holder::Owner::make();
  const auto until = std::chrono::steady_clock::now() + kGoing;
  for (;;) {
    auto claim = registry.claim(
        devices, owner, {.program = program, .mount_point = {}, .notify_failure = {}}, mode);
    if (claim || claim.error().code != Errc::busy || context.interrupted.load() ||
        std::chrono::steady_clock::now() > until) {
      return claim;
    }
    const auto mounts = mounts_of_device(context, device.info().path);
    if (!mounts || !mounts->empty()) {
      return claim;
    }
    std::this_thread::sleep_for(kLook);
  }
}

} // namespace

Result<OpenedDevice> open_device(const Context& context, const std::string& program,
                                 const std::string& path, media::Access access,
                                 holder::ClaimMode mode) {
  auto device = media::Device::open(path, access);
  if (!device) {
    return std::unexpected(device.error());
  }
  OpenedDevice opened;
  opened.info = device->info();
  opened.bad = context.known_bad(opened.info);
  opened.registry = std::make_unique<holder::Registry>(context.holders);
  auto claim = claim_patiently(context, *opened.registry, *device, program, mode);
  if (!claim) {
    return std::unexpected(claim.error());
  }
  opened.claim = std::move(*claim);
  auto memory = device->map();
  if (!memory) {
    return std::unexpected(memory.error());
  }
  opened.memory = std::move(*memory);
  return opened;
}

Result<DeviceOfPath> device_of_path(const Context& context, const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) {
      return DeviceOfPath{.device = path, .by_mount = false}; // who opens it says what to do
    }
    return fail_errno(errno, printable(path));
  }
  auto mount = mount_of(context, path);
  if (mount) {
    return DeviceOfPath{.device = mount->device, .by_mount = true};
  }
  if (S_ISDIR(status.st_mode)) {
    return std::unexpected(mount.error());
  }
  return DeviceOfPath{.device = path, .by_mount = false};
}

} // namespace famfs::tools
