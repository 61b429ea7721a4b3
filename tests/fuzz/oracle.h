// What must hold of every volume that could be opened, whatever was on the media.
#pragma once

#include "fuzz.h"

#include "log/reporter.h"
#include "volume/volume.h"

#include <map>
#include <string>
#include <vector>

namespace famfs::fuzz {

class Faults final : public log::Reporter {
public:
  void fault(const format::Fault& fault) override;
  [[nodiscard]] std::uint64_t count() const noexcept { return all_.size(); }
  // What a look at the same log must find again.
  [[nodiscard]] std::vector<std::string> text() const;
  // Without those that replay does not look for.
  [[nodiscard]] std::uint64_t of_replay() const;

private:
  std::vector<format::Fault> all_;
};

struct Node {
  volume::Attributes attributes;
  format::FileMap map;
};
using Namespace = std::map<std::string, Node>; // by path; without the root

// Walks all of it. Every name is a name, every path leads to its node and back, every byte of a
// file lies in the device's data, and no two files share one.
[[nodiscard]] Namespace sound_namespace(volume::Volume& volume);
// Committed attributes and maps alike; ids and times are each volume's own.
void must_be_same(const Namespace& one, const Namespace& other);

} // namespace famfs::fuzz
