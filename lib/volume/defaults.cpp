#include "volume/defaults.h"

#include "alloc/striping.h"
#include "base/text.h"
#include "volume/make.h"

namespace famfs::volume {

Result<ConfigFile> read_defaults(const ConfigSource& source) {
  auto file = read_config(source);
  if (!file) {
    return file;
  }
  const Config& config = file->config;
  const auto& places = file->places;
  if (const auto good = check_log_length(config.mkfs.log_length); !good) {
    return fail(Errc::invalid,
                fmt::format("{}: {}", places.at("mkfs.loglen"), good.error().message));
  }
  if (const auto stripes = alloc::stripes_of(config.allocation); !stripes) {
    const std::string key = fmt::format("allocation.{}", stripes.error().part);
    const auto place = places.find(key); // what is missing stands nowhere: its section needs it
    return fail(Errc::invalid,
                fmt::format("{}: {} {}",
                            place == places.end() ? places.at("allocation") : place->second, key,
                            stripes.error().why));
  }
  return file;
}

} // namespace famfs::volume
