#include "core/train/probe/parameter_probe.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

/// ln p of the classes, [N, C]; of a binary task [N, 2].
at::Tensor logProbabilities(const at::Tensor& logits) {
  const auto wide = logits.to(at::kDouble);
  if (wide.dim() == 1) return at::stack({at::log_sigmoid(-wide), at::log_sigmoid(wide)}, 1);
  return at::log_softmax(wide, 1);
}

at::Tensor meanEntropyOf(const at::Tensor& logits) {
  const auto logP = logProbabilities(logits);
  return -(logP.exp() * logP).sum(1).mean();
}

/// A class by its probabilities.
std::int64_t drawnClass(const at::Tensor& logP, RandomStream& stream) {
  const auto p = logP.exp().to(at::kCPU).contiguous();
  const auto* first = p.const_data_ptr<double>();
  double rest = stream.uniform();
  for (std::int64_t c = 0; c + 1 < p.numel(); ++c)
    if ((rest -= first[c]) < 0) return c;
  return p.numel() - 1;
}

}  // namespace

struct ParameterProbe::State {
  explicit State(const Experiment& experiment) : parts(experiment, loadProblem(experiment), false) {
    for (const auto& task : parts.tasks) infos.push_back(task.info());
    const auto& parameters = parts.model->parameters();
    for (size_t i = 0; i < parameters.infos().size(); ++i)
      if (parameters.tensor(i).requires_grad()) {
        leaves.push_back(parameters.tensor(i));
        names.push_back(parameters.infos()[i].name);
      }
  }

  /// A task's batch of some validation examples, on a graph.
  loss::Batch batchOf(size_t task, const at::Tensor& rows) const {
    const auto chosen = rows.to(parts.device);
    const auto inputs = parts.problem.validation.inputs.index_select(0, chosen);
    const model::Pass pass{.views = parts.tasks[task].readsViews()};
    const auto seen = withViews(parts.problem, inputs, pass.views, seedOfViews(parts.experiment));
    const auto read = parts.model->readBy(task, parts.model->represent(seen, pass));
    return parts.tasks[task].batch(parts.problem.validation, chosen,
                                   parts.model->head(task, read, pass));
  }

  /// The predictions as metrics read them.
  at::Tensor decoded(size_t task, const loss::Batch& batch) const {
    const auto found = parts.tasks[task].loss().decode(batch);
    if (!found.defined())
      fail("the loss of {} makes predictions of another kind", infos[task].name);
    return found;
  }

  at::Tensor objectiveOf(Objective objective, size_t task, const at::Tensor& rows) const {
    const auto batch = batchOf(task, rows);
    if (objective == Objective::loss) return parts.tasks[task].loss().evaluate(batch).value;
    if (!hasClasses(infos[task].kind)) fail("{}: has no classes, so no entropy", infos[task].name);
    return meanEntropyOf(decoded(task, batch));
  }

  /// Undefined where nothing flows.
  std::vector<at::Tensor> gradientsOf(const at::Tensor& value, bool again) const {
    return torch::autograd::grad({value}, leaves, {}, again, false, true);
  }

  /// What ∂ ln p of one example is taken of, and the factor of its square.
  struct Term {
    at::Tensor logP;
    double factor = 1;
  };
  std::vector<Term> termsOf(size_t task, const at::Tensor& row, Estimate estimate,
                            RandomStream& stream) const {
    const auto batch = batchOf(task, row);
    const auto prediction = decoded(task, batch);
    if (infos[task].kind == TaskKind::regression)
      return numberTerms(prediction.flatten(), batch, estimate, stream);
    if (!hasClasses(infos[task].kind))
      fail("{}: a task of {} has no Fisher information here", infos[task].name,
           toText(infos[task].kind));
    const auto logP = logProbabilities(prediction)[0];
    if (estimate == Estimate::sampled) return {{logP[drawnClass(logP.detach(), stream)], 1}};
    if (estimate == Estimate::labels) return labelTerms(logP, batch);
    std::vector<Term> terms;
    const auto p = logP.detach().exp();
    for (std::int64_t c = 0; c < logP.numel(); ++c) terms.push_back({logP[c], p[c].item<double>()});
    return terms;
  }

