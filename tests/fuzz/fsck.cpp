// fsck, replay and dump look at the same image: they agree on what is there and what is wrong.
#include "image.h"
#include "oracle.h"

#include "volume/check.h"

using namespace famfs;
using namespace famfs::fuzz;

namespace {

void must_agree(volume::Volume& volume, const volume::CheckReport& report) {
  const auto usage = volume.usage();
  must(report.files == usage.files && report.directories == usage.directories,
       "fsck and replay count other files");
  must(report.free_bytes == usage.free_bytes, "fsck and replay see other free space");
  must(report.allocated_bytes == usage.data_bytes - usage.free_bytes, "space that does not add up");
  must(report.unread == report.entries - usage.log_entries, "fsck and replay read other entries");
}

std::vector<std::string> must_be_sound(const Image& image, SparseMemory& memory,
                                       const volume::CheckReport& report) {
  Faults faults;
  const auto opened = volume::Volume::open(memory, {}, faults);
  must(opened.has_value() == report.usable, "what fsck calls usable can be opened, and no other");
  if (opened) {
    static_cast<void>(sound_namespace(**opened));
    must_agree(**opened, report);
    return faults.text();
  }
  must_be_one_line(opened.error().message);
  const auto code = opened.error().code;
  const bool ours = format::decode_superblock(image.superblock).magic == format::kSuperblockMagic;
  must(code == (ours ? Errc::corrupt : Errc::not_famfs), "an open that failed for another reason");
  return faults.text();
}

std::uint64_t faults_in(const Document& entries) {
  std::uint64_t count = 0;
  for (const auto& entry : entries) {
    count += entry.contains("fault") ? 1 : 0;
  }
  return count;
}

void must_dump(const media::Memory& memory, const volume::CheckReport& report,
               std::uint64_t entry_faults) {
  const auto dumped = volume::dump(memory);
  must(dumped.has_value(), "what fsck could read cannot be dumped");
  const auto& entries = (*dumped)["entries"];
  must(faults_in(entries) == entry_faults, "dump and replay refuse other entries");
  const std::uint64_t stopped = report.unread > 0 ? 1 : 0;
  must(!report.usable || entries.size() == report.entries - report.unread + stopped,
       "dump shows more entries, or less, than replay looked at");
  must(Document::parse(to_json(*dumped)).is_object(), "a dump that is no JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(std::as_bytes(std::span(data, size)));
  const Image image = take_image(input);
  if (image.device_size < format::kSuperblockSize) {
    return 0;
  }
  const auto device = device_of(image);
  SparseMemory& memory = *device;
  Faults faults;
  const auto report = volume::check(memory, faults);
  must(report.has_value(), "a check that could not run");
  must(report->faults == faults.count(), "faults that were told and not counted");
  const auto of_replay = must_be_sound(image, memory, *report);
  if (report->usable) {
    must(of_replay == faults.text(), "fsck and replay find other faults");
  }
  must_dump(memory, *report, report->usable ? of_replay.size() : 0);
  must(!memory.strayed(), "a look outside the device");
  return 0;
}
