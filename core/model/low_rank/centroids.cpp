#include "core/model/low_rank/centroids.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/random.h"

namespace eq::model {
namespace {

constexpr std::int64_t kMostExamples = 1024;
constexpr int kSweeps = 20;
constexpr double kNoLength = 1e-8;

at::Tensor someOf(const at::Tensor& inputs, std::uint64_t seed) {
  auto order = RandomStream(seed).permutation(inputs.size(0));
  order.resize(static_cast<size_t>(clusteredOf(inputs)));
  const auto chosen = at::tensor(order, at::kLong).to(inputs.device());
  return inputs.index_select(0, chosen).flatten(1).to(at::kCPU, at::kDouble);
}

/// Each in the middle of the examples that are nearest to it.
at::Tensor swept(const at::Tensor& centroids, const at::Tensor& examples) {
  const auto distances = centroids.square().sum(1).unsqueeze(0) - examples.mm(centroids.t()) * 2;
  const auto nearest = distances.argmin(1);
  const auto sums = at::zeros_like(centroids).index_add_(0, nearest, examples);
  const auto counts = nearest.bincount({}, centroids.size(0)).unsqueeze(1);
  return at::where(counts > 0, sums / counts.clamp_min(1), centroids);
}

at::Tensor ofLengthOne(const at::Tensor& rows) {
  return rows / rows.norm(2, {1}, true).clamp_min(kNoLength);
}

}  // namespace

std::int64_t clusteredOf(const at::Tensor& inputs) {
  return std::min(inputs.size(0), kMostExamples);
}

at::Tensor centroidsOf(const at::Tensor& inputs, std::int64_t clusters, std::uint64_t seed) {
  const at::NoGradGuard noGradients;
  const auto examples = someOf(inputs, seed);
  auto centroids = examples.narrow(0, 0, clusters).clone();
  for (int sweep = 0; sweep < kSweeps; ++sweep) centroids = swept(centroids, examples);
  return centroids.to(at::kFloat);
}

at::Tensor cosinesWith(const at::Tensor& centroids, const at::Tensor& examples) {
  return ofLengthOne(examples).mm(ofLengthOne(centroids).t());
}

}  // namespace eq::model