  /// None where the label is missing.
  static std::vector<Term> labelTerms(const at::Tensor& logP, const loss::Batch& batch) {
    const auto label = batch.target[0].item<std::int64_t>();
    const auto mask = batch.field("mask");
    if (label < 0 || (mask.defined() && mask.flatten()[0].item<double>() == 0)) return {};
    return {{logP[label], 1}};
  }

  /// Of a Gaussian of variance 1: (∂ŷ)² an output, or once ((y − ŷ)·∂ŷ)².
  static std::vector<Term> numberTerms(const at::Tensor& outputs, const loss::Batch& batch,
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

  NamedTensors named(const std::vector<at::Tensor>& tensors) const {
    NamedTensors all;
    for (size_t i = 0; i < names.size(); ++i) all[names[i]] = tensors[i].to(at::kCPU);
    return all;
  }

  RunParts parts;
  std::vector<TaskInfo> infos;
  std::vector<at::Tensor> leaves;  ///< that are trained
  std::vector<std::string> names;  ///< theirs
};

ParameterProbe::ParameterProbe(const Experiment& experiment)
    : state_(std::make_unique<State>(experiment)) {}
ParameterProbe::~ParameterProbe() = default;

void ParameterProbe::set(const NamedTensors& parameters) {
  const at::NoGradGuard noGradients;
  const auto& buffer = state_->parts.model->parameters();
  for (size_t i = 0; i < buffer.infos().size(); ++i) {
    const auto found = parameters.find(buffer.infos()[i].name);
    if (found == parameters.end() || found->second.sizes() != buffer.tensor(i).sizes())
      fail("parameter {} is missing or has another shape", buffer.infos()[i].name);
    buffer.tensor(i).copy_(found->second);
  }
}

std::int64_t ParameterProbe::examples() const {
  return state_->parts.problem.validation.size();
}

const std::vector<TaskInfo>& ParameterProbe::tasks() const {
  return state_->infos;
}

ParameterProbe::Found ParameterProbe::gradients(Objective objective,
                                                const std::vector<at::Tensor>& rows,
                                                const std::vector<double>& factors) const {
  const at::AutoGradMode graph(true);
  Found found;
  std::vector<at::Tensor> sums;
  for (const auto& leaf : state_->leaves) sums.push_back(at::zeros_like(leaf, at::kDouble));
  for (size_t t = 0; t < rows.size(); ++t) {
    if (!rows[t].defined()) continue;
    const auto value = factors.at(t) * state_->objectiveOf(objective, t, rows[t]);
    found.value += value.item<double>();
    const auto gradients = state_->gradientsOf(value, false);
    for (size_t i = 0; i < sums.size(); ++i)
      if (gradients[i].defined()) sums[i] += gradients[i].detach();
  }
  found.gradients = state_->named(sums);
  return found;
}

NamedTensors ParameterProbe::fisher(const std::vector<char>& wanted, std::int64_t count,
                                    Estimate estimate, std::uint64_t seed) const {
  const at::AutoGradMode graph(true);
  RandomStream stream(deriveSeed(seed, "fisher"));
  auto order = RandomStream(deriveSeed(seed, "fisher examples")).permutation(examples());
  order.resize(static_cast<size_t>(std::min<std::int64_t>(count, std::ssize(order))));
  std::vector<at::Tensor> sums;
  for (const auto& leaf : state_->leaves) sums.push_back(at::zeros_like(leaf, at::kDouble));
  for (const auto row : order)
    for (size_t t = 0; t < wanted.size(); ++t) {
      if (!wanted[t]) continue;
      const auto terms = state_->termsOf(t, at::tensor({row}, at::kLong), estimate, stream);
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
