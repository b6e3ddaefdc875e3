#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::loss {

/// A line through the space of predictions on which losses are drawn (sheet, section 0.2).
struct CurveAxis {
  std::string id;               ///< as in the descriptors' trait "slices"
  std::string title;            ///< "Effective margin M"
  std::string doc;              ///< how the prediction follows from x
  double lower = 0, upper = 1;  ///< usual range
};

/// Every axis, the effective margin first.
const std::vector<CurveAxis>& curveAxes();
/// \throws Error when there is no such axis.
const CurveAxis& curveAxis(const std::string& id);

/// What is drawn of a loss.
struct CurveRequest {
  std::string id;
  nlohmann::json params = nlohmann::json::object();
  std::string axis = "margin";
  double lower = -8, upper = 8;
  int points = 1000;         ///< 200 for a loss that is coupled over the batch
  std::int64_t classes = 3;  ///< C of losses over classes
  std::int64_t target = 0;   ///< the true class or rank; on the axis `logit`: 1 or 0
  double level = 0;          ///< of the other logits on the axis `raw`
  bool operator==(const CurveRequest&) const = default;
};

/// L(x) of one sample, and dL/dx by automatic differentiation of the same code that trains, in
/// float64.
struct Curve {
  std::vector<double> x, value, slope;
};

/// Whether the loss says that it can be drawn on the axis.
bool drawableOn(const std::string& id, const std::string& axis);

/// \throws Error when the loss cannot be drawn on the axis, or its parameters do not fit.
Curve sampleCurve(const CurveRequest& request);

/// A loss of three classes over the simplex of probabilities.
struct SimplexPoint {
  std::array<double, 3> p;
  double value = 0;
  std::array<double, 3> descent;  ///< dp/dt of gradient flow on the logits: -(diag p - p pᵀ) ∂L/∂z
};

/// The interior points with coordinates k / resolution; logits are log p. \throws Error as
/// sampleCurve.
std::vector<SimplexPoint> sampleSimplex(const std::string& id, const nlohmann::json& params,
                                        std::int64_t target, int resolution);

}  // namespace eq::loss
