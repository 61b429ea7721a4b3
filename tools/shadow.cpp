#include "shadow.h"

#include "base/document.h"
#include "base/fd.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::tools {
namespace {

std::string bare(std::string text) {
  return kYamlLiteral + std::move(text);
}

std::string hex(std::uint64_t value) {
  return bare(fmt::format("{:#x}", value));
}

Document extents_of(const format::FileMap& map) {
  Document list = Document::array();
  for (const format::Extent& extent : map.extents) {
    list.push_back({{"devindex", extent.device},
                    {"offset", hex(extent.offset)},
                    {"length", hex(extent.length)}});
  }
  return list;
}

Document file_document(const std::string& path, const volume::Attributes& file,
                       const format::FileMap& map) {
  const bool striped = map.kind == format::MapKind::interleaved;
  Document body{
      {"path", to_utf8(path)},
      {"size", file.size},
      {"flags", file.all_hosts_read_only ? format::kFileAllHostsRead : format::kFileAllHostsWrite},
      {"mode", bare(fmt::format("0{:o}", file.mode))},
      {"uid", file.uid},
      {"gid", file.gid},
      {"nextents", striped ? 1 : map.extents.size()}};
  if (striped) {
    body["striped_ext_list"] = Document::array({Document{{"nstrips", map.extents.size()},
                                                         {"chunk_size", map.chunk},
                                                         {"simple_ext_list", extents_of(map)}}});
  } else {
    body["simple_ext_list"] = extents_of(map);
  }
  return Document{{"file", std::move(body)}};
}

// O_NOFOLLOW and no slash in a name (a rule of the format): what is made lies in `directory`.
Result<void> write_file(int directory, const std::string& name, const std::string& text) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const UniqueFd fd(openat(directory, name.c_str(), kFlags, 0644));
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0) {
    return fail_errno(errno, printable(name));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::not_regular,
                fmt::format("{}: is there and no regular file", printable(name)));
  }
  if (ftruncate(fd.get(), 0) != 0) {
    return fail_errno(errno, printable(name));
  }
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(fd.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) {
      return fail_errno(errno, printable(name));
    }
    done += wrote < 0 ? 0 : static_cast<std::size_t>(wrote);
  }
  return {};
}

class Writer {
public:
  Writer(volume::Volume& volume, const std::function<void(const Error&)>& failed,
         const std::function<bool(std::uint64_t)>& next)
      : volume_(volume), failed_(failed), next_(next) {}

  // One directory at a time, from a list and not by recursion: 40 levels fit in a path, but each
  // open descriptor counts.
  ShadowReport run(UniqueFd root) {
    directories_.emplace_back(tree::kRoot, std::string{});
    root_ = std::move(root);
    while (!directories_.empty() && !stopped_) {
      const auto [id, path] = std::move(directories_.front());
      directories_.pop_front();
      if (auto fd = open_below_root(path)) {
        fill(id, path, fd->get());
      } else {
        fail_one(path, fd.error());
      }
    }
    return report_;
  }

private:
  void fail_one(const std::string& path, const Error& error) {
    ++report_.failed;
    failed_(Error{error.code, fmt::format("{}: {}", printable(path), error.message)});
  }

  Result<UniqueFd> open_below_root(const std::string& path) const {
    UniqueFd at(fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    for (std::size_t begin = 0; at && begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      at =
          UniqueFd(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      begin = end + 1;
    }
    if (!at) {
      return fail_errno(errno, "cannot be entered");
    }
    return at;
  }

  struct Child {
    std::string name;
    volume::Attributes attributes;
  };
  // The volume's lock is held while it lists, so children are looked at afterwards, a batch at a
  // time.
  Result<std::vector<Child>> next_batch(tree::NodeId directory, std::uint64_t& cookie) const {
    constexpr std::size_t kBatch = 1000;
    std::vector<Child> batch;
    auto listed = volume_.list(directory, cookie,
                               [&](const tree::Child& child, const volume::Attributes& attributes) {
                                 batch.push_back({std::string(child.name), attributes});
                                 cookie = child.cookie;
                                 return batch.size() < kBatch;
                               });
    if (!listed) {
      return std::unexpected(listed.error());
    }
    return batch;
  }

  void fill(tree::NodeId id, const std::string& path, int fd) {
    const std::string prefix = path.empty() ? "" : path + '/';
    for (std::uint64_t cookie = 0;;) {
      const auto batch = next_batch(id, cookie);
      if (!batch) {
        fail_one(path, batch.error());
        return;
      }
      if (batch->empty()) {
        return;
      }
      for (const auto& [name, attributes] : *batch) {
        stopped_ = stopped_ || !next_(report_.files);
        if (stopped_) {
          return;
        }
        const Result<void> done = attributes.kind == volume::Kind::directory
                                      ? add_directory(attributes.id, prefix + name, name, fd)
                                      : add_file(attributes, prefix + name, name, fd);
        if (!done) {
          fail_one(prefix + name, done.error());
        }
      }
    }
  }

  Result<void> add_directory(tree::NodeId id, const std::string& path, const std::string& name,
                             int fd) {
    if (mkdirat(fd, name.c_str(), 0755) == 0) {
      ++report_.directories;
    } else if (errno != EEXIST) {
      return fail_errno(errno, printable(name));
    }
    directories_.emplace_back(id, path);
    return {};
  }

  Result<void> add_file(const volume::Attributes& file, const std::string& path,
                        const std::string& name, int fd) {
    auto view = volume_.map(file.id, false);
    if (!view) {
      return std::unexpected(view.error());
    }
    auto wrote =
        write_file(fd, name, "---\n" + to_yaml(file_document(path, file, view->map)) + "...\n");
    report_.files += wrote ? 1 : 0;
    return wrote;
  }

  volume::Volume& volume_;
  const std::function<void(const Error&)>& failed_;
  const std::function<bool(std::uint64_t)>& next_;
  bool stopped_ = false;
  UniqueFd root_;
  std::deque<std::pair<tree::NodeId, std::string>> directories_; // still to be filled
  ShadowReport report_;
};

} // namespace

Result<ShadowReport> write_shadow(volume::Volume& volume, const std::string& directory,
                                  const std::function<void(const Error&)>& failed,
                                  const std::function<bool(std::uint64_t)>& next) {
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno(errno, printable(directory));
  }
  UniqueFd root(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    return fail_errno(errno, printable(directory));
  }
  return Writer(volume, failed, next).run(std::move(root));
}

} // namespace famfs::tools
