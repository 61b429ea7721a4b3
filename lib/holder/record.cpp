#include "holder/record.h"

#include "base/diag.h"
#include "base/document.h"
#include "base/text.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <ctime>
#include <utility>

#include <sys/sysmacros.h>

namespace famfs::holder {

namespace {

constexpr std::string_view kRecordEnd = ".yaml";
constexpr std::string_view kObserverMark = ".observer-";

template <std::integral T> std::optional<T> parse_number(std::string_view text) {
  T value = 0;
  const auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), value);
  return err == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                : std::nullopt;
}

// Takes what comes before the first `mark` off the text.
std::optional<std::string_view> split_off(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto head = text.substr(0, at);
  text.remove_prefix(at + 1);
  return head;
}

std::optional<ClaimMode> parse_mode(std::string_view text) {
  for (const ClaimMode mode : {ClaimMode::hold, ClaimMode::hold_alone, ClaimMode::observe}) {
    if (text == name(mode)) {
      return mode;
    }
  }
  return std::nullopt;
}

std::optional<std::string> text_field(const Document& doc, const char* key) {
  const auto field = doc.find(key);
  return field != doc.end() && field->is_string() ? std::optional(field->get<std::string>())
                                                  : std::nullopt;
}

bool is_observer_record(std::string_view file_name, const media::DeviceId& device) {
  return file_name.find(kObserverMark) != std::string_view::npos && device_of(file_name) == device;
}

} // namespace

std::string_view name(ClaimMode mode) noexcept {
  switch (mode) {
  case ClaimMode::hold:
    return "hold";
  case ClaimMode::hold_alone:
    return "hold_alone";
  case ClaimMode::observe:
    break;
  }
  return "observe";
}

std::string record_name(const media::DeviceId& device) {
  return device.text().append(kRecordEnd);
}

std::string observer_record_name(const media::DeviceId& device) {
  static std::atomic<unsigned> next = 0;
  return fmt::format("{}{}{}-{}{}", device.text(), kObserverMark, ::getpid(), ++next, kRecordEnd);
}

std::string socket_name(const media::DeviceId& device) {
  return device.text() + ".sock";
}

std::optional<media::DeviceId> device_of(std::string_view file_name) {
  if (!file_name.ends_with(kRecordEnd)) {
    return std::nullopt;
  }
  file_name.remove_suffix(kRecordEnd.size());
  return parse_device_id(file_name.substr(0, file_name.find(kObserverMark)));
}

std::optional<media::DeviceId> parse_device_id(std::string_view text) {
  media::DeviceId id;
  std::string_view rest = text;
  const auto kind = split_off(rest, '-');
  const auto major_text = split_off(rest, ':');
  if (!kind || !major_text) {
    return std::nullopt;
  }
  auto minor_text = std::optional(rest);
  if (*kind == "file") {
    minor_text = split_off(rest, '-');
    const auto ino = parse_number<std::uint64_t>(rest);
    id.ino = ino.value_or(0);
  } else {
    id.kind = media::DeviceKind::devdax;
  }
  const auto major_number = parse_number<unsigned>(*major_text);
  const auto minor_number = parse_number<unsigned>(minor_text.value_or(""));
  if (!major_number || !minor_number) {
    return std::nullopt;
  }
  id.dev = gnu_dev_makedev(*major_number, *minor_number);
  // What was read leniently (leading zeros, another kind, no inode) does not print as it was.
  return id.text() == text ? std::optional(id) : std::nullopt;
}

std::string now_as_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::string since(text.data(),
                    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &local));
  since.insert(since.size() - 2, ":"); // +0000 is ISO 8601, +00:00 is RFC 3339 too
  return since;
}

std::string record_yaml(const Record& record) {
  Document doc;
  doc["device"] = record.device.text();
  doc["path"] = to_utf8(record.device_path);
  doc["pid"] = record.pid;
  doc["program"] = to_utf8(record.program);
  doc["mount_point"] = to_utf8(record.mount_point);
  doc["since"] = record.since;
  doc["mode"] = std::string(name(record.mode));
  return to_yaml(doc);
}

