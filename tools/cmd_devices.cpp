// famfs devices: every dax device of this machine, who has it and what is on it. Changes nothing.
#include "commands.h"

#include "base/document.h"
#include "base/text.h"
#include "base/units.h"
#include "cli.h"
#include "file_system_on.h"
#include "media/dax_devices.h"
#include "table.h"

#include <ostream>

namespace famfs::tools {
namespace {

// What only looking into it tells.
struct Found {
  std::optional<holder::Record> holder;
  std::optional<format::Superblock> file_system; // valid
  std::string problem; // why it cannot be used, or what is there and wrong; empty: nothing
};

Found look_into(const media::DaxDevice& device, const holder::Registry& registry) {
  Found found;
  if (device.id) {
    found.holder = registry.holder(*device.id);
  }
  auto file_system = file_system_on(device.path);
  if (file_system) {
    found.file_system = std::move(*file_system);
  } else if (file_system.error().code != Errc::not_famfs) {
    found.problem = std::move(file_system.error().message);
  }
  return found;
}

template <class T> Document or_null(const std::optional<T>& value) {
  return value ? Document(*value) : Document();
}

Document name_or_null(const std::string& name) {
  return name.empty() ? Document() : Document(to_utf8(name));
}

Document to_document(const std::optional<media::BadRanges>& bad) {
  if (!bad) {
    return {};
  }
  Document list = Document::array();
  for (const auto& range : *bad) {
    list.push_back({{"offset", range.offset}, {"length", range.length}});
  }
  return list;
}

Document to_document(const holder::Record& record) {
  return {{"pid", record.pid},
          {"program", to_utf8(record.program)},
          {"mount_point", name_or_null(record.mount_point)},
          {"since", to_utf8(record.since)}};
}

// null: unknown, or none.
Document to_document(const media::DaxDevice& device, const Found& found) {
  const auto& nvdimm = device.nvdimm;
  return {
      {"name", to_utf8(device.name)},
      {"device", to_utf8(device.path)},
      {"device_size", or_null(device.size)},
      {"alignment", or_null(device.alignment)},
      {"mode", media::name(device.mode)},
      {"driver", name_or_null(device.driver)},
      {"numa_node", or_null(device.numa_node)},
      {"target_node", or_null(device.target_node)},
      {"region", name_or_null(device.region)},
      {"bus", name_or_null(device.bus)},
      {"bus_provider", nvdimm ? name_or_null(nvdimm->bus_provider) : Document()},
      {"namespace", nvdimm ? name_or_null(nvdimm->name) : Document()},
      {"namespace_uuid", nvdimm && nvdimm->uuid ? Document(nvdimm->uuid->text()) : Document()},
      {"read_only", nvdimm ? Document(nvdimm->read_only) : Document()},
      {"bad_memory", to_document(device.bad)},
      {"holder", found.holder ? to_document(*found.holder) : Document()},
      {"file_system", found.file_system ? superblock_document(*found.file_system) : Document()},
      {"problem", name_or_null(found.problem)},
  };
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "?" : printable(text);
}

std::vector<std::string> to_row(const media::DaxDevice& device, const Found& found) {
  const auto size = [](const std::optional<std::uint64_t>& bytes) {
    return bytes ? format_size(*bytes) : "?";
  };
  const auto& nvdimm = device.nvdimm;
  return {printable(device.path),
          std::string(media::name(device.mode)),
          size(device.size),
          size(device.alignment),
          device.numa_node ? std::to_string(*device.numa_node) : "-",
          or_unknown(device.region),
          or_unknown(device.bus),
          nvdimm && nvdimm->uuid ? nvdimm->uuid->text() : "-",
          device.bad ? std::to_string(device.bad->size()) : "?",
          found.holder ? fmt::format("{} ({})", printable(found.holder->program), found.holder->pid)
                       : "-",
          found.file_system       ? fmt::format("{} {}", found.file_system->file_system.text(),
                                                format_size(found.file_system->device_size))
          : found.problem.empty() ? "-"
                                  : "?"};
}

void print(Context& context, const std::vector<media::DaxDevice>& devices,
           const std::vector<Found>& found) {
  Table table({"DEVICE", "MODE", "SIZE", "ALIGN", "NUMA", "REGION", "BUS", "NAMESPACE", "BAD",
               "HOLDER", "FAMFS"});
  for (std::size_t i = 0; i < devices.size(); ++i) {
    table.add(to_row(devices[i], found[i]));
  }
  table.print(context.out);
  for (const Found& one : found) {
    if (!one.problem.empty()) {
      context.out << one.problem << '\n';
    }
  }
  if (devices.empty() && context.tty) {
    context.err << "famfs devices: none here: a file can stand in for one: mkfs.famfs --size 1g "
                   "/dev/shm/device\n";
  }
}

} // namespace

int run_devices(Context& context, const Args& args) {
  bool json = false;
  Command command(context, {.program = "famfs devices",
                            .purpose = "Shows the dax devices of this machine: size, mode, where "
                                       "they come from, who holds them, the famfs file system on "
                                       "them, and what keeps them from being used.",
                            .operands = ""});
  command.flag('\0', "json", "as JSON; null is unknown, or none", json);
  if (auto code = command.parse(args, 0, 0)) {
    return *code;
  }
  const auto devices = media::dax_devices();
  if (!devices) {
    return command.fail(devices.error());
  }
  const holder::Registry registry(context.holders);
  std::vector<Found> found;
  for (const auto& device : *devices) {
    found.push_back(look_into(device, registry));
  }
  if (!json) {
    print(context, *devices, found);
    return 0;
  }
  Document list = Document::array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    list.push_back(to_document((*devices)[i], found[i]));
  }
  context.out << to_json(list);
  return 0;
}

} // namespace famfs::tools
