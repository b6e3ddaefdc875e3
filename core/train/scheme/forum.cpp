#include "core/train/scheme/forum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/small_net.h"
#include "core/base/error.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/scheme/task_softmax.h"
#include "core/train/step_measurement.h"
#include "core/train/step_work.h"
#include "core/train/task_rows.h"

namespace eq::train {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The nearest point of the simplex.
VectorXd onSimplex(const VectorXd& values) {
  VectorXd sorted = values;
  std::sort(sorted.data(), sorted.data() + sorted.size(), std::greater<>());
  double sum = 0, shift = 0;
  for (Index i = 0; i < sorted.size(); ++i) {
    sum += sorted[i];
    const double next = (sum - 1) / static_cast<double>(i + 1);
    if (sorted[i] > next) shift = next;
  }
  return (values.array() - shift).cwiseMax(0);
}

/// π_t; 0 where q is nothing.
VectorXd slopesOf(const MatrixXd& products, double phi) {
  const Index count = products.rows() - 1;
  const double square = products(count, count);
  if (square <= 0) return VectorXd::Zero(count);
  return VectorXd::Constant(count, phi) - products.col(count).head(count) / square;
}

class Forum : public SecondBatch {
 public:
  Forum(const Parameters& parameters, const SchemeSetting& setting)
      : SecondBatch(setting),
        logits_(VectorXd::Zero(std::ssize(setting.tasks))),
        lambda_(VectorXd::Constant(logits_.size(), 1.0 / static_cast<double>(logits_.size()))),
        adam_(parameters.number("outer_lr"), logits_.size()),
        steps_(parameters.integer("inner_steps")),
        innerRate_(parameters.number("inner_lr")),
        phi_(parameters.number("phi")) {
    const auto& gradient = setting.experiment.balancer.gradient.id;
    if (!gradient.empty())
      fail("{}.id: forum finds the direction itself, and balancer.gradient is {}; set it to null",
           setting.path, gradient);
  }

  void ahead(RunParts& parts, double) override {
    const auto batches = deal(parts);
    const at::NoGradGuard noGradients;
    const auto& active = parts.choice.tasks;
    const VectorXd w = softmaxOf(logits_, active);
    const VectorXd lower = w.cwiseProduct(factorsOf(parts, active));
    const auto slope = gradientOfSum(parts, batches.first, active, lower);
    const auto gaps = valueFunction(parts, batches.first, active, lower);
    auto rows = rowsOfTasks(parts, batches.second, batches.second.active);
    rows = rows * rowOf(factorsOf(parts, active), rows).t();
    const auto all = at::cat({rows, slope.unsqueeze(0)});
    MatrixXd products = gramiansOf(parts, all).front();
    const VectorXd ofLogits = jacobianOfSoftmax(w) * gaps;
    products(products.rows() - 1, products.rows() - 1) += ofLogits.squaredNorm();
    direction_.reset();
    if (!products.allFinite()) return;
    take(parts, products);
    weights_ = lambda_ + nu_ * lower;
    for (Index k = 0; k < weights_.size(); ++k)
      if (!active[static_cast<size_t>(k)]) weights_[k] = 0;
    direction_ = rowOf(lambda_, rows).mm(rows).squeeze(0) + slope * nu_;
    adam_.step(logits_, nu_ * ofLogits);
  }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs&, const VectorXd&,
                                        const std::vector<char>& active,
                                        StepMeasurement&) override {
    if (!direction_.defined()) {
      const auto plain = factorsOf(parts, active);
      return balance::Weights{plain, plain, true, {}, {}};
    }
    return balance::Weights{weights_, weights_, false, {}, {}};
  }

