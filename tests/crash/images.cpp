#include "images.h"

#include "media/cache.h"

#include <algorithm>

namespace famfs::crash {

namespace {

using See = std::function<bool(const Choice&)>;

// Combinations, or `limit` + 1 where there are more.
std::uint64_t count_of(const std::vector<std::size_t>& sizes, std::uint64_t limit) {
  std::uint64_t count = 1;
  for (const std::size_t size : sizes) {
    count *= size;
    if (count > limit) {
      return limit + 1;
    }
  }
  return count;
}

// Counts through all digits; true until each has been seen.
bool next(std::vector<std::size_t>& digits, const std::vector<std::size_t>& sizes) {
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (++digits[i] < sizes[i]) {
      return true;
    }
    digits[i] = 0;
  }
  return false;
}

class Images {
public:
  Images(const std::vector<Open>& open, const Effort& effort, std::minstd_rand& random,
         const See& see)
      : open_(open), effort_(effort), random_(random), see_(see), choice_(open.size()) {
    for (const Open& atom : open) {
      sizes_.push_back(atom.values.size());
      if (lines_.empty() || atom.offset / media::kCacheLine != line_) {
        lines_.push_back(0);
        line_ = atom.offset / media::kCacheLine;
      }
      ++lines_.back();
    }
  }

  bool run() {
    if (count_of(sizes_, effort_.exhaustive) <= effort_.exhaustive) {
      return every_atom();
    }
    const std::vector<std::size_t> two(lines_.size(), 2);
    const bool lines =
        count_of(two, effort_.exhaustive) <= effort_.exhaustive ? every_line(two) : random_lines();
    return lines && random_atoms() && single_atoms();
  }

private:
  bool every_atom() {
    std::vector<std::size_t> digits(sizes_.size());
    do {
      for (std::size_t i = 0; i < open_.size(); ++i) {
        choice_[i] = open_[i].values[digits[i]];
      }
      if (!see_(choice_)) {
        return false;
      }
    } while (next(digits, sizes_));
    return true;
  }

  void choose_lines(const std::vector<std::size_t>& arrived) {
    std::size_t atom = 0;
    for (std::size_t line = 0; line < lines_.size(); ++line) {
      for (std::size_t i = 0; i < lines_[line]; ++i, ++atom) {
        const auto& values = open_[atom].values;
        choice_[atom] = arrived[line] != 0 ? values.back() : values.front();
      }
    }
  }

  bool every_line(const std::vector<std::size_t>& two) {
    std::vector<std::size_t> digits(lines_.size());
    do {
      choose_lines(digits);
      if (!see_(choice_)) {
        return false;
      }
    } while (next(digits, two));
    return true;
  }

  bool random_lines() {
    std::vector<std::size_t> arrived(lines_.size());
    for (std::uint64_t n = 0; n < effort_.samples; ++n) {
      std::bernoulli_distribution has(static_cast<double>(n + 1) /
                                      static_cast<double>(effort_.samples + 1));
      std::ranges::generate(arrived, [&] { return has(random_) ? 1U : 0U; });
      choose_lines(arrived);
      if (!see_(choice_)) {
        return false;
      }
    }
    return true;
  }

  bool random_atoms() {
    for (std::uint64_t n = 0; n < effort_.samples; ++n) {
      for (std::size_t i = 0; i < open_.size(); ++i) {
        choice_[i] = open_[i].values[random_() % sizes_[i]];
      }
      if (!see_(choice_)) {
        return false;
      }
    }
    return true;
  }

  bool single_atoms() {
    for (std::uint64_t n = 0; n < effort_.samples; ++n) {
      const std::size_t odd =
          open_.size() <= effort_.samples ? n % open_.size() : random_() % open_.size();
      for (const bool alone : {true, false}) {
        for (std::size_t i = 0; i < open_.size(); ++i) {
          const auto& values = open_[i].values;
          choice_[i] = (i == odd) == alone ? values.back() : values.front();
        }
        if (!see_(choice_)) {
          return false;
        }
      }
    }
    return true;
  }

  const std::vector<Open>& open_;
  const Effort& effort_;
  std::minstd_rand& random_;
  const See& see_;
  Choice choice_;
  std::vector<std::size_t> sizes_; // values of each atom
  std::vector<std::size_t> lines_; // open atoms of each line that has some
  std::uint64_t line_ = 0;
};

} // namespace

bool for_each_image(const std::vector<Open>& open, const Effort& effort, std::minstd_rand& random,
                    const See& see) {
  return Images(open, effort, random, see).run();
}

} // namespace famfs::crash
