#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/probe/probe_state.h"

namespace eq::train {
namespace {

using Estimate = ParameterProbe::Estimate;

/// A class by its probabilities.
std::int64_t drawnClass(const at::Tensor& logP, RandomStream& stream) {
  const auto p = logP.exp().to(at::kCPU).contiguous();
  const auto* first = p.const_data_ptr<double>();
  double rest = stream.uniform();
  for (std::int64_t c = 0; c + 1 < p.numel(); ++c)
    if ((rest -= first[c]) < 0) return c;
  return p.numel() - 1;
}

/// What ∂ ln p of one example is taken of, and the factor of its square.
struct Term {
  at::Tensor logP;
  double factor = 1;
};

/// None where the label is missing.
std::vector<Term> labelTerms(const at::Tensor& logP, const loss::Batch& batch) {
  const auto label = batch.target[0].item<std::int64_t>();
  const auto mask = batch.field("mask");
  if (label < 0 || (mask.defined() && mask.flatten()[0].item<double>() == 0)) return {};
  return {{logP[label], 1}};
}

/// Of classes, ordered or not.
std::vector<Term> classTerms(const at::Tensor& logP, const loss::Batch& batch, Estimate estimate,
                             RandomStream& stream) {
  if (estimate == Estimate::sampled) return {{logP[drawnClass(logP.detach(), stream)], 1}};
  if (estimate == Estimate::labels) return labelTerms(logP, batch);
  std::vector<Term> terms;
  const auto p = logP.detach().exp();
  for (std::int64_t c = 0; c < logP.numel(); ++c) terms.push_back({logP[c], p[c].item<double>()});
  return terms;
}

/// Of a Gaussian of variance 1: (∂ŷ)² an output, or once ((y − ŷ)·∂ŷ)².
std::vector<Term> numberTerms(const at::Tensor& outputs, const loss::Batch& batch,
                              Estimate estimate, RandomStream& stream) {
  if (estimate == Estimate::labels) {
    auto rest = (batch.target.flatten() - outputs).detach();
    if (const auto mask = batch.field("mask"); mask.defined()) rest = rest * mask.flatten();
    return {{(rest * outputs).sum(), 1}};
  }
  if (estimate == Estimate::sampled) {
    std::vector<double> draws;
    for (std::int64_t i = 0; i < outputs.numel(); ++i) draws.push_back(stream.normal());
    return {{(at::tensor(draws, at::kDouble).to(outputs.options()) * outputs).sum(), 1}};
  }
  std::vector<Term> terms;
  for (std::int64_t i = 0; i < outputs.numel(); ++i) terms.push_back({outputs[i], 1});
  return terms;
}

/// Of one task in a batch of one example. \param prediction as metrics read it.
std::vector<Term> termsOf(const TaskInfo& task, const at::Tensor& prediction,
                          const loss::Batch& batch, Estimate estimate, RandomStream& stream) {
  if (task.kind == TaskKind::regression)
    return numberTerms(prediction.flatten(), batch, estimate, stream);
  if (!hasClasses(task.kind))
    fail("{}: a task of {} has no Fisher information here", task.name, toText(task.kind));
  return classTerms(logProbabilities(prediction)[0], batch, estimate, stream);
}

}  // namespace

NamedTensors ParameterProbe::fisher(const std::vector<char>& wanted, std::int64_t count,
                                    Estimate estimate, std::uint64_t seed) const {
  const at::AutoGradMode graph(true);
  RandomStream stream(deriveSeed(seed, "fisher"));
  auto order = RandomStream(deriveSeed(seed, "fisher examples")).permutation(examples());
  order.resize(static_cast<size_t>(std::min<std::int64_t>(count, std::ssize(order))));
  auto sums = state_->zeros();
  for (const auto row : order)
    for (size_t t = 0; t < wanted.size(); ++t) {
      if (!wanted[t]) continue;
      const auto batch = state_->batchOf(t, at::tensor({row}, at::kLong));
      const auto terms =
          termsOf(state_->infos[t], state_->decoded(t, batch), batch, estimate, stream);
      for (size_t j = 0; j < terms.size(); ++j) {
        const auto gradients = state_->gradientsOf(terms[j].logP, j + 1 < terms.size());
        for (size_t i = 0; i < sums.size(); ++i)
          if (gradients[i].defined())
            sums[i] += terms[j].factor * gradients[i].detach().to(at::kDouble).square();
      }
    }
  for (auto& sum : sums) sum /= static_cast<double>(order.size());
  return state_->named(sums);
}

}  // namespace eq::train
