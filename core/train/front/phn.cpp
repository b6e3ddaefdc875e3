#include "core/train/front/phn.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "core/balance/catalog.h"
#include "core/balance/two_slots.h"
#include "core/base/gramian.h"
#include "core/base/random.h"
#include "core/train/front/hyper_network.h"
#include "core/train/front_method.h"
#include "core/train/front_preferences.h"
#include "core/train/front_update.h"
#include "core/train/run_parts.h"
#include "core/train/step_measurement.h"
#include "core/train/task_rows.h"

namespace eq::train {
namespace {

using gradient::Gradients;
using metric::Point;

/// Of several lists with one form: Σ w_k g_k, undefined where all are.
Gradients weighted(const std::vector<Gradients>& lists, const Point& weights) {
  const at::NoGradGuard noGradients;
  Gradients sum(lists.front().size());
  for (size_t k = 0; k < lists.size(); ++k)
    for (size_t i = 0; i < sum.size(); ++i) {
      if (!lists[k][i].defined()) continue;
      const auto term = lists[k][i] * weights[k];
      sum[i] = sum[i].defined() ? sum[i] + term : term;
    }
  return sum;
}

/// Products of lists of gradients, [K, K] in double on the device.
at::Tensor productsOf(const std::vector<Gradients>& lists, const model::ParameterBuffer& buffer) {
  const at::NoGradGuard noGradients;
  std::vector<at::Tensor> rows;
  for (const auto& list : lists) {
    auto row = at::zeros_like(buffer.values());
    for (size_t i = 0; i < list.size(); ++i) {
      const auto& info = buffer.infos()[i];
      if (list[i].defined()) row.narrow(0, info.offset, info.count).copy_(list[i].reshape({-1}));
    }
    rows.push_back(std::move(row));
  }
  return gramianOf(at::stack(rows));
}

class ParetoHyperNetwork : public FrontMethod {
 public:
  ParetoHyperNetwork(const Parameters& parameters, const FrontSetting& setting)
      : tasks_(setting.experiment.tasks.size()),
        seed_(setting.experiment.seed),
        concentration_(parameters.number("concentration")),
        hyper_(setting.network,
               {static_cast<std::int64_t>(tasks_), parameters.integer("hidden"),
                parameters.integer("layers")},
               deriveSeed(setting.experiment.seed, "hyper-network")) {
    if (parameters.text("solver") == "epo") epo_.emplace(solver(parameters.number("epsilon")));
  }

  model::ParameterBuffer* own() override { return &hyper_.parameters(); }

  void place(model::Model& network, const Point& preference) override {
    hyper_.generateInto(network, preference);
  }

  FrontUpdate update(RunParts& parts) override {
    const auto alpha =
        stepPreferences(seed_, parts.progress.steps, 1, tasks_, concentration_).front();
    place(*parts.model, alpha);
    auto pass = passBatch(parts, epo_ ? gradient::Purpose::exact : StepMeasurement::purpose(parts));
    FrontUpdate update;
    update.way = pass.forward.way;
    if (epo_)
      trainAlongRay(parts, pass, alpha, update);
    else
      trainWeighted(parts, pass, alpha, update);
    update.preferences = {{0, alpha}};
    update.shown = std::move(pass);
    return update;
  }

 private:
  balance::TwoSlots solver(double epsilon) const {
    balance::Setting setting;
    setting.tasks = static_cast<std::int64_t>(tasks_);
    setting.path = "pareto";
    setting.rounding = kSingleRounding;
    return {balance::weightings().create("equal", nlohmann::json::object(), "pareto", setting),
            balance::gradientMethods().create("epo", {{"epsilon", epsilon}}, "pareto", setting)};
  }

  void trainWeighted(RunParts& parts, BatchPass& pass, const Point& alpha,
                     FrontUpdate& update) const {
    for (size_t k = 0; k < tasks_; ++k)
      update.weights.push_back(pass.active[k] ? alpha[k] * parts.experiment.tasks[k].weight : 0);
    update.conflict = conflictAt(parts, pass, update.weights);
    const auto gradients = parts.engine->backward(pass.forward, update.weights, update.weights);
    update.gradients = hyper_.pulled(gradients, alpha);
  }

  void trainAlongRay(RunParts& parts, BatchPass& pass, const Point& alpha, FrontUpdate& update) {
    const auto rows = gradientsOfTasks(parts, pass, alpha, update);
    const auto found = weigh(parts, pass, alpha, productsOf(rows, hyper_.parameters()));
    const auto active = std::count(pass.active.begin(), pass.active.end(), 1);
    for (const double share : found.weights)
      update.weights.push_back(share * static_cast<double>(active));
    update.remarks = found.remarks;
    update.gradients = weighted(rows, update.weights);
  }

