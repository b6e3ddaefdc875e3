#include "core/train/scheme/m_config.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

class MConfig : public Scheme {
 public:
  MConfig(const Parameters& parameters, const SchemeSetting& setting)
      : first_(parameters.number("beta1")),
        second_(parameters.number("beta2")),
        counts_(setting.tasks.size(), 0) {
    requireSgd(setting, "m_config", "steps along its own momenta");
    requireRowsOfOneBatch(setting, "m_config");
    if (!setting.experiment.balancer.gradient.id.empty())
      fail(
          "{}.id: m_config is a gradient method itself, and balancer.gradient is {}; set it to "
          "null",
          setting.path, setting.experiment.balancer.gradient.id);
    if (sgdParameters(setting.experiment).number("weight_decay") > 0)
      fail(
          "{}.id: m_config steps along its own momenta, so optimizer.weight_decay must be 0, found "
          "{}",
          setting.path, sgdParameters(setting.experiment).number("weight_decay"));
  }

  gradient::Purpose purpose() const override { return gradient::Purpose::exact; }

  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double) override {
    auto rows = takeRows(parts, pass);
    rows_ = rows.shared;
    active_ = pass.active;
    return rows;
  }

  void beforeOptimizer(RunParts&, const StepWork& work, gradient::Gradients&) override {
    const auto& w = work.weights.weights;
    const at::NoGradGuard noGradients;
    std::vector<double> factors(w.data(), w.data() + w.size());
    rows_ = rows_ * at::tensor(factors, at::kDouble).to(rows_.options()).unsqueeze(1);
  }

  bool takesPenalties() const override { return false; }

  void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
            const at::Tensor& skip) override {
    const at::NoGradGuard noGradients;
    const auto& values = parts.model->parameters().values();
    // Also where a head was exchanged: all begins anew.
    if (!momenta_.defined() || own_.numel() != values.numel()) {
      counts_.assign(counts_.size(), 0);
      steps_ = 0;
      momenta_ = at::zeros_like(rows_);
      own_ = at::zeros_like(values);
      square_ = at::zeros_like(values);
      former_ = at::zeros_like(values);
    }
    // The Gramian is read on the host anyway.
    if (skip.item<float>() > 0) return;
    auto direction = at::zeros_like(values);
    takeMomenta(parts, gradients);
    takeShared(direction);
    takeOwn(parts, direction);
    move(parts, direction, rate);
    rows_.reset();
  }

  nlohmann::json state() const override { return {{"counts", counts_}, {"steps", steps_}}; }
  void restore(const nlohmann::json& state) override {
    counts_ = state.at("counts").get<std::vector<std::int64_t>>();
    steps_ = state.at("steps").get<std::int64_t>();
  }
  std::map<std::string, at::Tensor> tensors() const override {
    if (!momenta_.defined()) return {};
    return {{"momenta", momenta_}, {"own", own_}, {"square", square_}, {"former", former_}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    const auto of = [&](const char* name) {
      const auto found = tensors.find(name);
      return found == tensors.end() ? at::Tensor() : found->second;
    };
    momenta_ = of("momenta");
    own_ = of("own");
    square_ = of("square");
    former_ = of("former");
  }

 private:
  static at::Tensor partOf(const at::Tensor& all, const model::ParameterInfo& info) {
    return all.narrow(0, info.offset, info.count);
  }

  void takeMomenta(const RunParts& parts, const gradient::Gradients& gradients) {
    for (size_t k = 0; k < counts_.size(); ++k) {
      if (!active_[k]) continue;
      ++counts_[k];
      const auto row = static_cast<std::int64_t>(k);
      momenta_[row].mul_(first_).add_(rows_[row], 1 - first_);
    }
    missing_ = false;
    for (size_t k = 0; k < counts_.size(); ++k)
      missing_ = missing_ || (parts.experiment.tasks[k].enabled && counts_[k] == 0);
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined() && infos[i].offset >= momenta_.size(1))
        partOf(own_, infos[i]).mul_(first_).add_(gradients[i].reshape({-1}), 1 - first_);
  }

  /// Of a mean over so many steps.
  double correction(std::int64_t count) const {
    return 1 - std::pow(first_, static_cast<double>(count));
  }

  /// ConFIG of the momenta of the tasks that were seen.
  void takeShared(at::Tensor& direction) {
    if (missing_) return;
    std::vector<double> factors;
    for (const auto count : counts_) factors.push_back(count > 0 ? 1 / correction(count) : 0);
    const auto rows =
        momenta_ * at::tensor(factors, at::kDouble).to(momenta_.options()).unsqueeze(1);
    const auto precise = rows.to(at::kDouble);
    const auto host = precise.mm(precise.t()).to(at::kCPU).contiguous();
    const auto count = static_cast<Eigen::Index>(counts_.size());
    balance::Inputs inputs;
    inputs.gramian = Eigen::Map<const Eigen::MatrixXd>(host.const_data_ptr<double>(), count, count);
    inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
    balance::Setting setting;
    setting.tasks = count;
    setting.path = "scheme";
    const auto config =
        balance::gradientMethods().create("config", nlohmann::json::object(), "scheme", setting);
    const Eigen::VectorXd w = config->weigh(inputs);
    const std::vector<double> weights(w.data(), w.data() + w.size());
    const auto found =
        at::tensor(weights, at::kDouble).to(rows.options()).unsqueeze(0).mm(rows).squeeze(0);
    direction.narrow(0, 0, found.size(0)).copy_(found);
    ++steps_;
  }

  void takeOwn(const RunParts& parts, at::Tensor& direction) const {
    for (const auto& info : parts.model->parameters().infos())
      if (info.block.owner >= 0 && moves(info.block.owner))
        partOf(direction, info)
            .copy_(partOf(own_, info) / correction(counts_[static_cast<size_t>(info.block.owner)]));
  }

  /// Whether a parameter is stepped: what is shared when all tasks were seen, a task's own when it
  /// took part.
  bool moves(std::int64_t owner) const {
    return owner < 0 ? !missing_ : active_[static_cast<size_t>(owner)] != 0;
  }

  /// The step of Adam whose first moment comes to the direction.
  void move(const RunParts& parts, const at::Tensor& direction, double rate) {
    const auto& values = parts.model->parameters().values();
    for (const auto& info : parts.model->parameters().infos()) {
      const bool frozen =
          info.block.owner >= 0 && parts.frozen[static_cast<size_t>(info.block.owner)];
      if (!info.block.trainable || !moves(info.block.owner) || frozen) continue;
      const auto count =
          info.block.owner < 0 ? steps_ : counts_[static_cast<size_t>(info.block.owner)];
      const auto d = partOf(direction, info);
      const auto moment = d * correction(count);
      const auto pseudo = (moment - partOf(former_, info) * first_) / (1 - first_);
      auto square = partOf(square_, info);
      square.mul_(second_).addcmul_(pseudo, pseudo, 1 - second_);
      partOf(former_, info).copy_(moment);
      const auto hat = square / (1 - std::pow(second_, static_cast<double>(count)));
      partOf(values, info).sub_(d / (hat.sqrt() + 1e-8) * rate);
    }
  }

  double first_, second_;
  std::vector<std::int64_t> counts_;  ///< [K] steps in which each task took part
  std::int64_t steps_ = 0;            ///< of the shared parameters
  bool missing_ = true;               ///< whether a task was not seen yet
  at::Tensor rows_;                   ///< [K, P] of the step
  std::vector<char> active_;
  at::Tensor momenta_, own_;    ///< [K, P]; [parameters], of what tasks own
  at::Tensor square_, former_;  ///< [parameters] s and m'
};

}  // namespace

