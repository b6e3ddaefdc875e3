#include "core/model/task_parts/medusa.h"

#include <numeric>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>

#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/staged_model.h"
#include "core/model/task_parts/unit_layer.h"

namespace eq::model {
namespace {

class Medusa : public StagedModel {
 public:
  Medusa(const Parameters& parameters, const Setting& setting) : StagedModel(setting) {
    const auto base = baseFrom(parameters, setting.inputShape, "medusa");
    const auto width = parameters.integer("width");
    LayerFactory factory(parameters_, setting.seed);
    addStages(base, factory);
    for (size_t k = 0; k < taskCount(); ++k) {
      addTask(k, base, width, setting.seed);
      reads_[k].resize(base.stages());
      std::iota(reads_[k].begin(), reads_[k].end(), size_t{0});
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), width), parameters);
    parameters_.allocate(setting.type);
  }

  size_t frontier() const override { return 0; }
  bool readsInDepth() const override { return stages_.size() > 1; }

 protected:
  /// z = Σ_s β_s v_s.
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override {
    std::vector<at::Tensor> views, scores;
    for (size_t stage = 0; stage < read.size(); ++stage) {
      views.push_back(viewOf(task, stage, read[stage], pass));
      scores.push_back(tasks_[task].score.forward(views.back(), parameters_, pass));
    }
    const auto scale = at::cat(scores, 1).softmax(1);
    if (pass.seen)
      pass.seen->add("scale", static_cast<std::int64_t>(task), {}, meanOfUnits(pass, scale));
    return mixtureOf(scale, views, pass);
  }

 private:
  struct Task {
    std::vector<UnitLayer> masks, projections;  ///< [stage]
    UnitLayer score;
  };

  void addTask(size_t task, const BaseNetwork& base, std::int64_t width, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    std::vector<UnitLayer> masks, projections;
    for (size_t stage = 0; stage < base.stages(); ++stage) {
      const auto units = base.units(stage);
      const auto number = "." + std::to_string(stage);
      masks.emplace_back(parameters_, block.name + ".mask" + number,
                         UnitLayer::Size{units, units, !base.isFull(stage)}, seed, block);
      projections.emplace_back(parameters_, block.name + ".projection" + number,
                               UnitLayer::Size{units, width, false}, seed, block);
    }
    const UnitLayer score(parameters_, block.name + ".score", {width, 1, false}, seed, block);
    tasks_.push_back({std::move(masks), std::move(projections), score});
  }

  /// v = relu(lin(mean over places of a ⊙ h)), [N, width].
  at::Tensor viewOf(size_t task, size_t stage, const at::Tensor& h, const Pass& pass) const {
    const auto& of = tasks_[task];
    const auto mask = of.masks[stage].forward(h, parameters_, pass).sigmoid();
    if (pass.seen)
      pass.seen->add("mask", static_cast<std::int64_t>(task), std::to_string(stage + 1),
                     meanOfUnits(pass, mask));
    const auto masked = mask * h;
    const auto units = masked.dim() > 2 ? masked.flatten(2).mean(2) : masked;
    return at::relu(of.projections[stage].forward(units, parameters_, pass));
  }

  std::vector<Task> tasks_;
};

}  // namespace

CatalogRow<Model, const Setting&> medusaRow() {
  Descriptor descriptor;
  descriptor.id = "medusa";
  descriptor.title = "Medusa";
  descriptor.summary =
      "A base that all tasks share; each task's head reads every stage through a mask and weighs "
      "the stages by itself, so that heads do not depend on each other.";
  descriptor.formula =
      "a_{k,s} = σ(C_{k,s} h_s), v_{k,s} = relu(P_{k,s} mean over places of a ⊙ h_s), β_k = "
      "softmax_s(w_k v_{k,s}), z_k = Σ_s β_{k,s} v_{k,s}";
  descriptor.citation =
      "Spencer et al., Medusa: universal feature learning via attentional multitasking, CVPR "
      "workshops 2022. Recalled, not read: masks, mean and scale scores in this form. Chosen here: "
      "tasks with maps read the mean over places, too";
  descriptor.parameters =
      withBase({ParameterSpec::integer("width", 64, "Numbers that a head reads of each stage")
                    .from(1)
                    .to(65536)});
  descriptor.traits["series"] = nlohmann::json::array(
      {{{"series", "scale"},
        {"draw", "areas"},
        {"axes", {"stage"}},
        {"label", "Weight of the stage, mean over the batch"}},
       {{"series", "mask"}, {"draw", "bars"}, {"axes", {"unit"}}, {"label", "Mean of the mask"}},
       {{"series", "mask"},
        {"draw", "masks"},
        {"across", "stage"},
        {"axes", {"unit"}},
        {"label", "Overlap of masks"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Medusa>(parameters, setting);
          }};
}

}  // namespace eq::model
