#include "slow_answer.h"

#include "base/text.h"

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <stop_token>

namespace famfs::tools {

SlowAnswer::SlowAnswer(const Context& context, std::string path)
    : teller_([&err = context.err, limit = context.answer_within,
               path = std::move(path)](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any answered;
        std::unique_lock lock(mutex);
        answered.wait_for(lock, stop, limit, [] { return false; });
        if (!stop.stop_requested()) {
          err << fmt::format("famfs: {}: its daemon has not answered for {} s: famfs holders names "
                             "it; one that is stopped goes on after kill -CONT PID\n",
                             printable(path), limit.count())
              << std::flush;
        }
      }) {}

} // namespace famfs::tools
