#include "core/train/scheme/sparse_training.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

class SparseTraining : public Scheme {
 public:
  SparseTraining(const Parameters& parameters, const SchemeSetting& setting)
      : share_(parameters.number("share")) {
    requireRowsOfOneBatch(setting, "sparse_training");
  }

  std::vector<std::string> between(RunParts& parts) override {
    if (!mask_.defined()) mask_ = maskOf(parts);
    const auto& values = parts.model->parameters().values();
    if (mask_.numel() == values.numel()) return {};
    // A head was exchanged: what is shared stays as it was chosen.
    const auto columns = sharedColumns(parts);
    auto whole = at::ones_like(values, at::kBool);
    whole.narrow(0, 0, columns).copy_(mask_.narrow(0, 0, columns));
    mask_ = whole;
    return {};
  }

  /// The tasks' gradients where parameters are trained, if anybody looks at them.
  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double) override {
    if (pass.forward.purpose == gradient::Purpose::sum) return std::nullopt;
    const at::NoGradGuard noGradients;
    auto shared = parts.engine->jacobian(pass.forward);
    shared = at::where(mask_.narrow(0, 0, shared.size(1)), shared, at::zeros_like(shared));
    return TaskRows{std::move(shared)};
  }

  void beforeOptimizer(RunParts& parts, const StepWork&, gradient::Gradients& gradients) override {
    const at::NoGradGuard noGradients;
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined())
        gradients[i] =
            at::where(ofParameter(mask_, infos[i]), gradients[i], at::zeros_like(gradients[i]));
  }

  /// Decay and old moments move nothing that is not trained.
  void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
            const at::Tensor& skip) override {
    const at::NoGradGuard noGradients;
    const auto& values = parts.model->parameters().values();
    const auto before = values.clone();
    Scheme::step(parts, gradients, rate, skip);
    values.copy_(at::where(mask_, values, before));
    const auto trained = parts.model->parameters().trained().size();
    for (auto& [name, moment] : parts.optimizer->state())
      if (moment.dim() == 1)
        moment.copy_(at::where(mask_.narrow(0, 0, trained), moment, at::zeros_like(moment)));
  }

  std::map<std::string, at::Tensor> tensors() const override {
    if (!mask_.defined()) return {};
    return {{"mask", mask_.to(at::kByte)}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    const auto found = tensors.find("mask");
    mask_ = found == tensors.end() ? at::Tensor() : found->second.to(at::kBool);
  }

 private:
  static at::Tensor ofParameter(const at::Tensor& all, const model::ParameterInfo& info) {
    return all.narrow(0, info.offset, info.count).view(info.shape);
  }

  /// Of every unit's inputs those with the largest weights; biases, norms and heads whole.
  at::Tensor maskOf(const RunParts& parts) const {
    const at::NoGradGuard noGradients;
    const auto& parameters = parts.model->parameters();
    auto mask = at::ones_like(parameters.values(), at::kBool);
    const auto columns = sharedColumns(parts);
    for (const auto& info : parameters.infos()) {
      if (info.offset >= columns || info.shape.size() < 2) continue;
      const auto rows = ofParameter(parameters.values(), info).reshape({info.shape[0], -1});
      const auto kept =
          static_cast<std::int64_t>(std::ceil(share_ * static_cast<double>(rows.size(1)) - 1e-9));
      const auto order = std::get<1>(at::sort(rows.abs(), /*stable=*/true, 1, /*descending=*/true));
      auto part = at::zeros_like(rows, at::kBool);
      part.scatter_(1, order.narrow(1, 0, kept), true);
      ofParameter(mask, info).copy_(part.view(info.shape));
    }
    return mask;
  }

  double share_;
  at::Tensor mask_;  ///< [parameters] bool: what is trained
};

}  // namespace

SchemeRow sparseTrainingRow() {
  Descriptor descriptor;
  descriptor.id = "sparse_training";
  descriptor.title = "Sparse training";
  descriptor.summary =
      "Of every unit of the shared layers only the inputs with the largest weights are trained, "
      "chosen once when the scheme begins; biases, norms and heads are trained whole. Gradients, "
      "their Gramian and the conflict are those of what is trained; weight decay leaves the rest "
      "alone.";
  descriptor.formula =
      "M: the ⌈share n⌉ largest |w| of each unit's n inputs; θ ← θ − η M ∘ d, "
      "G = J M Jᵀ";
  descriptor.citation =
      "Zhang et al., Proactive Gradient Conflict Mitigation in Multi-Task "
      "Learning: A Sparse Training Perspective, 2024 (arXiv 2411.18615)";
  descriptor.parameters = {
      ParameterSpec::number("share", 0.3, "Of a unit's inputs that are trained").from(0).to(1)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<SparseTraining>(parameters, setting);
          }};
}

}  // namespace eq::train
