#include "core/train/scheme/curriculum_competence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/train/evaluator.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/phases.h"

namespace eq::train {
namespace {

/// Examples of a batch that are kept at the least: losses that compare some need two.
constexpr size_t kFewest = 2;

constexpr const char* kNeedsExamples =
    "curriculum_competence reads the loss of every example, and those of all tasks are of whole "
    "batches; choose another scheme or another loss";

/// Where each value stands among all, in (0, 1]; of equal ones the first is the lowest.
std::vector<double> positions(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> found(values.size());
  for (size_t i = 0; i < order.size(); ++i)
    found[order[i]] = static_cast<double>(i + 1) / static_cast<double>(order.size());
  return found;
}

/// [N] the loss of every training example, on the host; empty where the loss has no such values.
std::vector<double> lossesOfExamples(const RunParts& parts, size_t k) {
  const at::NoGradGuard noGradients;
  std::vector<at::Tensor> found;
  const auto read = [&](const at::Tensor& rows, const std::vector<model::HeadOutput>& outputs) {
    const auto batch = parts.tasks[k].batch(parts.problem.train, rows, outputs[k]);
    found.push_back(parts.tasks[k].loss().evaluate(batch, true).perSample);
  };
  forEachChunk(
      parts.problem.train, [&](const at::Tensor& inputs) { return predict(parts, inputs); }, read);
  if (!found.front().defined()) return {};
  const auto host = at::cat(found).to(at::kCPU, at::kDouble).contiguous();
  const auto* first = host.const_data_ptr<double>();
  return {first, first + host.numel()};
}

class CurriculumCompetence : public Phased {
 public:
  CurriculumCompetence(const Parameters& parameters, const SchemeSetting& setting)
      : start_(parameters.number("start")) {
    const auto& tasks = setting.experiment.tasks;
    if (std::all_of(tasks.begin(), tasks.end(), [](const TaskSpec& task) {
          return loss::catalog().contains(task.loss.id) &&
                 loss::catalog().descriptor(task.loss.id).traits.value("coupled", false);
        }))
      fail("{}.id: {}", setting.path, kNeedsExamples);
  }

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    if (difficulty_.empty() || parts.sampler->atEpochStart()) measure(parts);
    const double share = shareDone(parts);
    const double competence =
        std::min(1.0, std::sqrt(share * (1 - start_ * start_) + start_ * start_));
    const auto batch = parts.sampler->hostIndices();
    std::vector<double> hardness;
    for (const auto row : batch) hardness.push_back(difficulty_[static_cast<size_t>(row)]);
    auto bound = hardness;
    std::sort(bound.begin(), bound.end());
    const double least = bound[std::min(kFewest, bound.size()) - 1];
    std::vector<std::int64_t> kept;
    for (size_t i = 0; i < batch.size(); ++i)
      if (hardness[i] <= std::max(competence, least)) kept.push_back(batch[i]);
    if (kept.size() < batch.size()) choice.examples = std::move(kept);
    return choice;
  }

  std::map<std::string, at::Tensor> tensors() const override {
    if (difficulty_.empty()) return {};
    return {{"difficulty", at::tensor(difficulty_, at::kDouble)}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    difficulty_.clear();
    const auto found = tensors.find("difficulty");
    if (found == tensors.end()) return;
    const auto host = found->second.to(at::kCPU, at::kDouble).contiguous();
    const auto* first = host.const_data_ptr<double>();
    difficulty_.assign(first, first + host.numel());
  }

 private:
  /// Where the examples stand now: the mean position over the tasks, and the position of that.
  void measure(const RunParts& parts) {
    std::vector<double> sums(static_cast<size_t>(parts.problem.train.size()), 0);
    bool any = false;
    for (size_t k = 0; k < parts.tasks.size(); ++k) {
      if (!parts.experiment.tasks[k].enabled) continue;
      auto losses = lossesOfExamples(parts, k);
      if (losses.empty()) continue;
      any = true;
      for (auto& loss : losses)
        if (std::isnan(loss)) loss = std::numeric_limits<double>::infinity();
      const auto found = positions(losses);
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += found[i];
    }
    if (!any) fail("scheme: {}", kNeedsExamples);
    difficulty_ = positions(sums);
  }

  double start_;
  std::vector<double> difficulty_;  ///< [N] in (0, 1]: the share of examples that are not harder
};

}  // namespace

SchemeRow curriculumCompetenceRow() {
  Descriptor descriptor;
  descriptor.id = "curriculum_competence";
  descriptor.title = "Competence curriculum";
  descriptor.summary =
      "Of every batch the examples that are easy enough, more of them as the training goes on. How "
      "hard an example is, is measured at the beginning of every epoch: where its loss stands "
      "among those of all training examples, the mean over the tasks.";
  descriptor.formula =
      "examples with F(difficulty) ≤ c(t) = min(1, √(t (1 − c₀²)/T + c₀²)), two at the least";
  descriptor.citation =
      "Platanios et al., Competence-based Curriculum Learning for Neural Machine Translation, "
      "NAACL 2019";
  descriptor.parameters = {
      ParameterSpec::number("start", 0.1, "c₀: the share of examples that is used at first")
          .above(0)
          .to(1)};
  descriptor.traits = {{"kind", "W"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<CurriculumCompetence>(parameters, setting);
          }};
}

}  // namespace eq::train
