#include "core/train/scheme/one_by_one.h"

#include <algorithm>
#include <utility>

#include "core/base/random.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/phases.h"

namespace eq::train {
namespace {

/// The run in as many equal phases as there are tasks: in each the next task comes in.
class OneByOne : public Phased {
 public:
  explicit OneByOne(const SchemeSetting& setting) {
    for (const auto& task : setting.tasks) names_.push_back(task.name);
  }

  std::vector<std::string> between(RunParts& parts) override {
    Phased::between(parts);
    const auto now = phase(parts);
    if (now == told_) return {};
    told_ = now;
    return {"now " + names_[now]};
  }

  nlohmann::json state() const override {
    auto state = Phased::state();
    state["told"] = told_ < names_.size() ? nlohmann::json(told_) : nlohmann::json();
    return state;
  }
  void restore(const nlohmann::json& state) override {
    Phased::restore(state);
    const auto& told = state.at("told");
    told_ = told.is_null() ? names_.size() : told.get<size_t>();
  }

 protected:
  size_t phase(const RunParts& parts) const {
    const auto count = static_cast<double>(names_.size());
    return std::min(names_.size() - 1, static_cast<size_t>(shareDone(parts) * count));
  }

 private:
  std::vector<std::string> names_;
  size_t told_ = static_cast<size_t>(-1);  ///< the phase that was told
};

class Sequential : public OneByOne {
 public:
  using OneByOne::OneByOne;

  /// What former tasks own gets no gradient any more, so it stays as it is; so does what the model
  /// has for them among the shared parameters.
  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    const auto now = phase(parts);
    choice.resting.assign(parts.model->parameters().infos().size(), 0);
    for (const auto index : parts.model->settledBefore(now)) choice.resting[index] = 1;
    for (size_t k = 0; k < choice.tasks.size(); ++k) choice.tasks[k] &= k == now;
    return choice;
  }
};

class CurriculumMixed : public OneByOne {
 public:
  explicit CurriculumMixed(const SchemeSetting& setting)
      : OneByOne(setting), seed_(setting.experiment.seed) {}

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    const auto now = phase(parts);
    std::vector<size_t> open;
    for (size_t k = 0; k <= now; ++k)
      if (choice.tasks[k]) open.push_back(k);
    choice.tasks.assign(choice.tasks.size(), 0);
    if (open.empty()) return choice;
    RandomStream stream(
        deriveSeed(seed_, "scheme", static_cast<std::uint64_t>(parts.progress.steps)));
    choice.tasks[open[stream.below(open.size())]] = 1;
    return choice;
  }

 private:
  std::uint64_t seed_;
};

Descriptor describeOneByOne(const std::string& id, const std::string& title,
                            const std::string& summary, const std::string& formula,
                            const std::string& citation) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.traits = {{"kind", "W"}};
  return descriptor;
}

}  // namespace

SchemeRow sequentialRow() {
  return {describeOneByOne(
              "sequential", "One task after another",
              "Each task alone for an equal part of the run, in the order of the experiment; what "
              "former tasks own stays as it is then; the shared parameters go on, but for those "
              "that the "
              "model has for former tasks.",
              "task ⌊t K/T⌋ + 1 at step t", "Standard"),
          [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<Sequential>(setting);
          }};
}

SchemeRow curriculumMixedRow() {
  auto descriptor = describeOneByOne(
      "curriculum_mixed", "Mixed curriculum",
      "One task a step: in as many equal phases as there are tasks, each opens the next one, in "
      "the order of the experiment, and those that are open are drawn evenly.",
      "uniform over tasks 1..⌊t K/T⌋ + 1 at step t",
      "Bhasin et al., How does Multi-Task Training Affect Transformer In-Context Capabilities?, "
      "2024");
  descriptor.traits["random"] = true;
  return {descriptor, [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<CurriculumMixed>(setting);
          }};
}

}  // namespace eq::train
