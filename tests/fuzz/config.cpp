// YAML as anybody may write it: the document, and the configuration that is read from it.
#include "fuzz.h"

#include "base/config.h"
#include "base/config_keys.h"
#include "base/document.h"
#include "base/fd.h"
#include "base/text.h"

#include <string>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace famfs;
using fuzz::must;

namespace {

// A string with our prefix for bare numbers is written as that number, on purpose.
bool has_literal(const Document& document) {
  if (document.is_string()) {
    return document.get_ref<const std::string&>().find(kYamlLiteral) != std::string::npos;
  }
  for (const auto& [key, value] : document.items()) {
    if (document.is_structured() &&
        (key.find(kYamlLiteral) != std::string::npos || has_literal(value))) {
      return true;
    }
  }
  return false;
}

void must_come_back(const Document& document) {
  must(is_utf8(to_json(document)) && Document::parse(to_json(document)).type() == document.type(),
       "a document that JSON cannot hold");
  if (has_literal(document)) {
    return;
  }
  const auto again = parse_yaml(to_yaml(document), "again");
  must(again.has_value(), "YAML of ours that cannot be read");
  must(*again == document, "a document that changes when it is written");
}

// read_config() wants a path.
class TextFile {
public:
  explicit TextFile(std::string_view text) : fd_(::memfd_create("famfs.yaml", MFD_CLOEXEC)) {
    must(::write(fd_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
         "no memory for a file");
  }
  [[nodiscard]] Result<ConfigFile> read() const {
    return read_config({.path = fmt::format("/proc/self/fd/{}", fd_.get()), .required = true});
  }

private:
  UniqueFd fd_;
};

// Every value can be shown, and what is shown is the value.
void must_come_back(const Config& config) {
  Config again;
  for (const ConfigKey& key : config_keys()) {
    const std::string text = key.text(config);
    if (text.empty()) {
      must(!key.none.empty(), "a key without a value that always has one");
      continue;
    }
    must(set_config(again, key.path(), text).has_value(), "a value that its own key refuses");
    must(key.text(again) == text && key.get(again) == key.get(config),
         "a value that changes when it is written");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Places places;
  const auto document = parse_yaml(text, "input", &places);
  if (document) {
    must_come_back(*document);
  } else {
    fuzz::must_be_one_line(document.error().message);
  }
  const auto file = TextFile(text).read();
  if (file) {
    must(document.has_value(), "a configuration that is no YAML");
    must_come_back(file->config);
  } else {
    fuzz::must_be_one_line(file.error().message);
  }
  return 0;
}
