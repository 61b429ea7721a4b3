#include "base/units.h"

#include "catch.h"

#include <cstdint>

using famfs::format_size;
using famfs::parse_size;

TEST_CASE("parse_size takes digits and a binary unit") {
  CHECK(parse_size("0") == 0U);
  CHECK(parse_size("4096") == 4096U);
  CHECK(parse_size("8k") == 8 * famfs::KiB);
  CHECK(parse_size("8M") == 8 * famfs::MiB);
  CHECK(parse_size("1g") == famfs::GiB);
  CHECK(parse_size("1t") == famfs::TiB);
  CHECK(parse_size("1T") == famfs::TiB);
  CHECK(parse_size("1GiB") == famfs::GiB);
  CHECK(parse_size("007m") == 7 * famfs::MiB);
  CHECK(parse_size("18446744073709551615") == UINT64_MAX);
  CHECK(parse_size("16777215t") == 16777215 * famfs::TiB);
}

TEST_CASE("parse_size refuses what is no size, and never wraps") {
  for (const char* const bad :
       {"",     "k",   "-1",   "+1",   " 1",           "1 ",        "10x",
        "1kk",  "1mg", "0x10", "1.5g", "1GB",          "1kb",       "1i",
        "1ib",  "1e6", "m1",   "1\n",  "99999999999g", "16777216t", "18446744073709551616",
        "1,000"}) {
    CAPTURE(bad);
    const auto size = parse_size(bad);
    REQUIRE(!size);
    CHECK(size.error().code == famfs::Errc::usage);
    CHECK(size.error().message.find('\n') == std::string::npos);
  }
  CHECK(!parse_size(std::string_view("1\0", 2)));
}

TEST_CASE("format_size gives at most one decimal") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(17) == "17 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(8 * famfs::MiB) == "8 MiB");
  CHECK(format_size(3 * famfs::GiB / 2) == "1.5 GiB");
  CHECK(format_size(famfs::GiB - 1) == "1 GiB");
  CHECK(format_size(famfs::KiB + 1) == "1 KiB");
  CHECK(format_size(UINT64_MAX) == "16 EiB");
}

TEST_CASE("checked arithmetic does not wrap") {
  CHECK(famfs::checked_add(UINT64_MAX, 0) == UINT64_MAX);
  CHECK(!famfs::checked_add(UINT64_MAX, 1));
  CHECK(famfs::checked_mul(UINT64_MAX / 2, 2) == UINT64_MAX - 1);
  CHECK(!famfs::checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32));
  CHECK(famfs::round_up(1, 4096) == 4096);
  CHECK(famfs::round_up(4096, 4096) == 4096);
  CHECK(famfs::round_down(8191, 4096) == 4096);
  CHECK(!famfs::is_power_of_two(0));
  CHECK(famfs::is_power_of_two(std::uint64_t{1} << 63));
  CHECK(!famfs::is_power_of_two(12345));
}
