// Files that are pending: they grow, shrink, get names and lose them, and are committed.
#include "worker.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

namespace famfs::load {
namespace {

constexpr std::size_t kMostOwn = 5;

void raise_to(std::atomic<std::size_t>& used, std::size_t end) {
  used = std::max(used.load(), end);
}

} // namespace

// Between the two, who opens it by the name that it had must see that it may have another.
void Worker::rename(File& file, const std::string& to) const {
  const std::string from = file.path();
  file.set_path("");
  expect(::rename(world_.on_mount(from).c_str(), world_.on_mount(to).c_str()) == 0,
         "rename " + from + " to " + to);
  file.set_path(to);
}

Worker::Own* Worker::some_own() {
  return own_.empty() ? nullptr : &own_[below(random_, own_.size())];
}

void Worker::take_out(Own* own) {
  std::swap(*own, own_.back());
  own_.pop_back();
}

std::string Worker::new_path(std::uint64_t number) {
  const std::string directory = world_.directories.any(random_);
  return directory + (directory.empty() ? "" : "/") + "f" + std::to_string(number);
}

void Worker::create() {
  if (own_.size() >= kMostOwn) {
    return;
  }
  const std::uint64_t number = world_.next_number++;
  const std::size_t cells = one_in(random_, 40) ? 2000 : 1 + below(random_, 60);
  const bool draft = one_in(random_, 4);
  const std::uint32_t mode = draft ? 0600 : 0644;
  auto file = std::make_shared<File>(number, mode, cells, new_path(number));
  UniqueFd fd(::open(world_.on_mount(file->path()).c_str(),
                     O_CREAT | O_RDWR | O_CLOEXEC | (draft ? O_EXCL : 0), mode));
  expect(static_cast<bool>(fd), "create " + file->path());
  world_.files.add(file);
  own_.push_back({std::move(file), std::move(fd), draft});
}

void Worker::write_pending() {
  Own* own = some_own();
  if (own == nullptr) {
    return;
  }
  // A second handle: its close is not the last one.
  UniqueFd second = one_in(random_, 10) ? open_any(*own->file, O_RDWR, world_.mount) : UniqueFd();
  const int fd = second ? second.get() : own->fd.get();
  File& file = *own->file;
  const Range range = File::some(random_, file.cells.size());
  const auto locks = file.lock_to_write(range);
  std::vector<std::byte> bytes(range.bytes());
  file.fill(range, bytes, 1);
  const std::size_t half = bytes.size() / 2;
  const std::array<iovec, 2> parts{
      {{.iov_base = bytes.data(), .iov_len = half},
       {.iov_base = bytes.data() + half, .iov_len = bytes.size() - half}}};
  expect(::pwritev(fd, parts.data(), 2, static_cast<off_t>(range.offset())) ==
             static_cast<ssize_t>(bytes.size()),
         "write " + file.path());
  file.written(range);
  raise_to(file.used, range.first + range.count);
}

void Worker::reserve_pending() {
  if (Own* own = some_own(); own != nullptr) {
    const Range range = File::some(random_, own->file->cells.size());
    expect(::fallocate(own->fd.get(), 0, static_cast<off_t>(range.offset()),
                       static_cast<off_t>(range.bytes())) == 0,
           "fallocate " + own->file->path());
    raise_to(own->file->used, range.first + range.count);
  }
}

void Worker::cut_pending() {
  Own* own = some_own();
  if (own == nullptr || own->file->used == 0) {
    return;
  }
  File& file = *own->file;
  const std::size_t count = 1 + below(random_, std::min<std::size_t>(kMostAtOnce, file.used));
  const Range cut{.first = file.used - count, .count = count};
  const auto locks = file.lock_to_write(cut);
  expect(::ftruncate(own->fd.get(), static_cast<off_t>(cut.offset())) == 0,
         "truncate " + file.path());
  file.used = cut.first;
  for (std::size_t i = 0; i < cut.count; ++i) {
    file.cells[cut.first + i].generation = 0;
  }
}

void Worker::store_pending() {
  Own* own = some_own();
  if (own == nullptr || own->file->used == 0) {
    return;
  }
  const Range range = File::some(random_, own->file->used);
  const auto locks = own->file->lock_to_write(range);
  Mapped map(own->fd, range, PROT_READ | PROT_WRITE);
  own->file->check(range, map.bytes(), "a map while pending");
  own->file->fill(range, map.bytes(), 1);
  if (one_in(random_, 2)) { // else the commit writes back
    map.publish();
  }
  own->file->written(range);
}

void Worker::rename_pending() {
  Own* own = some_own();
  if (own == nullptr || own->draft) { // a draft's rename is for its commit
    return;
  }
  rename(*own->file, new_path(world_.next_number++));
}

void Worker::replace_pending() {
  if (own_.size() < 2 || own_.front().draft || own_.back().draft) {
    return;
  }
  Own& winner = own_.front();
  Own& loser = own_.back();
  const std::string to = loser.file->path();
  loser.file->set_path("");
  rename(*winner.file, to);
  read_range(*loser.file, loser.fd, "read of what was replaced");
  world_.files.forget(loser.file);
  own_.pop_back();
}

void Worker::drop(Own* own) {
  const std::string path = own->file->path();
  own->file->set_path("");
  expect(::unlink(world_.on_mount(path).c_str()) == 0, "unlink " + path);
  world_.files.forget(own->file);
  read_range(*own->file, own->fd, "read of what was unlinked");
  take_out(own);
}

void Worker::unlink_pending() {
  if (Own* own = some_own(); own != nullptr) {
    drop(own);
  }
}

void Worker::sync_pending() {
  Own* own = some_own();
  if (own == nullptr || own->draft || own->file->used == 0) {
    return;
  }
  if (!world_.file_budget.take()) {
    drop(own);
    return;
  }
  expect(::fsync(own->fd.get()) == 0, "fsync " + own->file->path());
  world_.files.commit(own->file);
  take_out(own);
}

void Worker::commit_by_close(Own* own) {
  if (own->file->used == 0) {
    drop(own);
    return;
  }
  const std::string path = own->file->path();
  expect(::close(own->fd.release()) == 0, "close " + path);
  if (own->draft) {
    rename(*own->file, new_path(world_.next_number++));
  }
  world_.files.commit(own->file);
  take_out(own);
}

void Worker::close_pending() {
  Own* own = some_own();
  if (own == nullptr) {
    return;
  }
  if (world_.file_budget.take()) {
    commit_by_close(own);
  } else {
    drop(own);
  }
}

} // namespace famfs::load
