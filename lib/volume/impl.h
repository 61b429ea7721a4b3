// The inside of a Volume: what it holds, and the steps its operations share, by the file they are
// in.
#pragma once

#include "volume/apply.h"
#include "volume/bad_memory.h"
#include "volume/guarded.h"
#include "volume/pending.h"
#include "volume/times.h"
#include "volume/volume.h"

#include "log/writer.h"

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace famfs::volume {

// A committed file: size and extents never change again, so a copy of them needs no lock.
struct Committed {
  tree::NodeInfo info;
  format::FileMap map;
};

// A pending file with its mutex held, found to be pending still.
struct LockedPending {
  std::shared_ptr<Pending> file;
  std::unique_lock<std::mutex> lock;
};

using File = std::variant<Committed, LockedPending>;

enum class Growth : std::uint8_t { exact, doubling };

struct Appended {
  bool visible = false; // in the log for all to see, even if `result` is an error
  Result<void> result;
};

[[nodiscard]] std::unexpected<Error> stale(NodeId id);
[[nodiscard]] Result<void> recordable_mode(std::uint32_t mode); // not_permitted

// "Locked" below: the caller holds the volume's lock, shared at least. "Exclusive": exclusively.
// "Unlocked": the caller holds no lock, or a pending file's mutex where the function takes that
// file.
struct Volume::Impl {
  Impl(media::Memory& device_memory, const OpenOptions& open_options, log::Reporter& fault_reporter,
       format::Superblock valid_superblock, const format::Geometry& valid_geometry,
       alloc::Allocator allocator);

  // -- open.cpp
  [[nodiscard]] Result<void> replay_all();                        // at open
  [[nodiscard]] Result<log::Replayed> replay(std::uint64_t most); // exclusive: from `position` on
  [[nodiscard]] Result<Followed> follow(std::uint64_t most);      // unlocked
  [[nodiscard]] format::FileMap map_of(NodeId id, const tree::NodeInfo& info) const; // locked

  // -- resolve.cpp
  [[nodiscard]] Result<File> acquire(NodeId id) const;    // unlocked; stale, is_directory
  [[nodiscard]] std::string locked_path(NodeId id) const; // unlocked
  [[nodiscard]] std::optional<tree::NodeInfo> directory_info(NodeId id) const;   // unlocked
  [[nodiscard]] std::shared_ptr<Pending> pending_of(NodeId id) const;            // locked; or null
  [[nodiscard]] std::optional<Attributes> attributes_of(NodeId id) const;        // locked
  [[nodiscard]] Result<void> expect_directory(NodeId id) const;                  // locked
  [[nodiscard]] std::unexpected<Error> directory_error(NodeId id) const;         // locked
  [[nodiscard]] Error why_not_found(NodeId parent, std::string_view name) const; // locked
  [[nodiscard]] std::string message_path(NodeId id) const;                       // locked
  // Locked; the path of a name that a new file or directory can have.
  [[nodiscard]] Result<std::string> new_path(NodeId parent, std::string_view name) const;
  [[nodiscard]] Result<void> may_append() const;  // locked; read_only, corrupt
  [[nodiscard]] Result<void> room_in_log() const; // locked; log_full, counting the pending

  // -- namespace.cpp
  // Locked; all the reasons why not.
  [[nodiscard]] Result<void> may_make(NodeId parent, std::string_view name,
                                      std::uint32_t mode) const;
  [[nodiscard]] Result<NodeId> insert_pending(NodeId parent, std::string_view name,
                                              const tree::NodeInfo& info); // exclusive
  [[nodiscard]] Result<Attributes> make(NodeId parent, std::string_view name,
                                        const tree::NodeInfo& info, bool on_request); // unlocked

  // -- remove.cpp
  [[nodiscard]] Result<NodeId> pending_child(NodeId parent, std::string_view name) const; // locked
  [[nodiscard]] Result<void> remove_directory(NodeId id, NodeId parent); // exclusive; a pending one
  [[nodiscard]] Result<void> may_replace(NodeId target, bool replace) const; // locked
  // What an orphan waits for its last pin with; made before it becomes one.
  [[nodiscard]] holder::Pins::Waiting reaper(NodeId id);
  void orphan(NodeId id) noexcept; // exclusive: a pending file that is out of the tree
  void reap(NodeId id) noexcept;   // unlocked: an orphan that has no pins goes
  void drop(NodeId id);            // unlocked

  // -- change.cpp
  [[nodiscard]] Result<void> change(NodeId id, const Change& change);           // unlocked
  [[nodiscard]] Result<void> change_directory(NodeId id, const Change& change); // unlocked
  [[nodiscard]] Result<void> change_fixed(NodeId id, const tree::NodeInfo& info,
                                          const Change& change);
  [[nodiscard]] Result<void> change_pending(Pending& file, const Change& change);
  [[nodiscard]] Result<void> set_size(Pending& file, std::uint64_t size);
  [[nodiscard]] Result<void> shrink(Pending& file, std::uint64_t size);
  void cut_off(Pending& file);

  // -- lay_out.cpp
  [[nodiscard]] Result<void> fixed_size(const Pending& file) const; // always an error
  [[nodiscard]] Result<void> grow_to(Pending& file, std::uint64_t needed, Growth growth);
  [[nodiscard]] Result<void> lay_out(Pending& file, const Layout& layout);

  // -- data.cpp
  [[nodiscard]] Result<void> may_show(const Pending& file, Reader reader) const;
  // Unlocked. A client's caches may hold what these bytes were before the master wrote them: they
  // are dropped before each read (io: they are bad), and before a program first maps the file; from
  // then on by famfs_acquire alone.
  [[nodiscard]] Result<void> look_anew(const Committed& file, std::uint64_t offset,
                                       std::uint64_t length) const;
  void look_anew_once(NodeId id, const Committed& file);
  [[nodiscard]] Result<std::uint64_t> write(Pending& file, std::uint64_t offset,
                                            std::uint64_t length, WriteSource& source);
  [[nodiscard]] Result<std::uint64_t> write(NodeId id, const Committed& file, std::uint64_t offset,
                                            std::uint64_t length, WriteSource& source);

  // -- commit.cpp
  [[nodiscard]] Appended append(const format::EntryBody& body); // exclusive
  [[nodiscard]] Result<void> commit(LockedPending held, bool even_empty);
  [[nodiscard]] Result<void> record(Pending& file, format::Extents& rest); // exclusive
  // Exclusive; a directory, those above it first.
  [[nodiscard]] Result<void> record_directory(NodeId id);
  [[nodiscard]] Result<bool> commit_directory(NodeId id); // unlocked; whether it was pending
  [[nodiscard]] Result<void> clone(Pending& file, const Committed& source); // under its mutex
  [[nodiscard]] bool is_orphan(const Pending& file) const;                  // unlocked
  [[nodiscard]] Result<void> sync(NodeId id, const Committed& file);        // unlocked
  void watch_mapped(NodeId id); // unlocked: `mapped` until its last pin goes
  [[nodiscard]] std::vector<NodeId> unfinished() const; // unlocked
  [[nodiscard]] Result<bool> finish(NodeId id);         // unlocked; whether it was pending

  media::Memory& memory;
  log::Reporter& reporter;
  const Role role;
  const std::uint64_t map_unit;
  const format::Superblock superblock;
  const format::Geometry geometry;
  mutable Times times; // locks itself; a leaf
  BadMemory bad;       // the same

  // The volume's lock guards what follows. Lock order: volume.h.
  mutable std::shared_mutex mutex;
  Contents contents;
  std::optional<log::Writer> writer; // a master whose log is whole
  std::uint64_t position = 0;        // entries replayed; of a master: at open
  std::unordered_map<NodeId, std::shared_ptr<Pending>> pending; // orphans too
  std::uint64_t orphans = 0;
  std::unordered_set<NodeId> pending_directories; // what else they are is in the tree
  // Committed files that were handed out to be mapped and may have bytes in this host's caches.
  // True: a pin is left, so there may be a mapping.
  std::unordered_map<NodeId, bool> mapped;
  std::unordered_set<NodeId> looked_at; // by look_anew_once()

  holder::Pins pins; // destroyed first: its callbacks use all of the above
};

} // namespace famfs::volume
