#include "core/train/scheme/order_matters.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/phases.h"
#include "core/train/scheme/task_names.h"

namespace eq::train {
namespace {

class OrderMatters : public Phased {
 public:
  OrderMatters(const Parameters& parameters, const SchemeSetting& setting)
      : first_(tasksNamed(parameters.at("first"), setting, "first")),
        steps_(parameters.integer("steps")) {
    if (std::count(first_.begin(), first_.end(), 1) == 0)
      fail("{}.first: expected at least one task, found []", setting.path);
  }

  std::vector<std::string> between(RunParts& parts) override {
    Phased::between(parts);
    if (together_ || stepsDone(parts) < steps_) return {};
    together_ = true;
    parts.optimizer = makeOptimizer(parts.experiment, *parts.model);
    return {"all tasks from here on; the optimizer and the schedule begin anew"};
  }

  StepChoice beforeForward(const RunParts&, StepChoice choice) override {
    for (size_t k = 0; !together_ && k < choice.tasks.size(); ++k) choice.tasks[k] &= first_[k];
    return choice;
  }

  std::int64_t scheduleStart() const override { return together_ ? begun() + steps_ : 0; }
  std::int64_t scheduleSteps(const RunParts& parts) const override {
    return together_ ? Phased::scheduleSteps(parts)
                     : std::min(parts.totalSteps(), std::max<std::int64_t>(0, begun()) + steps_);
  }

  nlohmann::json state() const override {
    auto state = Phased::state();
    state["together"] = together_;
    return state;
  }
  void restore(const nlohmann::json& state) override {
    Phased::restore(state);
    together_ = state.at("together").get<bool>();
  }

 private:
  std::vector<char> first_;
  std::int64_t steps_;
  bool together_ = false;
};

}  // namespace

SchemeRow orderMattersRow() {
  Descriptor descriptor;
  descriptor.id = "order_matters";
  descriptor.title = "Order matters";
  descriptor.summary =
      "Tasks with many examples alone for so many steps, then all; the optimizer and the schedule "
      "of the learning rate begin anew there, each part with a schedule of its own length.";
  descriptor.formula = "tasks first for t < steps, then all with fresh moments, η(t − steps)";
  descriptor.citation =
      "Choi et al., Order Matters in the Presence of Dataset Imbalance for Multilingual Learning, "
      "NeurIPS 2023";
  descriptor.parameters = {
      taskListParameter("first", "Names of the tasks that are trained alone first"),
      ParameterSpec::integer("steps", 1, "How long").from(1).in("steps").needed()};
  descriptor.traits = {{"kind", "W"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<OrderMatters>(parameters, setting);
          }};
}

}  // namespace eq::train
