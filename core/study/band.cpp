#include "core/study/band.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/metric/quantiles.h"

namespace eq::study {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kOutside = 0.05;  // of an interval

struct Limits {
  double low = kNaN, high = kNaN;
};

double meanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviationOf(const std::vector<double>& values) {
  const double mean = meanOf(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double medianOf(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/// The narrowest pair of values, as many from the one end as from the other, that holds the median
/// in 95 of 100 samples: the k least and the k most are left out for the greatest k with
/// 2 P(B(n, 1/2) < k) <= 0.05 (W. J. Conover, Practical Nonparametric Statistics, 3.2).
Limits medianInterval(const std::vector<double>& sorted) {
  const std::size_t n = sorted.size();
  double chance = std::pow(0.5, static_cast<double>(n)), below = 0;
  std::size_t k = 0;
  while (2 * (below + chance) <= kOutside && k < n / 2) {
    below += chance;
    chance *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    ++k;
  }
  return k == 0 ? Limits{} : Limits{sorted[k - 1], sorted[n - k]};
}

Limits limitsOf(const std::vector<double>& sorted, double centre, Centre kind, Spread spread) {
  const auto n = sorted.size();
  if (spread == Spread::range) return {sorted.front(), sorted.back()};
  if (spread == Spread::interval && kind == Centre::median) return medianInterval(sorted);
  if (n < 2 || spread == Spread::none) return {};
  double half = deviationOf(sorted);
  if (spread == Spread::interval)
    half *= metric::studentQuantile(1 - kOutside / 2, static_cast<std::int64_t>(n) - 1) /
            std::sqrt(static_cast<double>(n));
  return {centre - half, centre + half};
}

/// Walks through the steps of several members.
class Walk {
 public:
  explicit Walk(const std::vector<Member>& members) : members_(members), next_(members.size(), 0) {}

  /// Goes to the next step that any has. \returns whether there is one.
  bool advance() {
    step_ = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (next_[i] < members_[i].step.size()) step_ = std::min(step_, members_[i].step[next_[i]]);
    if (std::isinf(step_)) return false;
    values_.clear();
    leftOut_ = 0;
    double positions = 0;
    int there = 0;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (take(i)) {
        positions += members_[i].position[next_[i] - 1];
        ++there;
      }
    position_ = positions / there;
    return true;
  }

  double step() const { return step_; }
  double position() const { return position_; }
  std::vector<double>& values() { return values_; }
  std::size_t leftOut() const { return leftOut_; }

 private:
  /// \returns whether the member has the step.
  bool take(std::size_t i) {
    const Member& member = members_[i];
    bool there = false;
    for (; next_[i] < member.step.size() && member.step[next_[i]] == step_; ++next_[i])
      there = true;
    if (!there) return false;
    const double value = member.value[next_[i] - 1];
    if (std::isfinite(value))
      values_.push_back(value);
    else
      ++leftOut_;
    return true;
  }

  const std::vector<Member>& members_;
  std::vector<std::size_t> next_;
  double step_ = 0, position_ = 0;
  std::vector<double> values_;
  std::size_t leftOut_ = 0;
};

}  // namespace

Band bandOf(const std::vector<Member>& members, Centre centre, Spread spread) {
  Band out;
  Walk walk(members);
  while (walk.advance()) {
    auto& values = walk.values();
    std::sort(values.begin(), values.end());
    const double middle = values.empty()           ? kNaN
                          : centre == Centre::mean ? meanOf(values)
                                                   : medianOf(values);
    out.step.push_back(walk.step());
    out.position.push_back(out.position.empty() ? walk.position()
                                                : std::max(walk.position(), out.position.back()));
    out.centre.push_back(middle);
    out.count.push_back(static_cast<int>(values.size()));
    out.leftOut += walk.leftOut();
    if (spread == Spread::none) continue;
    const Limits limits = values.empty() ? Limits{} : limitsOf(values, middle, centre, spread);
    out.low.push_back(limits.low);
    out.high.push_back(limits.high);
  }
  return out;
}

Line differenceTo(const Member& base, const Member& member) {
  Line out;
  std::size_t at = 0;
  for (std::size_t row = 0; row < member.step.size(); ++row) {
    while (at < base.step.size() && base.step[at] < member.step[row]) ++at;
    std::size_t last = at;  // of several at one step
    while (last + 1 < base.step.size() && base.step[last + 1] == member.step[row]) ++last;
    if (last >= base.step.size() || base.step[last] != member.step[row]) continue;
    out.step.push_back(member.step[row]);
    out.position.push_back(member.position[row]);
    out.value.push_back(member.value[row] - base.value[last]);
  }
  return out;
}

}  // namespace eq::study
