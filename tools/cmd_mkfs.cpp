// mkfs.famfs: makes a file system, or makes one invalid (--kill).
#include "commands.h"

#include "base/document.h"
#include "base/text.h"
#include "base/units.h"
#include "cli.h"
#include "format/superblock.h"
#include "open_device.h"
#include "progress.h"
#include "system_uuid.h"
#include "volume/bad_memory.h"
#include "volume/defaults.h"
#include "volume/make.h"
#include "volume/superblock_io.h"

#include <array>
#include <ostream>

#include <unistd.h>

namespace famfs::tools {
namespace {

struct Options {
  bool force = false;
  bool kill = false;
  bool json = false;
  std::optional<std::uint64_t> log_length;
  std::optional<std::uint64_t> stand_in_size;
  Config defaults;
};

void say(Context& context, const Options& options, const std::string& path,
         const format::Superblock& made) {
  const std::uint64_t entries = format::log_capacity(made.log_length);
  if (options.json) {
    context.out << to_json({{"device", to_utf8(path)},
                            {"uuid", made.file_system.text()},
                            {"system_uuid", made.system.text()},
                            {"device_size", made.device_size},
                            {"log_len", made.log_length},
                            {"log", {{"entries", 0}, {"capacity", entries}}}});
    return;
  }
  context.out << fmt::format("{}: famfs file system {}, {} bytes ({}), a log of {} entries\n",
                             printable(path), made.file_system.text(), made.device_size,
                             format_size(made.device_size), entries);
}

// Before anything is touched: what can never hold a file system, and how to make it larger.
Result<void> big_enough(const media::DeviceInfo& device) {
  constexpr std::uint64_t least = format::kLogOffset + format::kMinLogLength + format::kAllocUnit;
  if (device.size >= least) {
    return {};
  }
  const std::string path = printable(device.path);
  return fail(Errc::unsupported,
              fmt::format("{}: {} are too few: superblock, the shortest log and one file take {}: "
                          "make it larger: {}",
                          path, format_size(device.size), format_size(least),
                          device.kind == media::DeviceKind::devdax
                              ? fmt::format("daxctl reconfigure-device -s SIZE {}, or, of a "
                                            "namespace, ndctl create-namespace -f -e NAMESPACE "
                                            "-s SIZE --mode=devdax --map=mem",
                                            path.substr(path.find_last_of('/') + 1))
                              : fmt::format("truncate -s 1G {}", path)));
}

Result<void> make(Context& context, const Options& options, const OpenedDevice& device) {
  const std::uint64_t log_length = options.log_length.value_or(options.defaults.mkfs.log_length);
  if (auto good = volume::metadata_is_good(device.bad, log_length, volume::NeedLog::yes); !good) {
    return good;
  }
  const auto there = volume::has_file_system(*device.memory);
  if (!there) {
    return std::unexpected(there.error());
  }
  if (*there && !options.force) {
    return fail(Errc::exists,
                fmt::format("{}: has a famfs file system already: --force makes a new "
                            "one over it, and its files are lost",
                            printable(device.info.path)));
  }
  auto system = system_uuid(context, options.defaults, HostIdMode::create);
  if (!system) {
    return std::unexpected(system.error());
  }
  Progress progress(context, "log", log_length, progress_style(options.json));
  auto made = volume::make(*device.memory,
                           {.log_length = log_length,
                            .system = *system,
                            .device_path = device.info.path,
                            .force = options.force,
                            .bad = device.bad},
                           [&](std::uint64_t done, std::uint64_t total) {
                             progress.set(done, total);
                             return !context.interrupted.load();
                           });
  if (!made && made.error().code == Errc::interrupted) {
    return fail(Errc::interrupted,
                fmt::format("{}: interrupted: there is no file system on it now: "
                            "run mkfs.famfs again",
                            printable(device.info.path)));
  }
  return made;
}

Result<void> work(Context& context, const Options& options, const std::string& path) {
  if (const auto info = media::inspect(path); info && !options.kill) {
    if (auto enough = big_enough(*info); !enough) {
      return enough;
    }
  }
  auto device = open_device(context, "mkfs.famfs", path, media::Access::read_write,
                            holder::ClaimMode::hold_alone);
  if (!device) {
    return std::unexpected(device.error());
  }
  if (options.kill) {
    auto killed = volume::kill(*device->memory);
    if (killed) {
      context.out << fmt::format("{}: the superblock is invalid now\n", printable(path));
    }
    return killed;
  }
  if (auto made = make(context, options, *device); !made) {
    return made;
  }
  const auto superblock = volume::valid_superblock(*device->memory, device->memory->size());
  if (!superblock) {
    return std::unexpected(superblock.error());
  }
  if (!device->bad.empty()) {
    warn(context, "mkfs.famfs",
         fmt::format("{}: {} ranges of bad memory in the space for files: they are not handed out: "
                     "fsck.famfs lists them",
                     printable(path), device->bad.size()));
  }
  say(context, options, path, *superblock);
  return {};
}

} // namespace

int run_mkfs(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "mkfs.famfs",
                            .purpose = "Makes a famfs file system on DEVICE: a devdax device "
                                       "(/dev/daxX.Y), or a file that stands in for one.",
                            .operands = "DEVICE"});
  command.flag('f', "force", "over a file system that is there; its files are lost", options.force)
      .flag('k', "kill", "with --force: make the superblock invalid and nothing new", options.kill)
      .size('l', "loglen", "the log's length, a power of two of at least 8m (8m)",
            options.log_length)
      .size('\0', "size", "make DEVICE, as a sparse file of this size", options.stand_in_size)
      .flag('\0', "json", "say what was made as JSON; progress too, on standard error",
            options.json);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (options.kill && !options.force) {
    return command.usage("--kill: makes a file system unusable: give --force as well");
  }
  if (options.kill && options.stand_in_size) {
    return command.usage("--kill and --size: one excludes the other");
  }
  const auto file = volume::read_defaults(context.config);
  if (!file) {
    return command.fail(file.error());
  }
  options.defaults = file->config;
  const std::string& path = command.operands()[0];
  if (options.stand_in_size) {
    if (auto made = media::make_stand_in(path, *options.stand_in_size); !made) {
      return command.fail(made.error());
    }
  }
  if (auto done = work(context, options, path); !done) {
    if (options.stand_in_size) {
      unlink(path.c_str()); // ours, and nothing is in it
    }
    return command.fail(done.error());
  }
  return 0;
}

} // namespace famfs::tools
