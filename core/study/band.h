#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace eq::study {

/// What one run of a group recorded of a quantity, in the order of its steps; the spans are of one
/// length. Of several values at one step the last counts.
struct Member {
  std::span<const double> step;
  std::span<const double> position;  ///< where a step lies on the axis that is drawn
  std::span<const double> value;
};

enum class Centre { mean, median };
enum class Spread {
  none,
  deviation,  ///< the centre -/+ the standard deviation, of n - 1; from n = 2 on
  range,      ///< least and most
  interval    ///< 95 % for the mean by Student's t, from n = 2 on; for the median by the order of
              ///< the values (the binomial distribution), from n = 6 on
};

/// A group over time: an entry for every step that any member has.
struct Band {
  std::vector<double> step;
  std::vector<double> position;   ///< mean of the members that have the step; never falls
  std::vector<double> centre;     ///< NaN where no member has a finite value
  std::vector<double> low, high;  ///< NaN where the spread needs more values; empty without one
  std::vector<int> count;         ///< n: members with a finite value at the step
  std::size_t leftOut = 0;        ///< values that are not finite
};

/// \pre the steps of each member never fall.
Band bandOf(const std::vector<Member>& members, Centre centre, Spread spread);

/// A line over time.
struct Line {
  std::vector<double> step, position, value;
};

/// What a member has more than `base`, at the steps that both have.
Line differenceTo(const Member& base, const Member& member);

}  // namespace eq::study
