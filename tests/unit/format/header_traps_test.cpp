#include "samples.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::format;
using sample::fault_of;
using enum FaultKind;

namespace {

template <class Fn> LogHeaderBytes with(Fn change) {
  LogHeader header = make_log_header(8 * MiB);
  change(header);
  return encode(header);
}

LogHeaderBytes with_next_index(std::uint64_t next) {
  return with([=](LogHeader& h) { h.next_index = h.next_seqnum = next; });
}

std::optional<Fault> counters(std::uint64_t seqnum, std::uint64_t index) {
  LogHeader header = make_log_header(8 * MiB);
  header.next_seqnum = seqnum;
  header.next_index = index;
  return counters_fault(header);
}

} // namespace

TEST_CASE("log capacities are the format's") {
  CHECK(log_capacity(8 * MiB) == 15'420);
  CHECK(log_capacity(32 * MiB) == 61'680);
  CHECK(log_capacity(256 * MiB) == 493'447);
  CHECK(log_capacity(GiB) == 1'973'790);
}

TEST_CASE("a log header is good up to a full log") {
  CHECK(!fault_of(encode(make_log_header(8 * MiB))));
  CHECK(!fault_of(with_next_index(15'419)));
  CHECK(!fault_of(with_next_index(15'420)));
  CHECK(entry_offset(15'420) <= sample::kGeometry.log_end());
}

TEST_CASE("trap: next_index of 2^40") {
  CHECK(fault_of(with_next_index(std::uint64_t{1} << 40)) == header_next_index);
  CHECK(fault_of(with_next_index(UINT64_MAX)) == header_next_index);
}

TEST_CASE("trap: next_index past last_index") {
  CHECK(fault_of(with_next_index(15'421)) == header_next_index);
}

TEST_CASE("trap: last_index that would let next_index pass the log's end") {
  const auto bytes = with([](LogHeader& h) {
    h.last_index = std::uint64_t{1} << 40;
    h.next_index = std::uint64_t{1} << 39;
  });
  CHECK(fault_of(bytes) == header_length);
}

TEST_CASE("trap: header length that disagrees with the superblock") {
  CHECK(fault_of(encode(make_log_header(16 * MiB))) == header_length);
  CHECK(fault_of(with([](LogHeader& h) { h.length = 16 * MiB; })) == header_length);
  CHECK(fault_of(with([](LogHeader& h) { h.length = 0; })) == header_length);
}

TEST_CASE("trap: each byte of a header that its CRC covers") {
  const LogHeaderBytes good = encode(make_log_header(8 * MiB));
  for (std::size_t i = 0; i < 32; ++i) {
    LogHeaderBytes bytes = good;
    bytes[i] ^= std::byte{1};
    CAPTURE(i);
    CHECK(fault_of(bytes) == (i < 8 ? header_magic : header_crc));
  }
  CHECK(fault_of(LogHeaderBytes{}) == header_magic);
}

TEST_CASE("trap: counters apart by more than an append leaves them") {
  CHECK(!counters(5, 5));
  CHECK(!counters(6, 5));
  CHECK(!counters(5, 6));
  REQUIRE(counters(7, 5));
  CHECK(counters(7, 5)->kind == header_counters);
  CHECK(counters(0, UINT64_MAX));
  CHECK(counters(UINT64_MAX, 0));
}
