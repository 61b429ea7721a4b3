#include "world.h"

#include "support.h"
#include "volume/check.h"
#include "volume/make.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace famfs::crash {

namespace {

using volume::Role;
using volume::Volume;

constexpr std::uint64_t kLogLength = format::kMinLogLength;
constexpr std::uint64_t kFiles = 5; // that it has room for
constexpr std::uint64_t kDevice = format::kLogOffset + kLogLength + kFiles * format::kAllocUnit;
constexpr std::byte kJunk{0xee};
constexpr std::uint64_t kMapUnit = 4 * KiB;
constexpr std::uint64_t kGoOnEvery = 16; // images: the oracle's dearest question

const volume::MakeOptions kMake{
    .log_length = kLogLength, .system = {}, .device_path = "/dev/dax0.0", .force = true};

// A device full of junk, with a file system on it; made once.
const std::vector<std::byte>& formatted() {
  static const std::vector<std::byte> bytes = [] {
    CrashMemory memory(std::vector<std::byte>(kDevice, kJunk));
    must(volume::make(memory, kMake));
    return std::vector<std::byte>(memory.view().begin(), memory.view().end());
  }();
  return bytes;
}

// mkfs leaves no old entry behind, for readers that would lean on less than next_index.
bool is_blank(const media::Memory& memory, std::uint64_t entry) {
  constexpr std::size_t some = 8;
  std::vector<std::byte> bytes(some * format::kEntrySize);
  must(memory.load(format::entry_offset(entry), bytes));
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool makes_file(Step step) {
  return step == 'n' || step == 'w' || step == 'h' || step == 'p';
}

std::string describe(const Error& error) {
  return fmt::format("{} ({})", error.message, static_cast<int>(error.code));
}

} // namespace

World::World(Effort effort, unsigned seed, Mutation mutation)
    : effort_(effort), random_(seed), memory_(std::make_unique<CrashMemory>(formatted())) {
  memory_->set_mutation(mutation);
  open();
}

void World::open() {
  static Faults none;
  volume_.reset();
  volume_ = must(Volume::open(*memory_, {.role = Role::master, .map_unit = kMapUnit}, none));
}

bool World::can(Step step) const {
  switch (step) {
  case 'n':
  case 'w':
  case 'h':
  case 'p':
    return pending_.size() + acknowledged_.files.size() < kFiles;
  case 'k':
    return !pending_.empty();
  case 't':
    return pending_.size() >= 2;
  case 'o':
  case 's':
    return !acknowledged_.files.empty();
  default:
    return true;
  }
}

void World::run(Step step, bool crashes) {
  if (crashes) {
    memory_->set_look([this](const std::vector<Open>& open) { look_at(open); });
  }
  std::thread([this, step] { perform(step); }).join();
  memory_->look();
  memory_->set_look({});
  if (const auto at = memory_->too_early(); at && trouble_.empty()) {
    trouble_ = fmt::format("an entry was stored before the byte at {:#x} was durable", *at);
  }
}

void World::perform(Step step) {
  switch (step) {
  case 'n':
  case 'w':
  case 'h':
  case 'p':
    return new_file(step);
  case 'k':
  case 't':
    return commit(step == 't' ? 2 : 1);
  case 'd':
    return make_directory();
  case 'o':
  case 's':
    return overwrite(step == 's');
  case 'm':
    return make();
  default:
    throw std::invalid_argument("no such step");
  }
}

std::string World::next_name(char kind) {
  return fmt::format("{}{}", kind, names_++);
}

std::string World::text(std::size_t length) {
  std::string text(length, ' ');
  std::ranges::generate(text, [&] { return static_cast<char>('a' + random_() % 26); });
  return text;
}

void World::new_file(Step how) {
  constexpr std::size_t size = 300;
  // Through a map little: it stays open until the commit, and images are many.
  const std::string written = text(how == 'h' ? 123 : how == 'w' ? 12 : size);
  File file{.directory = how == 'p' ? next_name('d') : "",
            .name = next_name('f'),
            .before = written,
            .after = {}};
  file.before.resize(size);
  file.after = file.before;
  volume::NodeId in = tree::kRoot;
  if (!file.directory.empty()) {
    in = must(volume_->make_directory(tree::kRoot, file.directory, {}, 0755)).id;
  }
  file.id = must(volume_->create(in, file.name, {.uid = 1, .gid = 2}, 0644)).id;
  if (how == 'w') {
    must(volume_->change(file.id, {.size = size}));
    store_mapped(file.id, 0, written);
  } else {
    Text source(written);
    must(volume_->write(file.id, 0, written.size(), source));
  }
  if (how == 'h') {
    must(volume_->change(file.id, {.size = size}));
    std::string seen(size, '?');
    must(volume_->read(file.id, 0, std::as_writable_bytes(std::span(seen))));
  }
  pending_.push_back(std::move(file));
}

void World::commit(std::size_t count) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    under_way_.files.push_back(&pending_[i]);
    returned_[i] = false;
  }
  const auto commit_one = [&](std::size_t i) {
    must(volume_->commit(pending_[i].id, Volume::Why::closed));
    returned_[i] = true;
  };
  for (std::size_t i = 1; i < count; ++i) {
    threads.emplace_back(commit_one, i);
  }
  commit_one(0);
  for (auto& thread : threads) {
    thread.join();
  }
  under_way_ = {};
  for (; count > 0; --count) {
    acknowledged_.files.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
}

