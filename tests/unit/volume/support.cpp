#include "support.h"

#include "catch.h"

#include <algorithm>
#include <random>

namespace famfs::testing {

namespace {

template <class T> T must(Result<T> result) {
  if (!result) {
    FAIL(result.error().message);
  }
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (!result) {
    FAIL(result.error().message);
  }
}

} // namespace

Result<void> TextSource::copy(media::Memory& memory, std::uint64_t device_offset,
                              std::uint64_t length) {
  const auto part = text_.substr(0, length);
  text_.remove_prefix(length);
  return memory.store(device_offset, std::as_bytes(std::span(part)));
}

Rig::Rig(std::uint64_t size) : memory(size) {
  std::memset(memory.raw().data(), std::to_integer<int>(kJunk), memory.raw().size());
  memory.settle();
  must(volume::make(memory, {.log_length = 8 * MiB,
                             .system = Uuid::random(),
                             .device_path = "/dev/dax0.0",
                             .force = true}));
  reopen();
}

void Rig::reopen(Role role) {
  volume.reset();
  volume = must(Volume::open(memory, {.role = role, .map_unit = map_unit}, faults));
  memory.forget_events();
}

void Rig::crash_and_reopen() {
  volume.reset();
  memory.crash();
  reopen();
}

NodeId Rig::create(std::string_view name, NodeId parent) {
  return must(volume->create(parent, name, {.uid = 1, .gid = 2}, 0644)).id;
}

NodeId Rig::directory(std::string_view name, NodeId parent) {
  const NodeId id = must(volume->make_directory(parent, name, {.uid = 1, .gid = 2}, 0755)).id;
  must(volume->commit(id, Volume::Why::by_request));
  return id;
}

Result<std::uint64_t> Rig::try_write(NodeId id, std::uint64_t offset, std::string_view text) {
  TextSource source(text);
  return volume->write(id, offset, text.size(), source);
}

void Rig::write(NodeId id, std::uint64_t offset, std::string_view text) {
  REQUIRE(must(try_write(id, offset, text)) == text.size());
}

void Rig::resize(NodeId id, std::uint64_t size) {
  REQUIRE(must(volume->change(id, {.size = size})).size == size);
}

void Rig::commit(NodeId id) {
  must(volume->commit(id, Volume::Why::by_request));
  REQUIRE_FALSE(attributes(id).pending);
}

std::string Rig::read(NodeId id) {
  std::string text(attributes(id).size + 10, '?');
  const auto count = must(volume->read(id, 0, std::as_writable_bytes(std::span(text))));
  text.resize(count);
  return text;
}

volume::Attributes Rig::attributes(NodeId id) {
  return must(volume->attributes(id));
}

NodeId Rig::lookup(std::string_view name, NodeId parent) {
  return must(volume->lookup(parent, name)).id;
}

NodeId Rig::committed(std::string_view name, std::string_view text) {
  const NodeId id = create(name);
  write(id, 0, text);
  commit(id);
  return id;
}

void Rig::store_mapped(NodeId id, std::uint64_t offset, std::string_view text) {
  const auto view = must(volume->map(id, false));
  format::for_each_segment(view.map, offset, text.size(), [&](const format::Segment& segment) {
    std::memcpy(memory.raw().data() + segment.offset, text.data() + (segment.file_offset - offset),
                segment.length);
    return true;
  });
}

std::vector<std::string> Rig::names(NodeId directory) {
  std::vector<std::string> names;
  must(volume->list(directory, 0, [&](const tree::Child& child, const volume::Attributes&) {
    names.emplace_back(child.name);
    return true;
  }));
  return names;
}

std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}

std::string text_of(std::size_t count, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(count, ' ');
  std::ranges::generate(text, [&] { return static_cast<char>('a' + random() % 26); });
  return text;
}

} // namespace famfs::testing
