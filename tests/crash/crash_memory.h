// A media::Memory that knows every remainder a crash could leave of it.
//
// The model: memory keeps 8-byte atoms whole and nothing else. An atom that was stored to is, after
// a crash, any of the values it had since it was last settled, whatever its neighbours in the same
// cache line are (weaker than any CPU we know: nothing here leans on the order of stores within a
// line). It is settled by a write-back of its line and then a fence, both on the thread that wrote
// it back; until both are done it may be lost, and it may have arrived.
//
// Thread-safe. `look` runs under the lock, so the world stands still meanwhile; it may patch
// remains() through Wreck and must put it back.
#pragma once

#include "media/memory.h"
#include "site.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace famfs::crash {

inline constexpr std::uint64_t kAtom = 8;

// An atom that is not settled, and what a crash may leave of it: two different values at least. The
// first is what is settled now, the others are as they were stored.
struct Open {
  std::uint64_t offset = 0;
  std::vector<std::uint64_t> values;
};

using Thread = std::uint64_t;

// What is left out or turned round, to see that the oracle notices.
struct Mutation {
  Site without{};            // what this place asks for is not done
  bool header_first = false; // entries reach the memory after the header's counters
};

class CrashMemory final : public media::Memory {
public:
  explicit CrashMemory(std::vector<std::byte> bytes);

  // Called where something that was open is about to be settled: what is open is then at its most.
  using Look = std::function<void(const std::vector<Open>&)>;
  void set_look(Look look);
  void look() const; // now
  // Bytes as a crash that lost all that may be lost would leave them.
  [[nodiscard]] MutableBytes remains() const noexcept { return MutableBytes(remains_); }
  [[nodiscard]] Bytes view() const noexcept { return Bytes(view_); }

  // Where something was still open when a log entry was stored that must come after it: of the log,
  // or of the file that the entry names. No crash could tell, as long as all is settled before the
  // entry's counters; that it is so in this order is promised all the same.
  [[nodiscard]] std::optional<std::uint64_t> too_early() const;

  void set_mutation(Mutation mutation);
  [[nodiscard]] std::set<Site> sites() const; // that were met

  [[nodiscard]] std::uint64_t size() const noexcept override { return view_.size(); }
  Result<void> load(std::uint64_t offset, MutableBytes to) const override;
  Result<void> store(std::uint64_t offset, Bytes from) override;
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override;
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override;
  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override;
  Result<void> invalidate(std::uint64_t /*offset*/, std::uint64_t /*length*/) const override {
    return {};
  }
  void fence() const noexcept override;
  // Stores through it are not seen: tests that need them say so with store().
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override;

private:
  struct History {
    std::vector<std::uint64_t> values;                        // [0] is in remains_
    std::vector<std::pair<Thread, std::size_t>> written_back; // by whom, which value
    std::size_t settle(Thread thread);
  };
  // An entry that header_first holds back.
  struct Late {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
    bool overtaken = false; // the counters are stored
  };
  void note(std::uint64_t offset, std::uint64_t length, const auto& change);
  void look_locked() const;
  void settle() const;
  [[nodiscard]] bool has_written_back(Thread thread) const;
  void look_at_entry(std::uint64_t offset, Bytes entry);
  bool hold_back(std::uint64_t offset, Bytes from);
  void let_late_go() const;

  mutable std::mutex mutex_;
  mutable std::vector<std::byte> view_;
  mutable std::vector<std::byte> remains_;
  mutable std::unordered_map<std::uint64_t, History> open_; // by the atom's offset
  Look look_;
  Mutation mutation_;
  mutable std::set<Site> sites_;
  mutable std::optional<Late> late_;
  std::optional<std::uint64_t> too_early_;
};

// The device after a crash, as the next mount finds it. What is stored to it goes when it goes.
class Wreck final : public media::Memory {
public:
  explicit Wreck(MutableBytes bytes) : bytes_(bytes) {}
  ~Wreck() override;

  void patch(std::uint64_t atom, std::uint64_t value);
  void undo();

  [[nodiscard]] std::uint64_t size() const noexcept override { return bytes_.size(); }
  Result<void> load(std::uint64_t offset, MutableBytes to) const override;
  Result<void> store(std::uint64_t offset, Bytes from) override;
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override;
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override;
  Result<void> write_back(std::uint64_t, std::uint64_t) override { return {}; }
  Result<void> invalidate(std::uint64_t, std::uint64_t) const override { return {}; }
  void fence() const noexcept override {}
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override {
    return bytes_.data() + offset;
  }

private:
  struct Before {
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  [[nodiscard]] Result<void> inside(std::uint64_t offset, std::uint64_t length) const;
  void keep(std::uint64_t offset, std::uint64_t length);

  MutableBytes bytes_;
  std::vector<Before> before_;
};

} // namespace famfs::crash
