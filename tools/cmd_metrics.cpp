// famfs metrics: what mounts count and hold, in Prometheus' text format. docs/metrics.md.
#include "commands.h"

#include "cli.h"
#include "exposition.h"
#include "fs_ioctl.h"
#include "mount_words.h"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace famfs::tools {
namespace {

struct Told {
  Labels labels;
  Document words; // of STATUS and METRICS together
};

// One number of the words as one sample. What a mount has not is left out.
struct Number {
  std::string_view name, type, help;
  const char* pointer;
  std::string_view access_path = {}; // a label
};

constexpr std::array kNumbers{
    Number{"famfs_start_time_seconds", "gauge", "When the mount began, as Unix time.",
           "/start_time"},
    Number{"famfs_read_bytes_total", "counter", "Bytes that read(2) copied out.", "/read_bytes",
           "copy"},
    Number{"famfs_written_bytes_total", "counter", "Bytes that write(2) copied in.",
           "/written_bytes", "copy"},
    Number{"famfs_mapped_bytes_total", "counter",
           "Sizes of the files that were handed out to be mapped, each time. Loads and stores pass "
           "nobody who could count them.",
           "/mapped_bytes", "direct"},
    Number{"famfs_cache_lines_written_back_total", "counter",
           "Cache lines that the daemon wrote back to the device.", "/cache_lines_written_back"},
    Number{"famfs_cache_lines_invalidated_total", "counter",
           "Cache lines that the daemon dropped to see what other hosts wrote.",
           "/cache_lines_invalidated"},
    Number{"famfs_log_entries_replayed_total", "counter",
           "Log entries replayed, at the mount and since.", "/log/replayed"},
    Number{"famfs_log_entries_appended_total", "counter",
           "Log entries appended by this mount: files and directories committed.", "/log/appended"},
    Number{"famfs_log_faults_total", "counter", "Log entries refused by replay.", "/log/faults"},
    Number{"famfs_log_entries", "gauge", "Log entries in use, as far as this mount has seen.",
           "/log/entries"},
    Number{"famfs_log_capacity_entries", "gauge", "Log entries that there is room for.",
           "/log/capacity"},
    Number{"famfs_device_size_bytes", "gauge", "Size of the device.", "/device_size"},
    Number{"famfs_data_size_bytes", "gauge", "Size of the space for files.", "/space/data"},
    Number{"famfs_data_free_bytes", "gauge", "Of it, free.", "/space/free"},
    Number{"famfs_data_bad_bytes", "gauge", "Of it, withdrawn because memory is bad.",
           "/space/bad"},
    Number{"famfs_files", "gauge", "Files, pending ones too.", "/files"},
    Number{"famfs_directories", "gauge", "Directories below the root.", "/directories"},
    Number{"famfs_pending_files", "gauge", "Files that are not committed yet.", "/pending"},
    Number{"famfs_open_files", "gauge", "Open file handles.", "/open_files"},
    Number{"famfs_pins", "gauge", "Reasons that keep files' memory from being reused.", "/pins"},
    Number{"famfs_memory_failures_total", "counter",
           "Stretches of the device's memory that failed since the mount.", "/memory_failures"},
};

std::string text_of(const Document& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

const Document* find(const Document& words, const char* pointer) {
  const Document::json_pointer at(pointer);
  return words.contains(at) ? &words.at(at) : nullptr;
}

Labels with(Labels labels, std::string name, std::string value) {
  labels.emplace_back(std::move(name), std::move(value));
  return labels;
}

void write_number(std::ostream& out, const Number& number, const std::vector<Told>& all) {
  bool begun = false;
  for (const Told& told : all) {
    const Document* const value = find(told.words, number.pointer);
    if (value == nullptr || !value->is_number()) {
      continue;
    }
    if (!begun) {
      write_family(out, number.name, number.type, number.help);
      begun = true;
    }
    write_sample(out, number.name,
                 number.access_path.empty()
                     ? told.labels
                     : with(told.labels, "access_path", std::string(number.access_path)),
                 text_of(*value));
  }
}

void write_up(std::ostream& out, const std::vector<Told>& all) {
  write_family(out, "famfs_up", "gauge", "1: the mount's daemon answers; 0: it is gone.");
  for (const Told& told : all) {
    write_sample(out, "famfs_up", told.labels, is_dead(told.words) ? "0" : "1");
  }
}

void write_info(std::ostream& out, const std::vector<Told>& all) {
  write_family(out, "famfs_mount_info", "gauge", "1, with what the mount is as labels.");
  for (const Told& told : all) {
    Labels labels = told.labels;
    for (const auto& [label, pointer] :
         {std::pair("version", "/daemon_version"), std::pair("presentation", "/presentation"),
          std::pair("role", "/role"), std::pair("access_path", "/access_path/name")}) {
      if (const Document* const value = find(told.words, pointer)) {
        labels.emplace_back(label, text_of(*value));
      }
    }
    if (!is_dead(told.words)) {
      write_sample(out, "famfs_mount_info", labels, "1");
    }
  }
}

void write_histogram(std::ostream& out, const Labels& labels, const Document& histogram,
                     double smallest) {
  constexpr double nanosecond = 1e-9;
  const std::string name = "famfs_operation_duration_seconds";
  const Document& buckets = histogram.at("buckets");
  std::uint64_t count = 0;
  double bound = smallest * nanosecond;
  for (std::size_t i = 0; i < buckets.size(); ++i, bound *= 2) {
    count += buckets[i].get<std::uint64_t>();
    const bool last = i + 1 == buckets.size();
    write_sample(out, name + "_bucket",
                 with(labels, "le", last ? "+Inf" : fmt::format("{:.12g}", bound)),
                 std::to_string(count));
  }
  write_sample(out, name + "_sum", labels,
               fmt::format("{:.12g}", histogram.at("nanoseconds").get<double>() * nanosecond));
  write_sample(out, name + "_count", labels, std::to_string(count));
}

// What mounts count by name (`group` of the words): one sample of each name, as `write` has it.
template <class Write>
void write_group(const std::vector<Told>& all, const char* group, const std::string& label,
                 Write&& write) {
  for (const Told& told : all) {
    const auto words = told.words.value(group, Document::object());
    for (const auto& [name, value] : words.items()) {
      write(with(told.labels, label, name), value, told);
    }
  }
}

void write_operations(std::ostream& out, const std::vector<Told>& all) {
  const auto write = [&](auto&& one) { write_group(all, "operations", "operation", one); };
  write_family(out, "famfs_operations_total", "counter", "Requests served, by kind.");
  write([&](const Labels& labels, const Document& operation, const Told&) {
    write_sample(out, "famfs_operations_total", labels, text_of(operation.at("count")));
  });
  write_family(out, "famfs_operation_duration_seconds", "histogram",
               "Time from a request's arrival in the daemon to its reply, by kind, of those that "
               "were timed: each thread's first and every 16th after it.");
  write([&](const Labels& labels, const Document& operation, const Told& told) {
    write_histogram(out, labels, operation, told.words.value("smallest_bucket", 0.0));
  });
}

void write_errors(std::ostream& out, const std::vector<Told>& all) {
  write_family(out, "famfs_operation_errors_total", "counter",
               "Replies that were an error. ENOENT and ENODATA are everyday answers.");
  write_group(all, "errors", "errno",
              [&](const Labels& labels, const Document& count, const Told&) {
                write_sample(out, "famfs_operation_errors_total", labels, text_of(count));
              });
}

Result<Told> listen(const Context& context, const MountPoint& mount) {
  auto words = ask(context, mount, status);
  if (!words) {
    return std::unexpected(words.error());
  }
  Told told{.labels = {{"device", words->at("device").get<std::string>()},
                       {"mount_point", words->at("mount_point").get<std::string>()}},
            .words = std::move(*words)};
  if (!is_dead(told.words)) {
    auto counted = ask(context, mount, metrics);
    if (!counted) {
      return std::unexpected(counted.error());
    }
    told.words.update(*counted);
  }
  return told;
}

void write_all(std::ostream& out, const std::vector<Told>& all) {
  write_up(out, all);
  write_info(out, all);
  write_operations(out, all);
  write_errors(out, all);
  for (const Number& number : kNumbers) {
    write_number(out, number, all);
  }
}

} // namespace

int run_metrics(Context& context, const Args& args) {
  Command command(context, {.program = "famfs metrics",
                            .purpose = "Prints what a mount, or every famfs mount, counts and "
                                       "holds, in Prometheus' text format.",
                            .operands = "[PATH|DEVICE]"});
  if (auto code = command.parse(args, 0, 1)) {
    return *code;
  }
  const auto mounts = mounts_asked_for(context, command.operands());
  if (!mounts) {
    return command.fail(mounts.error());
  }
  int code = 0;
  std::vector<Told> all;
  for (const MountPoint& mount : *mounts) {
    auto told = listen(context, mount);
    if (!told) {
      code = command.fail(told.error()); // and hides no other
      continue;
    }
    all.push_back(std::move(*told));
  }
  write_all(context.out, all);
  return code;
}

} // namespace famfs::tools