void World::make_directory() {
  under_way_.directory = next_name('d');
  const auto made =
      must(volume_->make_directory(tree::kRoot, *under_way_.directory, {.uid = 1, .gid = 2}, 0755));
  must(volume_->commit(made.id, Volume::Why::synced));
  acknowledged_.directories.push_back(*under_way_.directory);
  under_way_ = {};
}

// As a program does: nobody but it knows.
void World::store_mapped(volume::NodeId id, std::uint64_t at, std::string_view text) {
  const auto pin = must(volume_->pin(id));
  const auto view = must(volume_->map(id, true));
  format::for_each_segment(view.map, at, text.size(), [&](const format::Segment& segment) {
    must(memory_->store(
        segment.offset,
        std::as_bytes(std::span(text)).subspan(segment.file_offset - at, segment.length)));
    return true;
  });
}

// Across a cache line, and into atoms that keep some of their bytes.
void World::overwrite(bool mapped) {
  constexpr std::size_t at = 101;
  File& file = acknowledged_.files.back();
  const std::string change = text(42);
  file.after.replace(at, change.size(), change);
  if (mapped) {
    store_mapped(file.id, at, change);
    must(volume_->sync(file.id));
  } else {
    Text source(change);
    must(volume_->write(file.id, at, change.size(), source));
  }
  file.before = file.after;
}

void World::make() {
  volume_.reset();
  pending_.clear();
  under_way_.mkfs = true;
  must(volume::make(*memory_, kMake));
  under_way_ = {};
  acknowledged_ = {};
  open();
}

void World::look_at(const std::vector<Open>& open) {
  if (!trouble_.empty()) {
    return;
  }
  Wreck wreck(memory_->remains());
  for_each_image(open, effort_, random_, [&](const Choice& choice) {
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (choice[i] != open[i].values.front()) {
        wreck.patch(open[i].offset, choice[i]);
      }
    }
    ++images_;
    trouble_ = judge(wreck);
    wreck.undo();
    return trouble_.empty();
  });
}

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
  std::size_t expected = must_be.files.size() + must_be.directories.size();
  std::uint64_t used = must_be.files.size();
  std::uint64_t written = expected + may_be.files.size() + (may_be.directory ? 1 : 0);
  for (const File& file : must_be.files) {
    expected += file.directory.empty() ? 0 : 1;
    written += file.directory.empty() ? 0 : 1;
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
    written += file.directory.empty() ? 0 : 1;
    expected += !file.directory.empty() && mounted.lookup(tree::kRoot, file.directory) ? 1 : 0;
    const auto found = find(mounted, file);
    if (!found && returned_[i]) {
      return file.name + ": a commit that was acknowledged is lost";
    }
    if (!found) {
      continue;
    }
    ++expected;
    ++used;
    if (auto trouble = judge(mounted, *found, file); !trouble.empty()) {
      return trouble;
    }
  }
  expected += may_be.directory && mounted.lookup(tree::kRoot, *may_be.directory) ? 1 : 0;
  const auto usage = mounted.usage();
  if (usage.files + usage.directories != expected) {
    return fmt::format("{} files and {} directories, not {} in all", usage.files, usage.directories,
                       expected);
  }
  if (usage.log_entries != expected) {
    return fmt::format("{} log entries, not {}", usage.log_entries, expected);
  }
  if (!is_blank(mounted.memory(), written)) {
    return fmt::format("log entry {}: an old one behind the last", written);
  }
  if (usage.data_bytes - usage.free_bytes != used * format::kAllocUnit) {
    return fmt::format("{} bytes are used, by {} files", usage.data_bytes - usage.free_bytes, used);
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

std::vector<std::string> sequences(std::size_t length) {
  std::vector<std::string> all{""};
  for (std::size_t from = 0, n = 0; n < length; ++n) {
    const std::size_t to = all.size();
    for (; from < to; ++from) {
      for (const Step step : kSteps) {
        std::size_t pending = 0;
        std::size_t committed = 0;
        bool possible = true;
        for (const Step s : all[from] + step) {
          const std::size_t takes = s == 'k' ? 1 : s == 't' ? 2 : 0;
          possible = possible && pending >= takes && ((s != 'o' && s != 's') || committed > 0);
          pending = s == 'm' ? 0 : pending + (makes_file(s) ? 1 : 0) - (possible ? takes : 0);
          committed = s == 'm' ? 0 : committed + takes;
        }
        if (possible) {
          all.push_back(all[from] + step);
        }
      }
    }
  }
  all.erase(all.begin());
  return all;
}

} // namespace famfs::crash
