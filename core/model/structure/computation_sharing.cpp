#include "core/model/structure/computation_sharing.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>

#include "core/base/error.h"
#include "core/model/observations.h"
#include "core/model/structure/adapted_base.h"

namespace eq::model {
namespace {

constexpr double kReused = 0.01;  ///< of the largest activation

/// All but the `count` largest sizes, of equal ones the first.
at::Tensor allButLargest(const at::Tensor& values, std::int64_t count) {
  const auto flat = values.abs().flatten();
  const auto order = flat.argsort(/*stable=*/true, 0, /*descending=*/true);
  auto where = at::ones_like(flat, flat.options().dtype(at::kBool));
  where.index_fill_(0, order.narrow(0, 0, count), false);
  return where.view(values.sizes());
}

class ComputationSharing : public AdaptedBase {
 public:
  ComputationSharing(const Parameters& parameters, size_t primary, const Setting& setting)
      : AdaptedBase(baseFrom(parameters, setting.inputShape, "computation_sharing"),
                    /*trainBase=*/true, setting),
        primary_(primary),
        keep_(parameters.number("keep")),
        denseSteps_(parameters.integer("dense_steps")),
        deltas_(taskCount()) {
    for (size_t k = 0; k < deltas_.size(); ++k)
      for (size_t stage = 0; k != primary_ && stage < stages(); ++stage)
        deltas_[k].push_back(addDifference(k, stage));
    addHeads(parameters);
    parameters_.allocate(setting.type);
  }

  bool isPlain() const override { return false; }
  std::vector<Cleared> afterStep(const Progress& at) const override {
    std::vector<Cleared> cleared;
    if (at.step < denseSteps_) return cleared;
    for (const auto& ofTask : deltas_)
      for (const auto delta : ofTask) {
        const auto values = parameters_.tensor(delta).detach();
        // What stays of 0.07 · 100 numbers is 7, although the product is a little more.
        const auto kept = std::ceil(keep_ * static_cast<double>(values.numel()) * (1 - 1e-12));
        cleared.push_back({delta, allButLargest(values, static_cast<std::int64_t>(kept))});
      }
    return cleared;
  }

 protected:
  at::Tensor weightFor(size_t task, size_t stage) const override {
    const auto& shared = sharedWeight(stage);
    return task == primary_ ? shared : shared + parameters_.tensor(deltas_[task][stage]);
  }

  void record(size_t task, const at::Tensor& inputs, const std::vector<at::Tensor>& outputs,
              const Pass& pass) const override {
    if (task == primary_) return;
    const at::NoGradGuard noGradients;
    Pass quiet;  // without dropout, so that no stream moves because somebody looks
    quiet.at = pass.at;
    const auto own = pass.training ? outputsOf(task, inputs, quiet) : outputs;
    const auto primary = outputsOf(primary_, inputs, quiet);
    const auto owner = static_cast<std::int64_t>(task);
    for (size_t stage = 0; stage < stages(); ++stage) {
      const auto place = std::to_string(stage + 1);
      const auto& delta = parameters_.tensor(deltas_[task][stage]);
      const auto near = (own[stage] - primary[stage]).abs() <= kReused * primary[stage].abs().max();
      pass.seen->add("density", owner, place, (delta != 0).to(delta.scalar_type()).mean());
      pass.seen->add("reuse", owner, place, near.to(delta.scalar_type()).mean());
    }
  }

 private:
  size_t primary_;
  double keep_;
  std::int64_t denseSteps_;
  std::vector<std::vector<size_t>> deltas_;  ///< [task][stage]; none of the primary
};

}  // namespace

CatalogRow<Model, const Setting&> computationSharingRow() {
  Descriptor descriptor;
  descriptor.id = "computation_sharing";
  descriptor.title = "Computation sharing";
  descriptor.summary =
      "A base network for one task, to whose weights every other adds a few numbers: after each "
      "step all but the largest are set to 0. How many stay, and from when on, is a choice here.";
  descriptor.formula =
      "h_{k,s} = f((W_s + Δ_{k,s}) h_{k,s-1} + b_s), ⌈keep·w_s⌉ numbers of Δ_{k,s}";
  descriptor.citation =
      "Shoouri et al., Efficient computation sharing for multi-task visual scene understanding, "
      "ICCV "
      "2023";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("primary", 0, "Number of the task that is the base, from 0")
           .from(0)
           .to(65535),
       ParameterSpec::number("keep", 0.1, "Share of a stage's weights that a task may change")
           .above(0)
           .to(1),
       ParameterSpec::integer("dense_steps", 0, "Steps in which it may change all of them")
           .from(0)
           .to(1e15)
           .in("steps")});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "density"},
                              {"draw", "lines"},
                              {"axes", nlohmann::json::array()},
                              {"label", "Share of weights that the task changes"}},
                             {{"series", "reuse"},
                              {"draw", "lines"},
                              {"axes", nlohmann::json::array()},
                              {"label", "Share of units that need no computation of their own"}},
                             {{"series", "reuse"},
                              {"draw", "curve"},
                              {"across", "stage"},
                              {"axes", nlohmann::json::array()},
                              {"label", "Share of units that need no computation of their own"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            const auto primary = parameters.integer("primary");
            if (primary >= std::ssize(setting.tasks))
              fail("model.primary: {} is above {}, the number of the last task", primary,
                   std::ssize(setting.tasks) - 1);
            return std::make_unique<ComputationSharing>(parameters, static_cast<size_t>(primary),
                                                        setting);
          }};
}

}  // namespace eq::model
