// What creat and verify are told of content: seeds, and files with sizes and seeds in one word.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace famfs::tools {

// 1 to 2^32 - 1, decimal. invalid.
[[nodiscard]] Result<std::uint32_t> parse_seed(std::string_view text);
[[nodiscard]] std::uint32_t random_seed();

struct SizedFile {
  std::string path;
  std::uint64_t size = 0;
  std::optional<std::uint32_t> seed;
};
// "FILE,SIZE[,SEED]": so a name with a comma cannot be given this way.
[[nodiscard]] Result<SizedFile> parse_sized_file(std::string_view text);

struct SeededFile {
  std::string path;
  std::uint32_t seed = 0;
};
[[nodiscard]] Result<SeededFile> parse_seeded_file(std::string_view text); // "FILE,SEED"

} // namespace famfs::tools