Result<Record> parse_record(std::string_view yaml, const std::string& source) {
  const auto bad = [&source](const char* what) {
    return fail(Errc::corrupt,
                fmt::format("{}: not a holder's record: {}: remove it", printable(source), what));
  };
  const auto doc = parse_yaml(yaml, source);
  if (!doc) {
    return bad(doc.error().message.c_str());
  }
  if (!doc->is_object()) {
    return bad("not a map");
  }
  const auto device = parse_device_id(text_field(*doc, "device").value_or(""));
  const auto pid = parse_number<int>(text_field(*doc, "pid").value_or(""));
  const auto mode = parse_mode(text_field(*doc, "mode").value_or(""));
  auto path = text_field(*doc, "path");
  auto program = text_field(*doc, "program");
  auto since = text_field(*doc, "since");
  if (!device || !path || !program || !since || !mode || pid.value_or(0) <= 0) {
    return bad("device, path, pid, program, since or mode is missing or wrong");
  }
  return Record{.device = *device,
                .device_path = std::move(*path),
                .pid = *pid,
                .program = std::move(*program),
                .mount_point = text_field(*doc, "mount_point").value_or(""),
                .since = std::move(*since),
                .mode = *mode,
                .live = false};
}

std::string Record::text() const {
  std::string text = fmt::format("{} (pid {})", printable(program), pid);
  if (!mount_point.empty()) {
    text += fmt::format(", mounted on {}", printable(mount_point));
  }
  return text + " since " + printable(since);
}

Result<Record> read_record(const Directory& directory, const std::string& file_name) {
  constexpr int kAttempts = 10; // of a holder who rewrites it meanwhile
  for (int i = 0; i < kAttempts; ++i) {
    const auto file = directory.open_file(file_name);
    if (!file) {
      return std::unexpected(file.error());
    }
    const auto text = directory.read(file->get(), file_name);
    if (!text) {
      return std::unexpected(text.error());
    }
    auto record = parse_record(*text, directory.path_of(file_name));
    if (!record) {
      return record;
    }
    const bool observer = file_name.find(kObserverMark) != std::string::npos;
    if (record->device != device_of(file_name) ||
        (record->mode == ClaimMode::observe) != observer) {
      return fail(Errc::corrupt, fmt::format("{}: speaks of {} for {}, unlike its name: remove it",
                                             printable(directory.path_of(file_name)),
                                             record->device.text(), name(record->mode)));
    }
    record->live = Directory::is_locked(file->get());
    if (record->live || directory.leads_to(file_name, file->get())) {
      return record;
    }
  }
  return fail(Errc::not_found,
              fmt::format("{}: comes and goes", printable(directory.path_of(file_name))));
}

std::optional<Record> live_record(const Directory& directory, const std::string& file_name) {
  auto record = read_record(directory, file_name);
  return record && record->live ? std::optional(std::move(*record)) : std::nullopt;
}

std::optional<Record> live_observer(const Directory& directory, const media::DeviceId& device) {
  for (const std::string& file_name : directory.names()) {
    if (is_observer_record(file_name, device)) {
      if (auto record = live_record(directory, file_name)) {
        return record;
      }
    }
  }
  return std::nullopt;
}

void remove_stale(const Directory& directory, const media::DeviceId& device, bool also_holder) {
  const auto remove_dead = [&directory](const std::string& file_name) {
    const auto record = read_record(directory, file_name);
    if (!record && record.error().code == Errc::not_found) {
      return;
    }
    diag::info("{}: stale record: {}: replaced", printable(directory.path_of(file_name)),
               record ? "its process is gone: " + record->text() : record.error().message);
    directory.remove(file_name);
  };
  if (also_holder) {
    remove_dead(record_name(device));
    directory.remove(socket_name(device));
  }
  for (const std::string& file_name : directory.names()) {
    if (is_observer_record(file_name, device) && !live_record(directory, file_name)) {
      remove_dead(file_name);
    }
  }
}

} // namespace famfs::holder
