#include "access_path.h"

#include "init_exchange.h"

namespace famfs::daemon {
namespace {

// Programs map the device's pages themselves, through libfamfs; read(2) and write(2) are copies.
class Direct final : public AccessPath {
public:
  std::uint64_t negotiate(std::uint64_t /*offered*/) override { return 0; }
  OpenReply open() const noexcept override { return {.direct_io = true}; }
  std::string_view name() const noexcept override { return "direct"; }
  std::string why() const override {
    return "mmap(MAP_SHARED) of files is refused (ENODEV): use libfamfs or 'famfs exec -- "
           "PROGRAM', or "
           "mount with -o mmap=cached";
  }
};

// The same, and MAP_SHARED without libfamfs goes through the page cache of this host.
class Cached final : public AccessPath {
public:
  std::uint64_t negotiate(std::uint64_t offered) override {
    fresh_ = (offered & init_flag::kDirectIoAllowMmap) != 0;
    return fresh_ ? init_flag::kDirectIoAllowMmap : 0;
  }
  OpenReply open() const noexcept override { return {.direct_io = fresh_}; }
  std::string_view name() const noexcept override { return "cached"; }
  std::string why() const override {
    return fresh_
               ? "asked for by mmap=cached: mmap(MAP_SHARED) goes through this host's page cache; "
                 "read(2) and write(2) do not"
               : "asked for by mmap=cached: everything goes through this host's page cache, for "
                 "this "
                 "kernel offers no better; what other hosts write may be seen late";
  }

private:
  bool fresh_ = false;
};

} // namespace

std::unique_ptr<AccessPath> make_access_path(MmapPolicy policy) {
  if (policy == MmapPolicy::cached) {
    return std::make_unique<Cached>();
  }
  return std::make_unique<Direct>();
}

} // namespace famfs::daemon
