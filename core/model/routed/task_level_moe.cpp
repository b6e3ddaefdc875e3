#include "core/model/routed/task_level_moe.h"

#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "core/base/random.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/routed/routed_model.h"
#include "core/model/routing.h"

namespace eq::model {
namespace {

constexpr double kEdgeOfDraw = 1e-12;  // how near to 0 and 1 a uniform draw comes

class TaskLevelMoe : public RoutedModel {
 public:
  TaskLevelMoe(const Parameters& parameters, const Setting& setting)
      : RoutedModel(setting),
        first_(parameters.number("tau")),
        last_(parameters.number("tau_end")) {
    const auto base = baseFrom(parameters, setting.inputShape, "task_level_moe");
    const auto experts = parameters.integer("experts"), size = parameters.integer("task_dim");
    LayerFactory factory(parameters_, setting.seed);
    addStages(factory, base, std::vector<char>(base.stages(), 1), experts, setting.seed);
    for (size_t stage = 0; stage < base.stages(); ++stage) {
      const auto name = "trunk." + std::to_string(stage) + ".router";
      LayerFactory other(parameters_, deriveSeed(setting.seed, name));
      routers_.push_back(other.linear(name, size, experts, Block()));
    }
    addTaskVectors(size, setting.seed);
    for (size_t k = 0; k < taskCount(); ++k)
      streams_.push_back(addStream("gumbel." + blockOf(k, Part::task).name));
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  std::vector<at::Tensor> gates(size_t stage, const std::vector<at::Tensor>& inputs,
                                const Pass& pass) const override {
    std::vector<at::Tensor> weights(inputs.size());
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (!inputs[k].defined()) continue;
      const auto logits =
          routers_[stage]->forward(taskVector(k).unsqueeze(0), parameters_, pass, nullptr);
      const auto route = pass.training ? drawn(k, logits, pass) : largestOf(logits, 1);
      const auto task = static_cast<std::int64_t>(k), number = static_cast<std::int64_t>(stage) + 1;
      if (pass.seen) {
        auto ofAll = pass;  // one row for all examples, second views or not
        ofAll.views = false;
        observeExperts(ofAll, task, number, logits.softmax(1));
        pass.seen->add("route", task, std::to_string(number), largestOf(logits, 1).squeeze(0));
      }
      weights[k] = route.expand({inputs[k].size(0), -1});
    }
    return weights;
  }

 private:
  /// One expert on the way up, the softmax of noisy logits on the way down. Draws are in double
  /// whatever the type, so that they are the same numbers in all.
  at::Tensor drawn(size_t task, const at::Tensor& logits, const Pass& pass) const {
    const auto options = logits.options().requires_grad(false);
    const auto uniform = at::empty(logits.sizes(), options.dtype(at::kDouble))
                             .uniform_(0, 1, *streams_[task])
                             .clamp(kEdgeOfDraw, 1 - kEdgeOfDraw);
    const auto noise = (-(-uniform.log()).log()).to(options);
    const auto temperature = first_ * std::pow(last_ / first_, pass.at.share);
    const auto soft = ((logits + noise) / temperature).softmax(1);
    return largestOf(soft, 1) + (soft - soft.detach());
  }

  double first_, last_;  ///< temperature of the noise at the beginning and the end of the run
  std::vector<std::shared_ptr<at::Generator>> streams_;  ///< [task] of its draws
  std::vector<std::unique_ptr<Layer>> routers_;          ///< [stage]
};

}  // namespace

CatalogRow<Model, const Setting&> taskLevelMoeRow() {
  Descriptor descriptor;
  descriptor.id = "task_level_moe";
  descriptor.title = "Task-level mixture of experts";
  descriptor.summary =
      "A base network every stage of which has several experts that all tasks share; a router that "
      "reads a vector of the task picks one for all its examples, by chance in training, ever more "
      "surely.";
  descriptor.formula =
      "h_{k,s} = Σ_e g_e f_{s,e}(h_{k,s-1}), g = one-hot of W_s t_k + b_s + Gumbel noise, on the "
      "way "
      "down softmax over τ, from τ_0 to τ_1 geometrically over the run; evaluated without noise";
  descriptor.citation =
      "after Ye et al., Eliciting and understanding cross-task skills with task-level "
      "mixture-of-experts, Findings of EMNLP 2022; recalled, not read: there with transformer "
      "layers, a recurrent "
      "router "
      "and vectors from text";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("experts", 3, "E: copies of each stage").from(1).to(64),
       ParameterSpec::integer("task_dim", 16, "Numbers that each task is known by")
           .from(1)
           .to(65536),
       ParameterSpec::number("tau", 5, "Temperature of the draws at the beginning").above(0),
       ParameterSpec::number("tau_end", 0.5, "Temperature of the draws at the end of the run")
           .above(0)});
  auto series = mixtureSeries(/*diverse=*/false);
  series[0]["label"] = "Probability of each expert without noise";
  series.push_back({{"series", "route"},
                    {"draw", "matrix"},
                    {"axes", {"expert"}},
                    {"label", "Expert of each task, as evaluated"}});
  descriptor.traits["series"] = series;
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<TaskLevelMoe>(parameters, setting);
          }};
}

}  // namespace eq::model
