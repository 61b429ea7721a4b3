// famfs getmap: a file's extents, and how programs reach them.
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "fs_ioctl.h"
#include "path_text.h"
#include "table.h"

#include <cerrno>
#include <ostream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

struct AccessPath {
  std::string name, why;
};

struct Found {
  FileView view;
  AccessPath access;
};

// The mount's own answer, and whether this caller can take the direct way.
AccessPath access_path_of(const std::string& path, const FileView& view) {
  const int wanted = view.read_only ? R_OK : R_OK | W_OK;
  if (eaccess(view.device_path.c_str(), wanted) != 0) {
    return {"copy", "the device node cannot be opened by this user: read(2) and write(2) only"};
  }
  const UniqueFd parent(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (auto told = parent ? status(parent.get(), path) : fail(Errc::system, "");
      told && told->is_object()) {
    const Document access = told->value("access_path", Document::object());
    if (access.is_object() && access.contains("name") && access["name"].is_string()) {
      const Document why = access.value("why", Document(""));
      return {access["name"].get<std::string>(), why.is_string() ? why.get<std::string>() : ""};
    }
  }
  return {"direct", "libfamfs maps the device's pages"};
}

Result<Found> look(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, printable(path));
  }
  if (!S_ISREG(status.st_mode)) { // not opened: a FIFO would wait, a device might act
    return fail(Errc::not_regular, fmt::format("{}: not a regular file", printable(path)));
  }
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return fail_errno(errno, printable(path));
  }
  auto view = file_view(fd.get(), path);
  if (!view) {
    // Whatever else the ioctl says of a file that is not ours is the other file system's word.
    return fail(Errc::not_famfs, view.error().message);
  }
  if (view->map.extents.empty()) {
    return fail(Errc::no_map, fmt::format("{}: has no map: it is empty, or nothing was written yet",
                                          printable(path)));
  }
  AccessPath access = access_path_of(path, *view);
  return Found{std::move(*view), std::move(access)};
}

void print_json(Context& context, const std::string& path, const Found& found) {
  const bool striped = found.view.map.kind == format::MapKind::interleaved;
  Document list = Document::array();
  for (const format::Extent& extent : found.view.map.extents) {
    list.push_back(
        {{"devindex", extent.device}, {"offset", extent.offset}, {"length", extent.length}});
  }
  Document document{{"path", to_utf8(path)},
                    {"size", found.view.size},
                    {"pending", found.view.pending},
                    {"device", to_utf8(found.view.device_path)},
                    {"access_path", {{"name", found.access.name}, {"why", found.access.why}}},
                    {"kind", striped ? "interleaved" : "simple"}};
  if (striped) {
    document["chunk"] = found.view.map.chunk;
  }
  document[striped ? "strips" : "extents"] = std::move(list);
  context.out << to_json(document);
}

void print_text(Context& context, const std::string& path, const Found& found) {
  const FileView& view = found.view;
  const bool striped = view.map.kind == format::MapKind::interleaved;
  context.out << "File: " << printable(path) << "\nSize: " << view.size
              << "\nState: " << (view.pending ? "pending" : "committed")
              << "\nDevice: " << printable(view.device_path)
              << fmt::format("\nAccess path: {}: {}\n", printable(found.access.name),
                             printable(found.access.why));
  if (striped) {
    context.out << fmt::format("Interleaved: {} strips, chunks of {} bytes\n",
                               view.map.extents.size(), view.map.chunk);
  }
  Table table({striped ? "STRIP" : "EXTENT", "DEVICE", "OFFSET", "LENGTH"});
  for (std::size_t i = 0; i < view.map.extents.size(); ++i) {
    const format::Extent& extent = view.map.extents[i];
    table.add({std::to_string(i), std::to_string(extent.device),
               fmt::format("{:#x}", extent.offset), fmt::format("{:#x}", extent.length)});
  }
  table.print(context.out);
}

} // namespace

int run_getmap(Context& context, const Args& args) {
  bool quiet = false;
  bool json = false;
  Command command(context,
                  {.program = "famfs getmap",
                   .purpose = "Shows where a file lies on its device, and how programs reach it.",
                   .operands = "FILE",
                   .style = ExitStyle::getmap,
                   .notes = "\nExit: 0 a famfs file, 1 not one, 2 no map, 9 missing, 21 not a "
                            "regular file.\n"});
  command.flag('q', "quiet", "the exit code alone", quiet).flag('\0', "json", "as JSON", json);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  const std::string& path = command.operands()[0];
  const auto found = look(path);
  if (!found) {
    return quiet ? to_exit(found.error().code, ExitStyle::getmap) : command.fail(found.error());
  }
  if (!quiet) {
    json ? print_json(context, path, *found) : print_text(context, path, *found);
  }
  return 0;
}

} // namespace famfs::tools
