#include "catch.h"

#include "media/cache.h"

#include <numeric>
#include <vector>

using namespace famfs::media;

namespace {

// What this CPU has and everything weaker of its kind.
std::vector<CacheOps> usable() {
  switch (cache_ops()) {
  case CacheOps::clwb:
    return {CacheOps::clwb, CacheOps::clflushopt, CacheOps::clflush, CacheOps::none};
  case CacheOps::clflushopt:
    return {CacheOps::clflushopt, CacheOps::clflush, CacheOps::none};
  case CacheOps::clflush:
    return {CacheOps::clflush, CacheOps::none};
  case CacheOps::arm64:
    return {CacheOps::arm64, CacheOps::none};
  case CacheOps::none:
    break;
  }
  return {CacheOps::none};
}

} // namespace

TEST_CASE("x86-64 and arm64 have cache operations, each with a name") {
#if defined(__x86_64__) || defined(__aarch64__)
  CHECK(cache_ops() != CacheOps::none);
#endif
  CHECK(name(CacheOps::none) == "none");
  CHECK(name(CacheOps::clflush) == "clflush");
  CHECK(name(CacheOps::clflushopt) == "clflushopt");
  CHECK(name(CacheOps::clwb) == "clwb");
  CHECK(name(CacheOps::arm64) == "arm64");
}

TEST_CASE("no cache operation changes a byte, whatever the range's ends") {
  std::vector<unsigned char> bytes(8 * kCacheLine);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
  const std::vector<unsigned char> before = bytes;
  for (const CacheOps ops : usable()) {
    INFO(name(ops));
    for (std::size_t offset = 0; offset < 2 * kCacheLine; offset += 7) {
      for (const std::size_t length :
           {std::size_t{0}, std::size_t{1}, kCacheLine, 5 * kCacheLine + 3}) {
        write_back_lines(bytes.data() + offset, length, ops);
        invalidate_lines(bytes.data() + offset, length, ops);
        store_fence(ops);
      }
    }
    CHECK(bytes == before);
  }
}

TEST_CASE("an empty range touches no line") {
  // An address nobody may touch: a fault here would end the program.
  for (const CacheOps ops : usable()) {
    write_back_lines(nullptr, 0, ops);
    invalidate_lines(nullptr, 0, ops);
  }
  SUCCEED();
}
