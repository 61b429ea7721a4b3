#include "volume/check.h"

#include "base/text.h"
#include "log/reader.h"
#include "volume/apply.h"
#include "volume/guarded.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace famfs::volume {

namespace {

using format::Fault;

// Faults go into the document beside what they are about.
class Keeper : public log::Reporter {
public:
  void fault(const Fault& fault) override { last = fault; }
  std::optional<Fault> last;
};

Document fault_document(const Fault& fault) {
  return {{"kind", format::name(fault.kind)}, {"what", to_utf8(fault.what)}};
}

Document superblock_document(const format::Superblock& s) {
  return {{"magic", s.magic},
          {"version", s.version},
          {"log_offset", s.log_offset},
          {"log_len", s.log_length},
          {"alloc_unit", s.alloc_unit},
          {"omf_major", s.omf_major},
          {"omf_minor", s.omf_minor},
          {"uuid", s.file_system.text()},
          {"device_uuid", s.device.text()},
          {"system_uuid", s.system.text()},
          {"crc", s.crc},
          {"flags", s.flags},
          {"device_size", s.device_size},
          {"device_path", to_utf8(s.device_path)}};
}

Document header_document(const format::LogHeader& h, const format::Geometry& geometry) {
  return {{"magic", h.magic},
          {"length", h.length},
          {"last_index", h.last_index},
          {"crc", h.crc},
          {"next_seqnum", h.next_seqnum},
          {"next_index", h.next_index},
          {"capacity", format::log_capacity(geometry.log_length)}};
}

void put_path(Document& to, const format::RelPath& path) {
  const std::string_view bytes = path.view();
  to["path"] = to_utf8(bytes);
  if (is_utf8(bytes)) {
    return;
  }
  std::string hex;
  for (const char c : bytes) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  to["path_hex"] = hex;
}

Document extents_document(const format::Extents& extents) {
  Document list = Document::array();
  for (const auto& extent : extents) {
    list.push_back(
        {{"devindex", extent.device}, {"offset", extent.offset}, {"length", extent.length}});
  }
  return list;
}

// One overload for each kind of entry.
struct PutBody {
  Document& to;

  void operator()(const format::FileEntry& file) const {
    to["type"] = "FILE";
    put_path(to, file.path);
    to["mode"] = file.mode;
    to["uid"] = file.uid;
    to["gid"] = file.gid;
    to["size"] = file.size;
    to["flags"] = file.flags;
    if (file.map.kind == format::MapKind::interleaved) {
      to["chunk"] = file.map.chunk;
      to["strips"] = extents_document(file.map.extents);
    } else {
      to["extents"] = extents_document(file.map.extents);
    }
  }
  void operator()(const format::MkdirEntry& directory) const {
    to["type"] = "MKDIR";
    put_path(to, directory.path);
    to["mode"] = directory.mode;
    to["uid"] = directory.uid;
    to["gid"] = directory.gid;
  }
  void operator()(const format::AddDeviceEntry& device) const {
    to["type"] = "ADD_DAXDEV";
    to["device_size"] = device.size;
    to["device_uuid"] = device.device.text();
    to["device_index"] = device.index;
  }
  void operator()(const format::OtherEntry& other) const { to["type"] = other.type; }
};

struct Dumped {
  Document document;
  bool whole = true;
};

Dumped dump_entry(const log::Reader& reader, const format::Geometry& geometry, Contents& contents,
                  std::uint64_t index) {
  Dumped dumped;
  dumped.document["index"] = index;
  dumped.document["type"] = nullptr; // until it is known
  const auto bytes = reader.entry(index);
  if (!bytes) {
    dumped.whole = false;
    dumped.document["fault"] = {{"kind", format::name(format::FaultKind::entry_unreadable)},
                                {"what", to_utf8(bytes.error().message)}};
    return dumped;
  }
  std::optional<Fault> fault = format::check_whole(*bytes, index);
  dumped.whole = !fault;
  if (dumped.whole) {
    if (const auto entry = format::decode_entry(*bytes, index, geometry)) {
      std::visit(PutBody{dumped.document}, entry->body);
      fault = apply(contents, index, *entry);
    } else {
      fault = entry.error();
    }
  }
  if (fault) {
    dumped.document["fault"] = fault_document(*fault);
  }
  return dumped;
}

Result<Document> dump_entries(const log::Reader& reader, const format::Geometry& geometry,
                              std::uint64_t count) {
  auto allocator = alloc::Allocator::make(geometry);
  if (!allocator) {
    return std::unexpected(allocator.error());
  }
  Contents contents{.tree = tree::Tree(0, 0, 0755), .allocator = std::move(*allocator)};
  Document entries = Document::array();
  for (std::uint64_t index = 0; index < count; ++index) {
    auto dumped = dump_entry(reader, geometry, contents, index);
    entries.push_back(std::move(dumped.document));
    // As replay does: nothing behind it is believed.
    if (!dumped.whole) {
      break;
    }
  }
  return entries;
}

// The fields as they are, even when they are wrong.
Result<Document> dump_header(const media::Memory& memory, const format::Geometry& geometry) {
  format::LogHeaderBytes bytes{};
  if (auto loaded = memory.load(format::kLogOffset, bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  return header_document(format::decode_log_header(bytes), geometry);
}

Result<void> dump_log(const media::Memory& memory, const format::Geometry& geometry,
                      Document& document) {
  Keeper keeper;
  const log::Reader reader(memory, geometry);
  const auto header = reader.header(keeper);
  auto fields = dump_header(memory, geometry);
  if (!fields) {
    return std::unexpected(fields.error());
  }
  document["log"] = std::move(*fields);
  if (keeper.last) {
    document["log"]["fault"] = fault_document(*keeper.last);
  }
  if (!header) {
    return {};
  }
  auto entries = dump_entries(reader, geometry, header->next_index);
  if (!entries) {
    return std::unexpected(entries.error());
  }
  document["entries"] = std::move(*entries);
  return {};
}

} // namespace

Result<Document> dump(const media::Memory& memory) {
  return guarded([&]() -> Result<Document> {
    const auto bytes = load_superblock(memory);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    const auto superblock = format::decode_superblock(*bytes);
    Document document;
    document["superblock"] = superblock_document(superblock);
    document["log"] = Document::object();
    document["entries"] = Document::array();
    if (const auto fault = format::validate(superblock, *bytes, memory.size())) {
      document["superblock"]["fault"] = fault_document(*fault);
      return document;
    }
    if (auto log = dump_log(memory, format::geometry(superblock, memory.size()), document); !log) {
      return std::unexpected(log.error());
    }
    return document;
  });
}

} // namespace famfs::volume
