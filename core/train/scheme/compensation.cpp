#include "core/train/scheme/compensation.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"

namespace eq::train {
namespace {

constexpr double kShareOfNewest = 0.1;

class Compensation : public Scheme {
 public:
  explicit Compensation(const SchemeSetting& setting) : means_(setting.tasks.size()) {
    bool any = false;
    for (size_t k = 0; k < setting.tasks.size(); ++k)
      any = any || isWeighted(setting.tasks[k], setting.experiment.tasks[k].loss);
    if (!any)
      fail(
          "{}.id: compensation weighs the examples of classes, and no task has classes and a loss "
          "with a value of every example; choose another scheme",
          setting.path);
  }

  at::Tensor lossOf(const RunParts& parts, size_t k, const loss::Batch& batch,
                    const loss::Value& value) override {
    const auto& task = parts.tasks[k].info();
    if (!hasClasses(task.kind) || !value.perSample.defined()) return value.value;
    const auto logits = parts.tasks[k].loss().decode(batch);
    if (!logits.defined()) return value.value;
    const auto weights = weightsOf(k, task, logits, batch.target);
    // The loss is a constant times the sum of its examples; the constant is that of its reduction.
    const auto sum = value.perSample.sum();
    const auto scale = at::where(sum == 0, at::ones_like(sum), value.value / sum).detach();
    return (value.perSample * weights).sum() * scale;
  }
  bool readsExamples() const override { return true; }

  std::map<std::string, at::Tensor> tensors() const override {
    std::map<std::string, at::Tensor> all;
    for (size_t k = 0; k < means_.size(); ++k)
      if (means_[k].defined()) all[fmt::format("means.{}", k)] = means_[k];
    return all;
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    for (size_t k = 0; k < means_.size(); ++k) {
      const auto found = tensors.find(fmt::format("means.{}", k));
      means_[k] = found == tensors.end() ? at::Tensor() : found->second;
    }
  }

 private:
  static bool isWeighted(const TaskInfo& task, const MethodSpec& spec) {
    return hasClasses(task.kind) && loss::catalog().contains(spec.id) &&
           !loss::catalog().descriptor(spec.id).traits.value("coupled", false);
  }

  /// [N] of the examples, after their classes' means have taken the batch in.
  at::Tensor weightsOf(size_t k, const TaskInfo& task, const at::Tensor& logits,
                       const at::Tensor& target) {
    const at::NoGradGuard noGradients;
    const auto classes = task.kind == TaskKind::binary ? 2 : task.width;
    const auto rows = logits.dim() == 1 ? at::stack({at::zeros_like(logits), logits}, 1) : logits;
    const auto labels = target.to(at::kLong);
    const auto valid = labels >= 0;
    const auto places = at::where(valid, labels, at::zeros_like(labels));
    // The gradient in the output of the true class is p − 1.
    const auto sizes = 1 - at::log_softmax(rows, 1).gather(1, places.unsqueeze(1)).squeeze(1).exp();
    const auto counted = at::where(valid & at::isfinite(sizes), 1, 0).to(sizes.scalar_type());
    auto& means = means_[k];
    if (!means.defined()) means = at::zeros({2, classes}, sizes.options());
    const auto empty = at::zeros({classes}, sizes.options());
    const auto counts = empty.index_add(0, places, counted);
    const auto sums =
        empty.index_add(0, places, at::where(counted > 0, sizes, at::zeros_like(sizes)));
    const auto fresh = sums / at::where(counts > 0, counts, at::ones_like(counts));
    const auto moved =
        at::where(means[1] > 0, means[0] * (1 - kShareOfNewest) + fresh * kShareOfNewest, fresh);
    means[0].copy_(at::where(counts > 0, moved, means[0]));
    means[1].copy_(at::where(counts > 0, at::ones_like(counts), means[1]));
    const auto mean = means[0].sum() / means[1].sum();
    const auto ofClass = at::where(mean > 0, means[0] / mean, at::ones_like(means[0]));
    return ofClass.index_select(0, places);
  }

  std::vector<at::Tensor> means_;  ///< [K] of [2, classes]: the mean size, and 1 once it was seen
};

}  // namespace

SchemeRow compensationRow() {
  Descriptor descriptor;
  descriptor.id = "compensation";
  descriptor.title = "Gradient compensation";
  descriptor.summary =
      "An example weighs as much as the gradients of its class are large, against the mean over "
      "the classes of its task, so that classes that lag behind catch up. A running mean of "
      "|p − 1| in the output of the true class is kept a class, with a tenth of the newest. The "
      "losses in the record are without these weights; tasks without classes are left alone.";
  descriptor.formula = "w_i = m_{y_i}/mean_c m_c; m_c ← 0.9 m_c + 0.1 mean_{y_i = c} |p_{y_i} − 1|";
  descriptor.citation = "Dong et al., Federated Class-Incremental Learning, CVPR 2022";
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<Compensation>(setting);
          }};
}

}  // namespace eq::train
