#include "core/model/task_parts/dtrn.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include "core/model/base_network.h"
#include "core/model/initial_values.h"
#include "core/model/observations.h"
#include "core/model/task_parts/unit_layer.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

class Dtrn : public TaskStreams {
 public:
  Dtrn(const Parameters& parameters, const Setting& setting)
      : TaskStreams(setting), rank_(parameters.integer("hyper_rank")) {
    const auto base = baseFrom(parameters, setting.inputShape, "dtrn");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(base_, factory, stage, Block(), "trunk", generator_);
    addHypernetwork(base.features(0), parameters.integer("task_dim"), setting.seed);
    const auto narrow =
        std::max<std::int64_t>(1, base.features(0) / parameters.integer("reduction"));
    for (size_t k = 0; k < taskCount(); ++k)
      addTask(k, base.features(0), narrow, parameters.integer("task_dim"), setting.seed);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  /// The inputs, and x̄ U, which all tasks go on from.
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    return {inputs, times(inputs.flatten(1), parameters_.tensor(into_), pass)};
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    const auto& inputs = common[0];
    const auto refined = gated(task, residual(task, inputs.flatten(1), common[1], pass), pass);
    return base_.forward(refined.view(inputs.sizes()), parameters_, pass, nullptr);
  }

 private:
  struct Task {
    size_t vector;           ///< t_k, in the buffer
    UnitLayer narrow, wide;  ///< W', W''
  };

  void addHypernetwork(std::int64_t inputs, std::int64_t dimension, std::uint64_t seed) {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    const std::string into = "trunk.hyper.into";
    into_ = parameters_.add(into, uniformByName(seed, into, {inputs, rank_}, bound), Block());
    const auto numbers = at::TensorOptions().dtype(at::kFloat);
    back_ = parameters_.add("trunk.hyper.back", at::zeros({rank_, inputs}, numbers), Block());
    hyper_.emplace(parameters_, "trunk.hyper", UnitLayer::Size{dimension, rank_ * rank_, false},
                   seed, Block());
  }

  void addTask(size_t task, std::int64_t inputs, std::int64_t narrow, std::int64_t dimension,
               std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const double bound = 1 / std::sqrt(static_cast<double>(dimension));
    const auto name = block.name + ".vector";
    const auto vector = parameters_.add(name, uniformByName(seed, name, {dimension}, bound), block);
    const UnitLayer down(parameters_, block.name + ".gate.0", {inputs, narrow, false}, seed, block);
    const UnitLayer up(parameters_, block.name + ".gate.1", {narrow, inputs, false}, std::nullopt,
                       block);
    tasks_.push_back({vector, down, up});
  }

  static at::Tensor times(const at::Tensor& rows, const at::Tensor& weight, const Pass& pass) {
    if (pass.multiplyAdds) *pass.multiplyAdds += rows.numel() * weight.size(1);
    return rows.mm(weight);
  }

  /// r_k = x̄ + ((x̄ U) M_k) V, M_k what the hypernetwork makes of the task's vector.
  at::Tensor residual(size_t task, const at::Tensor& flat, const at::Tensor& into,
                      const Pass& pass) const {
    const auto vector = parameters_.tensor(tasks_[task].vector).unsqueeze(0);
    const auto square = hyper_->forward(vector, parameters_, pass).view({rank_, rank_});
    return flat + times(times(into, square, pass), parameters_.tensor(back_), pass);
  }

  /// r ⊙ 2σ(W'' relu(W' r)): at first r itself.
  at::Tensor gated(size_t task, const at::Tensor& rows, const Pass& pass) const {
    const auto& [vector, narrow, wide] = tasks_[task];
    const auto hidden = at::relu(narrow.forward(rows, parameters_, pass));
    const auto importance = wide.forward(hidden, parameters_, pass).sigmoid() * 2;
    if (pass.seen)
      pass.seen->add("importance", static_cast<std::int64_t>(task), {},
                     meanOfUnits(pass, importance));
    return rows * importance;
  }

  std::int64_t rank_;
  Sequence base_;
  size_t into_ = 0, back_ = 0;      ///< U, V
  std::optional<UnitLayer> hyper_;  ///< from a task's vector to M
  std::vector<Task> tasks_;
};

}  // namespace

CatalogRow<Model, const Setting&> dtrnRow() {
  Descriptor descriptor;
  descriptor.id = "dtrn";
  descriptor.title = "Task-specific bottom representations";
  descriptor.summary =
      "Each task refines the inputs for itself, by what a shared hypernetwork makes of a vector of "
      "the task and by a gate on every input, before a network that all share.";
  descriptor.formula =
      "r_k = x + ((x U) M_k) V, M_k = reshape(H t_k + h); x_k = r_k ⊙ 2σ(W''_k relu(W'_k r_k)); "
      "z_k = f(x_k), f shared";
  descriptor.citation =
      "Liu et al., Deep task-specific bottom representation network for multi-task recommendation, "
      "CIKM 2023. Chosen here: inputs are columns or pixels where the paper has sequences of "
      "behaviour and fields; U, H and t_k begin uniform in ±1/√fan_in, V and W'' at 0";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("task_dim", 16, "Numbers of a task's vector").from(1).to(65536),
       ParameterSpec::integer("hyper_rank", 8, "Side of the matrix that is made of it")
           .from(1)
           .to(65536),
       ParameterSpec::integer("reduction", 16, "Inputs a unit of the gates' hidden layer")
           .from(1)
           .to(65536)});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "importance"},
                              {"draw", "bars"},
                              {"axes", {"input"}},
                              {"label", "Gate on the input, 1 = as it is"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Dtrn>(parameters, setting);
          }};
}

}  // namespace eq::model