SchemeRow mConfigRow() {
  Descriptor descriptor;
  descriptor.id = "m_config";
  descriptor.title = "Momentum ConFIG (M-ConFIG)";
  descriptor.summary =
      "A momentum a task, and ConFIG of the momenta as the direction, scaled like Adam. Shared "
      "parameters stay until every task was seen. The momenta of the tasks that take part in a "
      "step "
      "move: with the scheme sampled_tasks beside it that is one gradient a step, as in the paper. "
      "Optimizer sgd alone, whose own momentum is not used.";
  descriptor.formula =
      "m_k ← β₁ m_k + (1 − β₁) g_k; d = ConFIG(m̂); m' = d (1 − β₁ᵗ), f = (m'_t − β₁ m'_{t−1})/(1 − "
      "β₁), s ← β₂ s + (1 − β₂) f²; θ ← θ − η d/(√ŝ + 1e-8)";
  descriptor.citation =
      "Liu et al., ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks, "
      "ICLR "
      "2025";
  descriptor.parameters = {
      ParameterSpec::number("beta1", 0.9, "Decay of the means of the tasks' gradients")
          .from(0)
          .below(1),
      ParameterSpec::number("beta2", 0.999, "Decay of the mean of the squares").from(0).below(1)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<MConfig>(parameters, setting);
          }};
}

}  // namespace eq::train
