#include "identity.h"

#include "base/text.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

constexpr auto kNobodyAsks = static_cast<uid_t>(-1); // makes setfsuid(2) tell and change nothing

// setfsuid(2) to someone else drops the capabilities that let root into any directory; what is
// permitted is put back. (glibc has no wrapper, and libcap is not worth two calls.)
void raise_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) == 0) {
    for (auto& word : data) {
      word.effective = word.permitted;
    }
    syscall(SYS_capset, &header, data.data());
  }
}

class ActingAs {
public:
  explicit ActingAs(const Ownership& ownership)
      : uid_(static_cast<uid_t>(setfsuid(kNobodyAsks))),
        gid_(static_cast<gid_t>(setfsgid(kNobodyAsks))) {
    setfsgid(ownership.gid.value_or(gid_)); // first: it needs the capabilities that the other drops
    setfsuid(ownership.uid.value_or(uid_));
    if (ownership.uid.value_or(uid_) != uid_) {
      raise_capabilities();
    }
    umask_ = umask(0);
    if (!ownership.mode) {
      umask(umask_);
    }
  }
  ~ActingAs() {
    umask(umask_);
    setfsuid(uid_);
    setfsgid(gid_);
  }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

  [[nodiscard]] static bool is(const Ownership& ownership) {
    return (!ownership.uid || *ownership.uid == static_cast<uid_t>(setfsuid(kNobodyAsks))) &&
           (!ownership.gid || *ownership.gid == static_cast<gid_t>(setfsgid(kNobodyAsks)));
  }

private:
  uid_t uid_;
  gid_t gid_;
  mode_t umask_ = 0;
};

std::unexpected<Error> fail_owner(const std::string& path, const Ownership& ownership) {
  return fail(Errc::not_permitted,
              fmt::format("{}: cannot be made for {}{}{}: only root makes files for others",
                          printable(path),
                          ownership.uid ? fmt::format("uid {}", *ownership.uid) : "",
                          ownership.uid && ownership.gid ? ", " : "",
                          ownership.gid ? fmt::format("gid {}", *ownership.gid) : ""));
}

} // namespace

Result<void> make_directory(const std::string& path, const Ownership& ownership) {
  const ActingAs acting(ownership);
  if (!ActingAs::is(ownership)) {
    return fail_owner(path, ownership);
  }
  if (mkdir(path.c_str(), ownership.mode.value_or(0777)) != 0) {
    return fail_errno(errno, printable(path));
  }
  return {};
}

Result<int> create_file(const std::string& path, const Ownership& ownership) {
  const ActingAs acting(ownership);
  if (!ActingAs::is(ownership)) {
    return fail_owner(path, ownership);
  }
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW,
                      ownership.mode.value_or(0666));
  if (fd < 0) {
    return fail_errno(errno, printable(path),
                      errno == EISDIR ? "a file's name does not end in a slash" : "");
  }
  return fd;
}

} // namespace famfs::tools
