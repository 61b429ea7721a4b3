// Copies files and trees into a famfs mount; goes on after what it must skip, and remembers it.
#pragma once

#include "alloc/allocator.h"
#include "cli.h"
#include "context.h"
#include "copy_engine.h"
#include "identity.h"

#include <optional>
#include <string>

namespace famfs::tools {

struct CopyOptions {
  Ownership ownership; // no mode: the source's
  std::optional<alloc::Stripes> stripes;
  std::optional<std::uint32_t> threads;
  bool compare = false;
  bool verbose = false;
  bool json = false; // a line for each file on standard output, and for the progress
};

class Copier {
public:
  Copier(Context& context, const Command& command, const CopyOptions& options);

  // What will be copied, so that progress and an interrupt can say of how much: first of all.
  void expect(const std::string& source, bool recursive);

  void file(const std::string& source, const std::string& to);
  // What is in `source`, below `to`, which is made if it is not there.
  void tree(const std::string& source, const std::string& to);
  void skip(const Error& error);
  // Says what came of it where that is asked for, or it was interrupted. 0; 12 when space or log
  // ran out; else 1 when something was skipped.
  [[nodiscard]] int finish();

private:
  struct Source;
  [[nodiscard]] Result<void> copy_file(const std::string& path, const std::string& to);
  [[nodiscard]] Result<void> copy_fresh(const Source& source, const std::string& to);
  [[nodiscard]] Result<void> copy_over(const Source& source, const std::string& to);
  [[nodiscard]] CopyJob job(std::uint64_t size);
  [[nodiscard]] Result<void> move_bytes(const Source& source, Target& target,
                                        const std::string& to);
  [[nodiscard]] Result<void> compare_bytes(const Source& source, const Target& target,
                                           const std::string& to);
  [[nodiscard]] Result<void> make_directory_for(const std::string& source, const std::string& to);
  void entry(const std::string& source, const std::string& to);
  void warn_of_small_buckets(const std::string& to);

  Context& context_;
  const Command& command_;
  const CopyOptions& options_;
  Progress progress_;
  std::uint64_t expected_files_ = 0, expected_bytes_ = 0, copied_ = 0;
  int exit_code_ = 0;
  bool warned_ = false;
};

} // namespace famfs::tools
