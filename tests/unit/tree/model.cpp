// Random work on the tree and on a plain model of it side by side.
#include "support.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <tuple>
#include <utility>

namespace famfs::tree {
namespace {

struct ModelNode {
  NodeId parent = 0;
  std::string name;
  NodeInfo info;
  format::FileMap map;
};

struct Model {
  std::map<NodeId, ModelNode> nodes{{kRoot, {kRoot, "", kDirectory, {}}}};
  std::map<std::pair<NodeId, std::string>, NodeId> names;

  [[nodiscard]] std::string path(NodeId id) const {
    const ModelNode& node = nodes.at(id);
    if (id == kRoot) {
      return "";
    }
    return node.parent == kRoot ? node.name : path(node.parent) + "/" + node.name;
  }
  [[nodiscard]] bool is_directory(NodeId id) const {
    return nodes.at(id).info.kind == Kind::directory;
  }
  [[nodiscard]] std::vector<NodeId> children(NodeId id) const {
    std::vector<NodeId> found;
    for (auto it = names.lower_bound({id, ""}); it != names.end() && it->first.first == id; ++it) {
      found.push_back(it->second);
    }
    return found;
  }
  [[nodiscard]] bool is_below(NodeId id, NodeId above) const {
    return id == above || (id != kRoot && is_below(nodes.at(id).parent, above));
  }
};

class Game {
public:
  explicit Game(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 10) {
    case 0:
    case 1:
      return remove();
    case 2:
      return rename();
    case 3:
      return set();
    case 4:
    case 5:
      return find();
    default:
      return insert();
    }
  }

