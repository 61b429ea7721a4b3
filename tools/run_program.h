// A program that this one runs and waits for, with what it wrote to standard error.
#pragma once

#include "base/error.h"
#include "context.h"

#include <string>

namespace famfs::tools {

struct Finished {
  int exit = 0; // 128 + signal, as in shells
  std::string errors;
};

// `program` is looked for in PATH when it has no slash; command[0] is the name that it is to go by.
// A daemon that it leaves behind is not waited for.
[[nodiscard]] Result<Finished> run_program(const std::string& program, const Args& command);

} // namespace famfs::tools
