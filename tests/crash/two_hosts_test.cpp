// Two hosts whose caches know nothing of each other. What a host stored is in memory at the latest
// when it was written back and fenced, atom by atom at any moment before; what it loads may be in
// its cache from any moment since it last dropped that line, also without having asked for it.
//
// docs/coherence.md has the argument that this test tries to break.
#include "media/cache.h"
#include "support.h"
#include "volume/make.h"

#include "catch.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

using namespace famfs;
using namespace famfs::crash;
using volume::NodeId;
using volume::Role;
using volume::Volume;

namespace {

constexpr std::uint64_t kLine = media::kCacheLine;
constexpr std::uint64_t kAtom = 8;
constexpr std::uint64_t kUnits = 12;
constexpr std::uint64_t kDevice =
    format::kLogOffset + format::kMinLogLength + kUnits * format::kAllocUnit;

// What the hosts share.
struct Medium {
  std::vector<std::byte> bytes = std::vector<std::byte>(kDevice, std::byte{0xee});
  std::minstd_rand random;
  [[nodiscard]] bool one_in(unsigned n) { return random() % n == 0; }
};

class Host : public media::Memory {
public:
  explicit Host(Medium& medium) : medium_(medium) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return medium_.bytes.size(); }
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override {
    return store(offset, std::as_bytes(std::span(&value, 1)));
  }
  [[nodiscard]] std::byte* address(std::uint64_t /*offset*/) const noexcept override {
    return nullptr; // nobody asks here
  }

protected:
  Medium& medium_;
};

// The master: alone in writing, so its own view never is stale.
class Writer final : public Host {
public:
  using Host::Host;
  std::function<void()> meanwhile; // after each operation

  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    std::memcpy(to.data(), view_.data() + offset, to.size());
    return {};
  }
  Result<void> store(std::uint64_t offset, Bytes from) override {
    std::memcpy(view_.data() + offset, from.data(), from.size());
    return stored(offset, from.size());
  }
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override {
    std::memset(view_.data() + offset, 0, length);
    return stored(offset, length);
  }
  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override {
    for (std::uint64_t line = offset / kLine * kLine; line < offset + length; line += kLine) {
      leaving_.insert(line);
    }
    return {};
  }
  Result<void> invalidate(std::uint64_t, std::uint64_t) const override { return {}; }
  void fence() const noexcept override {
    for (const std::uint64_t line : leaving_) {
      arrive(line, kLine);
      dirty_.erase(line);
    }
    leaving_.clear();
    if (meanwhile) {
      meanwhile();
    }
  }

private:
  void arrive(std::uint64_t offset, std::uint64_t length) const {
    std::memcpy(medium_.bytes.data() + offset, view_.data() + offset, length);
  }
  Result<void> stored(std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t line = offset / kLine * kLine; line < offset + length; line += kLine) {
      if (std::memcmp(view_.data() + line, medium_.bytes.data() + line, kLine) != 0) {
        dirty_.insert(line);
      }
    }
    // Caches write back when they like.
    for (const std::uint64_t line : dirty_) {
      for (std::uint64_t atom = line; medium_.one_in(3) && atom < line + kLine; atom += kAtom) {
        if (medium_.one_in(2)) {
          arrive(atom, kAtom);
        }
      }
    }
    if (meanwhile) {
      meanwhile();
    }
    return {};
  }

  std::vector<std::byte> view_ = medium_.bytes;
  mutable std::set<std::uint64_t> dirty_;
  mutable std::set<std::uint64_t> leaving_;
};

