#include "system_uuid.h"

namespace famfs::tools {

Result<Uuid> system_uuid(const Context& context, const Config& config, HostIdMode mode) {
  return config.system_uuid ? Result<Uuid>(*config.system_uuid) : host_uuid(mode, context.host_id);
}

} // namespace famfs::tools
