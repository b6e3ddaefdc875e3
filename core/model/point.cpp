#include "core/model/point.h"

#include <ATen/ops/tensor.h>

#include "core/base/error.h"

namespace eq::model {
namespace {

class Point : public Model {
 public:
  explicit Point(const Setting& setting) : Model(setting), objective_(setting.objective) {
    parameters_.add("trunk.x", at::tensor(setting.start, at::kDouble), kTrunk);
    parameters_.allocate(setting.type);
  }

  at::Tensor trunk(const at::Tensor&, const Pass&) const override {
    return parameters_.tensor(0).unsqueeze(0);
  }

  void back(const Tape&, const at::Tensor& representation, ParameterSink& sink,
            bool) const override {
    sink.formed(0, representation.flatten(1));
  }

  HeadOutput head(size_t task, const at::Tensor& representation, const Pass&) const override {
    const auto index = static_cast<std::int64_t>(task);
    return {objective_(representation.squeeze(0)).narrow(0, index, 1), {}};
  }

  bool tracesTrunk() const override { return true; }
  std::vector<size_t> trunkUses() const override { return {0}; }

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
