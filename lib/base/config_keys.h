// The keys of famfs.yaml, declared once: reading, `famfs config` and the tests of the docs and of
// the example file go by this list.
#pragma once

#include "base/config.h"
#include "base/document.h"

#include <span>
#include <string>
#include <string_view>

namespace famfs {

struct ConfigKey {
  std::string_view section; // empty: the key is at the top
  std::string_view name;
  std::string_view value; // what it takes: "SECONDS"
  std::string_view none;  // what it means that no value is set; empty: there always is one
  Result<void> (*set)(Config& config, std::string_view text);
  Document (*get)(const Config& config); // null: none

  [[nodiscard]] std::string path() const; // "mount.timeout"
  // As the file spells it; empty: none.
  [[nodiscard]] std::string text(const Config& config) const;
};

// Those of a section follow each other.
[[nodiscard]] std::span<const ConfigKey> config_keys() noexcept;

} // namespace famfs
