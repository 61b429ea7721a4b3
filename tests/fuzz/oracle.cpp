#include "oracle.h"

#include <algorithm>
#include <set>
#include <utility>

namespace famfs::fuzz {
namespace {

using volume::Volume;

void must_be_a_name(std::string_view name) {
  must(!name.empty() && name != "." && name != "..", "an empty name, \".\" or \"..\"");
  must(name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos,
       "a name with a slash or a NUL");
}

void must_be_a_path(std::string_view path) {
  must(path.size() <= format::kMaxPath, "a path longer than the format has");
  must(path != ".meta" && !path.starts_with(".meta/"), "a path in .meta");
}

class Walk {
public:
  explicit Walk(Volume& volume) : volume_(volume) {}

  Namespace run() {
    directory(tree::kRoot, "");
    must_be_apart();
    must_add_up();
    return std::move(found_);
  }

private:
  void directory(tree::NodeId id, const std::string& prefix) {
    std::vector<std::pair<std::string, volume::Attributes>> children;
    const auto listed =
        volume_.list(id, 0, [&](const tree::Child& child, const volume::Attributes& attributes) {
          must(child.id == attributes.id, "a child whose attributes are another's");
          children.emplace_back(child.name, attributes);
          return true;
        });
    must(listed.has_value(), "a directory that cannot be listed");
    for (const auto& [name, attributes] : children) {
      must_be_a_name(name);
      const auto looked_up = volume_.lookup(id, name);
      must(looked_up && looked_up->id == attributes.id, "a name that leads elsewhere");
      node(prefix + name, attributes);
    }
  }

  void node(const std::string& path, const volume::Attributes& attributes) {
    must_be_a_path(path);
    must(volume_.path(attributes.id) == path, "a node whose path is another's");
    must((attributes.mode & ~format::kModeBits) == 0, "mode bits past 0777");
    Node found{.attributes = attributes, .map = {}};
    if (attributes.kind == volume::Kind::directory) {
      directory(attributes.id, path + "/");
    } else {
      auto view = volume_.map(attributes.id, false);
      must(view.has_value(), "a file without a map");
      must(view->size == attributes.size, "two sizes of one file");
      found.map = view->map;
      file(found);
    }
    must(found_.emplace(path, std::move(found)).second, "a path that is there twice");
  }

  void file(const Node& file) {
    const auto& where = volume_.geometry();
    for (const auto& extent : file.map.extents) {
      must(extent.device == 0 && extent.length > 0, "an extent of no length, or on no device");
      must((extent.offset | extent.length) % where.alloc_unit == 0, "an unaligned extent");
      must(extent.offset >= where.data_begin(), "an extent over superblock or log");
      must(extent.offset <= where.data_end() && extent.length <= where.data_end() - extent.offset,
           "an extent past the device's end");
      extents_.emplace_back(extent.offset, extent.length);
    }
    must(file.attributes.size <= file.map.capacity(), "a file larger than its extents");
    // The last byte has a place too; with strips that is not seen from their sum.
    if (file.attributes.size > 0) {
      const auto last = format::segment_at(file.map, file.attributes.size - 1, 1);
      must(std::ranges::any_of(file.map.extents,
                               [&](const auto& extent) {
                                 return last.offset >= extent.offset &&
                                        last.offset - extent.offset < extent.length;
                               }),
           "a byte outside the file's extents");
    }
  }

  void must_be_apart() {
    std::ranges::sort(extents_);
    for (std::size_t i = 1; i < extents_.size(); ++i) {
      must(extents_[i - 1].first + extents_[i - 1].second <= extents_[i].first,
           "extents that overlap");
    }
  }

  void must_add_up() const {
    const auto usage = volume_.usage();
    std::uint64_t taken = 0;
    for (const auto& [offset, length] : extents_) {
      taken += length;
    }
    must(usage.free_bytes <= usage.data_bytes, "more free space than there is");
    must(taken <= usage.data_bytes - usage.free_bytes, "space of a file that is free");
    must(usage.files + usage.directories == found_.size(), "files that were not counted");
    must(usage.log_entries <= usage.log_capacity, "more entries than the log holds");
  }

  Volume& volume_;
  Namespace found_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents_;
};

} // namespace

void Faults::fault(const format::Fault& fault) {
  must_be_one_line(format::describe(fault));
  all_.push_back(fault);
}

std::vector<std::string> Faults::text() const {
  std::vector<std::string> text;
  for (const auto& fault : all_) {
    if (fault.kind != format::FaultKind::header_counters &&
        fault.kind != format::FaultKind::superblock_flags) {
      text.push_back(format::describe(fault));
    }
  }
  return text;
}

std::uint64_t Faults::of_replay() const {
  return text().size();
}

Namespace sound_namespace(Volume& volume) {
  return Walk(volume).run();
}

void must_be_same(const Namespace& one, const Namespace& other) {
  must(one.size() == other.size(), "namespaces of different sizes");
  for (auto a = one.begin(), b = other.begin(); a != one.end(); ++a, ++b) {
    const auto& [path, node] = *a;
    const auto& [other_path, twin] = *b;
    must(path == other_path, "namespaces of different paths");
    const auto& x = node.attributes;
    const auto& y = twin.attributes;
    must(x.kind == y.kind && x.uid == y.uid && x.gid == y.gid && x.mode == y.mode &&
             x.size == y.size && x.all_hosts_read_only == y.all_hosts_read_only,
         "attributes that differ");
    must(node.map == twin.map, "maps that differ");
  }
}

} // namespace famfs::fuzz
