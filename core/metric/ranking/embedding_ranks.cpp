#include "core/metric/ranking/embedding_ranks.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>

#include "core/metric/decisions.h"

namespace eq::metric {
namespace {

constexpr std::int64_t kBlock = std::int64_t{1} << 20;  // products held at a time
constexpr double kSmallestNorm = 1e-12;

at::Tensor unitsOf(const at::Tensor& vectors) {
  return vectors / vectors.norm(2, 1, true).clamp_min(kSmallestNorm);
}

/// Queries begin to begin + count against all candidates: cosines, [count, N]. Not a matrix
/// product: the same sum for equal vectors, wherever they stand, keeps ties ties.
at::Tensor cosines(const at::Tensor& queries, std::int64_t begin, std::int64_t count,
                   const at::Tensor& candidates) {
  return (queries.narrow(0, begin, count).unsqueeze(1) * candidates.unsqueeze(0)).sum(2);
}

/// Of some queries, [count], from their cosines [count, N] and which candidates are right and which
/// take part, bool [count, N]; 0 where none is right.
at::Tensor ranksOf(const at::Tensor& similarity, const at::Tensor& right, const at::Tensor& all) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto count = similarity.size(1);
  const auto index = at::arange(count, similarity.options().dtype(at::kLong));
  const auto best = similarity.masked_fill(right.logical_not(), -kInfinity).amax(1, true);
  const auto isBest = right & (similarity == best);
  const auto first =
      index.expand_as(similarity).masked_fill(isBest.logical_not(), count).amin(1, true);
  const auto before = all & ((similarity > best) | ((similarity == best) & (index < first)));
  return (before.sum(1) + 1).masked_fill(right.any(1).logical_not(), 0);
}

/// Calls `work` with the first and the number of some queries at a time, and joins what it returns.
template <typename Work>
at::Tensor inBlocks(const at::Tensor& units, Work work) {
  const auto step = std::max<std::int64_t>(1, kBlock / std::max<std::int64_t>(1, units.numel()));
  std::vector<at::Tensor> found;
  for (std::int64_t begin = 0; begin < units.size(0); begin += step)
    found.push_back(work(begin, std::min(step, units.size(0) - begin)));
  return at::cat(found);
}

}  // namespace

bool readsEmbeddings(const Descriptor& metric) {
  return metric.traits.value("prediction", std::string()) == "embedding";
}

at::Tensor ranksOfOwnLabel(const at::Tensor& labels, const at::Tensor& embeddings) {
  const auto units = unitsOf(embeddings);
  const auto index = at::arange(units.size(0), units.options().dtype(at::kLong));
  const auto labelled = labels != kIgnored;
  return inBlocks(units, [&](std::int64_t begin, std::int64_t count) {
    const auto other = (index.narrow(0, begin, count).unsqueeze(1) != index) & labelled;
    const auto same = (labels.narrow(0, begin, count).unsqueeze(1) == labels) & other;
    return ranksOf(cosines(units, begin, count, units), same, other);
  });
}

at::Tensor ranksOfTexts(const at::Tensor& embeddings, const at::Tensor& texts) {
  const auto units = unitsOf(embeddings);
  const auto index = at::arange(units.size(0), units.options().dtype(at::kLong));
  std::vector<at::Tensor> languages;
  for (std::int64_t k = 0; k < texts.size(1); ++k) {
    const auto candidates = unitsOf(texts.select(1, k));
    languages.push_back(inBlocks(units, [&](std::int64_t begin, std::int64_t count) {
      const auto own = index.narrow(0, begin, count).unsqueeze(1) == index;
      return ranksOf(cosines(units, begin, count, candidates), own, at::ones_like(own));
    }));
  }
  return at::stack(languages, 1);
}

}  // namespace eq::metric
