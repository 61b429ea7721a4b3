#include "base/bytes.h"
#include "base/fd.h"
#include "base/inline_vector.h"

#include "catch.h"

#include <array>

#include <fcntl.h>

TEST_CASE("little-endian loads and stores") {
  std::array<std::byte, 12> bytes{};
  famfs::store_le<std::uint64_t>(bytes, 3, 0x1122334455667788);
  CHECK(bytes[3] == std::byte{0x88});
  CHECK(bytes[10] == std::byte{0x11});
  CHECK(bytes[11] == std::byte{0});
  CHECK(famfs::load_le<std::uint64_t>(bytes, 3) == 0x1122334455667788);
  CHECK(famfs::load_le<std::uint16_t>(bytes, 3) == 0x7788);
}

TEST_CASE("InlineVector holds what its type says") {
  famfs::InlineVector<int, 3> v;
  CHECK(v.empty());
  v.push_back(1);
  v.push_back(2);
  v.push_back(3);
  CHECK(v.full());
  CHECK(v.back() == 3);
  auto w = v;
  CHECK(v == w);
  w.pop_back();
  CHECK(!(v == w));
  int sum = 0;
  for (const int i : w) {
    sum += i;
  }
  CHECK(sum == 3);
  CHECK(w.span().size() == 2);
  w.clear();
  CHECK(w.empty());
}

TEST_CASE("UniqueFd closes what it holds, once") {
  const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(raw >= 0);
  {
    famfs::UniqueFd first(raw);
    famfs::UniqueFd second(std::move(first));
    CHECK(second.get() == raw);
    famfs::UniqueFd third;
    third = std::move(second);
    CHECK(third.get() == raw);
  }
  CHECK(::fcntl(raw, F_GETFD) == -1);
}
