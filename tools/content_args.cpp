#include "content_args.h"

#include "base/text.h"
#include "base/units.h"

#include <charconv>
#include <random>
#include <vector>

namespace famfs::tools {
namespace {

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto comma = text.find(',');
    fields.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) {
      return fields;
    }
    text.remove_prefix(comma + 1);
  }
}

std::unexpected<Error> malformed(std::string_view text, std::string_view wanted) {
  return fail(Errc::invalid, fmt::format("\"{}\": not of the form {}", printable(text), wanted));
}

} // namespace

Result<std::uint32_t> parse_seed(std::string_view text) {
  std::uint32_t seed = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, status] = std::from_chars(begin, end, seed);
  if (status != std::errc{} || rest != end || seed == 0) {
    return fail(Errc::invalid,
                fmt::format("seed \"{}\": not a number from 1 to {}", printable(text), UINT32_MAX));
  }
  return seed;
}

std::uint32_t random_seed() {
  std::random_device device;
  return std::uniform_int_distribution<std::uint32_t>(1)(device);
}

Result<SizedFile> parse_sized_file(std::string_view text) {
  const auto fields = fields_of(text);
  if ((fields.size() != 2 && fields.size() != 3) || fields[0].empty()) {
    return malformed(text, "FILE,SIZE[,SEED]");
  }
  SizedFile file{.path = std::string(fields[0]), .size = 0, .seed = {}};
  const auto size = parse_size(fields[1]);
  if (!size) {
    return fail(Errc::invalid, fmt::format("\"{}\": {}", printable(text), size.error().message));
  }
  file.size = *size;
  if (fields.size() == 3) {
    const auto seed = parse_seed(fields[2]);
    if (!seed) {
      return fail(Errc::invalid, fmt::format("\"{}\": {}", printable(text), seed.error().message));
    }
    file.seed = *seed;
  }
  return file;
}

Result<SeededFile> parse_seeded_file(std::string_view text) {
  const auto fields = fields_of(text);
  if (fields.size() != 2 || fields[0].empty()) {
    return malformed(text, "FILE,SEED");
  }
  const auto seed = parse_seed(fields[1]);
  if (!seed) {
    return fail(Errc::invalid, fmt::format("\"{}\": {}", printable(text), seed.error().message));
  }
  return SeededFile{.path = std::string(fields[0]), .seed = *seed};
}

} // namespace famfs::tools
