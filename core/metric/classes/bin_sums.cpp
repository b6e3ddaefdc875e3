#include "core/metric/classes/bin_sums.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/metric/metric_support.h"

namespace eq::metric {

at::Tensor isRight(const ClassLogits& rows) {
  return rows.decisions.predicted == rows.decisions.target;
}

Confidences ofDecisions(const ClassLogits& rows) {
  return {probabilities(rows).amax(1, true), isRight(rows).unsqueeze(1), rows.decisions.valid};
}

Confidences ofClasses(const ClassLogits& rows) {
  return {probabilities(rows), classMembers(rows), rows.decisions.valid};
}

void BinSums::add(const Confidences& rows) {
  const auto confidence = rows.confidence.masked_fill(rows.valid.logical_not().unsqueeze(1), 0);
  const auto columns = confidence.size(1);
  const auto edges = at::arange(1, bins_, confidence.options()) / static_cast<double>(bins_);
  const auto column = at::arange(columns, confidence.options().dtype(at::kLong)) * bins_;
  const auto cell = (at::bucketize(confidence, edges) + column).reshape({-1});
  const auto counted = rows.valid.to(at::kDouble).unsqueeze(1).expand_as(confidence);
  const auto pooled = [&](const at::Tensor& values) {
    return at::zeros({columns * bins_}, confidence.options())
        .scatter_add(0, cell, values.reshape({-1}));
  };
  addTo(sums_, at::stack({pooled(counted), pooled(confidence * counted),
                          pooled(rows.right.to(at::kDouble) * counted)}));
}

std::vector<std::vector<ReliabilityBin>> BinSums::columns() const {
  std::vector<std::vector<ReliabilityBin>> all;
  if (!sums_.defined()) return all;
  const auto host = sums_.to(at::kCPU).contiguous();
  const auto* counts = host.const_data_ptr<double>();
  const auto cells = host.size(1);
  for (std::int64_t begin = 0; begin < cells; begin += bins_)
    all.push_back(binsOf(counts + begin, bins_, cells));
  return all;
}

std::vector<ReliabilityBin> binsOf(const double* counts, std::int64_t bins, std::int64_t stride) {
  std::vector<ReliabilityBin> all;
  for (std::int64_t b = 0; b < bins; ++b)
    all.push_back({counts[b], counts[stride + b], counts[2 * stride + b]});
  return all;
}

}  // namespace eq::metric
