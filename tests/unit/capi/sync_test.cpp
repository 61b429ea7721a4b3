#include "world.h"

#include "base/units.h"
#include "capi/publish.h"
#include "catch.h"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

TEST_CASE("msync of a direct map, over parts and gaps", "[sync]") {
  World w(3 * kPage, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(6 * kPage));
  CHECK(w.mapper.sync(at, 6 * kPage, MS_SYNC) == 0); // also past the end of the file
  CHECK(w.mapper.sync(at, kPage, MS_ASYNC) == 0);
  CHECK(w.mapper.sync(at, kPage, MS_SYNC | MS_INVALIDATE) == 0);
  CHECK(w.mapper.sync(at, 0, MS_SYNC) == 0);
  CHECK(w.mapper.sync(at, kPage, MS_SYNC | MS_ASYNC) == -EINVAL);
  CHECK(w.mapper.sync(at, kPage, 64) == -EINVAL);
  CHECK(w.mapper.sync(at + 1, kPage, MS_SYNC) == -EINVAL);
  // Cache maintenance of what cannot be read would be SIGSEGV.
  REQUIRE(w.mapper.protect(at, 2 * kPage, PROT_NONE) == 0);
  CHECK(w.mapper.sync(at, 6 * kPage, MS_SYNC | MS_INVALIDATE) == 0);
  REQUIRE(w.mapper.unmap(at + kPage, kPage) == 0);
  CHECK(w.mapper.sync(at, 6 * kPage, MS_SYNC) == -ENOMEM);
  CHECK(w.mapper.unmap(at, 6 * kPage) == 0);
}

TEST_CASE("msync does not lose stores", "[sync]") {
  World w(2 * kPage, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(2 * kPage));
  auto* const word = static_cast<volatile std::uint64_t*>(pointer(at));
  *word = 5;
  CHECK(w.mapper.sync(at, 2 * kPage, MS_SYNC | MS_INVALIDATE) == 0);
  CHECK(*word == 5);
  CHECK(w.mapper.unmap(at, 2 * kPage) == 0);
}

TEST_CASE("publish and acquire: bad memory is an error, not a signal", "[sync]") {
  World w(2 * kPage, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  CHECK(publish({at + 3, at + 2 * kPage}) == 0);
  CHECK(acquire({at + 3, at + 2 * kPage}) == 0);
  CHECK(publish({at, at}) == 0);
  CHECK(publish({at, at + 4 * kPage}) == -EIO); // past the end of the file
  CHECK(acquire({at, at + 4 * kPage}) == -EIO);
  // The device loses its memory under the mapping; msync must say so.
  REQUIRE(ftruncate(w.device.fd, 0) == 0);
  CHECK(w.mapper.sync(at, 2 * kPage, MS_SYNC) == -EIO);
  CHECK(w.mapper.unmap(at, 4 * kPage) == 0);
}
