#include "core/model/task_parts/mtan.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"
#include "core/model/task_parts/unit_layer.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

constexpr std::int64_t kSide = 3;  // of the filters between a task's masks
constexpr std::int64_t kPool = 2;

class Mtan : public TaskStreams {
 public:
  Mtan(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : TaskStreams(setting), maps_(!base.isFull(0)), tasks_(setting.tasks.size()) {
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < base.stages(); ++stage)
      if (!maps_ || !base.isFull(stage))
        addAttended(base, factory, stage, setting.inputShape, parameters.integer("kernel"));
      else
        base.addStage(after_, factory, stage, Block(), "trunk", generator_);
    for (size_t k = 0; k < taskCount(); ++k)
      for (size_t stage = 0; stage < attended_.size(); ++stage)
        addMask(k, base, stage, parameters.integer("reduction"), setting.seed);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  /// u_s of every attended stage, before pooling.
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    std::vector<at::Tensor> found;
    for (const auto& stage : attended_)
      found.push_back(
          stage.forward(found.empty() ? inputs : pooled(found.back()), parameters_, pass, nullptr));
    return found;
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    at::Tensor masked;
    for (size_t stage = 0; stage < common.size(); ++stage) {
      const auto& u = common[stage];
      auto seen = u;
      if (stage > 0) {
        const auto passed =
            tasks_[task][stage - 1].onward.forward(masked, parameters_, pass, nullptr);
        seen = at::cat({u, pooled(passed)}, 1);
      }
      masked = maskOf(task, stage, seen, pass) * u;
    }
    return after_.forward(pooled(masked), parameters_, pass, nullptr);
  }

 private:
  struct Mask {
    UnitLayer narrow, wide;  ///< W', W''
    Sequence onward = {};    ///< relu(V m), before pooling; none after the last
  };

  at::Tensor pooled(const at::Tensor& h) const {
    return maps_ ? at::max_pool2d(h, {kPool, kPool}) : h;
  }

  /// As the base's stage, but for the pooling.
  void addAttended(const BaseNetwork& base, LayerFactory& factory, size_t stage,
                   const std::vector<std::int64_t>& inputShape, std::int64_t kernel) {
    auto& layers = attended_.emplace_back();
    if (!maps_) return base.addStage(layers, factory, stage, Block(), "trunk", generator_);
    const auto inputs = stage == 0 ? inputShape[0] : base.units(stage - 1);
    layers.add(factory.convolution("trunk." + std::to_string(stage), inputs, base.units(stage),
                                   kernel, 1, Block()));
    layers.add(factory.activation("relu"));
  }

  void addMask(size_t task, const BaseNetwork& base, size_t stage, std::int64_t reduction,
               std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto number = "." + std::to_string(stage);
    const auto units = base.units(stage);
    const auto narrow = std::max<std::int64_t>(1, units / reduction);
    const auto name = block.name + ".mask" + number;
    const auto seen = stage == 0 ? units : 2 * units;
    Mask mask{UnitLayer(parameters_, name + ".0", {seen, narrow, maps_}, seed, block),
              UnitLayer(parameters_, name + ".1", {narrow, units, maps_}, seed, block)};
    if (stage + 1 < attended_.size()) {
      const auto onward = block.name + ".onward" + number;
      LayerFactory factory(parameters_, deriveSeed(seed, onward));
      const auto next = base.units(stage + 1);
      mask.onward.add(maps_ ? factory.convolution(onward, units, next, kSide, 1, block)
                            : factory.linear(onward, units, next, block));
      mask.onward.add(factory.activation("relu"));
    }
    tasks_[task].push_back(std::move(mask));
  }

  /// a = σ(W'' relu(W' c)).
  at::Tensor maskOf(size_t task, size_t stage, const at::Tensor& seen, const Pass& pass) const {
    const auto& of = tasks_[task][stage];
    const auto hidden = at::relu(of.narrow.forward(seen, parameters_, pass));
    const auto mask = of.wide.forward(hidden, parameters_, pass).sigmoid();
    if (pass.seen)
      pass.seen->add("mask", static_cast<std::int64_t>(task), std::to_string(stage + 1),
                     meanOfUnits(pass, mask));
    return mask;
  }

  bool maps_;                             ///< whether convolution stages are attended, or full ones
  std::vector<Sequence> attended_;        ///< [stage]
  Sequence after_;                        ///< full stages behind maps, on each task's stream
  std::vector<std::vector<Mask>> tasks_;  ///< [task][stage]
};

void checkMtan(const Parameters& parameters) {
  if (parameters.text("base") != "cnn") return;
  if (parameters.integers("channels").empty())
    fail("model.channels: mtan attends to the convolution stages of a cnn, found []");
  if (!parameters.boolean("same"))
    fail(
        "model.same: false, but mtan needs true of a cnn: what a task sees of a stage must have "
        "the size of the next one");
  if (parameters.integer("kernel") % 2 == 0)
    fail("model.kernel: {} is even, and keeps no image's size; mtan needs an odd one",
         parameters.integer("kernel"));
}

}  // namespace

CatalogRow<Model, const Setting&> mtanRow() {
  Descriptor descriptor;
  descriptor.id = "mtan";
  descriptor.title = "Multi-task attention network";
  descriptor.summary =
      "A base that all tasks share; each task sees its stages through masks that it learns from "
      "the stage and from what it saw of the one before.";
  descriptor.formula =
      "a_{k,s} = σ(W'' relu(W' [u_s ; g_{k,s}])), m_{k,s} = a_{k,s} ⊙ u_s, g_{k,s+1} = "
      "pool(relu(V_{k,s} m_{k,s})); z_k = m_{k,S}, of a cnn its full layers on pool(m_{k,S})";
  descriptor.citation =
      "Liu et al., End-to-end multi-task learning with attention, CVPR 2019. Chosen here: a stage "
      "is one layer, where in the reference a mask of the first half of a residual block attends "
      "the second half; no batch normalisation";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("reduction", 1, "Units of a stage for one of its masks' hidden layer")
           .from(1)
           .to(65536)});
  descriptor.traits["series"] = nlohmann::json::array(
      {{{"series", "mask"}, {"draw", "bars"}, {"axes", {"unit"}}, {"label", "Mean of the mask"}},
       {{"series", "mask"},
        {"draw", "masks"},
        {"across", "stage"},
        {"axes", {"unit"}},
        {"label", "Overlap of masks"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkMtan(parameters);
            const auto base = baseFrom(parameters, setting.inputShape, "mtan");
            return std::make_unique<Mtan>(parameters, base, setting);
          }};
}

}  // namespace eq::model
