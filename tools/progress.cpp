#include "progress.h"

#include "base/document.h"
#include "base/text.h"
#include "base/units.h"

#include <cmath>
#include <ostream>

namespace famfs::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto kEach = 200ms;
constexpr char kWipe[] = "\r\033[K";

} // namespace

Progress::Progress(Context& context, std::string_view what, std::uint64_t total, Style style)
    : context_(context), style_(style), start_(Clock::now()), total_(total), what_(what),
      next_(start_ + context.progress_after) {}

Progress::~Progress() {
  wipe();
}

void Progress::wipe() {
  const std::lock_guard lock(drawing_);
  if (drawn_) {
    context_.err << kWipe << std::flush;
    drawn_ = false;
  }
}

void Progress::at(std::string_view what) {
  const std::lock_guard lock(drawing_);
  what_ = what;
}

void Progress::add(std::uint64_t bytes) {
  done_.fetch_add(bytes);
  tell();
}

void Progress::set(std::uint64_t bytes, std::uint64_t total) {
  done_.store(bytes);
  total_.store(total);
  tell();
}

void Progress::tell() {
  if (style_ == Style::terminal && !context_.tty) {
    return;
  }
  const std::unique_lock lock(drawing_, std::try_to_lock);
  const auto now = Clock::now();
  if (!lock || now < next_) {
    return;
  }
  next_ = now + kEach;
  draw(done_.load(), total_.load(), std::chrono::duration<double>(now - start_).count());
}

void Progress::draw(std::uint64_t done, std::uint64_t total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const double left = rate <= 0 || done > total ? 0 : static_cast<double>(total - done) / rate;
  const auto bytes_a_second = static_cast<std::uint64_t>(rate);
  if (style_ == Style::json) {
    context_.err << to_json_line({{"progress", to_utf8(what_)},
                                  {"done_bytes", done},
                                  {"total_bytes", total},
                                  {"bytes_per_second", bytes_a_second},
                                  {"seconds_left", std::llround(left)}})
                 << std::flush;
    return;
  }
  drawn_ = true;
  context_.err << kWipe
               << fmt::format("{}  {} of {}  {}/s  {:.0f} s left", printable(what_),
                              format_size(done), format_size(total), format_size(bytes_a_second),
                              left)
               << std::flush;
}

} // namespace famfs::tools
