#include "open_files.h"

#include "catch.h"

#include <thread>
#include <vector>

using namespace famfs::daemon;

namespace {

Handle* add(OpenFiles& files, std::uint64_t node, bool writable) {
  auto handle = std::make_unique<Handle>();
  handle->node = node;
  handle->writable = writable;
  return files.add(std::move(handle));
}

} // namespace

TEST_CASE("open files: the last writer and the last handle of a node") {
  OpenFiles files;
  Handle* writer = add(files, 7, true);
  Handle* other = add(files, 7, true);
  Handle* reader = add(files, 7, false);
  Handle* elsewhere = add(files, 8, true);
  CHECK(files.count() == 4);
  CHECK_FALSE(files.only_writer(*writer));
  CHECK_FALSE(files.only_writer(*reader));
  CHECK(files.only_writer(*elsewhere));

  auto removed = files.remove(other);
  CHECK_FALSE(removed.last_writer);
  CHECK_FALSE(removed.last);
  CHECK(files.only_writer(*writer));

  removed = files.remove(writer);
  CHECK(removed.last_writer);
  CHECK_FALSE(removed.last);

  removed = files.remove(reader);
  CHECK_FALSE(removed.last_writer); // it could not write
  CHECK(removed.last);
  CHECK(removed.handle->node == 7);
  CHECK(files.count() == 1); // what is left goes with `files`
}

TEST_CASE("open files: exactly one of many is the last") {
  OpenFiles files;
  constexpr int threads = 8;
  std::vector<Handle*> handles;
  for (int i = 0; i < threads; ++i) {
    handles.push_back(add(files, 7, true));
  }
  std::atomic<int> last = 0;
  std::atomic<int> last_writer = 0;
  std::vector<std::thread> workers;
  for (Handle* handle : handles) {
    workers.emplace_back([&, handle] {
      const auto removed = files.remove(handle);
      last += removed.last ? 1 : 0;
      last_writer += removed.last_writer ? 1 : 0;
    });
  }
  for (auto& worker : workers) {
    worker.join();
  }
  CHECK(last == 1);
  CHECK(last_writer == 1);
}
