#include "request_source.h"

#include "catch.h"
#include "recording_memory.h"

#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::daemon;

namespace {

class Pipe {
public:
  explicit Pipe(const std::string& bytes) {
    REQUIRE(::pipe(ends_) == 0);
    REQUIRE(::write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    finish();
  }
  void finish() {
    if (ends_[1] >= 0) {
      ::close(ends_[1]);
      ends_[1] = -1;
    }
  }
  [[nodiscard]] int fd() const { return ends_[0]; }

private:
  int ends_[2]{};
};

fuse_bufvec from_pipe(const Pipe& pipe, std::size_t size) {
  fuse_bufvec out = FUSE_BUFVEC_INIT(size);
  out.buf[0].flags = FUSE_BUF_IS_FD;
  out.buf[0].fd = pipe.fd();
  return out;
}

std::string text_at(testing::RecordingMemory& memory, std::size_t offset, std::size_t length) {
  return {reinterpret_cast<const char*>(memory.raw().data() + offset), length};
}

constexpr std::uint64_t kSize = 1 << 20;

} // namespace

TEST_CASE("request source: from a pipe straight into memory, in parts and in order") {
  testing::RecordingMemory memory(kSize);
  const Pipe pipe("hello world");
  const fuse_bufvec from = from_pipe(pipe, 11);
  RequestSource source(from);
  REQUIRE(source.copy(memory, 100, 5));
  CHECK_FALSE(source.used_up());
  REQUIRE(source.copy(memory, 5000, 6));
  CHECK(source.used_up());
  CHECK(text_at(memory, 100, 5) == "hello");
  CHECK(text_at(memory, 5000, 6) == " world");
  CHECK(memory.events().empty()); // no store: the system call wrote
}

TEST_CASE("request source: from libfuse's buffer, by stores") {
  testing::RecordingMemory memory(kSize);
  std::string bytes = "hello world";
  fuse_bufvec from = FUSE_BUFVEC_INIT(bytes.size());
  from.buf[0].mem = bytes.data();
  RequestSource source(from);
  REQUIRE(source.copy(memory, 100, 5));
  REQUIRE(source.copy(memory, 5000, 6));
  CHECK(source.used_up());
  CHECK(text_at(memory, 100, 5) == "hello");
  CHECK(text_at(memory, 5000, 6) == " world");
}

TEST_CASE("request source: bad memory is an error that says where") {
  testing::RecordingMemory memory(kSize);
  SECTION("under a store") {
    memory.fail_at(4096, 4096);
    std::string bytes(5000, 'x');
    fuse_bufvec from = FUSE_BUFVEC_INIT(bytes.size());
    from.buf[0].mem = bytes.data();
    RequestSource source(from);
    const auto copied = source.copy(memory, 0, 5000);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == Errc::io);
    CHECK(source.bad().length == 5000);
  }
  SECTION("under read(2)") {
    REQUIRE(::mprotect(memory.address(4096), 4096, PROT_NONE) == 0);
    const Pipe pipe(std::string(5000, 'x'));
    const fuse_bufvec from = from_pipe(pipe, 5000);
    RequestSource source(from);
    const auto copied = source.copy(memory, 0, 5000);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == Errc::io);
    CHECK(source.bad().offset == 4096);
    CHECK_FALSE(source.used_up());
    REQUIRE(::mprotect(memory.address(4096), 4096, PROT_READ | PROT_WRITE) == 0);
  }
}

TEST_CASE("request source: a pipe that ends early") {
  testing::RecordingMemory memory(kSize);
  Pipe pipe("abc");
  pipe.finish();
  const fuse_bufvec from = from_pipe(pipe, 10);
  RequestSource source(from);
  CHECK_FALSE(source.copy(memory, 0, 10));
  CHECK(source.bad().length == 0);
}
