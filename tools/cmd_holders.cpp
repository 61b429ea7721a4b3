// famfs holders: who holds which device.
#include "commands.h"

#include "base/document.h"
#include "base/text.h"
#include "cli.h"
#include "table.h"

#include <ostream>

namespace famfs::tools {
namespace {

std::string mode_name(holder::ClaimMode mode) {
  switch (mode) {
  case holder::ClaimMode::hold:
    return "hold";
  case holder::ClaimMode::hold_alone:
    return "hold-alone";
  case holder::ClaimMode::observe:
    return "observe";
  }
  return "unknown";
}

Document to_document(const holder::Record& record) {
  return {{"device", to_utf8(record.device_path)},
          {"id", record.device.text()},
          {"pid", record.pid},
          {"program", to_utf8(record.program)},
          {"mount_point",
           record.mount_point.empty() ? Document() : Document(to_utf8(record.mount_point))},
          {"mode", mode_name(record.mode)},
          {"since", to_utf8(record.since)},
          {"live", record.live}};
}

} // namespace

int run_holders(Context& context, const Args& args) {
  bool json = false;
  Command command(context,
                  {.program = "famfs holders",
                   .purpose = "Shows who holds which device on this host. A stale holder is "
                              "gone without a goodbye; it keeps nobody out.",
                   .operands = ""});
  command.flag('\0', "json", "as JSON", json);
  if (auto code = command.parse(args, 0, 0)) {
    return *code;
  }
  const auto records = holder::Registry(context.holders).list();
  if (json) {
    Document list = Document::array();
    for (const auto& record : records) {
      list.push_back(to_document(record));
    }
    context.out << to_json(list);
    return 0;
  }
  Table table({"DEVICE", "MODE", "STATE", "PID", "PROGRAM", "SINCE", "MOUNT POINT"});
  for (const auto& record : records) {
    table.add({printable(record.device_path), mode_name(record.mode),
               record.live ? "live" : "stale", std::to_string(record.pid),
               printable(record.program), printable(record.since),
               record.mount_point.empty() ? "-" : printable(record.mount_point)});
  }
  table.print(context.out);
  return 0;
}

} // namespace famfs::tools
