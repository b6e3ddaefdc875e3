#include "core/train/scheme/maml_mtl.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

/// Of a finite difference, over the length of its direction.
constexpr double kReach = 0.01;

class MamlMtl : public Scheme {
 public:
  MamlMtl(const Parameters& parameters, const SchemeSetting& setting)
      : inner_(parameters.number("inner")), second_(parameters.text("order") == "second") {
    requireRowsOfOneBatch(setting, "maml_mtl");
    if (setting.experiment.batchSize < 2)
      fail("{}.id: maml_mtl cuts every batch in two; set batch_size to 2 or more, found {}",
           setting.path, setting.experiment.batchSize);
  }

  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double rate) override {
    const auto count = pass.examples.size(0);
    const auto inner = std::clamp<std::int64_t>(std::llround(inner_ * static_cast<double>(count)),
                                                1, std::max<std::int64_t>(1, count - 1));
    const at::NoGradGuard noGradients;
    const auto& infos = parts.model->parameters().infos();
    const auto columns = sharedColumns(parts);
    TaskRows rows{at::zeros_like(parts.model->parameters().values())
                      .narrow(0, 0, columns)
                      .repeat({std::ssize(parts.tasks), 1}),
                  gradient::Gradients(infos.size())};
    for (size_t k = 0; k < pass.active.size(); ++k) {
      if (!pass.active[k]) continue;
      const auto found = outer(parts, pass, k, inner, rate);
      rows.shared[static_cast<std::int64_t>(k)].copy_(found.narrow(0, 0, columns));
      for (size_t i = 0; i < infos.size(); ++i)
        if (infos[i].block.owner == static_cast<std::int64_t>(k))
          rows.own[i] = found.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
    }
    return rows;
  }

 private:
  /// The gradient of task k's loss on the outer examples at θ − η ∇L_k(inner), flat.
  at::Tensor outer(RunParts& parts, const BatchPass& pass, size_t k, std::int64_t inner,
                   double rate) const {
    const auto gradientAt = [&](const at::Tensor& offset, std::int64_t first, std::int64_t count) {
      const Perturbed elsewhere(*parts.model, offset);
      return flat(*parts.model, gradientsOfTask(parts, pass, k, first, count));
    };
    const auto nowhere = at::zeros_like(parts.model->parameters().values());
    const auto step = gradientAt(nowhere, 0, inner) * -rate;
    auto found = gradientAt(step, inner, -1);
    if (!second_) return found;
    // ∇²L v by a central difference.
    const auto reach = kReach / at::clamp_min(found.norm(), 1e-12);
    const auto ahead = gradientAt(found * reach, 0, inner);
    const auto behind = gradientAt(found * -reach, 0, inner);
    return found - (ahead - behind) / (2 * reach) * rate;
  }

  double inner_;
  bool second_;
};

}  // namespace

SchemeRow mamlMtlRow() {
  Descriptor descriptor;
  descriptor.id = "maml_mtl";
  descriptor.title = "Two-step MAML-MTL";
  descriptor.summary =
      "Each task takes a step of its own on the first part of the batch; the update comes from the "
      "gradients on the rest, where that led. Losses in the record are those of the whole batch "
      "before. Order second takes the curvature by a central difference of gradients: two more "
      "passes a task.";
  descriptor.formula =
      "θ'_k = θ − η ∇L_k(θ; inner); g_k = ∇L_k(θ'_k; outer), second: (1 − η ∇²L_k(θ; inner)) times "
      "it; the balancer reads the g_k";
  descriptor.citation =
      "Aoki, Tung and Oliveira, Heterogeneous Multi-task Learning with Expert "
      "Diversity (MMoEEx), 2020";
  descriptor.parameters = {
      ParameterSpec::number("inner", 0.8, "Share of the batch for the tasks' own steps")
          .above(0)
          .below(1),
      ParameterSpec::choice("order", "first", {"first", "second"},
                            "Whether the update sees through the tasks' own steps")};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<MamlMtl>(parameters, setting);
          }};
}

}  // namespace eq::train
