#include "init_exchange.h"

#include <cstring>

#include <linux/fuse.h>

namespace famfs::daemon {

std::optional<InitRequest> parse_init_request(Bytes request) {
  fuse_in_header header{};
  fuse_init_in init{};
  if (request.size() < sizeof header + offsetof(fuse_init_in, flags2)) {
    return std::nullopt;
  }
  std::memcpy(&header, request.data(), sizeof header);
  // Kernels before 5.17 send a shorter one.
  std::memcpy(&init, request.data() + sizeof header,
              std::min(sizeof init, request.size() - sizeof header));
  if (header.opcode != FUSE_INIT || init.major != FUSE_KERNEL_VERSION) {
    return std::nullopt;
  }
  std::uint64_t flags = init.flags;
  if ((flags & init_flag::kExtended) != 0) {
    flags |= std::uint64_t{init.flags2} << 32;
  }
  return InitRequest{.unique = header.unique, .flags = flags};
}

bool add_init_flags(MutableBytes body, std::uint64_t flags) {
  fuse_init_out reply{};
  if (body.size() < sizeof reply) {
    return false;
  }
  std::memcpy(&reply, body.data(), sizeof reply);
  reply.flags |= static_cast<std::uint32_t>(flags | init_flag::kExtended);
  reply.flags2 |= static_cast<std::uint32_t>(flags >> 32);
  std::memcpy(body.data(), &reply, sizeof reply);
  return true;
}

void InitExchange::saw_request(Bytes request) {
  const auto init = parse_init_request(request);
  if (!init || over()) {
    return;
  }
  offered_ = init->flags;
  unique_ = init->unique;
  taken_ = choose_(init->flags);
  state_.store(State::asked, std::memory_order_release);
}

std::span<const iovec> InitExchange::replace(std::span<const iovec> reply) {
  fuse_out_header header{};
  if (state_.load(std::memory_order_acquire) != State::asked || reply.empty() ||
      reply[0].iov_len < sizeof header) {
    return {};
  }
  std::memcpy(&header, reply[0].iov_base, sizeof header);
  if (header.unique != unique_) {
    return {};
  }
  state_.store(State::over, std::memory_order_release);
  if (reply.size() != 2 || taken_ == 0) {
    return {};
  }
  const auto* bytes = static_cast<const std::byte*>(reply[1].iov_base);
  body_.assign(bytes, bytes + reply[1].iov_len);
  if (header.error != 0 || !add_init_flags(body_, taken_)) {
    return {};
  }
  message_ = {reply[0], {.iov_base = body_.data(), .iov_len = body_.size()}};
  return message_;
}

} // namespace famfs::daemon
