// While it stands: somebody who waits in the kernel for a daemon's answer is told so, once, when it
// takes longer than `limit`. A daemon that is stopped answers nobody, and nothing else says why.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace famfs {

// What everybody takes for `limit`, but tests.
inline constexpr std::chrono::seconds kAnswerWithin{5};

class SlowAnswer {
public:
  // `tell` gets the line to print, in a thread of its own; what it refers to outlives this.
  SlowAnswer(std::string path, std::chrono::seconds limit,
             std::function<void(const std::string& line)> tell);

private:
  std::jthread teller_;
};

} // namespace famfs
