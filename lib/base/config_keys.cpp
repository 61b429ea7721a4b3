#include "base/config_keys.h"

#include "base/text.h"
#include "base/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>

namespace famfs {
namespace {

// -- values from text: errors are "why: what to do"

template <class T, class... Base>
std::optional<T> whole_number(std::string_view text, Base... base) {
  T value{};
  const char* const end = std::to_address(text.end());
  const auto [rest, status] = std::from_chars(std::to_address(text.begin()), end, value, base...);
  return status == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

Result<std::uint32_t> id(std::string_view text) {
  constexpr std::uint32_t most = UINT32_MAX - 1; // -1 is "no id" to the kernel
  const auto value = whole_number<std::uint32_t>(text);
  if (!value || *value > most) {
    return fail(Errc::invalid, fmt::format("not a number in range: give 0 to {}", most));
  }
  return *value;
}

Result<std::uint32_t> mode(std::string_view text) {
  const auto value = whole_number<std::uint32_t>(text, 8);
  if (!value || *value > 01777) {
    return fail(Errc::invalid, "not a mode: give octal digits, at most 1777");
  }
  return *value;
}

Result<std::uint32_t> count(std::string_view text) {
  const auto value = whole_number<std::uint32_t>(text);
  return value ? Result<std::uint32_t>(*value) : fail(Errc::invalid, "not a number: give digits");
}

Result<std::uint64_t> size(std::string_view text) {
  auto bytes = parse_size(text);
  return bytes ? bytes
               : fail(Errc::invalid,
                      "not a size: give digits and at most one of k, m, g, t, as in 8m");
}

Result<double> seconds(std::string_view text) {
  const auto value = whole_number<double>(text);
  if (!value || !(*value >= 0) || *value > 1e9) {
    return fail(Errc::invalid, "not a time: give seconds, 0 to 1000000000");
  }
  return *value;
}

Result<Uuid> uuid(std::string_view text) {
  auto parsed = Uuid::parse(text);
  return parsed ? parsed : fail(Errc::invalid, "not a UUID: give one of 36 characters");
}

template <class T> using Word = std::pair<std::string_view, T>;
constexpr auto kSwitch = std::to_array<Word<bool>>({{"true", true}, {"false", false}});
constexpr auto kMmap = std::to_array<Word<MmapPolicy>>(
    {{"refused", MmapPolicy::refused}, {"cached", MmapPolicy::cached}});
constexpr auto kLevel = std::to_array<Word<diag::Level>>({{"debug", diag::Level::debug},
                                                          {"info", diag::Level::info},
                                                          {"warning", diag::Level::warning},
                                                          {"error", diag::Level::error}});

template <const auto& words>
auto word(std::string_view text) -> Result<decltype(words.front().second)> {
  std::string known;
  for (const auto& [name, value] : words) {
    if (text == name) {
      return value;
    }
    known += known.empty() ? "" : ", ";
    known += name;
  }
  return fail(Errc::invalid, fmt::format("unknown value: give one of {}", known));
}

// -- and back

constexpr std::string_view kOctal = "OCTAL";

template <class T> Document optional(const std::optional<T>& value) {
  return value ? Document(*value) : Document();
}
template <class T> Document same(T value) {
  return value;
}
Document uuid_text(const std::optional<Uuid>& value) {
  return value ? Document(value->text()) : Document();
}
// 3600 and not 3600.0: as people write it.
Document whole_if_it_is(double value) {
  return value == std::floor(value) ? Document(static_cast<std::uint64_t>(value)) : Document(value);
}
template <const auto& words> Document name_of(decltype(words.front().second) value) {
  return std::string(
      std::ranges::find(words, value, [](const auto& w) { return w.second; })->first);
}

// field(config) is where the value lies.
template <auto field, auto parse, auto show>
consteval ConfigKey key(std::string_view section, std::string_view name, std::string_view value,
                        std::string_view none = {}) {
  return {.section = section,
          .name = name,
          .value = value,
          .none = none,
          .set = [](Config& config, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) {
              return std::unexpected(std::move(parsed.error()));
            }
            field(config) = *parsed;
            return {};
          },
          .get = [](const Config& config) { return show(field(config)); }};
}

#define FAMFS_FIELD(name) ([](auto& config) -> auto& { return (config.name); })

constexpr auto kKeys = std::to_array<ConfigKey>({
    key<FAMFS_FIELD(system_uuid), uuid, uuid_text>("", "system_uuid", "UUID", "none yet"),
    key<FAMFS_FIELD(mount.mmap), word<kMmap>, name_of<kMmap>>("mount", "mmap", "refused|cached"),
    key<FAMFS_FIELD(mount.allow_other), word<kSwitch>, same<bool>>("mount", "allow_other",
                                                                   "true|false"),
    key<FAMFS_FIELD(mount.default_permissions), word<kSwitch>, same<bool>>(
        "mount", "default_permissions", "true|false"),
    key<FAMFS_FIELD(mount.uid), id, optional<std::uint32_t>>("mount", "uid", "UID",
                                                             "the mounting user's"),
    key<FAMFS_FIELD(mount.gid), id, optional<std::uint32_t>>("mount", "gid", "GID",
                                                             "the mounting user's"),
    key<FAMFS_FIELD(mount.mode), mode, same<std::uint32_t>>("mount", "mode", kOctal),
    key<FAMFS_FIELD(mount.timeout), seconds, whole_if_it_is>("mount", "timeout", "SECONDS"),
    key<FAMFS_FIELD(mkfs.log_length), size, same<std::uint64_t>>("mkfs", "loglen", "N[kmgt]"),
    key<FAMFS_FIELD(allocation.strips), count, optional<std::uint32_t>>("allocation", "nstrips",
                                                                        "N", "contiguous"),
    key<FAMFS_FIELD(allocation.buckets), count, optional<std::uint32_t>>("allocation", "nbuckets",
                                                                         "N", "contiguous"),
    key<FAMFS_FIELD(allocation.chunk), size, optional<std::uint64_t>>(
        "allocation", "chunksize", "N[kmgt]", "2m, if files are interleaved"),
    key<FAMFS_FIELD(logging.level), word<kLevel>, name_of<kLevel>>("logging", "level",
                                                                   "debug|info|warning|error"),
});

#undef FAMFS_FIELD

} // namespace

std::string ConfigKey::path() const {
  return section.empty() ? std::string(name) : fmt::format("{}.{}", section, name);
}

std::string ConfigKey::text(const Config& config) const {
  const Document document = get(config);
  if (document.is_null()) {
    return {};
  }
  if (value == kOctal) {
    return fmt::format("{:04o}", document.get<std::uint32_t>());
  }
  return document.is_string() ? document.get<std::string>() : document.dump();
}

std::span<const ConfigKey> config_keys() noexcept {
  return kKeys;
}

Result<void> set_config(Config& config, std::string_view key, std::string_view text) {
  const auto* const found = std::ranges::find(kKeys, key, &ConfigKey::path);
  return found == kKeys.end() ? fail(Errc::invalid, "unknown key: see famfs.yaml(5)")
                              : found->set(config, text);
}

} // namespace famfs
