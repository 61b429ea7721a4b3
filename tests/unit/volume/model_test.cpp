// Random calls against a model of plain strings, on a device full of junk: what the volume shows is
// always what the model has, and space is accounted for to the unit. Crashes and reopens in
// between.
#include "support.h"

#include "catch.h"

#include <map>
#include <random>

using namespace famfs;
using namespace famfs::testing;

namespace {

constexpr std::uint64_t kUnits = 27;

struct ModelFile {
  NodeId id = 0;
  std::string content;
  bool committed = false;
  bool mapped = false;
  holder::Pin pin;
};

class Machine {
public:
  explicit Machine(unsigned seed) : random_(seed) {}

  void step() {
    switch (pick(14)) {
    case 0:
    case 1:
      return create();
    case 2:
    case 3:
    case 4:
      return on_file(&Machine::write);
    case 5:
      return on_file(&Machine::resize);
    case 6:
      return on_file(&Machine::reserve);
    case 7:
      return on_file(&Machine::map);
    case 8:
      return on_file(&Machine::store);
    case 9:
      return on_file(&Machine::commit);
    case 10:
      return on_file(&Machine::remove);
    case 11:
      return on_file(&Machine::rename);
    case 12:
      return on_file(&Machine::pin);
    default:
      return on_file(&Machine::look);
    }
  }

  void look_at_all() {
    REQUIRE(rig_.names().size() == files_.size());
    for (auto& [name, file] : files_) {
      look(name, file);
    }
  }

