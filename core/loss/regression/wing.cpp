#include "core/loss/regression/wing.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "core/loss/regression_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Wing : public ElementLoss {
 public:
  explicit Wing(const Parameters& parameters)
      : ElementLoss("wing", parameters),
        width_(parameters.number("width")),
        curvature_(parameters.number("curvature")),
        offset_(width_ - width_ * std::log1p(width_ / curvature_)) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto size = (prediction - target).abs();
    return at::where(size < width_, (size / curvature_).log1p() * width_, size - offset_);
  }

  double width_, curvature_;
  double offset_;  ///< joins both pieces
};

}  // namespace

CatalogRow<Loss> wingRow() {
  return rowOf<Wing>(regressionDescriptor(
      "wing", "Wing loss",
      "Logarithmic for small errors, which then pull hard, and absolute for large ones.",
      "L = w ln(1 + |r|/ε) where |r| < w, else |r| − w + w ln(1 + w/ε)",
      "Feng et al., Wing Loss for Robust Facial Landmark Localisation, CVPR 2018, arXiv:1711.06753",
      {ParameterSpec::number("width", 10, "w: error up to which it is logarithmic").above(0),
       ParameterSpec::number("curvature", 2, "ε: the slope at 0 is w/ε").above(0)}));
}

}  // namespace eq::loss
