#include "core/metric/classes/robust_accuracy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

class RobustAccuracy : public Metric {
 public:
  explicit RobustAccuracy(const Parameters& parameters) {
    attackFrom(parameters, "robust_accuracy");
  }

  void check(const Batch& batch) const override { checkClasses(batch, "robust_accuracy"); }

  void add(const Batch& batch) override {
    const Decisions decisions = decide(batch);
    const auto right = (decisions.predicted == decisions.target) & decisions.valid;
    addTo(rightAndValid_, at::stack({right.sum(), decisions.valid.sum()}));
  }

  nlohmann::json value() const override { return orNull(meanOf(rightAndValid_)); }

 private:
  at::Tensor rightAndValid_;  ///< int64 [2], on the batches' device
};

std::optional<double> limitOf(const Parameters& parameters, const char* name) {
  if (parameters.isNull(name)) return std::nullopt;
  return parameters.number(name);
}

}  // namespace

std::vector<ParameterSpec> attackParameters(std::int64_t steps) {
  std::vector<ParameterSpec> specs{
      ParameterSpec::number(
          "eps", 0.1,
          "ε: most that any input is moved by, in its own unit: that of the data, "
          "before they are scaled")
          .above(0),
      ParameterSpec::number("step_size", 0.02, "How far a step of the attack moves each input")
          .above(0),
      ParameterSpec::integer("steps", steps,
                             "Steps of the attack; each costs a forward and a backward pass")
          .from(1)
          .to(1000),
      ParameterSpec::number("lowest", 0, "No input is moved below it, likewise; null: no limit")
          .orNull(),
      ParameterSpec::number("highest", 0, "No input is moved above it, likewise; null: no limit")
          .orNull()};
  for (auto& spec : specs)
    if (spec.nullable) spec.defaultValue = nullptr;
  return specs;
}

Attack attackFrom(const Parameters& parameters, const std::string& path) {
  Attack attack{parameters.number("eps"), parameters.number("step_size"),
                parameters.integer("steps"), limitOf(parameters, "lowest"),
                limitOf(parameters, "highest")};
  if (attack.lowest && attack.highest && *attack.lowest >= *attack.highest)
    fail("{}.lowest: must be below highest, {}, found {}", path, *attack.highest, *attack.lowest);
  return attack;
}

bool readsAttacked(const Descriptor& metric) {
  return metric.traits.value("attack", false);
}

CatalogRow<Metric> robustAccuracyRow() {
  auto descriptor = describeClasses(
      "robust_accuracy", "Robust accuracy",
      "Share of right decisions under an attack (PGD) that moves every example against the task's "
      "own network. An evaluation takes `steps` forward and backward passes more over the split.",
      "Σ 1{argmax z(x_T) = y} / N; x_0 = x + U(−ε, ε), x_{t+1} = Π(x_t + step_size · sign ∇CE)",
      "A. Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018",
      "max");
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::ordinal};
  descriptor.parameters = attackParameters(20);
  descriptor.traits["attack"] = true;
  return rowOf<RobustAccuracy>(descriptor);
}

}  // namespace eq::metric
