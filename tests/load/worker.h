// One thread of the load: a random operation after another, each checked. What it owns are the
// pending files that it made; what is committed belongs to all.
#pragma once

#include "files.h"

#include "base/fd.h"

#include <chrono>

namespace famfs::load {

// The base format removes nothing, so what is committed is spread over the whole run.
class Budget {
public:
  Budget(std::uint64_t total, std::chrono::seconds duration) : total_(total), duration_(duration) {}
  [[nodiscard]] bool take();

private:
  using Clock = std::chrono::steady_clock;
  const std::uint64_t total_;
  const std::chrono::duration<double> duration_;
  const Clock::time_point began_ = Clock::now();
  std::atomic<std::uint64_t> used_ = 0;
};

class Directories {
public:
  void add(std::string path);
  [[nodiscard]] std::string any(Random& random) const; // relative to the mount; the root is ""

private:
  mutable std::mutex mutex_;
  std::vector<std::string> paths_{""};
};

// What the threads share.
struct World {
  std::string mount, client; // the second: of a client on the same device
  Budget file_budget, directory_budget;
  Files files;
  Directories directories;
  std::atomic<std::uint64_t> next_number = 1;

  [[nodiscard]] std::string on_mount(const std::string& path) const { return mount + "/" + path; }
};

class Worker {
public:
  Worker(World& world, std::uint64_t seed) : world_(world), random_(seed) {}

  // Throws what went wrong.
  void step();
  void finish(); // commits what is pending

private:
  struct Own {
    FileRef file;
    UniqueFd fd;
    bool draft = false; // made as mkstemp makes it: its close does not commit it, its rename does
  };
  using Step = void (Worker::*)();
  struct Weighted {
    Step step;
    unsigned weight;
  };
  static const std::vector<Weighted>& steps();

  // pending.cpp
  void create();
  void write_pending();
  void reserve_pending();
  void cut_pending();
  void store_pending();
  void rename_pending();
  void replace_pending();
  void unlink_pending();
  void sync_pending();
  void close_pending();
  // committed.cpp
  void overwrite();
  void store();
  void read_by_map();
  void read_back();
  void look_through_client();
  void refused();
  // names.cpp
  void make_directory();
  void come_and_go();
  void list();
  void look();
  void file_system();
  void map_text();

  [[nodiscard]] Own* some_own();
  void take_out(Own* own);
  void commit_by_close(Own* own);
  void drop(Own* own);
  void rename(File& file, const std::string& to) const; // of our own
  [[nodiscard]] std::string new_path(std::uint64_t number);
  [[nodiscard]] UniqueFd open_any(File& file, int flags, const std::string& mount);
  void read_range(File& file, const UniqueFd& fd, const std::string& by);

  World& world_;
  Random random_;
  std::vector<Own> own_;
};

// The bytes of a range through a direct map of it. Shared by pending and committed.
class Mapped {
public:
  Mapped(const UniqueFd& fd, const Range& range, int protection);
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped();
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
  void publish();

private:
  void* start_ = nullptr;
  std::size_t length_ = 0;
  std::span<std::byte> bytes_;
};

} // namespace famfs::load
