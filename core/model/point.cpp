#include "core/model/point.h"

#include <ATen/ops/tensor.h>

#include "core/base/error.h"

namespace eq::model {
namespace {

class Point : public Model {
 public:
  explicit Point(const Setting& setting) : Model(setting), objective_(setting.objective) {
    parameters_.add("trunk.x", at::tensor(setting.start, at::kDouble), Block());
    parameters_.allocate(setting.type);
  }

  std::vector<at::Tensor> represent(const at::Tensor&, const Pass&) const override {
    return {parameters_.tensor(0).unsqueeze(0)};
  }

  void back(const Tape&, std::vector<Stack> representations, ParameterSink& sink,
            bool) const override {
    const auto& [losses, gradients] = representations.front();
    sink.losses(losses);
    sink.formed(0, gradients.flatten(1));
  }

  HeadOutput head(size_t task, const std::vector<at::Tensor>& read, const Pass&) const override {
    const auto index = static_cast<std::int64_t>(task);
    return {objective_(read.front().squeeze(0)).narrow(0, index, 1), {}};
  }

  bool leavesTraces() const override { return true; }
  std::vector<size_t> uses() const override { return {0}; }

 private:
  std::function<at::Tensor(const at::Tensor&)> objective_;
};

}  // namespace

CatalogRow<Model, const Setting&> pointRow() {
  Descriptor descriptor;
  descriptor.id = "point";
  descriptor.title = "A point";
  descriptor.summary = "The variables of an analytic problem, optimised directly.";
  descriptor.formula = "L_k = f_k(x)";
  descriptor.citation = "Liu et al., CAGrad, NeurIPS 2021 (the two-variable problem)";
  return {descriptor, [](const Parameters&, const Setting& setting) -> std::unique_ptr<Model> {
            if (!setting.objective)
              fail("model.id: point needs an analytic problem such as two_valleys; use mlp or cnn");
            return std::make_unique<Point>(setting);
          }};
}

}  // namespace eq::model
