#include "options.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace famfs::daemon {
namespace {

// What mount(8) and fstab add for their own use, and what changes nothing here: FUSE keeps no
// access times, and every write is synchronous already.
constexpr std::array kIgnored{
    std::string_view("defaults"),   std::string_view("master"),        std::string_view("nofail"),
    std::string_view("fail"),       std::string_view("_netdev"),       std::string_view("auto"),
    std::string_view("noauto"),     std::string_view("user"),          std::string_view("nouser"),
    std::string_view("users"),      std::string_view("owner"),         std::string_view("group"),
    std::string_view("relatime"),   std::string_view("norelatime"),    std::string_view("diratime"),
    std::string_view("nodiratime"), std::string_view("strictatime"),   std::string_view("lazytime"),
    std::string_view("nolazytime"), std::string_view("nostrictatime"), std::string_view("mand"),
    std::string_view("nomand"),     std::string_view("silent"),        std::string_view("loud")};
constexpr std::array kIgnoredPrefixes{
    std::string_view("x-"),      std::string_view("X-"),       std::string_view("comment="),
    std::string_view("user="),   std::string_view("helper="),  std::string_view("uhelper="),
    std::string_view("fsname="), std::string_view("subtype="), std::string_view("pri=")};
// libfuse turns these into mount(2)'s flags.
constexpr std::array kKernel{
    std::string_view("suid"),  std::string_view("nosuid"), std::string_view("dev"),
    std::string_view("nodev"), std::string_view("exec"),   std::string_view("noexec"),
    std::string_view("async"), std::string_view("sync"),   std::string_view("dirsync"),
    std::string_view("atime"), std::string_view("noatime")};
constexpr std::array kKernelPrefixes{std::string_view("context="), std::string_view("fscontext="),
                                     std::string_view("defcontext="),
                                     std::string_view("rootcontext=")};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::ranges::find(list, text) != list.end();
}
template <std::size_t N>
bool begins_with_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::ranges::any_of(list, [&](std::string_view p) { return text.starts_with(p); });
}

// Ours. With a value: given as name=value.
struct MountOption {
  OptionInfo info;
  bool MountOptions::* flag = nullptr; // what it sets, and to what …
  bool on = true;
  std::string_view key{};  // … and the key of famfs.yaml that it goes over
  std::string_view text{}; // with this; empty: with the option's own value
};
constexpr auto kOurs = std::to_array<MountOption>({
    {.info = {.name = "ro", .help = "read-only: nothing is written to the device"},
     .flag = &MountOptions::read_only},
    {.info = {.name = "rw", .help = "not read-only (the default)"},
     .flag = &MountOptions::read_only,
     .on = false},
    {.info = {.name = "client", .help = "stand for another host: append nothing, claim nothing"},
     .flag = &MountOptions::client},
    {.info = {.name = "raw", .help = "show the device itself, as one file, whatever is on it"},
     .flag = &MountOptions::raw},
    {.info = {.name = "system_uuid",
              .value = "UUID",
              .help = "this host's system UUID, instead of the file's"},
     .key = "system_uuid"},
    {.info = {.name = "mmap",
              .value = "refused|cached",
              .help =
                  "mmap(MAP_SHARED) without libfamfs: ENODEV (the default), or through the page "
                  "cache, for one host"},
     .key = "mount.mmap"},
    {.info = {.name = "allow_other", .help = "other users may enter (the default)"},
     .key = "mount.allow_other",
     .text = "true"},
    {.info = {.name = "nouseraccess", .help = "only the mounting user may enter"},
     .key = "mount.allow_other",
     .text = "false"},
    {.info = {.name = "default_permissions",
              .help = "the kernel checks permission bits (the default)"},
     .key = "mount.default_permissions",
     .text = "true"},
    {.info = {.name = "nodefaultperm", .help = "the kernel does not check permission bits"},
     .key = "mount.default_permissions",
     .text = "false"},
    {.info = {.name = "uid",
              .value = "UID",
              .help = "owner of the root directory, which the format does not record"},
     .key = "mount.uid"},
    {.info = {.name = "gid", .value = "GID", .help = "its group"}, .key = "mount.gid"},
    {.info = {.name = "mode", .value = "OCTAL", .help = "its permission bits (755)"},
     .key = "mount.mode"},
    {.info = {.name = "timeout",
              .value = "SECONDS",
              .help =
                  "how long the kernel may keep names and attributes of committed files (3600)"},
     .key = "mount.timeout"},
    {.info = {.name = "loglevel",
              .value = "LEVEL",
              .help = "what the daemon logs from: debug, info (the default), warning, error"},
     .key = "logging.level"},
    {.info = {.name = "debug", .help = "every request in the log, and stay in the foreground"},
     .flag = &MountOptions::debug,
     .key = "logging.level",
     .text = "debug"},
});

