#include "options.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace famfs::daemon {
namespace {

// What mount(8) and fstab add for their own use, and what changes nothing here: FUSE keeps no
// access times, and every write is synchronous already.
constexpr std::array kIgnored{
    std::string_view("defaults"),    std::string_view("master"),
    std::string_view("nofail"),      std::string_view("fail"),
    std::string_view("_netdev"),     std::string_view("auto"),
    std::string_view("noauto"),      std::string_view("user"),
    std::string_view("nouser"),      std::string_view("users"),
    std::string_view("owner"),       std::string_view("group"),
    std::string_view("relatime"),    std::string_view("norelatime"),
    std::string_view("diratime"),    std::string_view("nodiratime"),
    std::string_view("strictatime"), std::string_view("lazytime"),
    std::string_view("nolazytime"),  std::string_view("nostrictatime"),
    std::string_view("mand"),        std::string_view("nomand"),
    std::string_view("silent"),      std::string_view("loud"),
    std::string_view("allow_other"), std::string_view("default_permissions")};
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

Result<std::uint32_t> number(std::string_view option, std::string_view text, int base,
                             std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) {
    return fail(
        Errc::usage,
        fmt::format("mount option {}={}: not a number in range: give {}", option, printable(text),
                    base == 8 ? "octal digits, at most 1777" : "a number below 4294967295"));
  }
  return value;
}

Result<double> seconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !(value >= 0) ||
      value > 1e9) {
    return fail(Errc::usage,
                fmt::format("mount option timeout={}: not a time: give seconds, 0 or more",
                            printable(text)));
  }
  return value;
}

Result<void> bad_value(std::string_view option, std::string_view value, std::string_view choices) {
  return fail(Errc::usage, fmt::format("mount option {}={}: unknown value: use one of {}", option,
                                       printable(value), choices));
}

template <class T> Result<void> keep(std::optional<T>& into, Result<T> value) {
  if (!value) {
    return std::unexpected(std::move(value.error()));
  }
  into = *value;
  return {};
}

template <bool MountOptions::* member, bool value>
Result<void> set(std::string_view /*given*/, MountOptions& into) {
  into.*member = value;
  return {};
}

Result<void> set_system_uuid(std::string_view value, MountOptions& into) {
  auto uuid = Uuid::parse(value);
  if (!uuid) {
    uuid.error().code = Errc::usage;
  }
  return keep(into.system_uuid, std::move(uuid));
}

constexpr std::uint32_t kMostId = 0xFFFFFFFEU; // -1 is "no id" to the kernel

Result<void> set_mmap(std::string_view value, MountOptions& into) {
  if (value != "cached" && value != "refused") {
    return bad_value("mmap", value, "refused, cached");
  }
  into.mmap = value == "cached" ? MmapPolicy::cached : MmapPolicy::refused;
  return {};
}

Result<void> set_log_level(std::string_view value, MountOptions& into) {
  constexpr std::array levels{
      std::pair("debug", diag::Level::debug), std::pair("info", diag::Level::info),
      std::pair("warning", diag::Level::warning), std::pair("error", diag::Level::error)};
  for (const auto& [name, level] : levels) {
    if (value == name) {
      into.log_level = level;
      return {};
    }
  }
  return bad_value("loglevel", value, "debug, info, warning, error");
}

// Ours. With a value: given as name=value.
struct MountOption {
  OptionInfo info;
  Result<void> (*set)(std::string_view value, MountOptions& into);
};
constexpr auto kOurs = std::to_array<MountOption>({
    {{.name = "ro", .help = "read-only: nothing is written to the device"},
     set<&MountOptions::read_only, true>},
    {{.name = "rw", .help = "not read-only (the default)"}, set<&MountOptions::read_only, false>},
    {{.name = "client", .help = "stand for another host: append nothing, claim nothing"},
     set<&MountOptions::client, true>},
    {{.name = "system_uuid",
      .value = "UUID",
      .help = "this host's system UUID, instead of the file's"},
     set_system_uuid},
    {{.name = "mmap",
      .value = "refused|cached",
      .help = "mmap(MAP_SHARED) without libfamfs: ENODEV (the default), or through the page cache, "
              "for one host"},
     set_mmap},
    {{.name = "nouseraccess", .help = "only the mounting user may enter"},
     set<&MountOptions::user_access, false>},
    {{.name = "nodefaultperm", .help = "the kernel does not check permission bits"},
     set<&MountOptions::default_permissions, false>},
    {{.name = "uid",
      .value = "UID",
      .help = "owner of the root directory, which the format does not record"},
     [](std::string_view v, MountOptions& o) {
       return keep(o.uid, number("uid", v, 10, kMostId));
     }},
    {{.name = "gid", .value = "GID", .help = "its group"},
     [](std::string_view v, MountOptions& o) {
       return keep(o.gid, number("gid", v, 10, kMostId));
     }},
    {{.name = "mode", .value = "OCTAL", .help = "its permission bits (755)"},
     [](std::string_view v, MountOptions& o) { return keep(o.mode, number("mode", v, 8, 01777)); }},
    {{.name = "timeout",
      .value = "SECONDS",
      .help = "how long the kernel may keep names and attributes of committed files (3600)"},
     [](std::string_view v, MountOptions& o) { return keep(o.timeout, seconds(v)); }},
    {{.name = "loglevel",
      .value = "LEVEL",
      .help = "what the daemon logs from: debug, info (the default), warning, error"},
     set_log_level},
    {{.name = "debug", .help = "every request in the log, and stay in the foreground"},
     set<&MountOptions::debug, true>},
});

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
  return found->set(found->info.value.empty() ? "" : option.substr(equals + 1), into);
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
  if (options.default_permissions) {
    out += ",default_permissions";
  }
  if (options.user_access && caller.may_allow_other) {
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
