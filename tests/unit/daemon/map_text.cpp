#include "map_text.h"

#include "base/document.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::daemon;

TEST_CASE("map text: readable, and YAML") {
  volume::Volume::MapView view;
  view.size = 5;
  view.map.extents.push_back({.device = 0, .offset = 0xa00000, .length = 0x200000});
  CHECK(map_text(view) == "kind: simple\nsize: 5\nstate: committed\nextents:\n"
                          "  - {device: 0, offset: 0xa00000, length: 0x200000}\n");
  view.pending = true;
  view.map.kind = format::MapKind::interleaved;
  view.map.chunk = 0x200000;
  view.map.extents.push_back({.device = 0, .offset = 0x4000000, .length = 0x200000});
  const auto document = parse_yaml(map_text(view), "map");
  REQUIRE(document);
  CHECK(document->at("state") == "pending");
  CHECK(document->at("chunk") == "0x200000");
  CHECK(document->at("strips").at(1).at("offset") == "0x4000000");
}

TEST_CASE("map text: an empty file") {
  CHECK(map_text({}) == "kind: simple\nsize: 0\nstate: committed\nextents: []\n");
}
