#include "core/train/scheme/maxl.h"

#include <cmath>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/model.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/step_work.h"
#include "core/train/task_rows.h"

namespace eq::train {
namespace {

using Tensors = std::map<std::string, at::Tensor>;
using torch::autograd::variable_list;

constexpr std::int64_t kGeneratorWidth = 64;
constexpr double kGeneratorDecay = 5e-4;
constexpr double kReachOfLabels = 0.01;  ///< of the finite difference, over its direction's length

/// [out, in + 1] a full layer, drawn like those of models; the last column is the bias.
at::Tensor drawnLayer(std::int64_t out, std::int64_t in, const at::Tensor& like,
                      at::Generator& generator) {
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  return at::empty({out, in + 1}, like.options())
      .uniform_(-bound, bound, generator)
      .set_requires_grad(true);
}

at::Tensor through(const at::Tensor& layer, const at::Tensor& rows) {
  const auto inputs = layer.size(1) - 1;
  return at::addmm(layer.select(1, inputs), rows, layer.narrow(1, 0, inputs).t());
}

class Maxl : public Scheme {
 public:
  Maxl(const Parameters& parameters, const SchemeSetting& setting)
      : seed_(setting.experiment.seed),
        entropy_(parameters.number("entropy")),
        rate_(parameters.number("lr")) {
    const auto& first = setting.tasks.at(0);
    if (first.kind != TaskKind::classification)
      fail(
          "{}.id: maxl divides the classes of the first task into finer ones, and {} is {}; put a "
          "classification first or choose another scheme",
          setting.path, first.name, toText(first.kind));
  }

  void ahead(RunParts& parts, double rate) override {
    if (!parts.choice.tasks[0]) return;
    auto batch = batchToCome(parts);
    batch.randomState = parts.model->randomState();
    make(parts, batch);
    teach(parts, batch, rate);
  }

  /// The finer classes are one more task of the shared parameters.
  void beforeOptimizer(RunParts& parts, const StepWork& work,
                       gradient::Gradients& gradients) override {
    ofHead_.reset();
    if (!work.pass.active[0]) return;
    const auto found = auxiliaryGradients(parts, work.pass);
    const auto& infos = parts.model->parameters().infos();
    const double factor = parts.experiment.tasks[0].weight;
    const at::NoGradGuard noGradients;
    for (size_t i = 0; i < infos.size(); ++i) {
      if (!found.shared[i].defined()) continue;
      const auto add = found.shared[i] * factor;
      gradients[i] = gradients[i].defined() ? gradients[i] + add : add;
    }
    ofHead_ = found.head * factor;
  }

  void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
            const at::Tensor& skip) override {
    Scheme::step(parts, gradients, rate, skip);
    if (!ofHead_.defined()) return;
    const at::NoGradGuard noGradients;
    const auto stays = (skip > 0).logical_or(ofHead_.isfinite().all().logical_not());
    head_.copy_(at::where(stays, head_, head_ - ofHead_ * rate));
  }

  Tensors tensors() const override {
    if (!head_.defined()) return {};
    return {{"head", head_.detach()},
            {"generator.0", first_.detach()},
            {"generator.1", second_.detach()}};
  }
  void restoreTensors(const Tensors& tensors) override {
    const auto of = [&](const char* name) {
      const auto found = tensors.find(name);
      return found == tensors.end() ? at::Tensor() : found->second.set_requires_grad(true);
    };
    head_ = of("head");
    first_ = of("generator.0");
    second_ = of("generator.1");
  }

 private:
  struct Auxiliary {
    gradient::Gradients shared;  ///< by parameter
    at::Tensor head;
  };

  /// [N] of the first task's classes, and which count.
  static std::pair<at::Tensor, at::Tensor> classesOf(const RunParts& parts,
                                                     const BatchPass& batch) {
    const auto& targets = parts.problem.train.targets.at(parts.tasks[0].index());
    const auto classes = targets.index_select(0, batch.examples);
    const auto valid = (classes >= 0).to(batch.inputs.scalar_type());
    return {at::clamp_min(classes, 0), valid};
  }

  /// [N, features] that the first task's own part goes on from, with the dropout of the step;
  /// without second views.
  static at::Tensor features(const RunParts& parts, const BatchPass& batch) {
    const auto standing = parts.model->randomState();
    parts.model->restoreRandomState(batch.randomState);
    const model::Pass pass{.training = true, .at = parts.ofPass()};
    const auto found = parts.model->readBy(0, parts.model->represent(batch.inputs, pass)).front();
    parts.model->restoreRandomState(standing);
    return found.narrow(0, 0, batch.examples.size(0)).flatten(1);
  }

  void make(const RunParts& parts, const BatchPass& batch) {
    if (head_.defined()) return;
    const at::NoGradGuard noGradients;
    const auto rows = features(parts, batch);
    const auto finer = parts.tasks[0].info().width * kFinerClasses;
    auto generator = model::generatorOn(parts.device, deriveSeed(seed_, "finer classes"));
    const auto inputs = batch.inputs.flatten(1).size(1);
    head_ = drawnLayer(finer, rows.size(1), rows, generator);
    first_ = drawnLayer(kGeneratorWidth, inputs, rows, generator);
    second_ = drawnLayer(finer, kGeneratorWidth, rows, generator);
  }

  at::Tensor labels(const BatchPass& batch, const at::Tensor& classes) const {
    const auto rows = batch.inputs.narrow(0, 0, batch.examples.size(0)).flatten(1);
    return finerLabels(through(second_, at::relu(through(first_, rows))), classes);
  }

