#include "core/train/scheme/deep_safe_mtl.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/model/structure/deep_safe.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/phases.h"

namespace eq::train {
namespace {

constexpr double kShut = 100;                           // σ is 1, or nothing, there
const double kFirstGate = std::log((1 - 1e-3) / 1e-3);  // α = 1 - 1e-3

class DeepSafeMtl : public Phased {
 public:
  DeepSafeMtl(const Parameters& parameters, const SchemeSetting& setting)
      : individual_(parameters.text("mode") == "individual"),
        private_(parameters.number("private")),
        public_(parameters.number("public")) {
    if (setting.experiment.model.id != "deep_safe")
      fail("{}.id: deep_safe_mtl trains the parts of the model deep_safe, and this is {}",
           setting.path, setting.experiment.model.id);
    if (private_ + public_ >= 1)
      fail(
          "{}.public: {} and private, {}, are together the whole run or more; leave a share for "
          "the gates",
          setting.path, public_, private_);
  }

  std::vector<std::string> between(RunParts& parts) override {
    Phased::between(parts);
    if (!individual_ || phase(parts) == told_) return {};
    told_ = phase(parts);
    const double gates[] = {kShut, -kShut, kFirstGate};
    const char* lines[] = {"the private branches alone", "the public branch alone",
                           "the gates alone"};
    const at::NoGradGuard noGradients;
    for (const auto index : model::safePartsOf(*parts.model).gates)
      parts.model->parameters().tensor(index).fill_(gates[told_]);
    return {lines[told_]};
  }

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    if (!individual_) return choice;
    const auto safe = model::safePartsOf(*parts.model);
    choice.resting.assign(parts.model->parameters().infos().size(), 1);
    const auto& trained = told_ == 0 ? safe.ofPrivate : told_ == 1 ? safe.ofPublic : safe.gates;
    for (const auto index : trained) choice.resting[index] = 0;
    before_ = told_ == kGates ? gatesOf(parts, safe) : at::Tensor();
    return choice;
  }

  bool readsAgain() const override { return individual_; }

  /// A gate whose step has raised its task's loss on the batch goes back.
  void afterOptimizer(RunParts& parts, const BatchPass& pass) override {
    if (!before_.defined()) return;
    const at::NoGradGuard noGradients;
    const auto safe = model::safePartsOf(*parts.model);
    const auto after = lossesAgain(parts, pass);
    const auto good = at::where(after <= pass.losses, gatesOf(parts, safe), before_);
    for (size_t k = 0; k < safe.gates.size(); ++k)
      if (pass.active[k])
        parts.model->parameters()
            .tensor(safe.gates[k])
            .copy_(good[static_cast<std::int64_t>(k)].reshape({1}));
    before_.reset();
  }

  nlohmann::json state() const override {
    auto state = Phased::state();
    state["phase"] = told_;
    return state;
  }
  void restore(const nlohmann::json& state) override {
    Phased::restore(state);
    told_ = state.at("phase").get<int>();
  }

 private:
  static constexpr int kGates = 2;

  int phase(const RunParts& parts) const {
    const double share = shareDone(parts);
    if (share < private_) return 0;
    return share < private_ + public_ ? 1 : kGates;
  }

  /// [K]
  static at::Tensor gatesOf(const RunParts& parts, const model::SafeParts& safe) {
    std::vector<at::Tensor> gates;
    for (const auto index : safe.gates)
      gates.push_back(parts.model->parameters().tensor(index).detach().reshape({}));
    return at::stack(gates);
  }

  bool individual_;
  double private_, public_;
  int told_ = -1;      ///< the phase that was told
  at::Tensor before_;  ///< [K] gates before the step, while they are trained
};

}  // namespace

SchemeRow deepSafeMtlRow() {
  Descriptor descriptor;
  descriptor.id = "deep_safe_mtl";
  descriptor.title = "Deep safe learning";
  descriptor.summary =
      "For the model deep_safe: the private branches, then the public one, then the gates alone, "
      "from 0.999 for the private branches on; a step of a gate that raises its task's loss on the "
      "batch is taken back, so that no task ends above its own branch. Or all jointly, without "
      "that promise. The lengths of the phases are a choice here.";
  descriptor.formula = "α_k = 1, then 0, then σ(a_k) from 1 - 10⁻³; or all at once";
  descriptor.citation = "Yue et al., Deep safe multi-task learning, arXiv 2111.10601, 2021";
  descriptor.parameters = {
      ParameterSpec::choice("mode", "individual", {"individual", "joint"},
                            "One part after the other, or all at once"),
      ParameterSpec::number("private", 0.4, "Share of the run for the private branches")
          .above(0)
          .below(1),
      ParameterSpec::number("public", 0.4, "Share of the run for the public branch")
          .above(0)
          .below(1)};
  descriptor.traits = {{"kind", "W"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<DeepSafeMtl>(parameters, setting);
          }};
}

}  // namespace eq::train