  /// [K] the tasks' gradients in the hyper-network. Conflict is measured on the way, with weights
  /// of the preference.
  std::vector<Gradients> gradientsOfTasks(RunParts& parts, BatchPass& pass, const Point& alpha,
                                          FrontUpdate& update) const {
    update.conflict = conflictAt(parts, pass, alpha);
    const auto inModel = takeRows(parts, pass);
    const auto& infos = parts.model->parameters().infos();
    const auto columns = inModel.shared.size(1);
    std::vector<Gradients> rows;
    for (size_t k = 0; k < tasks_; ++k) {
      Gradients ofTask(infos.size());
      for (size_t i = 0; i < infos.size(); ++i) {
        if (!infos[i].block.trainable) continue;
        if (infos[i].offset < columns)
          ofTask[i] = inModel.shared.select(0, static_cast<std::int64_t>(k))
                          .narrow(0, infos[i].offset, infos[i].count);
        else if (infos[i].block.owner == static_cast<model::Owner>(k))
          ofTask[i] = inModel.own[i];
      }
      rows.push_back(hyper_.pulled(ofTask, alpha));
    }
    return rows;
  }

  /// In one copy from the device.
  balance::Weights weigh(const RunParts& parts, const BatchPass& pass, const Point& alpha,
                         const at::Tensor& products) {
    const auto count = static_cast<std::int64_t>(tasks_);
    const auto numbers = onHost(at::cat({products.reshape({-1}), pass.losses.to(at::kDouble)}));
    balance::Inputs inputs;
    inputs.step = parts.progress.steps;
    inputs.gramian = Eigen::Map<const Eigen::MatrixXd>(numbers.data(), count, count);
    inputs.losses = Eigen::Map<const Eigen::VectorXd>(numbers.data() + count * count, count);
    inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
    inputs.preference = Eigen::Map<const Eigen::VectorXd>(alpha.data(), count);
    Eigen::VectorXd factors(count);
    for (size_t k = 0; k < tasks_; ++k)
      factors[static_cast<Eigen::Index>(k)] = parts.experiment.tasks[k].weight;
    return epo_->weigh(inputs, factors, pass.active);
  }

  size_t tasks_;
  std::uint64_t seed_;
  double concentration_;
  HyperNetwork hyper_;
  std::optional<balance::TwoSlots> epo_;
};

}  // namespace

FrontRow phnRow() {
  Descriptor descriptor;
  descriptor.id = "phn";
  descriptor.title = "PHN";
  descriptor.summary =
      "A hyper-network makes the parameters of the model of the preference; it is what is trained, "
      "at one preference a step. Each of the model's P parameters costs `hidden` in it, so the "
      "model should be small; published with Adam at 1e-4. The maps begin with the model's own "
      "first values as what they add [a choice of this program].";
  descriptor.formula =
      "θ_i = W_i h(α) + b_i;  ls: Σ α_k L_k(θ(α));  epo: K Σ β_k L_k, β of EPO at the preference α";
  descriptor.citation =
      "Navon, Shamsian, Fetaya and Chechik, Learning the Pareto Front with Hypernetworks, ICLR "
      "2021; Mahapatra and Rajan, ICML 2020 (EPO)";
  descriptor.parameters = frontMethodParameters(
      {ParameterSpec::choice(
           "solver", "ls", {"ls", "epo"},
           "ls: the sum of losses weighted by the preference; epo: towards losses "
           "that times the preference are equal, a backward pass a task"),
       ParameterSpec::number("concentration", 0.2,
                             "Of the Dirichlet distribution that preferences are drawn from: 1 is "
                             "uniform, below it they gather at single tasks")
           .above(0),
       ParameterSpec::integer("hidden", 100, "Width of the hyper-network").from(1).to(1e5),
       ParameterSpec::integer("layers", 3, "Full layers from the preference to what the maps read")
           .from(1)
           .to(100),
       ParameterSpec::number("epsilon", 1e-4,
                             "Of epo: up to which distance from the ray all losses are lowered")
           .above(0)});
  return {descriptor, [](const Parameters& parameters, const FrontSetting& setting) {
            return std::make_unique<ParetoHyperNetwork>(parameters, setting);
          }};
}

}  // namespace eq::train
