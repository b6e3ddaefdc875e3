#include "core/loss/embedding/batch_all.h"

#include <limits>
#include <tuple>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/zeros_like.h>

namespace eq::loss {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor only(const at::Tensor& values, const at::Tensor& mask, double elsewhere) {
  return values.masked_fill(mask.logical_not(), elsewhere);
}

at::Tensor sorted(const at::Tensor& values) {
  return std::get<0>(values.sort(1)).contiguous();
}

/// How many positives an anchor has at most, where that can be known without waiting for a device.
std::int64_t mostPositives(const at::Tensor& positive) {
  if (!positive.is_cpu()) return positive.size(0) - 1;
  return positive.sum(1).max().item<std::int64_t>();
}

/// Sums over triplets, and their slopes by distance [N, N].
struct SoftSums {
  at::Tensor sum, terms, slopes;
};

SoftSums softSums(const at::Tensor& distances, const LabelPairs& pairs) {
  const at::NoGradGuard guard;
  const auto [positives, order] = only(distances, pairs.positive, -kInfinity).sort(1, true);
  SoftSums found{at::zeros_like(distances.select(1, 0)), at::zeros_like(distances.select(1, 0)),
                 at::zeros_like(distances)};
  auto pulls = at::zeros_like(distances);
  const auto most = mostPositives(pairs.positive);
  for (std::int64_t k = 0; k < most; ++k) {
    const auto gap = only(positives.narrow(1, k, 1) - distances, pairs.negative, -kInfinity);
    const auto terms = -at::log_sigmoid(-gap), slopes = gap.sigmoid();
    found.sum += terms.sum(1);
    found.terms += (terms > 0).sum(1);
    found.slopes -= slopes;
    pulls.narrow(1, k, 1).copy_(slopes.sum(1, true));
  }
  found.slopes.scatter_add_(1, order, pulls);
  return found;
}

}  // namespace

at::Tensor hingeOverTriplets(const at::Tensor& distances, const LabelPairs& pairs, double margin) {
  // A term is active where d_an < d_ap + margin: each distance counts as often as it finds
  // partners.
  const auto reach = distances.detach() + margin, fixed = distances.detach().contiguous();
  const auto negatives = sorted(only(fixed, pairs.negative, kInfinity));
  const auto reaches = sorted(only(reach, pairs.positive, -kInfinity));
  const auto pulls = only(at::searchsorted(negatives, reach.contiguous()), pairs.positive, 0);
  const auto below = at::searchsorted(reaches, fixed, false, true);
  const auto pushes = only(distances.size(1) - below, pairs.negative, 0);
  const auto count = pulls.sum();
  const auto type = distances.scalar_type();
  const auto sum = (distances * (pulls - pushes).to(type)).sum() + count.to(type) * margin;
  return sum / count.clamp_min(1);
}

at::Tensor softOverTriplets(const at::Tensor& distances, const LabelPairs& pairs) {
  const auto found = softSums(distances, pairs);
  const auto linear = (distances * found.slopes).sum();
  const auto sum = linear + (found.sum.sum() - linear).detach();
  return sum / found.terms.sum().clamp_min(1);
}

}  // namespace eq::loss
