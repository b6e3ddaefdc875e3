#include "core/train/scheme/sam_mtl.h"

#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

/// ρ g/‖g‖; 0 where g is.
at::Tensor ofLength(const at::Tensor& gradient, double length) {
  const auto norm = gradient.norm();
  return gradient * at::where(norm > 0, length / norm, at::zeros_like(norm));
}

nlohmann::json specOf(const BalancerSpec& balancer) {
  return {toJson(balancer.weighting), toJson(balancer.gradient)};
}

class SamMtl : public Scheme {
 public:
  SamMtl(const Parameters& parameters, const SchemeSetting& setting)
      : shared_(parameters.number("rho")), own_(parameters.number("rho_heads")) {
    requireRowsOfOneBatch(setting, "sam_mtl");
    const auto& [weighting, gradient] = setting.experiment.balancer;
    if (!gradient.id.empty() && balancerNeeds(setting).lossesAfter)
      fail(
          "{}.id: sam_mtl asks the balancer twice a step, and {} learns from the losses after it; "
          "choose another loss weighting or no gradient method",
          setting.path, weighting.id);
  }

  gradient::Purpose purpose() const override { return gradient::Purpose::exact; }

  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double) override {
    auto here = takeRows(parts, pass);
    const at::NoGradGuard noGradients;
    TaskRows sharp{at::zeros_like(here.shared), gradient::Gradients(here.own.size())};
    for (size_t k = 0; k < pass.active.size(); ++k)
      if (pass.active[k]) takeSharp(parts, pass, k, here, sharp);
    difference_ = sharp.shared - here.shared;
    return TaskRows{std::move(here.shared), std::move(sharp.own)};
  }

  void beforeOptimizer(RunParts& parts, const StepWork& work,
                       gradient::Gradients& gradients) override {
    const auto direction = flatDirection(parts, work);
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined() && infos[i].offset < direction.size(0))
        gradients[i] = gradients[i] +
                       direction.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
    difference_.reset();
  }

  nlohmann::json state() const override {
    if (!twin_) return kept_;
    return {{"of", of_}, {"balancer", twin_->state()}};
  }
  void restore(const nlohmann::json& state) override {
    twin_.reset();
    kept_ = state;
  }
  Tensors tensors() const override { return twin_ ? twin_->tensors() : keptTensors_; }
  void restoreTensors(const Tensors& tensors) override { keptTensors_ = tensors; }

 private:
  /// The gradients of task k at θ + ε_k.
  void takeSharp(RunParts& parts, const BatchPass& pass, size_t k, const TaskRows& here,
                 TaskRows& sharp) const {
    const auto& infos = parts.model->parameters().infos();
    const auto columns = here.shared.size(1);
    const auto row = static_cast<std::int64_t>(k);
    gradient::Gradients owned(here.own.size());
    for (size_t i = 0; i < owned.size(); ++i)
      if (infos[i].block.owner == row) owned[i] = here.own[i];
    auto offset = ofLength(flat(*parts.model, owned), own_);
    offset.narrow(0, 0, columns).copy_(ofLength(here.shared[row], shared_));
    const Perturbed elsewhere(*parts.model, offset);
    const auto found = gradientsOfTask(parts, pass, k);
    sharp.shared[row].copy_(flat(*parts.model, found).narrow(0, 0, columns));
    for (size_t i = 0; i < owned.size(); ++i)
      if (infos[i].block.owner == row) sharp.own[i] = found[i];
  }

  /// Agg({g^SAM − g}).
  at::Tensor flatDirection(RunParts& parts, const StepWork& work) {
    if (parts.experiment.balancer.gradient.id.empty() || work.weights.nonFinite)
      return combined(parts, difference_, work.weights);
    auto& balancer = twinOf(parts);
    const auto needs = balancer.needs();
    auto inputs = work.inputs;
    std::vector<Eigen::MatrixXd> ofParts;
    if (needs.gramian || needs.rowNorms) {
      ofParts = gramiansOf(parts, difference_);
      inputs.gramian = sumOfAll(ofParts);
      inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
    }
    if (needs.lastRowNorms)
      inputs.lastRowNorms = vectorOf(lastSquaresOf(parts, difference_)).cwiseMax(0).cwiseSqrt();
    const auto& active = work.pass.active;
    if (needs.rowNumbers) inputs.rowNumbers = vectorOf(balancer.measureRows(difference_, active));
    const auto weights =
        balancer.weigh(inputs, work.factors, active,
                       parts.parts.empty() ? std::vector<Eigen::MatrixXd>() : ofParts);
    if (weights.rowFactors.size() > 0)
      return balancer.direction(difference_, work.pass.losses, weights, active);
    return combined(parts, difference_, weights);
  }

  static Eigen::VectorXd vectorOf(const at::Tensor& numbers) {
    const auto host = numbers.to(at::kCPU, at::kDouble).contiguous();
    return Eigen::Map<const Eigen::VectorXd>(host.const_data_ptr<double>(), host.numel());
  }

  static Eigen::MatrixXd sumOfAll(const std::vector<Eigen::MatrixXd>& parts) {
    Eigen::MatrixXd sum = parts.front();
    for (size_t i = 1; i < parts.size(); ++i) sum += parts[i];
    return sum;
  }

  /// The same balancer with a state of its own, for the differences.
  balance::TwoSlots& twinOf(const RunParts& parts) {
    const auto spec = specOf(parts.experiment.balancer);
    if (twin_ && of_ == spec) return *twin_;
    twin_ = makeBalancer(parts.experiment, parts.tasks, parts.parts, *parts.model);
    of_ = spec;
    if (kept_.value("of", nlohmann::json()) == spec) {
      twin_->restore(kept_.at("balancer"));
      twin_->restoreTensors(keptTensors_);
    }
    kept_ = nlohmann::json::object();
    keptTensors_.clear();
    return *twin_;
  }

  double shared_, own_;
  at::Tensor difference_;  ///< [K, P] g^SAM − g of the step
  std::unique_ptr<balance::TwoSlots> twin_;
  nlohmann::json of_;                               ///< the balancer that the twin is one of
  nlohmann::json kept_ = nlohmann::json::object();  ///< its state, until it is made
  Tensors keptTensors_;
};

}  // namespace

SchemeRow samMtlRow() {
  Descriptor descriptor;
  descriptor.id = "sam_mtl";
  descriptor.title = "Task-based flat minima (SAM-MTL)";
  descriptor.summary =
      "Each task's gradient also where its loss rises most nearby: the balancer combines the "
      "gradients at θ, and apart from them, with a state of its own, what they change on the way "
      "there. Heads take the gradient from there. One more pass a task.";
  descriptor.formula =
      "ε_k = ρ g_k/‖g_k‖; d = Agg({g_k}) + Agg({g_k(θ + ε_k) − g_k}), heads h_k(θ + ε_k)";
  descriptor.citation = "Phan et al., Beyond Losses Reweighting, ICCV 2025 (arXiv 2211.13723)";
  descriptor.parameters = {
      ParameterSpec::number("rho", 0.05, "ρ of the shared parameters").from(0).to(1e3),
      ParameterSpec::number("rho_heads", 0.05, "ρ of what a task owns").from(0).to(1e3)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<SamMtl>(parameters, setting);
          }};
}

}  // namespace eq::train
