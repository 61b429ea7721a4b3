// famfs config: the defaults that are in force, and where each comes from; or what is wrong with
// the file of them.
#include "commands.h"

#include "base/config_keys.h"
#include "base/text.h"
#include "cli.h"
#include "system_uuid.h"
#include "volume/defaults.h"

#include <filesystem>
#include <ostream>

namespace famfs::tools {
namespace {

// What mount and mkfs would take; as if the file said so.
Result<void> add_host_uuid(const Context& context, ConfigFile& file) {
  const auto uuid = system_uuid(context, file.config, HostIdMode::read_only);
  if (!uuid) {
    return uuid.error().code == Errc::not_found ? Result<void>() : std::unexpected(uuid.error());
  }
  if (!file.config.system_uuid) {
    const auto& [public_file, own_file] = context.host_id;
    file.config.system_uuid = *uuid;
    file.places["system_uuid"] = std::filesystem::exists(public_file) ? public_file : own_file;
  }
  return {};
}

// One line of a famfs.yaml that says what is in force.
std::string to_line(const ConfigFile& file, const ConfigKey& key) {
  const std::string text = key.text(file.config);
  const auto place = file.places.find(key.path());
  const std::string indent = key.section.empty() ? "" : "  ";
  if (text.empty()) {
    return fmt::format("{:<40} # {}\n", fmt::format("{}#{}: {}", indent, key.name, key.value),
                       key.none);
  }
  return fmt::format("{:<40} # {}\n", fmt::format("{}{}: {}", indent, key.name, text),
                     place == file.places.end() ? "built in" : printable(place->second));
}

void print(Context& context, const ConfigFile& file) {
  std::string_view section;
  for (const ConfigKey& key : config_keys()) {
    if (key.section != section) {
      section = key.section;
      context.out << section << ":\n";
    }
    context.out << to_line(file, key);
  }
}

Document to_document(const ConfigFile& file) {
  Document in_force = Document::object();
  Document from = Document::array();
  for (const ConfigKey& key : config_keys()) {
    const std::string section(key.section);
    const std::string name(key.name);
    (section.empty() ? in_force : in_force[section])[name] = key.get(file.config);
    if (const auto place = file.places.find(key.path()); place != file.places.end()) {
      from.push_back({{"key", place->first}, {"place", to_utf8(place->second)}});
    }
  }
  return {{"file", file.found ? Document(to_utf8(file.path)) : Document()},
          {"in_force", std::move(in_force)},
          {"from", std::move(from)}};
}

} // namespace

int run_config(Context& context, const Args& args) {
  bool check = false;
  bool json = false;
  Command command(context, {.program = "famfs config",
                            .purpose = "Shows the defaults that are in force, and where each comes "
                                       "from: /etc/famfs/famfs.yaml, or FILE.",
                            .operands = "[FILE]"});
  command.flag('\0', "check", "only say whether the file is good", check)
      .flag('\0', "json", "as JSON", json);
  if (auto code = command.parse(args, 0, 1)) {
    return *code;
  }
  if (check && json) {
    return command.usage("--check and --json: one excludes the other");
  }
  const Args& operands = command.operands();
  auto file = volume::read_defaults(
      operands.empty() ? context.config : ConfigSource{.path = operands[0], .required = true});
  if (!file) {
    return command.fail(file.error());
  }
  if (check) {
    context.out << printable(file->path)
                << (file->found ? ": good\n" : ": not there: what is built in is in force\n");
    return 0;
  }
  if (auto added = add_host_uuid(context, *file); !added) {
    return command.fail(added.error());
  }
  if (json) {
    context.out << to_json(to_document(*file));
  } else {
    print(context, *file);
  }
  return 0;
}

} // namespace famfs::tools
