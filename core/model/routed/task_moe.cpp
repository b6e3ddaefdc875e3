#include "core/model/routed/task_moe.h"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/random.h"
#include "core/model/mixture.h"
#include "core/model/routed/routed_model.h"
#include "core/model/routing.h"

namespace eq::model {
namespace {

class TaskMoe : public RoutedModel {
 public:
  TaskMoe(const Parameters& parameters, const Setting& setting)
      : RoutedModel(setting), kept_(topKFrom(parameters)), balance_(parameters.number("balance")) {
    const auto base = baseFrom(parameters, setting.inputShape, "task_moe");
    auto routed =
        chosenStages("model.moe_stages", parameters.integers("moe_stages"), base.stages());
    if (parameters.integers("moe_stages").empty()) routed.back() = 1;
    const auto experts = parameters.integer("experts"), size = parameters.integer("task_dim");
    LayerFactory factory(parameters_, setting.seed);
    addStages(factory, base, routed, experts, setting.seed);
    gates_.resize(routed.size());
    for (size_t stage = 0; stage < routed.size(); ++stage) {
      if (!routed[stage]) continue;
      const auto name = "trunk." + std::to_string(stage) + ".gate";
      LayerFactory other(parameters_, deriveSeed(setting.seed, name));
      gates_[stage] = other.linear(name, base.features(stage) + size, experts, Block());
    }
    addTaskVectors(size, setting.seed);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  bool hasPenalties() const override { return balance_ > 0 || RoutedModel::hasPenalties(); }

 protected:
  std::vector<at::Tensor> gates(size_t stage, const std::vector<at::Tensor>& inputs,
                                const Pass& pass) const override {
    std::vector<at::Tensor> weights(inputs.size()), all;
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (!inputs[k].defined()) continue;
      const auto ofTask = taskVector(k).expand({inputs[k].size(0), -1});
      const auto logits = gates_[stage]->forward(at::cat({inputs[k].flatten(1), ofTask}, 1),
                                                 parameters_, pass, nullptr);
      weights[k] = sparseGate(logits, kept_);
      observeExperts(pass, static_cast<std::int64_t>(k), static_cast<std::int64_t>(stage) + 1,
                     weights[k]);
      all.push_back(examplesOf(pass, logits));
    }
    penaliseImbalance(pass, balance_, at::cat(all), kept_);
    return weights;
  }

 private:
  std::int64_t kept_;
  double balance_;
  std::vector<std::unique_ptr<Layer>> gates_;  ///< [stage]; null where it has no experts
};

}  // namespace

CatalogRow<Model, const Setting&> taskMoeRow() {
  Descriptor descriptor;
  descriptor.id = "task_moe";
  descriptor.title = "Task-aware mixture of experts";
  descriptor.summary =
      "A base network some stages of which have several experts that all tasks share; a gate that "
      "reads the features and a vector of the task sends every example to few of them.";
  descriptor.formula =
      "h'_k = Σ_e g_e f_e(h_k), g = softmax(W [h_k ; t_k] + b) of the top_k largest, else 0; + λ E "
      "Σ_e "
      "F_e P_e, F the share of examples, P the mean probability";
  descriptor.citation =
      "after Gupta et al., Sparsely activated mixture-of-experts are robust multi-task learners, "
      "arXiv 2204.07689, 2022. Recalled, not read: the gate in this form, and the penalty's "
      "factor; "
      "penalty: Fedus et al., Switch Transformers, 2022";
  descriptor.parameters =
      withBase({ParameterSpec::integer("experts", 4, "E: copies of a stage").from(1).to(64),
                ParameterSpec::integerList("moe_stages", nlohmann::json::array(),
                                           "Stages, from 1, that have experts; []: the last")
                    .from(1)
                    .to(65536),
                ParameterSpec::integer("task_dim", 16, "Numbers that each task is known by")
                    .from(1)
                    .to(65536),
                topKSpec(), balanceSpec()});
  descriptor.traits["series"] = mixtureSeries(/*diverse=*/false);
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<TaskMoe>(parameters, setting);
          }};
}

}  // namespace eq::model
