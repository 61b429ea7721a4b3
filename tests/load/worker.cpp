#include "worker.h"

#include <famfs.h>

#include <cerrno>
#include <numeric>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace famfs::load {
namespace {

constexpr std::uint64_t kPage = 4096;

} // namespace

bool Budget::take() {
  const std::chrono::duration<double> passed = Clock::now() - began_;
  const auto so_far = static_cast<std::uint64_t>(static_cast<double>(total_) *
                                                 std::min(1.0, 0.01 + passed / duration_));
  if (used_.fetch_add(1) < so_far) {
    return true;
  }
  --used_;
  return false;
}

void Directories::add(std::string path) {
  const std::scoped_lock lock(mutex_);
  paths_.push_back(std::move(path));
}

std::string Directories::any(Random& random) const {
  const std::scoped_lock lock(mutex_);
  return paths_[below(random, paths_.size())];
}

const std::vector<Worker::Weighted>& Worker::steps() {
  static const std::vector<Weighted> all{{&Worker::create, 8},
                                         {&Worker::write_pending, 20},
                                         {&Worker::reserve_pending, 3},
                                         {&Worker::cut_pending, 3},
                                         {&Worker::store_pending, 5},
                                         {&Worker::rename_pending, 5},
                                         {&Worker::replace_pending, 2},
                                         {&Worker::unlink_pending, 3},
                                         {&Worker::sync_pending, 4},
                                         {&Worker::close_pending, 5},
                                         {&Worker::overwrite, 12},
                                         {&Worker::store, 8},
                                         {&Worker::read_by_map, 6},
                                         {&Worker::read_back, 20},
                                         {&Worker::refused, 3},
                                         {&Worker::look_through_client, 6},
                                         {&Worker::make_directory, 1},
                                         {&Worker::come_and_go, 1},
                                         {&Worker::list, 3},
                                         {&Worker::look, 8},
                                         {&Worker::file_system, 2},
                                         {&Worker::map_text, 4}};
  return all;
}

void Worker::step() {
  static const std::uint64_t total =
      std::accumulate(steps().begin(), steps().end(), std::uint64_t{0},
                      [](std::uint64_t sum, const Weighted& one) { return sum + one.weight; });
  std::uint64_t left = below(random_, total);
  for (const Weighted& one : steps()) {
    if (left < one.weight) {
      (this->*one.step)();
      return;
    }
    left -= one.weight;
  }
}

void Worker::finish() {
  while (!own_.empty()) {
    commit_by_close(&own_.back());
  }
}

UniqueFd Worker::open_any(File& file, int flags, const std::string& mount) {
  const std::string path = file.path();
  if (path.empty()) {
    return {};
  }
  UniqueFd fd(::open((mount + "/" + path).c_str(), flags | O_CLOEXEC));
  if (file.path() != path) { // renamed, removed or replaced meanwhile
    return {};
  }
  expect(static_cast<bool>(fd), "open " + path);
  return fd;
}

void Worker::read_range(File& file, const UniqueFd& fd, const std::string& by) {
  const Range range = File::some(random_, file.used);
  const auto locks = file.lock_to_read(range);
  if (range.count == 0 || range.first + range.count > file.used) {
    return; // cut meanwhile
  }
  std::vector<std::byte> bytes(range.bytes());
  const ssize_t got =
      ::pread(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(range.offset()));
  expect(got >= 0, "read " + file.path() + " by " + by);
  file.check(range, std::span(bytes).first(static_cast<std::size_t>(got)), by);
}

Mapped::Mapped(const UniqueFd& fd, const Range& range, int protection) {
  const std::uint64_t begin = range.offset() / kPage * kPage;
  length_ = range.offset() + range.bytes() - begin;
  start_ =
      famfs_mmap(nullptr, length_, protection, MAP_SHARED, fd.get(), static_cast<off_t>(begin));
  expect(start_ != MAP_FAILED, "famfs_mmap");
  bytes_ = {static_cast<std::byte*>(start_) + (range.offset() - begin), range.bytes()};
}

Mapped::~Mapped() {
  famfs_munmap(start_, length_);
}

void Mapped::publish() {
  errno = -famfs_publish(bytes_.data(), bytes_.size());
  expect(errno == 0, "famfs_publish");
}

} // namespace famfs::load