  void beforeOptimizer(RunParts& parts, const StepWork&, gradient::Gradients& gradients) override {
    if (!direction_.defined()) return;
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined())
        gradients[i] = direction_.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
    direction_.reset();
  }

  nlohmann::json state() const override {
    auto state = SecondBatch::state();
    state.update({{"logits", balance::vectorToJson(logits_)},
                  {"lambda", balance::vectorToJson(lambda_)},
                  {"adam", adam_.state()}});
    return state;
  }
  void restore(const nlohmann::json& state) override {
    SecondBatch::restore(state);
    logits_ = balance::vectorFromJson(state.at("logits"));
    lambda_ = balance::vectorFromJson(state.at("lambda"));
    adam_.restore(state.at("adam"));
  }

 private:
  /// L_k(θ) − L_k(θ after some steps on the weighted sum), times the tasks' factors.
  VectorXd valueFunction(RunParts& parts, const BatchPass& batch, const std::vector<char>& active,
                         const VectorXd& weights) const {
    const auto here = lossesOf(parts, batch, active).to(at::kDouble);
    auto offset = at::zeros_like(parts.model->parameters().values());
    for (std::int64_t i = 0; i < steps_; ++i) {
      const Perturbed further(*parts.model, offset);
      offset = offset - gradientOfSum(parts, batch, active, weights) * innerRate_;
    }
    const Perturbed further(*parts.model, offset);
    const auto gap = (here - lossesOf(parts, batch, active).to(at::kDouble)).to(at::kCPU);
    const auto factors = factorsOf(parts, active);
    VectorXd gaps(factors.size());
    for (Index k = 0; k < gaps.size(); ++k)
      gaps[k] = active[static_cast<size_t>(k)]
                    ? gap.contiguous().const_data_ptr<double>()[k] * factors[k]
                    : 0;
    return gaps;
  }

  /// λ on its running mean, and ν of it.
  void take(const RunParts& parts, const MatrixXd& products) {
    const auto epoch = static_cast<double>(parts.sampler->epoch());
    const double share = std::pow(epoch + 1, -0.75);
    lambda_ = (1 - share) * lambda_ + share * forumWeights(products, phi_).lambda;
    nu_ = forumNu(products, lambda_, phi_);
  }

  VectorXd logits_, lambda_;
  balance::VectorAdam adam_;
  std::int64_t steps_;
  double innerRate_, phi_;
  double nu_ = 0;         ///< of the step
  VectorXd weights_;      ///< of the step, on the tasks' gradients of both batches
  at::Tensor direction_;  ///< of the step, of all parameters
};

}  // namespace

double forumNu(const MatrixXd& products, const VectorXd& lambda, double phi) {
  return std::max(0.0, slopesOf(products, phi).dot(lambda));
}

ForumWeights forumWeights(const MatrixXd& products, double phi) {
  const Index count = products.rows() - 1;
  const VectorXd slopes = slopesOf(products, phi);
  VectorXd lambda = VectorXd::Constant(count, 1.0 / static_cast<double>(count));
  // The best ν of every λ takes curvature away, so that of the tasks' products alone bounds it, and
  // its own slope is 0.
  const double bound = products.topLeftCorner(count, count).trace();
  for (int i = 0; i < 5000 && bound > 0; ++i) {
    VectorXd whole(count + 1);
    whole << lambda, std::max(0.0, slopes.dot(lambda));
    const VectorXd slope = (products * whole).head(count);
    const VectorXd next = onSimplex(lambda - slope / bound);
    const double moved = (next - lambda).cwiseAbs().maxCoeff();
    lambda = next;
    if (moved < 1e-14) break;
  }
  return {lambda, forumNu(products, lambda, phi)};
}

SchemeRow forumRow() {
  Descriptor descriptor;
  descriptor.id = "forum";
  descriptor.title = "First-order multi-objective bilevel weights (FORUM)";
  descriptor.summary =
      "Learns a softmax of weights without looking through the training: a second batch gives the "
      "tasks' gradients, a few inner steps on the weighted sum say how far it is from its minimum, "
      "and the step lowers both. Record's weights are those of a task's gradients on both batches "
      "together. It finds the direction itself, so there is no gradient method beside it.";
  descriptor.formula =
      "q = Σ w_k (L_k(θ) − L_k(θ^T)), w = softmax(a); λ: min ½‖Σ λ_t ∇F_t + ν ∇q‖² − ν φ‖∇q‖² on "
      "the simplex, ν "
      "= "
      "max(0, Σ λ_t (φ − ⟨∇q, ∇F_t⟩/‖∇q‖²)), λ averaged by (epoch + 1)^−¾; d = Σ λ_t ∇F_t + ν ∇q; "
      "a "
      "by Adam";
  descriptor.citation =
      "Ye et al., A First-Order Multi-Gradient Algorithm for Multi-Objective "
      "Bi-Level Optimization, ECAI 2024";
  descriptor.parameters = {
      ParameterSpec::number("outer_lr", 1e-3, "Learning rate of a").above(0).to(1e3),
      ParameterSpec::integer("inner_steps", 5, "T: steps on the weighted sum").from(1).in("steps"),
      ParameterSpec::number("inner_lr", 0.1, "Learning rate of these").above(0).to(1e3),
      ParameterSpec::number("phi", 0.1, "φ: how fast q is to fall").from(0).to(1e3)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Forum>(parameters, setting);
          }};
}

}  // namespace eq::train
