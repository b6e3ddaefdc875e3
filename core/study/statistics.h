#pragma once

#include <optional>
#include <vector>

namespace eq::study {

/// Of the values of a group's runs.
struct Summary {
  std::optional<double> mean, median;  ///< none without a value
  std::optional<double> deviation;     ///< divides by n - 1; none for n < 2
  std::optional<double> low, high;     ///< 95 % interval of the mean by Student's t
};
/// A NaN among the values makes all of them NaN.
Summary summarise(const std::vector<double>& values);

/// Ranks from 1 for the smallest; equal values share the mean of their ranks. Values that agree to
/// nine digits are equal: 5/27 comes out of two subtractions with other last bits. \pre no NaN.
std::vector<double> sharedRanks(std::vector<double> values);

/// Two-sided p of Wilcoxon's signed-rank test. Zeros are dropped; equal |differences| share their
/// mean rank. Exact over all 2^m signs of the m that are left for m <= 25, else normal with
/// continuity and tie correction; 1 where none is left. \param differences are numbers.
double wilcoxonP(const std::vector<double>& differences);

/// Two-sided p of the paired t test. Where all differences are equal: 1 when they are 0, else 0.
/// \param differences two or more numbers.
double pairedTP(const std::vector<double>& differences);

/// Holm's adjustment, in the order of `p`.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace eq::study
