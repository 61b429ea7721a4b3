#include "progress.h"

#include "base/text.h"
#include "base/units.h"

#include <ostream>

namespace famfs::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirst = 500ms; // what is done sooner needs no progress
constexpr auto kEach = 200ms;
constexpr char kWipe[] = "\r\033[K";

} // namespace

Progress::Progress(Context& context, std::string_view what, std::uint64_t total)
    : context_(context), what_(printable(what)), total_(total), start_(Clock::now()),
      next_(start_ + kFirst) {}

Progress::~Progress() {
  if (drawn_) {
    context_.err << kWipe << std::flush;
  }
}

void Progress::add(std::uint64_t bytes) {
  draw(done_.fetch_add(bytes) + bytes);
}

void Progress::set(std::uint64_t bytes) {
  done_.store(bytes);
  draw(bytes);
}

void Progress::draw(std::uint64_t done) {
  if (!context_.tty) {
    return;
  }
  const std::unique_lock lock(drawing_, std::try_to_lock);
  const auto now = Clock::now();
  if (!lock || now < next_) {
    return;
  }
  next_ = now + kEach;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done) / seconds;
  const double left = done == 0 || done > total_ ? 0 : static_cast<double>(total_ - done) / rate;
  context_.err << kWipe
               << fmt::format("{}  {} of {}  {}/s  {:.0f} s left", what_, format_size(done),
                              format_size(total_), format_size(static_cast<std::uint64_t>(rate)),
                              left)
               << std::flush;
}

} // namespace famfs::tools
