#include "core/train/front/cosmos.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/metric/pareto/cosmos.h"
#include "core/train/front_method.h"
#include "core/train/front_preferences.h"
#include "core/train/front_update.h"
#include "core/train/run_parts.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using metric::Point;

/// What a full layer reads beside the inputs becomes part of its bias.
void foldInto(const model::ParameterBuffer& plain, size_t weight, size_t bias,
              const at::Tensor& from, const at::Tensor& row) {
  const auto inputs = plain.tensor(weight).size(1);
  plain.tensor(weight).copy_(from.narrow(1, 0, inputs));
  plain.tensor(bias).add_(from.narrow(1, inputs, from.size(1) - inputs).mv(row));
}

class ReadPreference : public FrontMethod {
 public:
  ReadPreference(const Parameters& parameters, const FrontSetting& setting)
      : network_(setting.network),
        model_(setting.experiment.model.id),
        tasks_(setting.experiment.tasks.size()),
        seed_(setting.experiment.seed),
        lambda_(parameters.number("lambda")),
        concentration_(parameters.number("concentration")),
        preference_(equalPreference(tasks_)) {}

  void place(model::Model&, const Point& preference) override { preference_ = preference; }

  at::Tensor withPreference(const at::Tensor& inputs) const override {
    auto shape = inputs.sizes().vec();
    shape[1] = static_cast<std::int64_t>(tasks_);
    std::vector<std::int64_t> one(shape.size(), 1);
    one[1] = shape[1];
    const auto row = at::tensor(preference_, at::kDouble).to(inputs.options());
    return at::cat({inputs, row.view(one).expand(shape)}, 1);
  }

  FrontUpdate update(RunParts& parts) override {
    const auto alpha =
        stepPreferences(seed_, parts.progress.steps, 1, tasks_, concentration_).front();
    place(*parts.model, alpha);
    auto pass = passBatch(parts, StepMeasurement::purpose(parts));
    FrontUpdate update;
    update.weights = weightsAt(parts, pass, alpha);
    update.way = pass.forward.way;
    update.conflict = conflictAt(parts, pass, update.weights);
    update.gradients = parts.engine->backward(pass.forward, update.weights, update.weights);
    update.preferences = {{0, alpha}};
    update.shown = std::move(pass);
    return update;
  }

  void writePlain(model::Model& plain, const Point& preference) override {
    const at::NoGradGuard noGradients;
    const auto& from = network_.parameters();
    const auto& to = plain.parameters();
    const auto row =
        at::tensor(preference, at::kDouble).to(from.values().options().requires_grad(false));
    // Biases come first: those of layers that read the preference change once more.
    std::vector<size_t> readers;
    for (size_t i = 0; i < to.infos().size(); ++i)
      if (to.infos()[i].shape == from.infos()[i].shape)
        to.tensor(i).copy_(from.tensor(i));
      else
        readers.push_back(i);
    for (const auto i : readers) foldInto(to, i, biasOf(to, i), from.tensor(i), row);
  }

 private:
  /// [K] the slopes in the raw losses; the others of tasks that take no part are 0.
  Point weightsAt(const RunParts& parts, const BatchPass& pass, const Point& alpha) const {
    auto losses = onHost(pass.losses);
    Point counted(tasks_, 0.0), factors(tasks_, 0.0);
    for (size_t k = 0; k < tasks_; ++k) {
      factors[k] = parts.experiment.tasks[k].weight;
      if (pass.active[k]) counted[k] = alpha[k];
      losses[k] = pass.active[k] ? losses[k] * factors[k] : 0;
    }
    auto weights = metric::cosmosLoss(counted, losses, lambda_).gradient;
    for (size_t k = 0; k < tasks_; ++k) weights[k] = pass.active[k] ? weights[k] * factors[k] : 0;
    return weights;
  }

  /// \throws Error where a layer is not a full one with a bias.
  size_t biasOf(const model::ParameterBuffer& parameters, size_t weight) const {
    const auto& info = parameters.infos()[weight];
    const auto bias = info.name.substr(0, info.name.rfind('.')) + ".bias";
    for (size_t i = 0; info.shape.size() == 2 && i < parameters.infos().size(); ++i)
      if (parameters.infos()[i].name == bias &&
          parameters.infos()[i].shape == std::vector{info.shape[0]})
        return i;
    fail(
        "--preference: cosmos with the model {} reads the preference in {}, which is no full layer "
        "with a bias that could take it up; a plain model of it there is of an mlp alone",
        model_, info.name);
  }

  const model::Model& network_;
  std::string model_;
  size_t tasks_;
  std::uint64_t seed_;
  double lambda_, concentration_;
  Point preference_;  ///< where the network stands
};

}  // namespace

FrontRow cosmosRow() {
  Descriptor descriptor;
  descriptor.id = "cosmos";
  descriptor.title = "COSMOS";
  descriptor.summary =
      "One network that reads the preference with its input: numbers behind flat inputs, a "
      "constant "
      "channel a task on images. Each step trains at one preference; a term spreads the losses "
      "along it. Losses should be of one scale. Published lambda / concentration: 2 / 1.2, 8 / "
      "1.2, 0.01 / 0.5, 3 / 1.";
  descriptor.formula = "α ~ Dirichlet; Σ α_k L_k − λ cos(α, L)";
  descriptor.citation =
      "Ruchte and Grabocka, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, "
      "ICDM 2021";
  descriptor.parameters = frontMethodParameters(
      {ParameterSpec::number("lambda", 2, "How much the losses should lie along the preference")
           .from(0),
       ParameterSpec::number("concentration", 1.2,
                             "Of the Dirichlet distribution that preferences are drawn from: 1 is "
                             "uniform, above it they gather in the middle")
           .above(0)});
  descriptor.traits = {{"reads_preference", true}};
  return {descriptor, [](const Parameters& parameters, const FrontSetting& setting) {
            return std::make_unique<ReadPreference>(parameters, setting);
          }};
}

}  // namespace eq::train