// A client. `deaf`: what it asks to drop stays, so that a test can see what dropping is good for.
class Reader final : public Host {
public:
  Reader(Medium& medium, const Site& deaf) : Host(medium), deaf_(deaf) {}

  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    for (std::uint64_t at = offset; at < offset + to.size();) {
      const std::uint64_t line = at / kLine * kLine;
      const std::uint64_t end = std::min(line + kLine, offset + to.size());
      std::memcpy(to.data() + (at - offset), cached(line).data() + (at - line), end - at);
      at = end;
    }
    return {};
  }
  Result<void> store(std::uint64_t, Bytes) override { return never(); }
  Result<void> zero(std::uint64_t, std::uint64_t) override { return never(); }
  Result<void> write_back(std::uint64_t, std::uint64_t) override { return never(); }
  Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const override {
    const Site site = asking_site();
    sites_.insert(site);
    if (site == deaf_) {
      return {};
    }
    for (std::uint64_t line = offset / kLine * kLine; line < offset + length; line += kLine) {
      cache_.erase(line);
      if (medium_.one_in(4)) {
        cached(line); // a prefetcher guesses well
      }
    }
    return {};
  }
  void fence() const noexcept override {}

  // As a prefetcher may, of what the test looks at: the log's beginning, and each file's.
  void speculate() const {
    for (std::uint64_t line = 0; line < 32 * kLine; line += kLine) {
      if (medium_.one_in(4)) {
        cached(format::kLogOffset + line);
      }
      const std::uint64_t unit = medium_.random() % kUnits;
      if (medium_.one_in(2)) {
        cached(format::kLogOffset + format::kMinLogLength + unit * format::kAllocUnit + line % 320);
      }
    }
  }
  [[nodiscard]] const std::set<Site>& sites() const { return sites_; }

private:
  using Line = std::array<std::byte, kLine>;
  const Line& cached(std::uint64_t line) const {
    const auto [found, fresh] = cache_.try_emplace(line);
    if (fresh || medium_.one_in(16)) { // evicted, and fetched anew
      std::memcpy(found->second.data(), medium_.bytes.data() + line, kLine);
    }
    return found->second;
  }
  static Result<void> never() { return fail(Errc::read_only, "a client stores nothing"); }

  Site deaf_;
  mutable std::unordered_map<std::uint64_t, Line> cache_;
  mutable std::set<Site> sites_;
};

// What the master did, and what a client may see of it.
class Story {
public:
  Story(unsigned seed, const Site& deaf) : reader_(medium_, deaf) {
    medium_.random.seed(seed);
    (void)Volume::open(reader_, {.role = Role::client}, faults_); // looks too early
    make_an_earlier_one();
    make();
    master_ = must(Volume::open(writer_, {.role = Role::master}, faults_));
  }

  std::string run() {
    auto client = Volume::open(reader_, {.role = Role::client}, faults_);
    if (!client) {
      return "no mount: " + client.error().message;
    }
    client_ = std::move(*client);
    if (client_->superblock().file_system != master_->superblock().file_system) {
      return "a mount of a file system that is gone";
    }
    writer_.meanwhile = [this] { look(); };
    while (files_.size() < kUnits && trouble_.empty()) {
      if (files_.empty() || medium_.one_in(2)) {
        create();
      } else {
        overwrite(files_[medium_.random() % files_.size()]);
      }
      acknowledged_ = files_.size();
    }
    writer_.meanwhile = {};
    check();
    for (const File& file : files_) {
      if (trouble_.empty() && read(file) != file.versions.back()) {
        trouble_ = file.name + ": a read does not catch up";
      }
    }
    return trouble_;
  }
  [[nodiscard]] const std::set<Site>& sites() const { return reader_.sites(); }

private:
  struct File {
    std::string name;
    std::vector<std::string> versions; // the first as committed
    NodeId id = 0;
  };

  void make() {
    must(volume::make(writer_, {.log_length = format::kMinLogLength,
                                .system = {},
                                .device_path = "/dev/dax0.0",
                                .force = true}));
  }

  // The reader's cache is full of it when it is made over, with entries that are whole.
  void make_an_earlier_one() {
    make();
    const auto master = must(Volume::open(writer_, {.role = Role::master}, faults_));
    for (std::uint64_t i = 0; i < kUnits; ++i) {
      const auto old =
          must(master->make_directory(tree::kRoot, "old" + std::to_string(i), {}, 0755));
      must(master->commit(old.id, Volume::Why::synced));
    }
    (void)Volume::open(reader_, {.role = Role::client}, faults_);
  }

