#include "core/model/low_rank/task_lora.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "core/model/initial_values.h"
#include "core/model/low_rank/low_rank_model.h"

namespace eq::model {
namespace {

class TaskLora : public LowRankModel {
 public:
  TaskLora(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/true), rank_(parameters.integer("rank")) {
    const auto rank = static_cast<double>(rank_);
    scale_ = parameters.isNull("alpha") ? 1 : parameters.number("alpha") / rank;
    LayerFactory factory(parameters_, setting.seed);
    addBase(factory, parameters, setting, "task_lora", [](const AdaptedLayer&) {});
    factors_.resize(taskCount());
    for (size_t k = 0; k < taskCount(); ++k)
      for (const auto& layer : adapted()) addFactors(k, layer, setting.seed);
    addHeadsAndAllocate(factory, parameters, setting);
  }

 protected:
  at::Tensor addition(size_t layer, size_t task, const at::Tensor& x, const at::Tensor&,
                      const Pass& pass) const override {
    const auto& [down, up] = factors_[task][layer];
    const auto &a = parameters_.tensor(down), &b = parameters_.tensor(up);
    if (pass.multiplyAdds) *pass.multiplyAdds += x.size(0) * (a.numel() + b.numel());
    return x.mm(a).mm(b) * scale_;
  }

 private:
  struct Factors {
    size_t down = 0, up = 0;  ///< A [in, r] and B [r, out] in the buffer
  };

  void addFactors(size_t task, const AdaptedLayer& layer, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto name = block.name + "." + layer.number() + ".lora.";
    const double bound = 1 / std::sqrt(static_cast<double>(layer.inputs));
    const auto a = uniformByName(seed, name + "a", {layer.inputs, rank_}, bound);
    const auto down = parameters_.add(name + "a", a, block);
    const auto b = at::zeros({rank_, layer.outputs}, a.options());
    factors_[task].push_back({down, parameters_.add(name + "b", b, block)});
  }

  std::int64_t rank_;
  double scale_ = 1;
  std::vector<std::vector<Factors>> factors_;  ///< [task][layer]
};

}  // namespace

CatalogRow<Model, const Setting&> taskLoraRow() {
  Descriptor descriptor;
  descriptor.id = "task_lora";
  descriptor.title = "Low-rank adaptation a task";
  descriptor.summary =
      "A base network that all tasks share; to each of its full layers every task adds a product "
      "of two thin matrices of its own, which begins at zero.";
  descriptor.formula = "h_k = φ(W x_k + b + (α/r) B_k A_k x_k); ŷ_k = V_k z_k + c_k";
  descriptor.citation =
      "Hu et al., LoRA: low-rank adaptation of large language models, ICLR 2022; here an "
      "adaptation "
      "for every task, beside a base that learns too";
  auto alpha = ParameterSpec::number(
                   "alpha", 1, "What is added is multiplied by α / r; null: by 1, α is the rank")
                   .above(0)
                   .orNull();
  alpha.defaultValue = nullptr;
  descriptor.parameters = withBase(
      {ParameterSpec::integer("rank", 4, "r: columns of each thin matrix").from(1).to(65536), alpha,
       trainBaseSpec()});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<TaskLora>(parameters, setting);
          }};
}

}  // namespace eq::model
