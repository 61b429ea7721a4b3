// famfs chkread: are a file's bytes the same by read(2), through the daemon, and in a map of it?
#include "commands.h"

#include "base/text.h"
#include "capi/famfs.h"
#include "cli.h"
#include "existing_file.h"
#include "format/log_header.h"
#include "format/superblock.h"
#include "fs_ioctl.h"

#include <array>
#include <cerrno>
#include <ostream>

#include <sys/mman.h>

namespace famfs::tools {
namespace {

struct Options {
  bool superblock = false;
  bool log = false;
};

struct Mapped {
  std::unique_ptr<Target> target;
  bool direct = false; // else what the kernel copies
};

Result<Mapped> map(int fd, std::uint64_t size, const std::string& path) {
  for (const int kind : {MAP_SHARED, MAP_PRIVATE}) {
    void* const at = famfs_mmap(nullptr, size, PROT_READ, kind, fd, 0);
    if (at != MAP_FAILED) { // NOLINT: the C library's macro
      return Mapped{.target = mapped_target(static_cast<std::byte*>(at), size, path, false),
                    .direct = kind == MAP_SHARED};
    }
  }
  return fail_errno(errno, fmt::format("{}: mmap", printable(path)));
}

// What the file is said to hold. It was the same both ways, so either will do.
Result<void> check_kind(const Options& options, const Target& content, const FileView& view,
                        const std::string& path) {
  std::optional<format::Fault> fault;
  if (options.superblock) {
    format::SuperblockBytes bytes{};
    if (auto got = content.get(0, bytes); !got) {
      return got;
    }
    fault = format::validate(format::decode_superblock(bytes), bytes, view.device_size);
  } else if (options.log) {
    format::LogHeaderBytes bytes{};
    if (auto got = content.get(0, bytes); !got) {
      return got;
    }
    fault = format::validate(format::decode_log_header(bytes), bytes,
                             {.device_size = view.device_size,
                              .log_length = view.size,
                              .alloc_unit = format::kAllocUnit});
  }
  return fault
             ? fail(Errc::corrupt, fmt::format("{}: {}", printable(path), format::describe(*fault)))
             : Result<void>{};
}

Result<void> check(Context& context, const Options& options, const std::string& path) {
  auto file = ExistingFile::open(path, false, true);
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto view = file_view(file->fd(), path);
  if (!view) {
    return std::unexpected(view.error());
  }
  if (view->size < format::kSuperblockSize && (options.superblock || options.log)) {
    return fail(Errc::corrupt,
                fmt::format("{}: {} bytes: too short for {}: name .meta/{}", printable(path),
                            view->size, options.log ? "a log" : "a superblock",
                            options.log ? ".log" : ".superblock"));
  }
  if (view->size == 0) {
    return fail(Errc::invalid,
                fmt::format("{}: empty: there is nothing to compare", printable(path)));
  }
  const auto mapped = map(file->fd(), view->size, path);
  if (!mapped) {
    return std::unexpected(mapped.error());
  }
  Progress progress(context, path, view->size);
  const auto read = file_content(file->fd(), view->size, path, Reading::copied);
  const auto differs =
      compare(*read, *mapped->target,
              {.size = view->size, .interrupted = &context.interrupted, .progress = &progress});
  if (!differs) {
    return std::unexpected(differs.error());
  }
  if (*differs) {
    return fail(Errc::io, fmt::format("{}: read(2) and mmap(2) differ at offset {}: is somebody "
                                      "writing it? then try again",
                                      printable(path), **differs));
  }
  if (auto good = check_kind(options, *mapped->target, *view, path); !good) {
    return good;
  }
  context.out << fmt::format("{}: {} bytes are the same by read(2) and in a {} map\n",
                             printable(path), view->size, mapped->direct ? "direct" : "private");
  return {};
}

} // namespace

int run_chkread(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs chkread",
                            .purpose = "Compares what read(2) gives of FILE with what is in a map "
                                       "of it.",
                            .operands = "FILE"});
  command
      .flag('s', "superblock", "FILE is a superblock (MOUNT/.meta/.superblock): check it too",
            options.superblock)
      .flag('l', "log", "FILE is a log (MOUNT/.meta/.log): check its header too", options.log);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (options.superblock && options.log) {
    return command.usage("--superblock and --log: one excludes the other");
  }
  const auto checked = check(context, options, command.operands()[0]);
  return checked ? 0 : command.fail(checked.error());
}

} // namespace famfs::tools
