#include "core/balance/rows/graddrop.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "core/balance/row_method.h"
#include "core/base/random.h"

namespace eq::balance {
namespace {

class GradDrop : public RowMethod {
 public:
  GradDrop(const Parameters& parameters, const Setting& setting)
      : RowMethod(parameters, setting, Scale::sum),
        leak_(perTask(parameters, "leak", setting)),
        seed_(setting.seed) {}

  nlohmann::json state() const override { return {{"draws", draws_}}; }
  void restore(const nlohmann::json& state) override {
    draws_ = state.at("draws").get<std::uint64_t>();
  }

 private:
  at::Tensor combine(const Step& step) override {
    const auto& rows = step.rows;
    const auto total = rows.abs().sum(0).clamp_min(std::numeric_limits<float>::min());
    const auto positive = rows.sum(0).div_(total).add_(1).mul_(0.5) > draws(rows[0]);
    const auto chosen = at::where(positive, rows > 0, rows < 0);
    const Eigen::VectorXd leak = pick(leak_, step.tasks);
    if ((leak.array() == 0).all()) return (rows * chosen).sum(0);
    const auto shares = at::tensor(std::vector<double>(leak.begin(), leak.end()), at::kDouble)
                            .to(rows.options())
                            .unsqueeze(1);
    return (rows * (shares + (1 - shares) * chosen)).sum(0);
  }

  /// U(0, 1) a coordinate, anew at every step; where the rows are.
  at::Tensor draws(const at::Tensor& like) {
    const auto seed = deriveSeed(seed_, "graddrop", draws_++);
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    if (!like.device().is_cpu()) {
      generator = at::globalContext().defaultGenerator(like.device()).clone();
      generator.set_current_seed(seed);
    }
    return at::empty_like(like).uniform_(0, 1, generator);
  }

  Eigen::VectorXd leak_;
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
};

}  // namespace

CatalogRow<Balancer, const Setting&> graddropRow() {
  Descriptor descriptor;
  descriptor.id = "graddrop";
  descriptor.title = "GradDrop";
  descriptor.summary =
      "A coordinate at a time, keeps the gradients of one sign, drawn by how much they agree; "
      "needs "
      "all gradients in full.";
  descriptor.formula =
      "P = ½(1 + Σg/Σ|g|);  d = Σ g∘1[g > 0] with probability P, else Σ g∘1[g < 0]";
  descriptor.citation =
      "Chen et al., Just Pick a Sign: Optimizing Deep Multitask Models with Gradient Sign Dropout, "
      "NeurIPS 2020";
  descriptor.parameters = withRowCommon(
      {ParameterSpec::numberOrList("leak", 0, "Share of a gradient that is never dropped")
           .from(0)
           .to(1)},
      Scale::sum);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}, {"random", true}, {"direction_only", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<GradDrop>(parameters, setting);
          }};
}

}  // namespace eq::balance
