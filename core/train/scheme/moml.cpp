#include "core/train/scheme/moml.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/balance/catalog.h"
#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/small_net.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/scheme/task_softmax.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class Moml : public SecondBatch {
 public:
  Moml(const Parameters& parameters, const SchemeSetting& setting)
      : SecondBatch(setting),
        logits_(VectorXd::Zero(std::ssize(setting.tasks))),
        adam_(parameters.number("outer_lr"), logits_.size()) {}

  void ahead(RunParts& parts, double rate) override {
    const auto batches = deal(parts);
    const at::NoGradGuard noGradients;
    const auto factors = factorsOf(parts, parts.choice.tasks);
    const VectorXd w = softmaxOf(logits_, parts.choice.tasks);
    const auto inner = rowsOfTasks(parts, batches.first, parts.choice.tasks);
    const auto gradient =
        gradientOfSum(parts, batches.first, parts.choice.tasks, w.cwiseProduct(factors));
    at::Tensor outer;
    {
      const Perturbed further(*parts.model, gradient * -rate);
      outer = rowsOfTasks(parts, batches.second, batches.second.active);
    }
    const auto host = outer.to(at::kDouble).mm(inner.to(at::kDouble).t()).to(at::kCPU).contiguous();
    const Index count = logits_.size();
    // Row by row in the tensor.
    MatrixXd products =
        Eigen::Map<const MatrixXd>(host.const_data_ptr<double>(), count, count).transpose();
    products = -rate * products * factors.asDiagonal();
    if (products.allFinite()) adam_.step(logits_, commonDirection(products * jacobianOfSoftmax(w)));
  }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const VectorXd& factors, const std::vector<char>& active,
                                        StepMeasurement& measurement) override {
    return parts.balancer->weigh(inputs, factors.cwiseProduct(softmaxOf(logits_, active)), active,
                                 measurement.parts());
  }

  nlohmann::json state() const override {
    auto state = SecondBatch::state();
    state.update({{"logits", balance::vectorToJson(logits_)}, {"adam", adam_.state()}});
    return state;
  }
  void restore(const nlohmann::json& state) override {
    SecondBatch::restore(state);
    logits_ = balance::vectorFromJson(state.at("logits"));
    adam_.restore(state.at("adam"));
  }

 private:
  /// MGDA of the rows, each of length 1.
  static VectorXd commonDirection(MatrixXd rows) {
    for (Index t = 0; t < rows.rows(); ++t)
      if (const double norm = rows.row(t).norm(); norm > 0) rows.row(t) /= norm;
    balance::Setting setting;
    setting.tasks = rows.rows();
    setting.path = "scheme";
    const auto mgda =
        balance::gradientMethods().create("mgda", nlohmann::json::object(), "scheme", setting);
    balance::Inputs inputs;
    inputs.gramian = rows * rows.transpose();
    inputs.rowNorms = inputs.gramian.diagonal().cwiseSqrt();
    return rows.transpose() * mgda->weigh(inputs);
  }

  VectorXd logits_;
  balance::VectorAdam adam_;
};

}  // namespace

SchemeRow momlRow() {
  Descriptor descriptor;
  descriptor.id = "moml";
  descriptor.title = "Multi-objective meta learning (MOML)";
  descriptor.summary =
      "Learns a softmax of weights from where a step with them leads: every task's gradient on a "
      "second batch after a virtual step says how the weights should move, and MGDA finds what is "
      "good for all. Weights sum to 1 and multiply those of the loss weighting; the virtual step "
      "is "
      "a plain one.";
  descriptor.formula =
      "w = softmax(a); θ' = θ − η Σ w_k g_k; ∂_a L_t = −η (g_t(θ'; second batch)·g_j)_j ∂w/∂a, "
      "rows "
      "of length 1, combined by MGDA; a by Adam";
  descriptor.citation = "Ye et al., Multi-Objective Meta Learning, NeurIPS 2021";
  descriptor.parameters = {
      ParameterSpec::number("outer_lr", 1e-3, "Learning rate of a").above(0).to(1e3)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Moml>(parameters, setting);
          }};
}

}  // namespace eq::train
