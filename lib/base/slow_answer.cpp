#include "base/slow_answer.h"

#include "base/text.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace famfs {

SlowAnswer::SlowAnswer(std::string path, std::chrono::seconds limit,
                       std::function<void(const std::string& line)> tell)
    : teller_([path = std::move(path), limit, tell = std::move(tell)](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any answered;
        std::unique_lock lock(mutex);
        answered.wait_for(lock, stop, limit, [] { return false; });
        if (!stop.stop_requested()) {
          tell(fmt::format("{}: its daemon has not answered for {} s: famfs holders names it; one "
                           "that is stopped goes on after kill -CONT PID",
                           printable(path), limit.count()));
        }
      }) {}

} // namespace famfs
