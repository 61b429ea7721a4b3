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

// Looked for in PATH when its name has no slash. A daemon that it leaves behind is not waited for.
[[nodiscard]] Result<Finished> run_program(const Args& command);

} // namespace famfs::tools
