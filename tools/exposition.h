// Prometheus' text format, version 0.0.4: families with HELP and TYPE, and their samples.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace famfs::tools {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Begins a family; all of its samples follow it.
void write_family(std::ostream& out, std::string_view name, std::string_view type,
                  std::string_view help);
// `value`: a number as text.
void write_sample(std::ostream& out, std::string_view name, const Labels& labels,
                  std::string_view value);

} // namespace famfs::tools
