#include "volume/bad_places.h"

#include "base/text.h"

#include <algorithm>

namespace famfs::volume {
namespace {

struct InFile {
  std::size_t range;
  std::string path;
};

std::vector<InFile> files_in(const media::BadRanges& bad, const tree::Tree& tree,
                             const MapOf& map_of) {
  std::vector<InFile> found;
  for_each_file(tree, [&](tree::NodeId id, const tree::NodeInfo& info) {
    const format::FileMap map = map_of(id, info);
    for (std::size_t i = 0; i < bad.size(); ++i) {
      if (touches(map, bad[i].offset, bad[i].length)) {
        found.push_back({i, tree.path(id)});
      }
    }
    return true;
  });
  std::ranges::stable_sort(found, {}, &InFile::range);
  return found;
}

} // namespace

std::string_view name(BadWhere where) noexcept {
  switch (where) {
  case BadWhere::superblock:
    return "superblock";
  case BadWhere::log:
    return "log";
  case BadWhere::file:
    return "file";
  case BadWhere::free_space:
    return "free-space";
  case BadWhere::unused:
    return "unused";
  case BadWhere::unknown:
    break;
  }
  return "unknown";
}

std::string BadPlace::text() const {
  const auto what = [this]() -> std::string {
    switch (where) {
    case BadWhere::superblock:
      return "in the superblock: nothing can be mounted from here";
    case BadWhere::log:
      return "in the log: nothing can be recorded: mount with -o ro to save files";
    case BadWhere::file:
      return fmt::format("in file \"{}\": restore it from a copy", printable(file));
    case BadWhere::free_space:
      return "in free space: it is not handed out";
    case BadWhere::unused:
      return "where nothing lies";
    case BadWhere::unknown:
      break;
    }
    return "what lay there cannot be told";
  };
  return fmt::format("bad memory at {:#x}, {} bytes: {}", range.offset, range.length, what());
}

bool touches(const format::FileMap& map, std::uint64_t offset, std::uint64_t length) noexcept {
  return std::ranges::any_of(map.extents, [=](const format::Extent& extent) {
    return extent.device == 0 &&
           media::overlaps({.offset = extent.offset, .length = extent.length}, offset, length);
  });
}

void for_each_file(const tree::Tree& tree,
                   const std::function<bool(tree::NodeId, const tree::NodeInfo&)>& fn) {
  std::vector<tree::NodeId> directories{tree::kRoot};
  while (!directories.empty()) {
    const tree::NodeId directory = directories.back();
    directories.pop_back();
    std::uint64_t cookie = 0;
    while (const auto child = tree.next_child(directory, cookie)) {
      cookie = child->cookie;
      const auto info = tree.info(child->id);
      if (info->kind == tree::Kind::directory) {
        directories.push_back(child->id);
      } else if (!fn(child->id, *info)) {
        return;
      }
    }
  }
}

std::vector<BadPlace> bad_places(const media::BadRanges& bad, const format::Geometry& geometry,
                                 const tree::Tree& tree, const MapOf& map_of) {
  std::vector<BadPlace> places;
  const auto in_files = bad.empty() ? std::vector<InFile>() : files_in(bad, tree, map_of);
  auto in_file = in_files.begin();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::size_t before = places.size();
    const auto add = [&](BadWhere where, std::string file = {}) {
      places.push_back({.range = bad[i], .where = where, .file = std::move(file)});
    };
    if (media::overlaps(bad[i], 0, format::kSuperblockSize)) {
      add(BadWhere::superblock);
    }
    if (media::overlaps(bad[i], format::kLogOffset, geometry.log_length)) {
      add(BadWhere::log);
    }
    for (; in_file != in_files.end() && in_file->range == i; ++in_file) {
      add(BadWhere::file, in_file->path);
    }
    if (places.size() == before) {
      const std::uint64_t data = geometry.data_end() - geometry.data_begin();
      add(media::overlaps(bad[i], geometry.data_begin(), data) ? BadWhere::free_space
                                                               : BadWhere::unused);
    }
  }
  return places;
}

std::vector<BadPlace> bad_places(const media::BadRanges& bad) {
  std::vector<BadPlace> places;
  for (const auto& range : bad) {
    const bool superblock = media::overlaps(range, 0, format::kSuperblockSize);
    places.push_back({.range = range,
                      .where = superblock ? BadWhere::superblock : BadWhere::unknown,
                      .file = {}});
  }
  return places;
}

} // namespace famfs::volume
