// Many threads on one volume, and a client that follows it: for ThreadSanitizer, and for deadlocks.
#include "support.h"

#include "catch.h"

#include <atomic>
#include <random>
#include <thread>

using namespace famfs;
using namespace famfs::testing;

namespace {

// Catch2's assertions belong to the main thread.
class Failures {
public:
  void expect(bool good) { count_ += good ? 0 : 1; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

private:
  std::atomic<std::uint64_t> count_ = 0;
};

std::string read_all(Volume& volume, NodeId id) {
  std::string text(4096, '?');
  const auto count = volume.read(id, 0, std::as_writable_bytes(std::span(text)));
  text.resize(count.value_or(0));
  return text;
}

void write_files(Volume& volume, int thread, int count, Failures& failures) {
  for (int i = 0; i < count; ++i) {
    const auto name = fmt::format("t{}-{}", thread, i);
    const auto made = volume.create(tree::kRoot, name, {}, 0644);
    if (!made) {
      failures.expect(false);
      continue;
    }
    auto pin = volume.pin(made->id);
    TextSource source(name);
    failures.expect(volume.write(made->id, 0, name.size(), source) == name.size());
    if (i % 3 == 0) {
      failures.expect(volume.remove(tree::kRoot, name).has_value());
      failures.expect(read_all(volume, made->id) == name);
    } else if (i % 3 == 1) {
      failures.expect(volume.map(made->id, true).has_value());
      failures.expect(volume.close(made->id).has_value());
    } else {
      failures.expect(
          volume.rename(tree::kRoot, name, tree::kRoot, name + "-renamed", false).has_value());
      failures.expect(volume.sync(made->id).has_value());
    }
  }
}

// Whole or not at all: what a reader finds has its content, and that is its name.
void read_files(Volume& volume, const std::atomic<bool>& stop, Failures& failures) {
  while (!stop) {
    std::vector<std::pair<NodeId, std::string>> found;
    failures.expect(volume
                        .list(tree::kRoot, 0,
                              [&](const tree::Child& child, const volume::Attributes& attributes) {
                                if (!attributes.pending) {
                                  found.emplace_back(child.id, child.name);
                                }
                                return true;
                              })
                        .has_value());
    for (const auto& [id, name] : found) {
      failures.expect(name.starts_with(read_all(volume, id)));
      failures.expect(volume.lookup(tree::kRoot, name).has_value());
      failures.expect(volume.sync(id).has_value());
    }
    (void)volume.usage();
    (void)volume.file_in({20 * MiB, 1});
  }
}

} // namespace

TEST_CASE("threads create, write, map, commit, rename, remove, look up, list and follow at once") {
  constexpr int kThreads = 4;
  constexpr int kFiles = 45;
  Rig rig(512 * MiB);
  Faults client_faults;
  auto client = *Volume::open(rig.memory, {.role = Role::client}, client_faults);
  Failures failures;
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  readers.emplace_back([&] { read_files(*rig.volume, stop, failures); });
  readers.emplace_back([&] { read_files(*client, stop, failures); });
  readers.emplace_back([&] {
    while (!stop) {
      failures.expect(client->follow().has_value());
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] { write_files(*rig.volume, t, kFiles, failures); });
  }
  for (auto& thread : writers) {
    thread.join();
  }
  stop = true;
  for (auto& thread : readers) {
    thread.join();
  }
  CHECK(failures.count() == 0);
  CHECK(client_faults.all.empty());
  constexpr std::uint64_t kLeft = kThreads * kFiles / 3 * 2;
  CHECK(rig.volume->usage().files == kLeft);
  CHECK(rig.volume->usage().pending_files == 0);
  CHECK(rig.volume->pins() == 0);
  CHECK(rig.volume->usage().free_bytes == rig.volume->usage().data_bytes - kLeft * kUnit);
  REQUIRE(client->follow());
  CHECK(client->usage().files == kLeft);
}

TEST_CASE("threads write, truncate, read and commit one file at once") {
  Rig rig;
  Failures failures;
  const NodeId id = rig.create("f");
  auto pin = *rig.volume->pin(id);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 60; ++i) {
        const auto text = text_of(random() % 50'000 + 1, t + 1);
        TextSource source(text);
        failures.expect(
            rig.volume->write(id, random() % (3 * MiB), text.size(), source).has_value());
        failures.expect(rig.volume->change(id, {.size = random() % (3 * MiB)}).has_value());
        std::string seen(100'000, '?');
        const auto count =
            rig.volume->read(id, random() % (2 * MiB), std::as_writable_bytes(std::span(seen)));
        failures.expect(count.has_value());
        seen.resize(count.value_or(0));
        failures.expect(seen.find(static_cast<char>(kJunk)) == std::string::npos);
        if (t == 0 && i == 30) {
          failures.expect(rig.volume->map(id, true).has_value());
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(failures.count() == 0);
  rig.resize(id, 3 * MiB);
  rig.commit(id);
  const auto content = rig.read(id);
  rig.crash_and_reopen();
  CHECK(rig.read(rig.lookup("f")) == content);
}

TEST_CASE("a file is removed while others pin it: its space comes back once") {
  Rig rig;
  const auto free = rig.free_bytes();
  Failures failures;
  for (int round = 0; round < 50; ++round) {
    const NodeId id = rig.create("f");
    rig.write(id, 0, "content");
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          if (auto pin = rig.volume->pin(id)) {
            failures.expect(read_all(*rig.volume, id) == "content");
          }
        }
      });
    }
    failures.expect(rig.volume->remove(tree::kRoot, "f").has_value());
    for (auto& thread : threads) {
      thread.join();
    }
    failures.expect(!rig.volume->attributes(id).has_value());
    failures.expect(rig.free_bytes() == free);
  }
  CHECK(failures.count() == 0);
}