  std::string text() {
    std::string text(300, ' ');
    std::ranges::generate(text, [&] { return static_cast<char>('a' + medium_.random() % 26); });
    return text;
  }

  void create() {
    files_.push_back({.name = "f" + std::to_string(files_.size()), .versions = {text()}, .id = 0});
    File& file = files_.back();
    file.id = must(master_->create(tree::kRoot, file.name, {}, 0644)).id;
    Text source(file.versions[0]);
    must(master_->write(file.id, 0, file.versions[0].size(), source));
    must(master_->commit(file.id, Volume::Why::closed));
  }

  void overwrite(File& file) {
    file.versions.push_back(text());
    Text source(file.versions.back());
    must(master_->write(file.id, 0, file.versions.back().size(), source));
  }

  void look() {
    reader_.speculate();
    if (trouble_.empty() && medium_.one_in(8)) {
      check();
    }
  }

  void check() {
    const auto followed = client_->follow();
    if (!followed || !faults_.all.empty()) {
      trouble_ = "follow: " + (followed ? faults_.all : followed.error().message);
      return;
    }
    const std::uint64_t seen = client_->usage().files;
    if (seen < acknowledged_ || seen < seen_ || seen > files_.size()) {
      trouble_ = "sees " + std::to_string(seen) + " files of " + std::to_string(acknowledged_);
    }
    seen_ = seen;
    for (std::uint64_t i = 0; i < seen && trouble_.empty(); ++i) {
      check(files_[i]);
    }
  }

  // By read, or as a program does through its map. Each byte is of some version, never of before
  // the commit.
  void check(const File& file) {
    const auto found = client_->lookup(tree::kRoot, file.name);
    if (!found) {
      trouble_ = file.name + ": another file's entry";
      return;
    }
    const std::string bytes = medium_.one_in(2) ? read(file) : mapped(file);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (std::ranges::none_of(file.versions, [&](const auto& v) { return v[i] == bytes[i]; })) {
        trouble_ = file.name + ": byte " + std::to_string(i) + " was never there";
        return;
      }
    }
  }

  std::string read(const File& file) {
    std::string bytes(file.versions[0].size(), '?');
    const auto id = must(client_->lookup(tree::kRoot, file.name)).id;
    must(client_->read(id, 0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  std::string mapped(const File& file) {
    std::string bytes(file.versions[0].size(), '?');
    const auto id = must(client_->lookup(tree::kRoot, file.name)).id;
    const auto view = must(client_->map(id, true));
    must(reader_.load(view.map.extents[0].offset, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  Medium medium_;
  Writer writer_{medium_};
  Reader reader_;
  Faults faults_;
  std::unique_ptr<Volume> master_, client_;
  std::vector<File> files_;
  std::uint64_t acknowledged_ = 0, seen_ = 0;
  std::string trouble_;
};

std::string first_trouble(const Site& deaf, std::set<Site>* sites = nullptr) {
  constexpr unsigned runs = 60;
  const char* given = std::getenv("FAMFS_SEED");
  const auto first = static_cast<unsigned>(given == nullptr ? 1 : std::strtoul(given, nullptr, 10));
  for (unsigned seed = first; seed < first + runs; ++seed) {
    Story story(seed, deaf);
    const std::string trouble = story.run();
    if (sites != nullptr) {
      sites->insert(story.sites().begin(), story.sites().end());
    }
    if (!trouble.empty()) {
      return "FAMFS_SEED=" + std::to_string(seed) + ": " + trouble;
    }
  }
  return "";
}

} // namespace

TEST_CASE("a client without coherence sees whole files, in order, and catches up", "[two_hosts]") {
  CHECK(first_trouble({}) == "");
}

TEST_CASE("left out, each invalidation is missed", "[two_hosts]") {
  std::set<Site> sites;
  REQUIRE(first_trouble({}, &sites) == "");
  CHECK(sites.size() >= 3);
  for (const Site& site : sites) {
    const std::string trouble = first_trouble(site);
    std::cout << "without " << name(site) << ": " << trouble << '\n';
    CHECK(trouble != "");
  }
}
