#include "core/data/arrays/array_survey.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace eq::data {
namespace {

/// Mean and squared distances of numbers as they come (B. P. Welford, 1962).
struct RunningMoments {
  std::int64_t count = 0;
  double mean = 0, squares = 0, first = 0;
  bool varies = false;

  void add(double number) {
    if (count == 0) first = number;
    varies = varies || number != first;
    ++count;
    const double distance = number - mean;
    mean += distance / static_cast<double>(count);
    squares += distance * (number - mean);
  }
};

}  // namespace

bool isMissingNumber(double number, const std::vector<double>& missing) {
  return std::isnan(number) || std::find(missing.begin(), missing.end(), number) != missing.end();
}

ArraySurvey surveyArray(const ExampleArray& array, const RowPlaces& rows, bool together,
                        const std::vector<double>& missing, RowHashes& hashes) {
  ArraySurvey survey;
  std::vector<RunningMoments> running(together ? 1 : static_cast<size_t>(array.width()));
  hashes.nextArray();
  forEachNumber(array, [&](std::int64_t row, std::int64_t entry, double number) {
    hashes.add(row, entry, number);
    if (isMissingNumber(number, missing)) {
      if (survey.missing++ == 0) survey.firstMissing = row, survey.firstMissingEntry = entry;
      return;
    }
    if (std::isinf(number))
      fail("{}: expected a finite number, found {}", array.place(row, entry), number);
    if (rows.trains(row)) running[together ? 0 : static_cast<size_t>(entry)].add(number);
  });
  for (const auto& one : running) {
    survey.moments.push_back(momentsOf(one.count, one.mean, one.squares));
    survey.varies.push_back(one.varies);
  }
  return survey;
}

}  // namespace eq::data
