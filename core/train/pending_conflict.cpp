#include "core/train/pending_conflict.h"

#include <algorithm>
#include <cmath>

#include "core/gradient/conflict.h"

namespace eq::train {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Takes matrices and numbers off a row of them.
class Cursor {
 public:
  Cursor(const double* values, size_t tasks)
      : values_(values), tasks_(static_cast<Eigen::Index>(tasks)) {}
  Eigen::MatrixXd matrix() {
    const Eigen::Map<const RowMajor> found(values_, tasks_, tasks_);
    values_ += tasks_ * tasks_;
    return found;
  }
  double number() { return *values_++; }

 private:
  const double* values_;
  Eigen::Index tasks_;
};

/// ‖Jᵀ w‖².
double squareOf(const Eigen::VectorXd& weights, const Eigen::MatrixXd& gramian) {
  return weights.dot(gramian * weights);
}

void setStatistics(const Eigen::MatrixXd& gramian, ConflictRecord& record) {
  const auto statistics = gradient::conflict(gramian);
  record.norms.assign(statistics.norms.begin(), statistics.norms.end());
  for (Eigen::Index i = 0; i < gramian.rows(); ++i)
    for (Eigen::Index j = 0; j < gramian.cols(); ++j)
      record.cosines.push_back(statistics.cosines(i, j));
  record.conditionNumber = statistics.conditionNumber;
  record.sumNorm = statistics.sumNorm;
}

LayerConflict layerOf(const std::string& name, const Eigen::MatrixXd& gramian) {
  const auto statistics = gradient::conflict(gramian);
  LayerConflict layer{name, {statistics.norms.begin(), statistics.norms.end()}, {}};
  for (Eigen::Index row = 0; row < gramian.rows(); ++row)
    for (Eigen::Index column = row + 1; column < gramian.cols(); ++column)
      layer.cosines.push_back(statistics.cosines(row, column));
  return layer;
}

}  // namespace

ReadConflict readConflict(const PendingConflict& waiting, const double* values, size_t tasks) {
  Cursor cursor(values, tasks);
  ReadConflict read;
  auto& record = read.record;
  record.source = waiting.source;
  const auto gramian = waiting.gramian ? *waiting.gramian : cursor.matrix();
  setStatistics(gramian, record);
  for (size_t k = 0; k < tasks; ++k) {
    const auto place = static_cast<Eigen::Index>(k);
    if (!std::isfinite(gramian(place, place))) read.nonFinite.push_back(k);
  }
  double square = waiting.partWeights.empty() ? squareOf(waiting.weights, gramian) : 0;
  for (size_t i = 0; i < waiting.partWeights.size(); ++i)
    square += squareOf(waiting.partWeights[i],
                       waiting.partGramians.empty() ? cursor.matrix() : waiting.partGramians[i]);
  record.updateNorm = waiting.hasDirection ? cursor.number() : std::sqrt(std::max(0.0, square));
  for (const auto& name : waiting.layers) record.layers.push_back(layerOf(name, cursor.matrix()));
  return read;
}

}  // namespace eq::train