Result<void> set(const MountOption& option, std::string_view value, MountOptions& into) {
  if (option.flag != nullptr) {
    into.*option.flag = option.on;
  }
  if (option.key.empty()) {
    return {};
  }
  auto done = set_config(into.config, option.key, option.text.empty() ? value : option.text);
  if (!done) {
    return fail(Errc::usage, fmt::format("mount option {}={}: {}", option.info.name,
                                         printable(value), done.error().message));
  }
  return done;
}

// nullopt: not one of them.
std::optional<Result<void>> set_ours(std::string_view option, MountOptions& into) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const auto* const found = std::ranges::find_if(kOurs, [&](const MountOption& ours) {
    return ours.info.name == name && ours.info.value.empty() == (equals == std::string_view::npos);
  });
  if (found == kOurs.end()) {
    return std::nullopt;
  }
  return set(*found, found->info.value.empty() ? "" : option.substr(equals + 1), into);
}

Result<void> set_option(std::string_view option, bool sloppy, MountOptions& into) {
  if (auto done = set_ours(option, into)) {
    return std::move(*done);
  }
  if (option.empty() || is_one_of(option, kIgnored) ||
      begins_with_one_of(option, kIgnoredPrefixes)) {
    return {};
  }
  if (is_one_of(option, kKernel) || begins_with_one_of(option, kKernelPrefixes)) {
    into.kernel.emplace_back(option);
    return {};
  }
  if (option == "remount") {
    return fail(Errc::usage,
                "mount option remount: a mount cannot be changed: unmount it and mount it again");
  }
  if (sloppy) {
    return {};
  }
  return fail(Errc::usage,
              fmt::format("mount option {}: unknown: remove it, or see --help", printable(option)));
}

// libfuse splits its list at commas; a backslash keeps one.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

} // namespace

bool called_as_helper(std::string_view program) noexcept {
  return program.substr(program.rfind('/') + 1).starts_with("mount.");
}

Result<void> parse_mount_options(std::string_view list, bool sloppy, MountOptions& into) {
  std::size_t begin = 0;
  bool quoted = false; // SELinux contexts hold commas, in double quotes
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') {
      quoted = !quoted;
    }
    if (i < list.size() && (list[i] != ',' || quoted)) {
      continue;
    }
    if (auto set = set_option(list.substr(begin, i - begin), sloppy, into); !set) {
      return set;
    }
    begin = i + 1;
  }
  return {};
}

MountOptionNames mount_option_names() {
  MountOptionNames names;
  for (const MountOption& option : kOurs) {
    names.ours.push_back(option.info);
  }
  const auto add = [](std::vector<std::string_view>& to, auto... lists) {
    (to.insert(to.end(), lists.begin(), lists.end()), ...);
  };
  add(names.kernel, kKernel, kKernelPrefixes);
  add(names.ignored, kIgnored, kIgnoredPrefixes);
  return names;
}

std::string kernel_mount_options(const CommandLine& line, const Caller& caller) {
  const MountOptions& options = line.options;
  std::string out = fmt::format("fsname={},subtype=famfs", escaped(line.device));
  if (options.config.mount.default_permissions) {
    out += ",default_permissions";
  }
  if (options.config.mount.allow_other && caller.may_allow_other) {
    out += ",allow_other";
  }
  out += options.read_only ? ",ro" : ",rw";
  out += ",nosuid,nodev";
  for (const std::string& option : options.kernel) {
    if (caller.root || (option != "suid" && option != "dev")) {
      out += "," + escaped(option);
    }
  }
  return out;
}

} // namespace famfs::daemon
