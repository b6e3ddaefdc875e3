#include "core/train/scheme/curriculum_entropy.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/drawn_task.h"

namespace eq::train {
namespace {

/// Mean over the batch of the entropy of the predicted classes, over that of an even guess.
at::Tensor normalisedEntropy(at::Tensor logits) {
  // One logit is that of the second of two classes.
  if (logits.dim() == 1) logits = at::stack({at::zeros_like(logits), logits}, 1);
  const auto logs = at::log_softmax(logits.to(at::kDouble), 1);
  return (logs.exp() * logs).sum(1).mean() / -std::log(static_cast<double>(logits.size(1)));
}

class CurriculumEntropy : public DrawnTask {
 public:
  explicit CurriculumEntropy(const SchemeSetting& setting) : DrawnTask(setting) {
    for (const auto& task : setting.tasks)
      if (!hasClasses(task.kind))
        fail(
            "{}.id: curriculum_entropy reads how sure predictions of classes are, and {} is {}; "
            "choose another scheme or leave the task out",
            setting.path, task.name, toText(task.kind));
  }

 private:
  std::vector<double> rates(const RunParts& parts, const std::vector<char>& available) override {
    const at::NoGradGuard noGradients;
    const auto& train = parts.problem.train;
    const auto rows = parts.sampler->indices();
    const auto outputs = predict(parts, train.inputs.index_select(0, rows));
    std::vector<at::Tensor> entropies;
    for (size_t k = 0; k < outputs.size(); ++k) {
      const auto batch = parts.tasks[k].batch(train, rows, outputs[k]);
      const auto decoded = parts.tasks[k].loss().decode(batch);
      if (!decoded.defined())
        fail("curriculum_entropy: the loss of {} makes predictions that are no classes",
             parts.tasks[k].info().name);
      entropies.push_back(normalisedEntropy(decoded));
    }
    const auto host = at::stack(entropies).to(at::kCPU);
    const auto* first = host.const_data_ptr<double>();
    std::vector<double> found(first, first + host.numel());
    for (size_t k = 0; k < found.size(); ++k)
      if (!available[k] || !std::isfinite(found[k])) found[k] = 0;
    return found;
  }
};

}  // namespace

SchemeRow curriculumEntropyRow() {
  return {drawnTaskDescriptor(
              "curriculum_entropy", "Uncertainty sampling",
              "One task a step, the one whose classes the model is least sure of most often: all "
              "tasks predict the batch first, without dropout.",
              "p_k ∝ mean over the batch of H(ŷ_k)/log C_k",
              "Pilault et al., Conditionally Adaptive Multi-Task Learning (CA-MTL), ICLR 2021"),
          [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<CurriculumEntropy>(setting);
          }};
}

}  // namespace eq::train
