#include "base/config.h"

#include "base/config_keys.h"
#include "base/document.h"
#include "base/read_file.h"
#include "base/text.h"

#include <algorithm>
#include <cstdlib>

namespace famfs {
namespace {

// Bounds what hostile text can cost; a file with every key and its comments is a twentieth of it.
constexpr std::size_t kLargestFile = 64UL << 10;

bool is_section(std::string_view name) {
  return !name.empty() &&
         std::ranges::find(config_keys(), name, &ConfigKey::section) != config_keys().end();
}

// What may stand in a section, or at the top.
std::string known_in(std::string_view section) {
  std::vector<std::string_view> names;
  for (const ConfigKey& key : config_keys()) {
    const auto name = section.empty() && !key.section.empty() ? key.section : key.name;
    if ((section.empty() || key.section == section) && !std::ranges::count(names, name)) {
      names.push_back(name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// Puts a document over a Config.
class Applier {
public:
  Applier(ConfigFile& file, const Places& places) : file_(file), places_(places) {}

  Result<void> apply(const Document& document) {
    if (!document.is_null() && !document.is_object()) {
      return fail(Errc::invalid, fmt::format("{}:1:1: not a map: give keys, as in famfs.yaml(5)",
                                             printable(file_.path)));
    }
    for (const auto& [name, value] : document.items()) {
      if (auto done = is_section(name) ? section(name, value) : key("", name, value); !done) {
        return done;
      }
    }
    return {};
  }

private:
  Result<void> section(const std::string& name, const Document& value) {
    const std::string& place = note(name, Document::json_pointer() / name);
    if (!value.is_null() && !value.is_object()) {
      return fail(Errc::invalid,
                  fmt::format("{}: {}: not a map: put its keys below it, indented", place, name));
    }
    for (const auto& [below, its_value] : value.items()) {
      if (auto done = key(name, below, its_value); !done) {
        return done;
      }
    }
    return {};
  }

  Result<void> key(std::string_view section, const std::string& name, const Document& value) {
    const auto pointer = section.empty() ? Document::json_pointer()
                                         : Document::json_pointer() / std::string(section);
    const std::string path = section.empty() ? name : fmt::format("{}.{}", section, name);
    const std::string& place = note(path, pointer / name);
    const auto known = std::ranges::find_if(config_keys(), [&](const ConfigKey& key) {
      return key.section == section && key.name == name;
    });
    if (known == config_keys().end()) {
      return fail(Errc::invalid, fmt::format("{}: {}: unknown key: remove it, or use one of {}",
                                             place, printable(path), known_in(section)));
    }
    if (!value.is_string()) {
      return fail(Errc::invalid,
                  fmt::format("{}: {}: {}: give {}, or remove the key", place, path,
                              value.is_null() ? "no value" : "a list or a map", known->value));
    }
    const auto& text = value.get_ref<const std::string&>();
    if (auto set = known->set(file_.config, text); !set) {
      return fail(Errc::invalid, fmt::format("{}: {} \"{}\": {}", place, path, printable(text),
                                             set.error().message));
    }
    return {};
  }

  const std::string& note(const std::string& path, const Document::json_pointer& pointer) {
    return file_.places[path] = places_.at(pointer.to_string());
  }

  ConfigFile& file_;
  const Places& places_;
};

Result<std::string> read_small(const std::string& path) {
  auto text = read_file(path, kLargestFile + 1);
  if (text && text->size() > kLargestFile) {
    return fail(Errc::invalid,
                fmt::format("{}: more than {} bytes: no file of keys: make it smaller",
                            printable(path), kLargestFile));
  }
  if (!text && text.error().code == Errc::not_found) {
    text.error().message += ": name one that is there";
  }
  if (!text && text.error().code == Errc::access_denied) {
    text.error().message += ": let everybody read it, or go without: FAMFS_CONFIG=/dev/null";
  }
  return text;
}

} // namespace

ConfigSource ConfigSource::usual() {
  const char* const named = ::secure_getenv("FAMFS_CONFIG");
  return named == nullptr || *named == '\0' ? ConfigSource()
                                            : ConfigSource{.path = named, .required = true};
}

Result<ConfigFile> read_config(const ConfigSource& source) {
  ConfigFile file{.path = source.path, .found = false, .config = {}, .places = {}};
  const auto text = read_small(source.path);
  if (!text && text.error().code == Errc::not_found && !source.required) {
    return file;
  }
  if (!text) {
    return std::unexpected(text.error());
  }
  file.found = true;
  Places places;
  const auto document = parse_yaml(*text, source.path, &places);
  if (!document) {
    return std::unexpected(document.error());
  }
  if (auto applied = Applier(file, places).apply(*document); !applied) {
    return std::unexpected(std::move(applied.error()));
  }
  return file;
}

} // namespace famfs
