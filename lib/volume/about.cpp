#include "volume/about.h"

#include "format/layout.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include <sys/utsname.h>
#include <unistd.h>

namespace famfs::volume {
namespace {

using Release = std::pair<unsigned, unsigned>;
constexpr Release kDirectIoAllowMmap{6, 6};

Release parse_release(std::string_view text) {
  Release release{};
  const auto dot = text.find('.');
  const std::string_view major = text.substr(0, dot);
  std::from_chars(major.data(), major.data() + major.size(), release.first);
  if (dot != std::string_view::npos) {
    const std::string_view rest = text.substr(dot + 1);
    std::from_chars(rest.data(), rest.data() + rest.size(), release.second);
  }
  return release;
}

} // namespace

std::vector<AccessPathSupport> access_paths(std::string_view release, bool fuse) {
  if (!fuse) {
    constexpr std::string_view why = "there is no /dev/fuse: modprobe fuse";
    return {{"kernel map", false, why}, {"direct map", false, why}, {"copy", false, why}};
  }
  const bool in_step = parse_release(release) >= kDirectIoAllowMmap;
  return {{"kernel map", false, "not built yet"},
          {"direct map", true, "libfamfs, famfs exec; for who may open the device"},
          {"copy", true,
           in_step
               ? "read(2), write(2); with mmap=cached, maps in step with them"
               : "read(2), write(2); with mmap=cached, maps, in step with them from Linux 6.6"}};
}

std::string about(std::string_view program) {
  utsname kernel{};
  uname(&kernel);
  std::string text = fmt::format("{} {}\nformat {}, omf {}.{}\n", program, FAMFS_VERSION,
                                 format::kSuperblockVersion, format::kOmfMajor, format::kOmfMinor);
  const auto* const release = static_cast<const char*>(kernel.release);
  for (const auto& path : access_paths(release, access("/dev/fuse", F_OK) == 0)) {
    text += fmt::format("{} on Linux {}: {}: {}\n", path.name, release,
                        path.possible ? "yes" : "no", path.why);
  }
  return text;
}

} // namespace famfs::volume