  void compare_all() {
    std::uint64_t files = 0;
    for (const auto& [id, node] : model_.nodes) {
      compare(id, node);
      files += node.info.kind == Kind::file ? 1 : 0;
    }
    REQUIRE(tree_.files() == files);
    REQUIRE(tree_.directories() == model_.nodes.size() - 1 - files);
    for (const NodeId id : gone_) {
      REQUIRE_FALSE(tree_.info(id));
    }
  }

private:
  NodeId any() {
    auto it = model_.nodes.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_() % model_.nodes.size()));
    return it->first;
  }
  std::string some_name() { // few, so that they clash; some too long for the node
    return std::string(random_() % 8 == 0 ? 40 : 1, static_cast<char>('a' + random_() % 12));
  }
  NodeInfo some_info(Kind kind) {
    return {.kind = kind,
            .uid = static_cast<std::uint32_t>(random_()),
            .gid = static_cast<std::uint32_t>(random_()),
            .mode = static_cast<std::uint32_t>(random_() % 01000),
            .pending = random_() % 2 == 0,
            .flags = static_cast<std::uint32_t>(random_()),
            .size = random_(),
            .entry = random_()};
  }

  void insert() {
    const NodeId parent = any();
    const std::string name = some_name();
    const NodeInfo info = some_info(random_() % 2 == 0 ? Kind::file : Kind::directory);
    const auto id = tree_.insert(parent, name, info);
    if (!model_.is_directory(parent)) {
      REQUIRE(id.error().code == Errc::not_directory);
    } else if (model_.names.contains({parent, name})) {
      REQUIRE(id.error().code == Errc::exists);
    } else {
      REQUIRE(id);
      REQUIRE_FALSE(model_.nodes.contains(*id));
      REQUIRE(std::ranges::find(gone_, *id) == gone_.end());
      model_.nodes[*id] = {parent, name, info, {}};
      model_.names[{parent, name}] = *id;
    }
  }
  void remove() {
    const NodeId id = any();
    const auto removed = tree_.remove(id);
    if (id == kRoot) {
      REQUIRE(removed.error().code == Errc::invalid);
    } else if (!model_.children(id).empty()) {
      REQUIRE(removed.error().code == Errc::not_empty);
    } else {
      REQUIRE(removed);
      model_.names.erase({model_.nodes[id].parent, model_.nodes[id].name});
      model_.nodes.erase(id);
      gone_.push_back(id);
    }
  }
  void rename() {
    const NodeId id = any();
    const NodeId to = any();
    const std::string name = some_name();
    const auto renamed = tree_.rename(id, to, name);
    if (!model_.is_directory(to)) {
      REQUIRE(renamed.error().code == Errc::not_directory);
    } else if (id == kRoot || model_.is_below(to, id)) {
      REQUIRE(renamed.error().code == Errc::invalid);
    } else if (const auto there = model_.names.find({to, name});
               there != model_.names.end() &&
               (there->second == id || model_.is_directory(there->second))) {
      REQUIRE(renamed.has_value() == (there->second == id));
    } else {
      REQUIRE(renamed);
      if (there != model_.names.end()) {
        gone_.push_back(there->second);
        model_.nodes.erase(there->second);
      }
      ModelNode& node = model_.nodes[id];
      model_.names.erase({node.parent, node.name});
      node.parent = to;
      node.name = name;
      model_.names[{to, name}] = id;
    }
  }
  void set() {
    const NodeId id = any();
    ModelNode& node = model_.nodes[id];
    node.info = some_info(node.info.kind);
    REQUIRE(tree_.set_info(id, node.info));
    format::FileMap map;
    map.chunk = random_() % 4 == 0 ? format::kAllocUnit : 0;
    map.kind = map.chunk != 0 ? format::MapKind::interleaved : format::MapKind::simple;
    for (std::uint64_t i = random_() % 4; i > 0; --i) {
      map.extents.push_back({.device = random_(), .offset = random_(), .length = random_()});
    }
    const auto mapped = tree_.set_map(id, map);
    REQUIRE(mapped.has_value() == (node.info.kind == Kind::file));
    node.map = mapped ? map : node.map;
  }
  void find() {
    const NodeId parent = any();
    const std::string name = some_name();
    const auto known = model_.names.find({parent, name});
    const auto expected = known != model_.names.end() ? std::optional(known->second) : std::nullopt;
    REQUIRE(tree_.find(parent, name) == expected);
    const std::string base = model_.path(parent);
    REQUIRE(tree_.find_path(base) == parent);
    REQUIRE(tree_.find_path(base.empty() ? name : base + "/" + name) == expected);
  }
  void compare(NodeId id, const ModelNode& node) {
    const auto info = tree_.info(id);
    REQUIRE(info);
    REQUIRE(info->kind == node.info.kind);
    REQUIRE(std::tie(info->uid, info->gid, info->mode, info->pending, info->flags, info->size,
                     info->entry) == std::tie(node.info.uid, node.info.gid, node.info.mode,
                                              node.info.pending, node.info.flags, node.info.size,
                                              node.info.entry));
    REQUIRE(tree_.map(id) == node.map);
    REQUIRE(tree_.parent(id) == node.parent);
    REQUIRE(tree_.name(id) == node.name);
    REQUIRE(tree_.path(id) == model_.path(id));
    std::vector<NodeId> expected = model_.children(id);
    std::vector<NodeId> children;
    std::uint64_t cookie = 0;
    while (const auto child = tree_.next_child(id, cookie)) {
      REQUIRE(child->name == model_.nodes.at(child->id).name);
      children.push_back(child->id);
      cookie = child->cookie;
    }
    std::ranges::sort(expected);
    std::ranges::sort(children);
    REQUIRE(children == expected);
    REQUIRE(tree_.child_count(id) == expected.size());
    REQUIRE(tree_.subdirectory_count(id) ==
            static_cast<std::uint64_t>(
                std::ranges::count_if(expected, [&](NodeId c) { return model_.is_directory(c); })));
  }

  std::mt19937_64 random_;
  Tree tree_{kDirectory.uid, kDirectory.gid, kDirectory.mode};
  Model model_;
  std::vector<NodeId> gone_;
};

} // namespace

TEST_CASE("tree: agrees with a plain model through random work") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Game game(seed);
    for (int i = 0; i < 2000; ++i) {
      game.step();
      if (i % 100 == 99) {
        game.compare_all();
      }
    }
  }
}

} // namespace famfs::tree
