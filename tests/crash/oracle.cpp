// The oracle: what must be there after a crash, and what may.
#include "support.h"
#include "volume/check.h"
#include "world.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::crash {

namespace {

using volume::Role;
using volume::Volume;

constexpr std::uint64_t kGoOnEvery = 16; // images: the oracle's dearest question

// mkfs leaves no old entry behind, for readers that would lean on less than next_index.
bool is_blank(const media::Memory& memory, std::uint64_t entry) {
  constexpr std::size_t some = 8;
  std::vector<std::byte> bytes(some * format::kEntrySize);
  must(memory.load(format::entry_offset(entry), bytes));
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

std::string describe(const Error& error) {
  return fmt::format("{} ({})", error.message, static_cast<int>(error.code));
}

} // namespace

std::string World::judge(Wreck& wreck) const {
  Faults faults;
  auto mounted = Volume::open(wreck, {.role = Role::master, .map_unit = kMapUnit}, faults);
  if (!mounted) {
    const bool none = under_way_.mkfs && mounted.error().code == Errc::not_famfs;
    return none ? "" : "no mount: " + describe(mounted.error());
  }
  if (!faults.all.empty()) {
    return "replay: " + faults.all;
  }
  std::string trouble = judge(**mounted, acknowledged_, under_way_);
  if (under_way_.mkfs && !trouble.empty()) {
    trouble = judge(**mounted, Acknowledged{}, UnderWay{});
  }
  if (!trouble.empty()) {
    return trouble;
  }
  const auto free = (*mounted)->usage().free_bytes;
  mounted->reset();
  const auto report = volume::check(wreck, faults);
  if (!report || report->faults != 0 || report->free_bytes != free) {
    return "fsck: " + (report ? faults.all + fmt::format("{} free of {}", report->free_bytes, free)
                              : describe(report.error()));
  }
  return images_ % kGoOnEvery == 0 ? goes_on(wreck) : "";
}

std::string World::judge(Volume& mounted, const Acknowledged& must_be,
                         const UnderWay& may_be) const {
  Count count{.files = must_be.files.size(),
              .entries = must_be.files.size() + must_be.directories.size(),
              .written = 0};
  count.written = count.entries + may_be.files.size() + (may_be.directory ? 1 : 0);
  for (const File& file : must_be.files) {
    count.entries += file.directory.empty() ? 0 : 1;
    count.written += file.directory.empty() ? 0 : 1;
    const auto found = find(mounted, file);
    if (!found) {
      return file.name + ": a commit that was acknowledged is lost";
    }
    if (auto trouble = judge(mounted, *found, file); !trouble.empty()) {
      return trouble;
    }
  }
  for (const auto& name : must_be.directories) {
    if (!mounted.lookup(tree::kRoot, name)) {
      return name + ": a mkdir that was acknowledged is lost";
    }
  }
  for (std::size_t i = 0; i < may_be.files.size(); ++i) {
    const File& file = *may_be.files[i];
    count.written += file.directory.empty() ? 0 : 1;
    count.entries += !file.directory.empty() && mounted.lookup(tree::kRoot, file.directory) ? 1 : 0;
    const auto found = find(mounted, file);
    if (!found && returned_[i]) {
      return file.name + ": a commit that was acknowledged is lost";
    }
    if (!found) {
      continue;
    }
    ++count.entries;
    ++count.files;
    if (auto trouble = judge(mounted, *found, file); !trouble.empty()) {
      return trouble;
    }
  }
  count.entries += may_be.directory && mounted.lookup(tree::kRoot, *may_be.directory) ? 1 : 0;
  return judge(mounted, count);
}

std::string World::judge(Volume& mounted, const Count& count) {
  const auto usage = mounted.usage();
  if (usage.files + usage.directories != count.entries) {
    return fmt::format("{} files and {} directories, not {} in all", usage.files, usage.directories,
                       count.entries);
  }
  if (usage.log_entries != count.entries) {
    return fmt::format("{} log entries, not {}", usage.log_entries, count.entries);
  }
  if (!is_blank(mounted.memory(), count.written)) {
    return fmt::format("log entry {}: an old one behind the last", count.written);
  }
  if (usage.data_bytes - usage.free_bytes != count.files * format::kAllocUnit) {
    return fmt::format("{} bytes are used, by {} files", usage.data_bytes - usage.free_bytes,
                       count.files);
  }
  return "";
}

Result<volume::Attributes> World::find(const Volume& mounted, const File& file) {
  if (file.directory.empty()) {
    return mounted.lookup(tree::kRoot, file.name);
  }
  const auto directory = mounted.lookup(tree::kRoot, file.directory);
  return directory ? mounted.lookup(directory->id, file.name) : directory;
}

std::string World::judge(Volume& mounted, const volume::Attributes& attributes,
                         const File& file) const {
  const auto view = mounted.map(attributes.id, false);
  if (!view || attributes.size != file.before.size()) {
    return fmt::format("{}: size {}, not {}", file.name, attributes.size, file.before.size());
  }
  // All that a program's map of it shows.
  std::string bytes(kMapUnit, '?');
  must(
      mounted.memory().load(view->map.extents[0].offset, std::as_writable_bytes(std::span(bytes))));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool good = i < file.before.size()
                          ? bytes[i] == file.before[i] || bytes[i] == file.after[i]
                          : bytes[i] == 0;
    if (!good) {
      return fmt::format("{}: byte {} is {:#x}", file.name, i,
                         static_cast<unsigned char>(bytes[i]));
    }
  }
  return "";
}

// The next master takes up the log where it was left: what lay past the commit point is no matter.
std::string World::goes_on(Wreck& wreck) {
  Faults faults;
  std::uint64_t before = 0;
  {
    auto next = Volume::open(wreck, {.role = Role::master, .map_unit = kMapUnit}, faults);
    before = next ? (*next)->usage().log_entries : 0;
    if (!next || !(*next)->make_directory(tree::kRoot, "next", {}, 0755) ||
        (*next)->commit_all([](auto&, auto&) {}) != 1) {
      return "the next master cannot append";
    }
  }
  const auto again = Volume::open(wreck, {.role = Role::client}, faults);
  if (!again || !faults.all.empty() || (*again)->usage().log_entries != before + 1 ||
      !(*again)->lookup(tree::kRoot, "next")) {
    return "what the next master appended is not found: " + faults.all;
  }
  return "";
}

} // namespace famfs::crash
