#include "widgets/session/conflict_track.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eq::widgets {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// The mean of what is there, where something is.
double meanOf(double sum, std::int64_t count) {
  return count == 0 ? kNoValue : sum / static_cast<double>(count);
}

/// [task, task] from the pairs.
Eigen::MatrixXd matrixOf(const Column& pairs, int tasks) {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(tasks, tasks);
  std::size_t pair = 0;
  for (int a = 0; a < tasks; ++a)
    for (int b = a + 1; b < tasks; ++b) matrix(a, b) = matrix(b, a) = pairs[pair++];
  return matrix;
}

/// Adds to a column of pairs until it has a row for every sample.
template <typename ValueOf>
void topUp(Column& column, std::size_t samples, ValueOf valueOf) {
  while (column.size() < samples) column.push_back(valueOf(column.size()));
}

double cosineIn(const train::ConflictRecord& record, int a, int b) {
  const auto cell = static_cast<std::size_t>(a) * record.norms.size() + static_cast<std::size_t>(b);
  return cell < record.cosines.size() ? record.cosines[cell] : kNoValue;
}

}  // namespace

int pairCountOf(int tasks) {
  return tasks * (tasks - 1) / 2;
}

std::pair<int, int> tasksOfPair(int pair, int tasks) {
  int first = 0;
  for (int row = tasks - 1; pair >= row; --row) {
    pair -= row;
    ++first;
  }
  return {first, first + 1 + pair};
}

int pairOf(int a, int b, int tasks) {
  return a * (2 * tasks - a - 1) / 2 + b - a - 1;
}

ConflictTrack::ConflictTrack(int tasks)
    : norms(static_cast<std::size_t>(tasks)),
      taskThere(static_cast<std::size_t>(tasks)),
      pairThere(static_cast<std::size_t>(pairCountOf(tasks))),
      tasks_(tasks) {}

void ConflictTrack::add(const XPosition& position, const train::ConflictRecord& record,
                        const Column& there) {
  x.add(position);
  for (std::size_t task = 0; task < norms.size(); ++task) {
    taskThere[task].push_back(there[task]);
    const bool known = there[task] > 0 && task < record.norms.size();
    norms[task].push_back(known ? record.norms[task] : kNoValue);
  }
  Column cosines;
  double any = 0;
  for (int a = 0; a < tasks_; ++a)
    for (int b = a + 1; b < tasks_; ++b) {
      const double both =
          std::min(there[static_cast<std::size_t>(a)], there[static_cast<std::size_t>(b)]);
      pairThere[cosines.size()].push_back(both);
      cosines.push_back(both > 0 ? cosineIn(record, a, b) : kNoValue);
      any = std::max(any, both);
    }
  anyThere.push_back(any);
  conditionNumber.push_back(record.conditionNumber);
  updateNorm.push_back(record.updateNorm);
  const auto matrix = matrixOf(cosines, tasks_);
  whole_.add(matrix);
  half_.add(matrix);
  cosines_.push_back(std::move(cosines));
  addShares(gradient::conflictShare(matrix));
}

void ConflictTrack::addShares(double found) {
  share.push_back(found);
  const auto add = [](double value, int sign, double& sum, std::int64_t& count) {
    if (std::isnan(value)) return;
    sum += sign * value;
    count += sign;
  };
  add(found, 1, wholeSum_, wholeCount_);
  add(found, 1, halfSum_, halfCount_);
  for (; halfFrom_ < share.size() / 2; ++halfFrom_) {
    add(share[halfFrom_], -1, halfSum_, halfCount_);
    half_.drop(matrixOf(cosines_[halfFrom_], tasks_));
  }
  meanShare.push_back(meanOf(wholeSum_, wholeCount_));
  halfShare.push_back(meanOf(halfSum_, halfCount_));
}

double ConflictTrack::pairValue(PairQuantity quantity, int pair, std::size_t sample) const {
  const double cosine = cosines_[sample][static_cast<std::size_t>(pair)];
  if (quantity == PairQuantity::cosine) return cosine;
  const auto [a, b] = tasksOfPair(pair, tasks_);
  const auto found = gradient::pairConflict(norms[static_cast<std::size_t>(a)][sample],
                                            norms[static_cast<std::size_t>(b)][sample], cosine);
  switch (quantity) {
    case PairQuantity::angle:
      return found.angle;
    case PairQuantity::magnitudeSimilarity:
      return found.magnitudeSimilarity;
    default:
      return found.curvature;
  }
}

const Column& ConflictTrack::pair(PairQuantity quantity, int pair) const {
  Column& column = pairs_[{quantity, pair}];
  topUp(column, cosines_.size(),
        [&](std::size_t sample) { return pairValue(quantity, pair, sample); });
  return column;
}

std::vector<int> ConflictTrack::worstPairs() const {
  std::vector<int> order(pairThere.size());
  std::iota(order.begin(), order.end(), 0);
  if (cosines_.empty()) return order;
  const auto means = meanCosines();
  Column keys;
  for (int a = 0; a < tasks_; ++a)
    for (int b = a + 1; b < tasks_; ++b)
      keys.push_back(std::isnan(means(a, b)) ? std::numeric_limits<double>::infinity()
                                             : means(a, b));
  std::stable_sort(order.begin(), order.end(), [&keys](int one, int other) {
    return keys[static_cast<std::size_t>(one)] < keys[static_cast<std::size_t>(other)];
  });
  return order;
}

}  // namespace eq::widgets
