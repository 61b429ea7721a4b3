#include "image.h"

namespace famfs::fuzz {

Image take_image(Input& input) {
  Image image;
  image.device_size = std::min(input.take<std::uint64_t>(), kLargestDevice);
  image.entries.resize(std::min<std::size_t>(input.take<std::uint16_t>(), kMostEntries));
  image.first = input.take<std::uint16_t>();
  input.bytes(4);
  input.fill(image.superblock);
  input.fill(image.header);
  for (auto& entry : image.entries) {
    input.fill(entry);
  }
  return image;
}

std::unique_ptr<SparseMemory> device_of(const Image& image) {
  const auto superblock = format::decode_superblock(image.superblock);
  const bool valid = !format::validate(superblock, image.superblock, image.device_size);
  const std::uint64_t metadata =
      valid ? format::geometry(superblock, image.device_size).log_end() : image.device_size;
  auto memory = std::make_unique<SparseMemory>(image.device_size, metadata);
  const auto put = [&](std::uint64_t offset, Bytes bytes) {
    if (offset < image.device_size) {
      const auto room = std::min<std::uint64_t>(bytes.size(), image.device_size - offset);
      must(memory->store(offset, bytes.first(room)).has_value(), "an image outside its device");
    }
  };
  put(0, image.superblock);
  put(format::kLogOffset, image.header);
  for (std::size_t i = 0; i < image.entries.size(); ++i) {
    put(format::entry_offset(i), image.entries[i]);
  }
  return memory;
}

} // namespace famfs::fuzz
