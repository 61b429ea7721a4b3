// famfs probe: is there a famfs file system on a device? For people, programs and udev rules.
#include "commands.h"

#include "base/text.h"
#include "base/units.h"
#include "cli.h"
#include "file_system_on.h"

#include <ostream>

namespace famfs::tools {
namespace {

// What blkid says of other file systems. Nothing but UUIDs and numbers: udev takes each line for a
// property, and the device's bytes may be anybody's.
std::string udev_properties(const format::Superblock& superblock) {
  const std::string uuid = superblock.file_system.text();
  return fmt::format(
      "ID_FS_TYPE=famfs\nID_FS_USAGE=filesystem\nID_FS_VERSION={}.{}\nID_FS_UUID={}\n"
      "ID_FS_UUID_ENC={}\nID_FS_SIZE={}\nFAMFS_SYSTEM_UUID={}\n",
      superblock.omf_major, superblock.omf_minor, uuid, uuid, superblock.device_size,
      superblock.system.text());
}

std::string line_for_people(const std::string& device, const format::Superblock& superblock) {
  return fmt::format("{}: famfs file system {}, {} bytes ({}), owner host {}\n", printable(device),
                     superblock.file_system.text(), superblock.device_size,
                     format_size(superblock.device_size), superblock.system.text());
}

} // namespace

int run_probe(Context& context, const Args& args) {
  bool json = false;
  bool udev = false;
  Command command(context, {.program = "famfs probe",
                            .purpose = "Tells whether there is a famfs file system on DEVICE, "
                                       "which may be mounted. Exit 0: there is a valid one.",
                            .operands = "DEVICE"});
  command.flag('\0', "json", "as JSON", json)
      .flag('\0', "udev", "as properties for udev's IMPORT{program}", udev);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (json && udev) {
    return command.usage("--json and --udev: one excludes the other");
  }
  const std::string& device = command.operands()[0];
  const auto found = file_system_on(device);
  if (!found) {
    return command.fail(found.error());
  }
  if (json) {
    Document document{{"device", to_utf8(device)}};
    document.update(superblock_document(*found));
    context.out << to_json(document);
  } else {
    context.out << (udev ? udev_properties(*found) : line_for_people(device, *found));
  }
  return 0;
}

} // namespace famfs::tools