  Auxiliary auxiliaryGradients(const RunParts& parts, const BatchPass& batch) const {
    const at::AutoGradMode graph(true);
    const auto [classes, valid] = classesOf(parts, batch);
    const auto loss =
        finerLoss(through(head_, features(parts, batch)), labels(batch, classes).detach(), valid);
    const auto& infos = parts.model->parameters().infos();
    const auto columns = sharedColumns(parts);
    variable_list inputs{head_};
    std::vector<size_t> indices;
    for (size_t i = 0; i < infos.size(); ++i) {
      if (infos[i].offset >= columns) continue;
      indices.push_back(i);
      inputs.push_back(parts.model->parameters().tensor(i));
    }
    const auto found = torch::autograd::grad({loss}, inputs, {}, false, false, true);
    Auxiliary all{gradient::Gradients(infos.size()), found[0]};
    for (size_t i = 0; i < indices.size(); ++i) all.shared[indices[i]] = found[i + 1];
    return all;
  }

  /// A step of the labels' generator by what the first task comes to with them.
  void teach(RunParts& parts, const BatchPass& batch, double rate) {
    const auto auxiliary = auxiliaryGradients(parts, batch);
    std::vector<char> alone(parts.tasks.size(), 0);
    alone[0] = 1;
    Eigen::VectorXd one = Eigen::VectorXd::Zero(std::ssize(alone));
    one[0] = 1;
    at::Tensor v;
    {
      const at::NoGradGuard noGradients;
      const auto slope =
          gradientOfSum(parts, batch, alone, one) + flat(*parts.model, auxiliary.shared);
      const Perturbed further(*parts.model, virtualStep(parts, slope, rate));
      v = gradientOfSum(parts, batch, alone, one);
    }
    const auto [classes, valid] = classesOf(parts, batch);
    const at::AutoGradMode graph(true);
    const auto finer = labels(batch, classes);
    const auto norm = v.norm();
    const auto reach = at::where(norm > 0, kReachOfLabels / norm, at::ones_like(norm));
    const auto lossAt = [&](const at::Tensor& offset) {
      at::Tensor rows;
      {
        const at::NoGradGuard noGradients;
        const Perturbed elsewhere(*parts.model, offset);
        rows = through(head_, features(parts, batch));
      }
      return finerLoss(rows, finer, valid);
    };
    const auto ahead = (lossAt(v * reach) - lossAt(v * -reach)) / (2 * reach) * -rate;
    const auto wanted = ahead + negativeEntropy(finer, valid) * entropy_;
    stepGenerator(torch::autograd::grad({wanted}, {first_, second_}));
  }

  void stepGenerator(const variable_list& gradients) {
    const at::NoGradGuard noGradients;
    const std::vector<at::Tensor> layers{first_, second_};
    for (size_t i = 0; i < layers.size(); ++i) {
      const auto moved = layers[i] - (gradients[i] + layers[i] * kGeneratorDecay) * rate_;
      layers[i].copy_(at::where(gradients[i].isfinite().all(), moved, layers[i]));
    }
  }

  std::uint64_t seed_;
  double entropy_, rate_;
  at::Tensor head_;            ///< [finer classes, features + 1] on the shared features
  at::Tensor first_, second_;  ///< of the labels' generator
  at::Tensor ofHead_;          ///< the head's gradient of the step
};

}  // namespace

at::Tensor finerLabels(const at::Tensor& logits, const at::Tensor& classes) {
  const auto owners = at::arange(logits.size(1), classes.options());
  const auto mine = owners.div(kFinerClasses, "floor").unsqueeze(0) == classes.unsqueeze(1);
  const auto powers = (logits - std::get<0>(logits.max(1, true)).detach()).exp();
  const auto weights = powers * (mine.to(logits.scalar_type()) + 1e-8);
  return weights / weights.sum(1, true);
}

at::Tensor finerLoss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid) {
  const auto p = at::softmax(logits, 1);
  const auto rows = -(labels * (1 - p).square() * (p + 1e-20).log()).sum(1);
  return (rows * valid).sum() / at::clamp_min(valid.sum(), 1);
}

at::Tensor negativeEntropy(const at::Tensor& labels, const at::Tensor& valid) {
  const auto mean = (labels * valid.unsqueeze(1)).sum(0) / at::clamp_min(valid.sum(), 1);
  return (mean * (mean + 1e-20).log()).sum();
}

SchemeRow maxlRow() {
  Descriptor descriptor;
  descriptor.id = "maxl";
  descriptor.title = "Meta auxiliary learning (MAXL)";
  descriptor.summary =
      "The first task, a classification, gets a helper: a small network learns to divide each of "
      "its classes into five finer ones so that training on them, through a head of their own on "
      "the shared features, lowers the first task's loss after a virtual step. First order, by a "
      "finite difference. Plain steps for the finer classes' head, at the run's learning rate.";
  descriptor.formula =
      "θ⁺ = θ − η ∇(L_1 + L_aux); ψ by L_1(θ⁺) + 0.2 Σ_c ȳ_c log ȳ_c; L_aux = −Σ t (1 − p)² log p, "
      "t "
      "the finer labels of ψ(x, y)";
  descriptor.citation =
      "Liu, Davison and Johns, Self-Supervised Generalisation with Meta Auxiliary Learning, "
      "NeurIPS "
      "2019";
  descriptor.parameters = {
      ParameterSpec::number("entropy", 0.2, "Weight of using all finer classes alike")
          .from(0)
          .to(1e3),
      ParameterSpec::number("lr", 1e-3, "Learning rate of what makes the labels").above(0).to(1e3)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Maxl>(parameters, setting);
          }};
}

}  // namespace eq::train