  // After it only what is committed is left: `power` lost, or in good order.
  void reopen(bool power_lost) {
    for (auto& [name, file] : files_) {
      file.pin.release();
    }
    if (power_lost) {
      // Stores through maps since the commit are anybody's guess.
      for (auto& [name, file] : files_) {
        if (file.committed && file.mapped) {
          REQUIRE(rig_.volume->sync(file.id));
        }
      }
      std::erase_if(files_, [](const auto& item) { return !item.second.committed; });
      rig_.crash_and_reopen();
    } else {
      (void)rig_.volume->commit_all([](auto& path, auto&) { FAIL_CHECK(path); });
      rig_.crash_and_reopen();
    }
    CHECK(rig_.faults.all.empty());
    std::uint64_t used = 0;
    for (auto& [name, file] : files_) {
      file.id = rig_.lookup(name);
      file.committed = true;
      file.mapped = false;
      used += round_up(file.content.size(), kUnit);
    }
    CHECK(rig_.free_bytes() == kUnits * kUnit - used);
    look_at_all();
    // What was freed holds what others wrote: as good as junk. Make it junk outright.
    make_room();
  }

private:
  unsigned pick(unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
  }
  std::uint64_t some_size() {
    static constexpr std::uint64_t kSizes[] = {1,      100, 4095,  4096,   5000,
                                               70'000, MiB, kUnit, 3 * MiB};
    return kSizes[pick(std::size(kSizes))] + pick(3);
  }
  std::string some_text(std::size_t count) { return text_of(count, pick(1000) + 1); }

  template <class Fn> void on_file(Fn fn) {
    if (files_.empty()) {
      return;
    }
    auto at = files_.begin();
    std::advance(at, pick(static_cast<unsigned>(files_.size())));
    (this->*fn)(at->first, at->second);
  }

  void create() {
    const auto name = fmt::format("f{}", next_++);
    files_[name].id = rig_.create(name);
  }

  // A refusal must leave everything as it was, and space must be what was short.
  template <class T> bool refused(const Result<T>& result, const ModelFile& file) {
    if (result) {
      return false;
    }
    CHECK(result.error().code == Errc::no_space);
    CHECK(rig_.attributes(file.id).size == file.content.size());
    return true;
  }

  void write(const std::string& /*name*/, ModelFile& file) {
    const auto offset =
        pick(3) == 0 ? some_size() : pick(static_cast<unsigned>(file.content.size() + 1));
    auto text = some_text(some_size() / (pick(2) + 1) + 1);
    const auto written = rig_.try_write(file.id, offset, text);
    if (file.committed) {
      if (offset >= file.content.size()) {
        CHECK(code_of(written) == Errc::not_permitted);
        return;
      }
      text.resize(std::min(text.size(), file.content.size() - offset));
      REQUIRE(written == text.size());
    } else if (refused(written, file)) {
      return;
    }
    file.content.resize(std::max(file.content.size(), offset + text.size()));
    file.content.replace(offset, text.size(), text);
  }

  void resize(const std::string& /*name*/, ModelFile& file) {
    if (file.committed) {
      return;
    }
    const auto size = pick(4) == 0 ? 0 : some_size();
    if (!refused(rig_.volume->change(file.id, {.size = size}), file)) {
      file.content.resize(size);
    }
  }

  void reserve(const std::string& /*name*/, ModelFile& file) {
    if (file.committed) {
      return;
    }
    const bool keep = pick(2) == 0;
    const auto end = some_size();
    if (!refused(rig_.volume->reserve(file.id, 0, end, keep), file) && !keep) {
      file.content.resize(std::max<std::size_t>(file.content.size(), end));
    }
  }

  void map(const std::string& /*name*/, ModelFile& file) {
    if (!file.pin) {
      file.pin = *rig_.volume->pin(file.id);
    }
    REQUIRE(rig_.volume->map(file.id, true));
    file.mapped = true;
  }

  void store(const std::string& name, ModelFile& file) {
    if (!file.mapped || file.content.empty()) {
      return;
    }
    map(name, file); // what grew since is mapped anew, as a program would
    const auto offset = pick(static_cast<unsigned>(file.content.size()));
    auto text = some_text(some_size());
    text.resize(std::min(text.size(), file.content.size() - offset));
    rig_.store_mapped(file.id, offset, text);
    file.content.replace(offset, text.size(), text);
  }

  void commit(const std::string& /*name*/, ModelFile& file) {
    REQUIRE(rig_.volume->commit(file.id, Volume::Why::closed));
    file.committed = file.committed || !file.content.empty();
  }

  void remove(const std::string& name, ModelFile& file) {
    const auto removed = rig_.volume->remove(tree::kRoot, name);
    if (file.committed) {
      CHECK(code_of(removed) == Errc::not_permitted);
      return;
    }
    REQUIRE(removed);
    if (file.pin) {
      look(name, file);
    }
    const std::string key = name;
    files_.erase(key);
  }

  void rename(const std::string& name, ModelFile& file) {
    if (file.committed) {
      return;
    }
    const auto fresh = fmt::format("f{}", next_++);
    REQUIRE(rig_.volume->rename(tree::kRoot, name, tree::kRoot, fresh, true));
    auto moved = std::move(file);
    const std::string key = name;
    files_.erase(key);
    files_[fresh] = std::move(moved);
  }

  void pin(const std::string& /*name*/, ModelFile& file) {
    if (!file.pin) {
      file.pin = *rig_.volume->pin(file.id);
    } else if (!file.mapped) {
      file.pin.release();
    }
  }

  void look(const std::string& /*name*/, ModelFile& file) {
    const bool same = rig_.read(file.id) == file.content;
    REQUIRE(same);
    CHECK(rig_.attributes(file.id).pending == !file.committed);
  }

  // Committed files cannot be removed: when half the device is theirs, begin with a new one.
  void make_room() {
    if (rig_.free_bytes() > kUnits / 2 * kUnit) {
      return;
    }
    files_.clear();
    rig_.volume.reset();
    const auto data = rig_.memory.raw().subspan(10 * MiB);
    std::memset(data.data(), std::to_integer<int>(kJunk), data.size());
    REQUIRE(volume::make(rig_.memory,
                         {.log_length = 8 * MiB, .system = Uuid::random(), .force = true}));
    rig_.memory.settle();
    rig_.reopen();
  }

  std::mt19937 random_;
  Rig rig_;
  std::map<std::string, ModelFile> files_;
  unsigned next_ = 0;
};

} // namespace

TEST_CASE("random calls: the volume is what the model is") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Machine machine(seed);
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 60; ++i) {
        machine.step();
      }
      machine.look_at_all();
      machine.reopen(round % 2 == 0);
    }
  }
}
