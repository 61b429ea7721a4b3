#include "fsck_repair.h"

#include "base/text.h"
#include "system_uuid.h"
#include "volume/defaults.h"

#include <ostream>

namespace famfs::tools {
namespace {

// Another host may be appending this very moment, and no claim of ours keeps it from that.
Result<void> is_master(const Context& context, const Uuid& owner) {
  const auto file = volume::read_defaults(context.config);
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto ours = system_uuid(context, file->config, HostIdMode::read_only);
  if (ours && *ours == owner) {
    return {};
  }
  return fail(
      Errc::read_only,
      fmt::format("the file system belongs to the host with system UUID {}, and this is {}: "
                  "repair it there; if that host is gone, take its UUID over (system_uuid "
                  "in {})",
                  owner.text(), ours ? ours->text() : "a host without one",
                  printable(context.config.path)));
}

} // namespace

Result<Repaired> mend(const Context& context, OpenedDevice& device, bool dry_run,
                      const log::Progress& go_on) {
  auto plan = volume::plan_repair(*device.memory, go_on, device.bad);
  if (!plan) {
    return std::unexpected(plan.error());
  }
  Repaired repaired;
  if (!dry_run && !plan->mends.empty()) {
    if (auto master = is_master(context, plan->superblock->system); !master) {
      return std::unexpected(master.error());
    }
    if (auto done = volume::repair(*device.memory, *plan); !done) {
      return std::unexpected(done.error());
    }
    repaired.done = true;
  }
  repaired.mends = std::move(plan->mends);
  return repaired;
}

void look_for_lost(const OpenedDevice& device, Repaired& repaired) {
  auto found = volume::survey(*device.memory, {}, device.bad);
  if (found) {
    repaired.lost = std::move(found->lost);
    repaired.files = found->contents->tree.files();
    repaired.file_bytes = found->file_bytes;
  }
}

void print_mends(Context& context, const Repaired& repaired) {
  for (const auto& mend : repaired.mends) {
    context.out << (repaired.done ? "mended: " : "would mend: ") << format::describe(mend.fault)
                << '\n';
  }
}

void print_lost(Context& context, const Repaired& repaired, const std::string& device) {
  for (const auto& lost : repaired.lost) {
    context.out << "lost: " << text_of(lost) << '\n';
  }
  if (repaired.files != 0) {
    context.out << fmt::format(
        "What is left has no one right answer. \"famfs salvage {} DIRECTORY\" "
        "copies out what can be read: {} files, {} bytes; then make the file "
        "system again\n",
        printable(device), repaired.files, repaired.file_bytes);
  }
}

Document to_document(const format::Fault& fault) {
  Document one{{"kind", format::name(fault.kind)}, {"offset", fault.offset}};
  if (fault.entry) {
    one["entry"] = *fault.entry;
  }
  one["what"] = to_utf8(fault.what);
  return one;
}

Document to_document(const std::vector<volume::Lost>& lost) {
  Document list = Document::array();
  for (const auto& one : lost) {
    list.push_back({{"entry", one.entry},
                    {"path", one.path.empty() ? Document() : Document(to_utf8(one.path))},
                    {"why", to_utf8(one.why)}});
  }
  return list;
}

Document to_document(const Repaired& repaired) {
  Document mends = Document::array();
  for (const auto& mend : repaired.mends) {
    mends.push_back(to_document(mend.fault));
  }
  return {{"done", repaired.done},
          {"mends", std::move(mends)},
          {"lost", to_document(repaired.lost)},
          {"salvage", {{"files", repaired.files}, {"file_bytes", repaired.file_bytes}}}};
}

std::string text_of(const volume::Lost& lost) {
  return fmt::format("log entry {}{}: {}", lost.entry,
                     lost.path.empty() ? "" : fmt::format(", \"{}\"", printable(lost.path)),
                     lost.why);
}

} // namespace famfs::tools
