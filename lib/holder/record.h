// Records: YAML files that tell people who has a device. Written by the holder of the lock, read by
// anybody, believed by nobody where it matters.
//
// The holder has a write lock on the record file itself, taken before the file gets its name, and
// that is what makes a record live. Readers, who are anybody, can ask for it and cannot take it.
#pragma once

#include "holder/directory.h"
#include "holder/registry.h"

#include <optional>
#include <string>
#include <string_view>

namespace famfs::holder {

[[nodiscard]] std::string_view name(ClaimMode mode) noexcept;

// File names in the directory.
[[nodiscard]] std::string record_name(const media::DeviceId& device);
[[nodiscard]] std::string
observer_record_name(const media::DeviceId& device); // a new one each time
[[nodiscard]] std::string socket_name(const media::DeviceId& device);
// The device that a record's file name speaks of; nullopt: not a record's name.
[[nodiscard]] std::optional<media::DeviceId> device_of(std::string_view file_name);

[[nodiscard]] std::optional<media::DeviceId> parse_device_id(std::string_view text);
[[nodiscard]] std::string now_as_text(); // RFC 3339, local time zone

[[nodiscard]] std::string record_yaml(const Record& record);
// `source`: for messages. Errc::corrupt: not a record..
[[nodiscard]] Result<Record> parse_record(std::string_view yaml, const std::string& source);

// The record under that name. Errc::not_found: none; Errc::corrupt: not one to believe.
[[nodiscard]] Result<Record> read_record(const Directory& directory, const std::string& file_name);
// The same, nullopt when there is none, or it is stale or not one to believe.
[[nodiscard]] std::optional<Record> live_record(const Directory& directory,
                                                const std::string& file_name);
// Of all who observe it.
[[nodiscard]] std::optional<Record> live_observer(const Directory& directory,
                                                  const media::DeviceId& device);

// For the holder of the lock: notes what the dead left behind under that device, and removes it.
void remove_stale(const Directory& directory, const media::DeviceId& device, bool also_holder);

} // namespace famfs::holder
