// A holder's record: whoever may write to the directory of records may have written it.
#include "fuzz.h"

#include "holder/record.h"

#include <string>

using namespace famfs;
using fuzz::must;

namespace {

void must_come_back(const holder::Record& record) {
  const auto again = holder::parse_record(holder::record_yaml(record), "again");
  must(again.has_value(), "a record of ours that is refused");
  must(again->device == record.device && again->device_path == record.device_path &&
           again->pid == record.pid && again->program == record.program &&
           again->mount_point == record.mount_point && again->since == record.since &&
           again->mode == record.mode,
       "a record that changes when it is written");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = holder::parse_record(text, "input");
  if (record) {
    must(record->pid > 0 && !record->live, "a record that says too much");
    fuzz::must_be_one_line(record->text());
    must_come_back(*record);
  } else {
    must(record.error().code == Errc::corrupt, "a refusal of another kind");
    fuzz::must_be_one_line(record.error().message);
  }
  // File names in the directory are hostile too.
  if (const auto device = holder::device_of(text)) {
    must(text.starts_with(device->text()), "a file name that speaks of another device");
  }
  return 0;
}
