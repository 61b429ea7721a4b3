// A whole volume from an image: opened as a client that follows, and as the master, who then works
// on it by what is left of the input. What the master leaves behind, fsck finds as good as it was.
#include "image.h"
#include "oracle.h"
#include "volume_operator.h"

#include "volume/check.h"

using namespace famfs;
using namespace famfs::fuzz;

namespace {

using volume::Role;
using volume::Volume;

constexpr std::uint64_t kLargestWorkedOn = 256 * MiB; // a map of a file zeroes all of it

void set_next_index(SparseMemory& memory, std::uint64_t next_index) {
  must(memory.store_u64(format::kLogOffset + format::kNextIndexOffset, next_index).has_value(),
       "a log without a header");
}

// In two steps or in one, the same comes of it.
void client(SparseMemory& memory, const Image& image) {
  Faults in_steps;
  Faults at_once;
  const std::uint64_t all = format::decode_log_header(image.header).next_index;
  const auto whole = Volume::open(memory, {}, at_once);
  if (!whole) {
    return;
  }
  set_next_index(memory, std::min<std::uint64_t>(all, image.first));
  const auto early = Volume::open(memory, {}, in_steps);
  must(early.has_value(), "a shorter log cannot be opened");
  static_cast<void>(sound_namespace(**early));
  set_next_index(memory, all);
  const auto followed = (*early)->follow();
  must(followed.has_value(), "a log that can be opened cannot be followed");
  must_be_same(sound_namespace(**early), sound_namespace(**whole));
  const auto usage = (*whole)->usage();
  must((*early)->usage().free_bytes == usage.free_bytes, "free space that depends on the way");
  must(followed->position == usage.log_entries, "a follow that stopped elsewhere");
  must(!(*whole)->make_directory(tree::kRoot, "new", {}, 0755), "a client that made a directory");
}

std::vector<std::string> faults_now(const SparseMemory& memory) {
  Faults faults;
  must(volume::check(memory, faults).has_value(), "a check that could not run");
  return faults.text();
}

Namespace committed(Namespace found) {
  std::erase_if(found, [](const auto& item) { return item.second.attributes.pending; });
  return found;
}

// What is left is read by another host.
void aftermath(SparseMemory& memory, Volume& master, const VolumeOperator& done) {
  const auto found = sound_namespace(master);
  const auto left = committed(found);
  Faults faults;
  const auto next = Volume::open(memory, {}, faults);
  must(next.has_value(), "what the master left cannot be opened");
  const auto theirs = sound_namespace(**next);
  must_be_same(left, theirs);
  if (left.size() == found.size() && master.pins() == 0 && !done.withdrew()) {
    must((*next)->usage().free_bytes == master.usage().free_bytes, "space that was lost");
  }
  for (const auto& [path, node] : left) {
    if (done.is_ours(node.attributes.id)) {
      VolumeOperator::must_show_nothing_else(**next, theirs.at(path).attributes.id);
    }
  }
}

void master(SparseMemory& memory, Input& input) {
  const auto before = faults_now(memory);
  Faults faults;
  const auto opened = Volume::open(memory, {.role = Role::master}, faults);
  if (!opened) {
    must_be_one_line(opened.error().message);
    return;
  }
  Volume& volume = **opened;
  VolumeOperator work(volume, sound_namespace(volume));
  work.run(input);
  static_cast<void>(sound_namespace(volume));
  static_cast<void>(volume.commit_all(
      [](const std::string&, const Error& error) { must_be_one_line(error.message); }));
  must(faults_now(memory) == before, "a master whose work fsck does not like");
  aftermath(memory, volume, work);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(std::as_bytes(std::span(data, size)));
  Image image = take_image(input);
  if (image.device_size < format::kSuperblockSize) {
    return 0;
  }
  image.device_size = std::min(image.device_size, kLargestWorkedOn);
  const auto device = device_of(image);
  SparseMemory& memory = *device;
  client(memory, image);
  master(memory, input);
  must(!memory.strayed(), "a look outside the device");
  return 0;
}
