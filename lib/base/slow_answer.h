// While it stands: somebody who waits in the kernel for a daemon's answer is told so on standard
// error, once, when it takes longer than Context::answer_within. A daemon that is stopped answers
// nobody, and nothing else says why.
#pragma once

#include "context.h"

#include <string>
#include <thread>

namespace famfs::tools {

class SlowAnswer {
public:
  SlowAnswer(const Context& context, std::string path);

private:
  std::jthread teller_;
};

} // namespace famfs::tools
