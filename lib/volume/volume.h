// A volume: one mounted or opened file system. Ties log, tree and allocator together; knows the
// life of a file (pending, commit, committed: docs/architecture.md). Knows nothing of FUSE.
//
// Thread-safe. Lock order: a pending file's mutex, then the volume's shared_mutex (readers share
// it), then the pins'. No lock is held while file data is copied to or from committed files; a
// pending file's own mutex is held while its data is written. Callbacks (pins, reporter) run
// without locks, except Reporter::fault, which must not call back into the volume.
#pragma once

#include "alloc/allocator.h"
#include "base/error.h"
#include "base/uuid.h"
#include "format/entry.h"
#include "format/superblock.h"
#include "holder/pins.h"
#include "log/reader.h"
#include "log/reporter.h"
#include "media/bad_ranges.h"
#include "media/memory.h"
#include "tree/tree.h"
#include "volume/bad_places.h"

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace famfs::volume {

using tree::Kind;
using tree::NodeId;

enum class Role : std::uint8_t { master, client };

struct OpenOptions {
  Role role = Role::client; // master: may append
  // What a program's map of the device is made of: a file shows all of the unit that it ends in.
  std::uint64_t map_unit = 4096;
  std::uint32_t root_uid = 0; // the format records nothing of the root directory
  std::uint32_t root_gid = 0;
  std::uint32_t root_mode = 0755;
  media::BadRanges bad{}; // known to be bad now (media::DeviceInfo)
};

struct Attributes {
  NodeId id = 0;
  Kind kind = Kind::file;
  std::uint32_t uid = 0, gid = 0, mode = 0;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0; // bytes of extents
  std::uint64_t links = 1;
  bool pending = false;
  bool all_hosts_read_only = false; // FileEntry::flags 1
  timespec modified{}; // not on the media: set in RAM, mount time for what was replayed
};

// What chmod, chown, utimensat and truncate ask for; only what is set is asked.
struct Change {
  std::optional<std::uint32_t> mode{}, uid{}, gid{};
  std::optional<std::uint64_t> size{};
  std::optional<timespec> modified{};
};

struct Owner {
  std::uint32_t uid = 0, gid = 0;
};

struct Usage {
  std::uint64_t device_bytes = 0, data_bytes = 0, free_bytes = 0, alloc_unit = 0;
  std::uint64_t bad_bytes = 0; // of the data area, in whole allocation units: never handed out
  std::uint64_t log_entries = 0, log_capacity = 0;
  std::uint64_t replayed_entries = 0; // of log_entries; the rest this volume appended
  std::uint64_t files = 0, directories = 0, pending_files = 0, pending_directories = 0;
};

struct Followed {
  std::uint64_t entries = 0, files = 0, directories = 0, faults = 0, position = 0;
  std::uint64_t left = 0; // committed, and not replayed because `most` were
};

// Where the bytes of a write come from. Called with device memory (Memory::address) or through
// store; returns how many bytes it put there, or an error. Must not call the volume.
class WriteSource {
public:
  WriteSource() = default;
  WriteSource(const WriteSource&) = delete;
  WriteSource& operator=(const WriteSource&) = delete;
  virtual ~WriteSource() = default;
  virtual Result<void> copy(media::Memory& memory, std::uint64_t device_offset,
                            std::uint64_t length) = 0; // in order; exactly `length`
};

// Who will see the bytes. Raw space shows what others left in it: until its file is committed, to
// root alone, and through a map alone, for what root reads others may find in the kernel's cache.
enum class Reader : std::uint8_t { anyone, root };

class Volume {
public:
  // Superblock, header, replay. A bad superblock or header is Errc::corrupt (not_famfs when there
  // is no magic) with the fault in the message. Entry faults go to the reporter and do not fail the
  // open; a master whose log is damaged before the commit point (Replayed::stopped) opens but
  // refuses to append (Errc::corrupt): it would overwrite what may be mended. Bad memory under the
  // superblock, or under a master's log, is Errc::io; elsewhere it is not handed out. Both objects
  // outlive the volume.
  [[nodiscard]] static Result<std::unique_ptr<Volume>>
  open(media::Memory& memory, const OpenOptions& options, log::Reporter& reporter);
  ~Volume(); // pending files that were not committed are lost: call commit_all() first

  [[nodiscard]] const format::Superblock& superblock() const noexcept;
  [[nodiscard]] const format::Geometry& geometry() const noexcept;
  [[nodiscard]] Role role() const noexcept;
  [[nodiscard]] Usage usage() const;

  // -- namespace
  [[nodiscard]] Result<Attributes> lookup(NodeId parent, std::string_view name) const;
  [[nodiscard]] Result<Attributes> attributes(NodeId id) const; // stale
  [[nodiscard]] Result<NodeId> parent(NodeId id) const;
  [[nodiscard]] Result<std::string> path(NodeId id) const; // relative, for messages
  // fn(child, attributes) until it returns false; starts after `cookie`.
  using ListFn = std::function<bool(const tree::Child&, const Attributes&)>;
  [[nodiscard]] Result<void> list(NodeId directory, std::uint64_t cookie, const ListFn& fn) const;

  // Pending, until commit() of it or of anything in it. The log must have room for it (counting the
  // pending): log_full. exists, name_too_long (component > 255 or path > 79), read_only (client),
  // invalid (a name the format refuses); mode bits past 0777: not_permitted.
  [[nodiscard]] Result<Attributes> make_directory(NodeId parent, std::string_view name, Owner owner,
                                                  std::uint32_t mode);
  // Pending. As make_directory. on_request: committed by Why::by_request alone.
  [[nodiscard]] Result<Attributes> create(NodeId parent, std::string_view name, Owner owner,
                                          std::uint32_t mode, bool on_request = false);
  // What is committed: not_permitted. A directory: not_empty. A file's space comes back when its
  // last pin goes.
  [[nodiscard]] Result<void> remove(NodeId parent, std::string_view name);
  // Pending files only. `replace` false and the target there: exists; a committed target:
  // not_permitted; a directory: is_directory; a pending one is removed.
  [[nodiscard]] Result<void> rename(NodeId parent, std::string_view name, NodeId new_parent,
                                    std::string_view new_name, bool replace);
  // Pending: anything the format can record. Committed: only what changes nothing, and times (RAM).
  [[nodiscard]] Result<Attributes> change(NodeId id, const Change& change);

  // -- data
  // A pin on the file; hold one per open handle. stale, is_directory.
  [[nodiscard]] Result<holder::Pin> pin(NodeId id);
  // Bytes [offset, offset+length) cut to the size, as segments on the device; zeroes what a pending
  // file never wrote; raw: access_denied. For readers that hand the addresses to a system call.
  using SegmentFn = std::function<bool(const format::Segment&)>;
  [[nodiscard]] Result<std::uint64_t> segments(NodeId id, std::uint64_t offset,
                                               std::uint64_t length, const SegmentFn& fn);
  // Copies out; returns bytes read (short at the end of the file).
  [[nodiscard]] Result<std::uint64_t> read(NodeId id, std::uint64_t offset, MutableBytes to);
  // Committed: within the size, cut at it; wholly past it: not_permitted. Pending: grows. Written
  // back and fenced before it returns. The bytes written.
  [[nodiscard]] Result<std::uint64_t> write(NodeId id, std::uint64_t offset, std::uint64_t length,
                                            WriteSource& source);
  // Reserves space for [offset, offset+length); extends the size unless keep_size. Committed:
  // within the size a no-op, else not_permitted.
  [[nodiscard]] Result<void> reserve(NodeId id, std::uint64_t offset, std::uint64_t length,
                                     bool keep_size);
  // A new pending file's whole space at once: size, layout, raw and on_request (see
  // control.h). not_permitted: it
  // has space already; invalid: the size; usage: the stripes. What is laid out raw keeps its size;
  // in strips, it grows no larger than they are (too_big).
  struct Layout {
    std::uint64_t size = 0;
    bool raw = false; // implies on_request
    bool on_request = false;
    std::optional<alloc::Stripes> stripes{};
  };
  [[nodiscard]] Result<void> lay_out(NodeId id, const Layout& layout);

  struct MapView {
    format::FileMap map{};
    std::uint64_t size = 0;
    bool pending = false;
  };
  // `use`: the caller will map it: unwritten space is zeroed first (unless raw), and what is handed
  // out stays the file's until its last pin goes, even if it is truncated.
  [[nodiscard]] Result<MapView> map(NodeId id, bool use, Reader reader = Reader::anyone);

  // -- life
  // Commits a pending directory, or a pending file that has data (size > 0); an empty one, or what
  // is committed, is a no-op. Pending directories above it are committed first, as they are.
  // Data that may have been written through a map is written back first. Raw files: only
  // by_request. On an error it is still pending, with one exception: the log header's memory went
  // bad when the entry was there for all to see; then it is committed, and the error says it may
  // not last.
  enum class Why : std::uint8_t { closed, synced, by_request };
  [[nodiscard]] Result<void> commit(NodeId id, Why why);
  // A pending file's space past its size comes back: its writer is done, its commit comes later.
  [[nodiscard]] Result<void> trim(NodeId id);
  // Committed: writes back and fences what may have been stored through maps. Pending: commit.
  [[nodiscard]] Result<void> sync(NodeId id);
  // Makes what fsck must find: commits the empty pending file `id` with the extents of the
  // committed file `source`, a fault that the next replay refuses. not_permitted: `id` has space or
  // is committed; invalid: `source` is not committed; no_map: it is empty.
  [[nodiscard]] Result<void> clone(NodeId id, NodeId source);
  // The last handle is gone: commits, or drops a file that waits for a request to commit it.
  [[nodiscard]] Result<void> close(NodeId id);
  // Unmount: empty files too. Every failure goes to `failed`; returns how many were pending.
  [[nodiscard]] std::uint64_t
  commit_all(const std::function<void(const std::string& path, const Error&)>& failed);

  // Replays what was appended since (a client, or a master: nothing), at most so many entries:
  // everybody else waits meanwhile.
  [[nodiscard]] Result<Followed> follow(std::uint64_t most = UINT64_MAX);

  // A file that has a byte in this stretch of the device, for failure reports; nullopt: none.
  [[nodiscard]] std::optional<std::string> file_in(const media::BadRange& range) const;
  // Memory that has failed: not handed out any more, and reads and writes of it are Errc::io from
  // now on, without touching it. Maps that programs have are theirs.
  void withdraw(const media::BadRange& range) noexcept;
  // All that is known to be bad, and what lies there. Walks the namespace.
  [[nodiscard]] std::vector<BadPlace> bad_places() const;

  [[nodiscard]] media::Memory& memory() noexcept;
  [[nodiscard]] std::uint64_t pins() const; // in total

private:
  struct Impl;
  explicit Volume(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace famfs::volume
