#include "core/model/low_rank/skills.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logit.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>

#include "core/model/initial_values.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

constexpr double kFirstLogit = 1e-3;
constexpr double kEdge = 1e-7;       // how near to 0 and 1 a uniform draw comes
constexpr double kNoSkills = 1e-12;  // beside a sum of weights

}  // namespace

Skills::Skills(ParameterBuffer& parameters, std::uint64_t seed, const std::string& name,
               const Block& block, const AdaptedLayer& layer, const Sizes& sizes) {
  const auto [count, rank, splits] = sizes;
  const auto inputs = layer.inputs / splits, outputs = layer.outputs / splits;
  const auto a = uniformByName(seed, name + ".a", {splits, count, inputs, rank},
                               1 / std::sqrt(static_cast<double>(inputs)));
  down_ = parameters.add(name + ".a", a, block);
  up_ = parameters.add(name + ".b", at::zeros({splits, count, rank, outputs}, a.options()), block);
}

at::Tensor Skills::addition(const at::Tensor& x, const at::Tensor& weights,
                            const ParameterBuffer& parameters, const Pass& pass) const {
  const auto a = mixedTerms(weights, parameters.tensor(down_), pass).flatten(0, 1);
  const auto b = mixedTerms(weights, parameters.tensor(up_), pass).transpose(0, 1).flatten(1);
  if (pass.multiplyAdds) *pass.multiplyAdds += x.size(0) * (a.numel() + b.numel());
  return x.mm(a).mm(b) / static_cast<double>(a.size(1));
}

at::Tensor mixedTerms(const at::Tensor& weights, const at::Tensor& terms, const Pass& pass) {
  if (pass.multiplyAdds) *pass.multiplyAdds += terms.numel();
  return at::bmm(weights.unsqueeze(1), terms.flatten(2)).view({-1, terms.size(2), terms.size(3)});
}

size_t addRoute(ParameterBuffer& parameters, std::uint64_t seed, const std::string& name,
                const Block& block, std::int64_t rows, std::int64_t entries) {
  return parameters.add(name, uniformByName(seed, name, {rows, entries}, kFirstLogit), block);
}

std::string routeOf(const Block& block) {
  return "route." + block.name;
}

/// Draws are in double whatever the type, so that they are the same numbers in all.
at::Tensor skillWeights(const at::Tensor& logits, const Pass& pass, at::Generator& stream) {
  auto shifted = logits;
  if (pass.training) {
    const auto options = logits.options().requires_grad(false);
    const auto drawn = at::empty(logits.sizes(), options.dtype(at::kDouble)).uniform_(0, 1, stream);
    shifted = logits + at::logit(drawn, kEdge).to(options);
  }
  const auto shares = at::sigmoid(shifted);
  return shares / (shares.sum(1, true) + kNoSkills);
}

void observeRoute(const Pass& pass, size_t task, const AdaptedLayer& layer,
                  const at::Tensor& weights) {
  if (pass.seen)
    pass.seen->add("route", static_cast<std::int64_t>(task), std::to_string(layer.stage), weights);
}

}  // namespace eq::model
