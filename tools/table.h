// A listing for people: columns as wide as their widest cell. Cells are printable() already.
#pragma once

#include "base/document.h"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace famfs::tools {

class Table {
public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out) const;

private:
  std::vector<std::vector<std::string>> rows_;
};

// "log.entries: 17" for every leaf: a document that may grow, as lines.
void print_leaves(std::ostream& out, const Document& document, const std::string& prefix = {});

} // namespace famfs::tools
