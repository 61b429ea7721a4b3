#include "judges.h"

#include "durable.h"
#include "looked.h"

#include <cstring>
#include <utility>

namespace famfs::instructions {
namespace {

// docs/format.md
constexpr std::uint64_t kHeader = std::uint64_t{2} << 20;
constexpr std::uint64_t kNextIndex = kHeader + 40;

template <class Judge> class Opinions {
public:
  template <class... Case>
  explicit Opinions(const Case&... of)
      : all{of..., nullptr},
        no_fences{of..., [](Durable::Event event, auto) { return event == Durable::Event::fence; }},
        lines_left_out{of..., [](Durable::Event event, std::uint64_t line) {
                         return event == Durable::Event::write_back && line % 100 == 99;
                       }} {}

  template <class Do> void each(Do&& act) {
    act(all);
    act(no_fences);
    act(lines_left_out);
  }
  [[nodiscard]] std::string fault() const {
    if (!all.fault().empty()) {
      return all.fault();
    }
    return no_fences.fault().empty() || lines_left_out.fault().empty()
               ? "a fence or a line that is left out is not missed"
               : "";
  }

  Judge all, no_fences, lines_left_out;
};

std::string counted(std::uint64_t number, const char* what) {
  return std::to_string(number) + " " + what;
}

class OneOfDurable {
public:
  OneOfDurable(std::span<const std::byte> device, Durable::Forget forget)
      : device_(device), durable_(device, std::move(forget)), next_index_(next_index()) {}

  void write_back(pid_t thread, std::uint64_t offset) { durable_.write_back(thread, offset); }
  void fence(pid_t thread) { durable_.fence(thread); }
  void stepped() {
    if (next_index_ != next_index()) {
      next_index_ = next_index();
      ++commits;
      complain(durable_.lost(kHeader), "when an entry was committed");
    }
  }
  void ended() { complain(durable_.lost(), "when all had ended"); }
  [[nodiscard]] const std::string& fault() const { return fault_; }

  std::uint64_t commits = 0;

private:
  [[nodiscard]] std::uint64_t next_index() const {
    std::uint64_t value = 0;
    std::memcpy(&value, device_.data() + kNextIndex, sizeof value);
    return value;
  }
  void complain(std::optional<std::uint64_t> lost, const char* when) {
    if (lost && fault_.empty()) {
      fault_ = "the byte at " + std::to_string(*lost) + " could be lost " + when;
    }
  }

  std::span<const std::byte> device_;
  Durable durable_;
  std::uint64_t next_index_;
  std::string fault_;
};

class DurableJudges final : public Judges {
public:
  DurableJudges(std::span<const std::byte> device, bool commits)
      : commits_(commits), opinions_(device) {}

  void write_back(pid_t thread, std::uint64_t offset, Kind /*how*/) override {
    ++write_backs_;
    opinions_.each([&](OneOfDurable& one) { one.write_back(thread, offset); });
  }
  void streamed(pid_t thread, std::uint64_t offset) override {
    ++streams_;
    opinions_.each([&](OneOfDurable& one) { one.write_back(thread, offset); });
  }
  void fence(pid_t thread, Kind /*how*/) override {
    ++fences_;
    opinions_.each([&](OneOfDurable& one) { one.fence(thread); });
  }
  void stepped() override {
    ++steps_;
    opinions_.each([](OneOfDurable& one) { one.stepped(); });
  }
  void ended() override {
    opinions_.each([](OneOfDurable& one) { one.ended(); });
  }

  [[nodiscard]] std::string seen() const override {
    return counted(steps_, "instructions: ") + counted(write_backs_, "lines written back, ") +
           counted(streams_, "stores past the caches, ") + counted(fences_, "fences, ") +
           counted(opinions_.all.commits, "commits");
  }
  [[nodiscard]] std::string fault() const override {
    return commits_ && opinions_.all.commits == 0 ? "nothing was committed" : opinions_.fault();
  }

private:
  bool commits_;
  Opinions<OneOfDurable> opinions_;
  std::uint64_t steps_ = 0, write_backs_ = 0, streams_ = 0, fences_ = 0;
};

class OneOfLooked {
public:
  OneOfLooked(std::uint64_t offset, std::uint64_t length, Durable::Forget forget)
      : looked(offset, length, std::move(forget)) {}

  [[nodiscard]] std::string fault() const {
    const auto old = looked.old();
    return old ? "the line at " + std::to_string(*old) + " may be an old one" : "";
  }

  Looked looked;
};

class LookedJudges final : public Judges {
public:
  LookedJudges(std::uint64_t offset, std::uint64_t length) : opinions_(offset, length) {}

  void write_back(pid_t thread, std::uint64_t offset, Kind how) override {
    invalidated_ += how == Kind::invalidate ? 1 : 0;
    opinions_.each([&](OneOfLooked& one) { one.looked.write_back(thread, offset, how); });
  }
  void streamed(pid_t /*thread*/, std::uint64_t /*offset*/) override {}
  void fence(pid_t thread, Kind how) override {
    fences_ += how == Kind::full_fence ? 1 : 0;
    opinions_.each([&](OneOfLooked& one) { one.looked.fence(thread, how); });
  }
  void stepped() override { ++steps_; }
  void ended() override {}

  [[nodiscard]] std::string seen() const override {
    return counted(steps_, "instructions: ") + counted(invalidated_, "lines invalidated, ") +
           counted(fences_, "fences of loads");
  }
  [[nodiscard]] std::string fault() const override { return opinions_.fault(); }

private:
  Opinions<OneOfLooked> opinions_;
  std::uint64_t steps_ = 0, invalidated_ = 0, fences_ = 0;
};

} // namespace

std::unique_ptr<Judges> durable(std::span<const std::byte> device, bool commits) {
  return std::make_unique<DurableJudges>(device, commits);
}

std::unique_ptr<Judges> looked_at(std::uint64_t offset, std::uint64_t length) {
  return std::make_unique<LookedJudges>(offset, length);
}

} // namespace famfs::instructions
