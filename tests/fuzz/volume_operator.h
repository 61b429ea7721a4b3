// Does to a volume what an input says: what a daemon would be asked to by programs.
#pragma once

#include "fuzz.h"
#include "oracle.h"

#include "volume/volume.h"

#include <set>
#include <string>
#include <vector>

namespace famfs::fuzz {

class VolumeOperator {
public:
  // `found`: what is there already.
  VolumeOperator(volume::Volume& volume, const Namespace& found);
  void run(Input& input); // until it is empty

  [[nodiscard]] bool withdrew() const noexcept { return withdrew_; }
  // A file that this made, and not over raw space.
  [[nodiscard]] bool is_ours(tree::NodeId id) const { return ours_.contains(id); }
  // A new file shows no old bytes (docs/architecture.md, invariant 4).
  static void must_show_nothing_else(volume::Volume& volume, tree::NodeId id);

private:
  void step(Input& input);
  void make(Input& input, unsigned how);
  void space(Input& input, unsigned how);
  void data(Input& input, unsigned how);
  void names(Input& input, unsigned how);
  void life(Input& input, unsigned how);
  [[nodiscard]] tree::NodeId any(Input& input);
  template <class T> void heard(const Result<T>& result);

  volume::Volume& volume_;
  std::vector<tree::NodeId> nodes_{tree::kRoot};
  std::vector<holder::Pin> pins_;
  std::set<tree::NodeId> ours_;
  bool withdrew_ = false;
};

} // namespace famfs::fuzz
