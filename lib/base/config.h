// The defaults that an administrator sets, in /etc/famfs/famfs.yaml (docs/config.md has the keys).
//
// One mechanism makes the command line win over the file and the file over what is built in: a
// Config begins as what is built in, the file's values are put over it, then the options'.
// Thread-safe: values only.
#pragma once

#include "base/diag.h"
#include "base/error.h"
#include "base/uuid.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace famfs {

enum class MmapPolicy : std::uint8_t {
  refused, // MAP_SHARED through the page cache gives ENODEV: it cannot be coherent between hosts
  cached,  // the page cache, for one host
};

struct MountConfig {
  MmapPolicy mmap = MmapPolicy::refused;
  bool allow_other = true;               // other users than the mounting one
  bool default_permissions = true;       // the kernel checks permission bits
  std::optional<std::uint32_t> uid, gid; // the root directory's; none: the mounting user's
  std::uint32_t mode = 0755;             // the root directory's
  double timeout = 3600;                 // seconds the kernel may keep what is committed
};

struct MkfsConfig {
  std::uint64_t log_length = 8ULL << 20;
};

// How `famfs cp` and `famfs creat` interleave a file; none: contiguous.
struct AllocationConfig {
  std::optional<std::uint32_t> strips, buckets;
  std::optional<std::uint64_t> chunk;
};

struct LoggingConfig {
  diag::Level level = diag::Level::info;
};

struct Config {
  std::optional<Uuid> system_uuid; // none: host_uuid() tells
  MountConfig mount;
  MkfsConfig mkfs;
  AllocationConfig allocation;
  LoggingConfig logging;
};

// One value, as the file and mount options spell it, by its key's full name ("mount.timeout"). The
// error is "why: what to do"; the caller knows where the value came from, and says so.
[[nodiscard]] Result<void> set_config(Config& config, std::string_view key, std::string_view text);

struct ConfigSource {
  std::string path = "/etc/famfs/famfs.yaml";
  bool required = false; // else one that is not there is an empty one

  // FAMFS_CONFIG, which must be there then (a set-user-id program does not look at it); else the
  // file in /etc.
  [[nodiscard]] static ConfigSource usual();
};

struct ConfigFile {
  std::string path;
  bool found = false;
  Config config;
  // Where each key of the file stands, "path:line:column", by its full name; sections too.
  std::map<std::string, std::string, std::less<>> places;
};

// Errors are one line that names file, line and column: unknown keys, wrong types, what is no YAML.
// A file that may not be read is an error as well: what it says would else not be in force, unseen.
[[nodiscard]] Result<ConfigFile> read_config(const ConfigSource& source);

} // namespace famfs
