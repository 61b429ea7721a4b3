#include "volume_operator.h"

#include <algorithm>
#include <array>

namespace famfs::fuzz {
namespace {

using volume::Volume;

constexpr std::byte kWritten{'w'};
constexpr std::size_t kMostPins = 4;

class Written final : public volume::WriteSource {
public:
  Result<void> copy(media::Memory& memory, std::uint64_t device_offset,
                    std::uint64_t length) override {
    const std::vector<std::byte> bytes(length, kWritten);
    return memory.store(device_offset, bytes);
  }
};

// Around the units, pages and ends that code cares about, and now and then anything.
std::uint64_t offset(Input& input) {
  static constexpr auto kPlaces = std::to_array<std::uint64_t>(
      {0, 1, 4095, 4096, 4097, 2 * MiB - 1, 2 * MiB, 2 * MiB + 1, 4 * MiB, 6 * MiB + 5});
  const auto choice = input.take<std::uint8_t>();
  if (choice < 0xf0) {
    return kPlaces[choice % kPlaces.size()] + choice / 16;
  }
  return input.take<std::uint64_t>();
}

std::string_view name(Input& input) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"a", "b", "c", "d", ".", "..", ".meta", "a/b", "new\nline",
       "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"});
  const auto choice = input.take<std::uint8_t>();
  return choice < 0xe0 ? kNames[choice % kNames.size()] : input.text(choice - 0xe0U);
}

} // namespace

VolumeOperator::VolumeOperator(Volume& volume, const Namespace& found) : volume_(volume) {
  for (const auto& [path, node] : found) {
    nodes_.push_back(node.attributes.id);
  }
}

void VolumeOperator::run(Input& input) {
  while (!input.empty()) {
    step(input);
  }
  pins_.clear();
}

void VolumeOperator::step(Input& input) {
  const unsigned what = input.take<std::uint8_t>();
  const unsigned how = what / 8;
  switch (what % 8) {
  case 0:
  case 1:
    make(input, how);
    break;
  case 2:
    space(input, how);
    break;
  case 3:
  case 4:
    data(input, how);
    break;
  case 5:
    names(input, how);
    break;
  default:
    life(input, how);
  }
}

template <class T> void VolumeOperator::heard(const Result<T>& result) {
  if (!result) {
    must_be_one_line(result.error().message);
    must(result.error().code != Errc::system, "an exception that nobody expected");
  }
}

tree::NodeId VolumeOperator::any(Input& input) {
  return nodes_[input.take<std::uint8_t>() % nodes_.size()];
}

void VolumeOperator::make(Input& input, unsigned how) {
  const auto parent = any(input);
  const volume::Owner owner{.uid = how, .gid = how + 1};
  const auto made = how % 4 == 0 ? volume_.make_directory(parent, name(input), owner, 0755)
                                 : volume_.create(parent, name(input), owner, 0644, how % 8 == 1);
  heard(made);
  if (made && nodes_.size() < 200) {
    nodes_.push_back(made->id);
    if (made->kind == volume::Kind::file) {
      ours_.insert(made->id);
    }
  }
}

void VolumeOperator::space(Input& input, unsigned how) {
  const auto id = any(input);
  switch (how % 4) {
  case 0:
    heard(volume_.reserve(id, offset(input), offset(input), how % 8 == 0));
    break;
  case 1: {
    Volume::Layout layout{.size = offset(input), .raw = how % 8 == 1, .on_request = how % 16 < 8};
    if (input.take<std::uint8_t>() % 2 == 0) {
      layout.stripes = alloc::Stripes{.strips = input.take<std::uint8_t>() % 20U,
                                      .buckets = input.take<std::uint8_t>() % 80U,
                                      .chunk = offset(input)};
    }
    const auto laid_out = volume_.lay_out(id, layout);
    heard(laid_out);
    if (laid_out && layout.raw) {
      ours_.erase(id);
    }
    break;
  }
  case 2:
    heard(volume_.change(id, {.size = offset(input)}));
    break;
  default:
    heard(volume_.trim(id));
  }
}

void VolumeOperator::data(Input& input, unsigned how) {
  const auto id = any(input);
  const std::uint64_t at = offset(input);
  const std::size_t length = input.take<std::uint16_t>();
  switch (how % 4) {
  case 0:
  case 1: {
    Written source;
    heard(volume_.write(id, at, length, source));
    break;
  }
  case 2: {
    std::vector<std::byte> bytes(length);
    heard(volume_.read(id, at, bytes));
    break;
  }
  default:
    heard(volume_.segments(id, at, length, [&](const format::Segment& segment) {
      const auto& where = volume_.geometry();
      must(segment.device == 0 && segment.length > 0 && segment.offset >= where.data_begin() &&
               segment.offset < where.data_end() &&
               segment.length <= where.data_end() - segment.offset,
           "a segment outside the data");
      return true;
    }));
  }
}

void VolumeOperator::names(Input& input, unsigned how) {
  const auto parent = any(input);
  const auto old = name(input);
  if (how % 4 == 0) {
    heard(volume_.remove(parent, old));
    return;
  }
  const auto new_parent = any(input);
  heard(volume_.rename(parent, old, new_parent, name(input), how % 2 == 0));
}

void VolumeOperator::life(Input& input, unsigned how) {
  const auto id = any(input);
  switch (how % 9) {
  case 0:
    heard(volume_.commit(id, static_cast<Volume::Why>(input.take<std::uint8_t>() % 3)));
    break;
  case 1:
    heard(volume_.sync(id));
    break;
  case 2:
    heard(volume_.close(id));
    break;
  case 3:
    heard(volume_.map(id, how % 2 == 0, volume::Reader::root));
    break;
  case 4: {
    auto pin = volume_.pin(id);
    heard(pin);
    if (pin && pins_.size() < kMostPins) {
      pins_.push_back(std::move(*pin));
    }
    break;
  }
  case 5:
    pins_.clear();
    break;
  case 6:
    heard(volume_.change(id, {.mode = input.take<std::uint16_t>(), .uid = how}));
    break;
  case 7:
    volume_.withdraw({.offset = offset(input) + volume_.geometry().data_begin(),
                      .length = 1 + input.take<std::uint8_t>() * 4096U});
    withdrew_ = true;
    break;
  default:
    heard(volume_.follow());
  }
}

void VolumeOperator::must_show_nothing_else(Volume& volume, tree::NodeId id) {
  std::vector<std::byte> bytes(64 * KiB);
  const auto size = volume.attributes(id)->size;
  for (const std::uint64_t at : {std::uint64_t{0}, size - std::min<std::uint64_t>(size, 4096)}) {
    const auto count = volume.read(id, at, bytes);
    must(count.has_value(), "a committed file that cannot be read");
    must(std::ranges::all_of(std::span(bytes).first(*count),
                             [](std::byte b) { return b == kWritten || b == std::byte{0}; }),
         "a new file that shows old bytes");
  }
}

} // namespace famfs::fuzz
