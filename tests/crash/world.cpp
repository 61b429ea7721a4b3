#include "world.h"

#include "support.h"
#include "volume/make.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace famfs::crash {

namespace {

using volume::Role;
using volume::Volume;

constexpr std::uint64_t kLogLength = format::kMinLogLength;
constexpr std::uint64_t kFiles = 5; // that it has room for
constexpr std::uint64_t kDevice = format::kLogOffset + kLogLength + kFiles * format::kAllocUnit;
constexpr std::byte kJunk{0xee};

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

bool makes_file(Step step) {
  return step == 'n' || step == 'w' || step == 'h' || step == 'p';
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
