#include "options.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::daemon;

namespace {

MountOptions parsed(std::string_view list) {
  MountOptions options;
  const auto result = parse_mount_options(list, false, options);
  INFO(list);
  if (!result) {
    FAIL(result.error().message);
  }
  return options;
}

std::string refusal(std::string_view list) {
  MountOptions options;
  const auto result = parse_mount_options(list, false, options);
  INFO(list);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::usage);
  CHECK(result.error().message.find('\n') == std::string::npos);
  return result.error().message;
}

std::string asked(std::string_view list, Caller caller = {.root = true, .may_allow_other = true},
                  std::string device = "/dev/dax0.0") {
  CommandLine line;
  line.device = std::move(device);
  line.options = parsed(list);
  return kernel_mount_options(line, caller);
}

} // namespace

TEST_CASE("mount options: ours") {
  CHECK_FALSE(parsed("").read_only);
  CHECK(parsed("ro").read_only);
  CHECK_FALSE(parsed("ro,rw").read_only);
  CHECK(parsed("ro,client").client);
  CHECK(parsed("mmap=cached").config.mount.mmap == MmapPolicy::cached);
  CHECK(parsed("mmap=cached,mmap=refused").config.mount.mmap == MmapPolicy::refused);
  CHECK_FALSE(parsed("nouseraccess").config.mount.allow_other);
  CHECK_FALSE(parsed("nodefaultperm").config.mount.default_permissions);
  CHECK(parsed("uid=12,gid=4294967294").config.mount.gid == 4294967294U);
  CHECK(parsed("mode=1750").config.mount.mode == 01750U);
  CHECK(parsed("timeout=1.5").config.mount.timeout == 1.5);
  CHECK(parsed("loglevel=warning").config.logging.level == diag::Level::warning);
  CHECK(parsed("debug").debug);
  CHECK(parsed("system_uuid=01234567-89AB-cdef-0123-456789abcdef").config.system_uuid->text() ==
        "01234567-89ab-cdef-0123-456789abcdef");
}

TEST_CASE("mount options: what fstab and mount(8) add is understood") {
  const auto options =
      parsed("rw,nofail,_netdev,auto,noauto,user,user=joe,users,owner,group,defaults,relatime,"
             "x-systemd.automount,x-systemd.requires=a.service,comment=hello,nosuid,noexec,,");
  CHECK(options.kernel == std::vector<std::string>{"nosuid", "noexec"});
}

TEST_CASE("mount options: what is unknown or wrong is named") {
  CHECK(refusal("ro,frobnicate").find("frobnicate") != std::string::npos);
  CHECK(refusal("nofailure").find("nofailure") != std::string::npos);
  CHECK(refusal("mmap=maybe").find("mmap=maybe") != std::string::npos);
  CHECK(refusal("mmap").find("mmap") != std::string::npos);
  for (const auto* list :
       {"uid=-1", "uid=", "uid=4294967295", "uid=1x", "gid=root", "mode=8", "mode=2000",
        "timeout=-1", "timeout=nan", "timeout=1s", "timeout=", "loglevel=loud", "system_uuid=1"}) {
    CHECK_FALSE(refusal(list).empty());
  }
  MountOptions options;
  CHECK(parse_mount_options("frobnicate,ro", true, options));
  CHECK(options.read_only);
  CHECK_FALSE(parse_mount_options("uid=x", true, options)); // sloppy is for names, not for values
  CHECK(refusal("a\nb").find("a\\nb") != std::string::npos);
}

TEST_CASE("mount options: what the kernel is asked for") {
  CHECK(asked("") ==
        "fsname=/dev/dax0.0,subtype=famfs,default_permissions,allow_other,rw,nosuid,nodev");
  CHECK(asked("ro,noexec,sync,nouseraccess,nodefaultperm") ==
        "fsname=/dev/dax0.0,subtype=famfs,ro,nosuid,nodev,noexec,sync");
  CHECK(asked("suid,dev").ends_with("nosuid,nodev,suid,dev")); // the last one counts
  CHECK(asked("suid,dev", {}) ==
        "fsname=/dev/dax0.0,subtype=famfs,default_permissions,rw,nosuid,nodev");
  CHECK(asked("", {}, "/d/a,b\\c").starts_with("fsname=/d/a\\,b\\\\c,subtype"));
  CHECK(asked("context=\"u:r:t:s0,c1\"").ends_with("context=\"u:r:t:s0\\,c1\""));
}
