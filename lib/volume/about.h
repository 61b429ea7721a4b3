// What --version says, of every program: its version, the format's, and which access paths the
// running kernel can give a mount. The mount itself asks the kernel (daemon/init_exchange.h); what
// can be said before there is one goes by the kernel's release.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace famfs::volume {

struct AccessPathSupport {
  std::string_view name; // docs/architecture.md's words
  bool possible = false;
  std::string_view why;
};
// `release` as uname(2) has it ("6.1.0-40-amd64"); `fuse`: there is a /dev/fuse.
[[nodiscard]] std::vector<AccessPathSupport> access_paths(std::string_view release, bool fuse);

// Lines; the first is "PROGRAM VERSION".
[[nodiscard]] std::string about(std::string_view program);

} // namespace famfs::volume
