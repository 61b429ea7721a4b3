#include "init_exchange.h"

#include "catch.h"

#include <cstring>

#include <linux/fuse.h>

using namespace famfs;
using namespace famfs::daemon;

namespace {

struct Request {
  fuse_in_header header{};
  fuse_init_in init{};
};

Request request(std::uint64_t flags) {
  Request out;
  out.header.opcode = FUSE_INIT;
  out.header.unique = 42;
  out.header.len = sizeof out;
  out.init.major = FUSE_KERNEL_VERSION;
  out.init.minor = 38;
  out.init.flags = static_cast<std::uint32_t>(flags);
  out.init.flags2 = static_cast<std::uint32_t>(flags >> 32);
  return out;
}

Bytes bytes_of(const Request& r) {
  return std::as_bytes(std::span(&r, 1));
}

struct Reply {
  fuse_out_header header{};
  fuse_init_out init{};
  std::array<iovec, 2> parts() {
    return {{{.iov_base = &header, .iov_len = sizeof header},
             {.iov_base = &init, .iov_len = sizeof init}}};
  }
};

} // namespace

TEST_CASE("INIT: the request says what is offered") {
  const Request r = request(init_flag::kExtended | init_flag::kDirectIoAllowMmap | 5);
  const auto parsed = parse_init_request(bytes_of(r));
  REQUIRE(parsed);
  CHECK(parsed->unique == 42);
  CHECK(parsed->flags == (init_flag::kExtended | init_flag::kDirectIoAllowMmap | 5));
}

TEST_CASE("INIT: the second half counts only when the first says so, or when it is there") {
  Request r = request(init_flag::kDirectIoAllowMmap | 5);
  CHECK(parse_init_request(bytes_of(r))->flags == 5);
  // Kernels before 5.17: no second half.
  CHECK(parse_init_request(bytes_of(r).first(sizeof r.header + 16))->flags == 5);
  CHECK_FALSE(parse_init_request(bytes_of(r).first(sizeof r.header + 8)));
  CHECK_FALSE(parse_init_request({}));
  r.header.opcode = FUSE_LOOKUP;
  CHECK_FALSE(parse_init_request(bytes_of(r)));
  r = request(5);
  r.init.major = 8; // libfuse answers with its own major, and a second INIT comes
  CHECK_FALSE(parse_init_request(bytes_of(r)));
}

TEST_CASE("INIT: the reply gets what was chosen") {
  std::uint64_t seen = 0;
  InitExchange exchange([&](std::uint64_t offered) {
    seen = offered;
    return init_flag::kDirectIoAllowMmap;
  });
  const Request r = request(init_flag::kExtended | init_flag::kDirectIoAllowMmap);
  exchange.saw_request(bytes_of(r));
  CHECK(seen == (init_flag::kExtended | init_flag::kDirectIoAllowMmap));
  CHECK(exchange.offered() == seen);
  CHECK(exchange.taken() == init_flag::kDirectIoAllowMmap);
  CHECK_FALSE(exchange.over());

  Reply other;
  other.header.unique = 41;
  auto parts = other.parts();
  CHECK(exchange.replace(parts).empty());

  Reply reply;
  reply.header.unique = 42;
  reply.init.flags = 9;
  reply.init.max_write = 1 << 20;
  parts = reply.parts();
  const auto sent = exchange.replace(parts);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].iov_base == &reply.header);
  fuse_init_out out{};
  REQUIRE(sent[1].iov_len == sizeof out);
  std::memcpy(&out, sent[1].iov_base, sizeof out);
  CHECK(out.flags == (9 | static_cast<std::uint32_t>(init_flag::kExtended)));
  CHECK(out.flags2 == init_flag::kDirectIoAllowMmap >> 32);
  CHECK(out.max_write == 1 << 20);
  CHECK(reply.init.flags2 == 0); // libfuse's own is left alone
  CHECK(exchange.over());
  CHECK(exchange.replace(parts).empty());
}

TEST_CASE("INIT: a reply that is to stay as it is") {
  std::uint64_t take = init_flag::kDirectIoAllowMmap;
  InitExchange exchange([&](std::uint64_t) { return take; });
  Reply reply;
  reply.header.unique = 42;
  auto parts = reply.parts();
  SECTION("nothing chosen") {
    take = 0;
  }
  SECTION("an error") {
    reply.header.error = -EPROTO;
  }
  SECTION("too short for the flags") {
    parts[1].iov_len = 24;
  }
  exchange.saw_request(bytes_of(request(init_flag::kExtended)));
  CHECK(exchange.replace(parts).empty());
  CHECK(exchange.over());
}
