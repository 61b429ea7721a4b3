#include "defaults.h"

#include "striping.h"
#include "volume/make.h"

#include <fmt/format.h>

namespace famfs::tools {
namespace {

template <class T>
Result<void> checked(const ConfigFile& file, const std::string& key, const Result<T>& check) {
  if (check) {
    return {};
  }
  return fail(Errc::invalid, fmt::format("{}: {}", file.places.at(key), check.error().message));
}

} // namespace

Result<ConfigFile> read_checked(const ConfigSource& source) {
  auto file = read_config(source);
  if (!file) {
    return file;
  }
  if (auto good =
          checked(*file, "mkfs.loglen", volume::check_log_length(file->config.mkfs.log_length));
      !good) {
    return std::unexpected(std::move(good.error()));
  }
  if (auto good = checked(*file, "allocation", stripes_of(file->config.allocation)); !good) {
    return std::unexpected(std::move(good.error()));
  }
  return file;
}

Result<Uuid> system_uuid(const Context& context, const Config& config, HostIdMode mode) {
  return config.system_uuid ? Result<Uuid>(*config.system_uuid) : host_uuid(mode, context.host_id);
}

} // namespace famfs::tools
