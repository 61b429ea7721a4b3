// A file system on memory that may crash at any moment, what has been done to it, and the oracle:
// what must be there after a crash, and what may.
#pragma once

#include "base/units.h"
#include "crash_memory.h"
#include "images.h"
#include "volume/volume.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::crash {

// What is done, a letter each:
//   n  a new file, written, pending
//   w  the same, written through a map
//   h  the same with a hole, that is read
//   p  a new file in a new directory, both pending
//   k  commit of the oldest pending file
//   t  two commits from two threads at once: of the oldest two
//   d  mkdir, fsync of it
//   o  overwrite in place, in the newest committed file
//   s  store through a map of it, fsync
//   m  mkfs over it
// Each on a thread of its own, as requests reach a daemon: a fence does nothing for other threads.
using Step = char;
inline constexpr std::string_view kSteps = "nwhpktdosm";

class World {
public:
  explicit World(Effort effort, unsigned seed = 1, Mutation mutation = {});

  // Can this be done now? (A commit needs a pending file.)
  [[nodiscard]] bool can(Step step) const;
  // Does it; with `crashes`, looks at every image that a crash in it or just after could leave.
  // Ends, and says in trouble(), at the first that breaks a promise.
  void run(Step step, bool crashes);

  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] std::uint64_t images() const noexcept { return images_; }
  [[nodiscard]] CrashMemory& memory() noexcept { return *memory_; }

private:
  struct File {
    std::string directory; // its own; empty: the root
    std::string name;
    std::string before; // what was there when it was committed, or last acknowledged
    std::string after;  // the same but where an overwrite is under way
    volume::NodeId id = 0;
  };
  struct Acknowledged {
    std::vector<File> files;
    std::vector<std::string> directories;
  };
  // What may be there or not: not acknowledged yet.
  struct UnderWay {
    std::vector<const File*> files; // two at most
    std::optional<std::string> directory;
    bool mkfs = false;
  };

  // How much of everything there is to be.
  struct Count {
    std::uint64_t files = 0;
    std::uint64_t entries = 0; // of the log: files and directories
    std::uint64_t written = 0; // the same, with those that a crash may have kept from counting
  };
  static constexpr std::uint64_t kMapUnit = 4 * KiB;

  void open();
  void make();
  void perform(Step step);
  void new_file(Step how);
  void commit(std::size_t count);
  void make_directory();
  void store_mapped(volume::NodeId id, std::uint64_t at, std::string_view text);
  void overwrite(bool mapped);
  [[nodiscard]] std::string next_name(char kind);
  [[nodiscard]] std::string text(std::size_t length);

  void look_at(const std::vector<Open>& open);

  // -- oracle.cpp
  // What is wrong with an image; empty: nothing.
  [[nodiscard]] std::string judge(Wreck& wreck) const;
  [[nodiscard]] std::string judge(volume::Volume& mounted, const Acknowledged& must,
                                  const UnderWay& may) const;
  [[nodiscard]] std::string judge(volume::Volume& mounted, const volume::Attributes& attributes,
                                  const File& file) const;
  [[nodiscard]] static std::string judge(volume::Volume& mounted, const Count& count);
  [[nodiscard]] static Result<volume::Attributes> find(const volume::Volume& mounted,
                                                       const File& file);
  [[nodiscard]] static std::string goes_on(Wreck& wreck);

  Effort effort_;
  std::minstd_rand random_;
  std::unique_ptr<CrashMemory> memory_;
  std::unique_ptr<volume::Volume> volume_;
  Acknowledged acknowledged_;
  std::deque<File> pending_;
  UnderWay under_way_;
  std::array<std::atomic<bool>, 2> returned_{}; // the commits under way
  std::string trouble_;
  std::uint64_t images_ = 0;
  unsigned names_ = 0;
};

// All sequences of up to `length` steps that can be done, in an order that has each after its own
// beginnings. A crash is looked for in the last step of each: those before are the ends of others.
[[nodiscard]] std::vector<std::string> sequences(std::size_t length);

} // namespace famfs::crash
