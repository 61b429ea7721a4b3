// The holder registry: who has a device on this host. The table in docs/architecture.md ("Holder
// registry"), row by row; the counterpart of the kernel's fs_dax_get() / fs_put_dax().
//
// The truth is a lock (flock LOCK_EX on the device node itself, so that every mount namespace that
// sees the node is excluded and SIGKILL ends the claim at once, and on the record's lock file, so
// that another node of the same device is). The record, YAML under Options::directory, is for
// people. Nothing in that directory is trusted: no symlinks followed, no FIFOs opened, owner
// checked.
//
// A child made by fork(2) that lives on without exec keeps its parent's locks: a daemon forks
// before it claims. Nothing leaks through exec.
//
// Observers, and another node of the same device, exclude through Options::directory alone: not
// across mount namespaces with different ones, and not for those who cannot write to it.
//
// Thread-safe. Lock order: registry mutex, then device locks in DeviceId order. Callbacks run
// without the mutex: on the registry's listener thread, or on that of a report_failure() in this
// process.
#pragma once

#include "base/error.h"
#include "media/device.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace famfs::holder {

// What a claim is for.
enum class ClaimMode : std::uint8_t {
  hold,       // a mount: the only holder; observers may be there
  hold_alone, // mkfs, fsck --repair: no observers either
  observe,    // a client mount beside a master, fsck without --repair of a mounted device: stops
              // nobody but hold_alone
};

// The token that names an owner. Two values made by make() are never equal.
struct Owner {
  std::string token;
  [[nodiscard]] static Owner make();
  bool operator==(const Owner&) const = default;
};

using FailureCallback = std::function<void(std::uint64_t offset, std::uint64_t length)>;

struct HolderInfo {
  std::string program;     // "famfsd"
  std::string mount_point; // empty: none
  FailureCallback
      notify_failure; // empty: does not listen; of observers it is not used. Once the last
                      // release returns it does not run (unless it is the one releasing)
};

// What a record says: for messages and `famfs holders`.
struct Record {
  media::DeviceId device;
  std::string device_path;
  int pid = 0;
  std::string program;
  std::string mount_point;
  std::string since; // RFC 3339, local time zone
  ClaimMode mode = ClaimMode::hold;
  bool live = false;                      // the lock behind it is held
  [[nodiscard]] std::string text() const; // "famfsd (pid 17), mounted on /mnt/x since …"
};

class Registry;

// RAII: gives back one count per device when destroyed.
class Claim {
public:
  Claim() noexcept;
  Claim(Claim&&) noexcept;
  Claim& operator=(Claim&&) noexcept;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();
  void release() noexcept;
  // The mount point becomes known after the claim; rewrites the record.
  Result<void> set_mount_point(const std::string& mount_point);
  [[nodiscard]] explicit operator bool() const noexcept;

private:
  friend class Registry;
  struct State;
  std::unique_ptr<State> state_;
};

class Registry {
public:
  struct Options {
    std::filesystem::path directory = "/run/famfs/holders";
    int directory_uid = -1; // whose records are believed beside the caller's own; -1: root's
  };
  Registry();
  explicit Registry(Options options);
  ~Registry(); // not from a callback; claims that are left stay, but are told of no more failures
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // All devices or none, in DeviceId order, rolled back on the first refusal. Held by another:
  // Errc::busy, the message names device and holder. Held by the same owner in this registry:
  // counted; the first claim's info stays, and what is held but not alone cannot be had alone.
  // A stale record is noted (diag::info) and replaced. Where the directory cannot be written (not
  // root), the lock on the device alone excludes and no record is written (diag::info).
  [[nodiscard]] Result<Claim> claim(std::span<const media::Device* const> devices,
                                    const Owner& owner, const HolderInfo& info,
                                    ClaimMode mode = ClaimMode::hold);

  // One count. Not the owner: Errc::not_permitted, logged with diag::error; the claim stands.
  Result<void> release(const media::DeviceId& device, const Owner& owner);

  // From any process: the holder's notify_failure is called (through the record's socket when it is
  // another process). No holder, or none that listens: Errc::unsupported. Only root or the holder's
  // user.
  Result<void> report_failure(const media::DeviceId& device, std::uint64_t offset,
                              std::uint64_t length);

  // Who holds it now; nullopt: nobody. Records whose lock is gone do not count.
  [[nodiscard]] std::optional<Record> holder(const media::DeviceId& device) const;
  // Every record, live or stale, observers too. Malformed ones are skipped with a diag::warning.
  [[nodiscard]] std::vector<Record> list() const;

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace famfs::holder
