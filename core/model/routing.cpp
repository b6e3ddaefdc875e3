#include "core/model/routing.h"

#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/model/mixture.h"
#include "core/model/penalty.h"

namespace eq::model {

at::Tensor largestOf(const at::Tensor& logits, std::int64_t count) {
  const auto order = std::get<1>(at::sort(logits.detach(), /*stable=*/true, /*dim=*/1,
                                          /*descending=*/true));
  return at::zeros_like(logits.detach()).scatter_(1, order.narrow(1, 0, count), 1);
}

at::Tensor sparseGate(const at::Tensor& logits, std::int64_t count) {
  const auto kept = largestOf(logits, count);
  if (count == 1) return logits.softmax(1) * kept;
  return logits.masked_fill(kept == 0, -std::numeric_limits<double>::infinity()).softmax(1);
}

void penaliseImbalance(const Pass& pass, double factor, const at::Tensor& logits,
                       std::int64_t count) {
  if (factor == 0) return;
  addPenalty(pass, "balance", [&] {
    const auto experts = static_cast<double>(logits.size(1));
    const auto sent = largestOf(logits, count).mean(0), probability = logits.softmax(1).mean(0);
    return (sent * probability).sum() * (factor * experts);
  });
}

void observeExperts(const Pass& pass, std::int64_t task, std::int64_t stage,
                    const at::Tensor& gate) {
  std::vector<std::int64_t> places(static_cast<size_t>(gate.size(1)));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  observeGate(pass, task, std::to_string(stage), gate);
  observeUse(pass, gate, places, gate.size(1));
}

ParameterSpec topKSpec() {
  return ParameterSpec::integer("top_k", 1, "Experts that an example is sent to").from(1).to(64);
}

ParameterSpec balanceSpec() {
  return ParameterSpec::number("balance", 0.01,
                               "Factor λ of the penalty on sending most examples to few experts")
      .from(0);
}

std::int64_t topKFrom(const Parameters& parameters) {
  const auto count = parameters.integer("top_k"), experts = parameters.integer("experts");
  if (count > experts) fail("model.top_k: {} is above {}, the number of experts", count, experts);
  return count;
}

}  // namespace eq::model
