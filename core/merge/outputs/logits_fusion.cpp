#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/merge/outputs/output_fields.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

Eigen::VectorXd logSoftmaxOf(const Eigen::VectorXd& logits) {
  const Eigen::VectorXd shifted = logits.array() - logits.maxCoeff();
  return shifted.array() - std::log(shifted.array().exp().sum());
}

/// KL(softmax(ln q + v) ‖ q), exact also where v is nearly constant: the sum of q (d eᵈ − eᵈ + 1),
/// no term of which is below 0, with d = ln p − ln q.
double shiftKl(const Eigen::VectorXd& logQ, const Eigen::VectorXd& v) {
  const double largest = v.maxCoeff();
  double below = 0;
  for (Eigen::Index i = 0; i < v.size(); ++i)
    below += std::exp(logQ[i]) * std::expm1(v[i] - largest);
  const Eigen::VectorXd moved = logQ + v;
  const double top = moved.maxCoeff();
  const double logSum = below > -0.5 ? largest + std::log1p(below)
                                     : top + std::log((moved.array() - top).exp().sum());
  double sum = 0;
  for (Eigen::Index i = 0; i < v.size(); ++i) {
    const double d = v[i] - logSum, q = std::exp(logQ[i]), p = std::exp(logQ[i] + d);
    sum += std::abs(d) < 1e-3 ? q * d * d * (0.5 + d * (1.0 / 3 + d * (0.125 + d / 30)))
                              : p * d - p + q;
  }
  return std::max(sum, 0.0);
}

/// Whether two rows of logits differ by a constant, up to rounding.
bool differsByConstant(const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
  const Eigen::VectorXd v = a - b;
  const double size = a.cwiseAbs().maxCoeff() + b.cwiseAbs().maxCoeff();
  return v.maxCoeff() - v.minCoeff() <= 4 * std::numeric_limits<double>::epsilon() * size;
}

/// The c in [0, highest] where KL along v is t; its upper end where that is not reached.
double rootAlong(const Eigen::VectorXd& logQ, const Eigen::VectorXd& v, double t, double highest) {
  if (shiftKl(logQ, highest * v) <= t) return highest;
  double low = 0, high = highest;
  for (double middle = high / 2; low < middle && middle < high; middle = low + (high - low) / 2)
    (shiftKl(logQ, middle * v) < t ? low : high) = middle;
  return high;
}

/// What one position asks.
struct Position {
  Eigen::VectorXd logLarge;
  Vectors shifts;               ///< ℓ_k − ℓ_S, 0 where constant
  std::vector<double> targets;  ///< t_k

  Eigen::VectorXd moved(const std::vector<double>& alpha) const {
    return weightedSum(shifts, alpha);
  }
};

Position positionOf(const Eigen::VectorXd& large, const Eigen::VectorXd& small,
                    const std::vector<RowMatrix>& experts, Eigen::Index row) {
  Position position{logSoftmaxOf(large), {}, {}};
  const auto logSmall = logSoftmaxOf(small);
  for (const auto& logits : experts) {
    const Eigen::VectorXd expert = logits.row(row);
    const bool constant = differsByConstant(expert, small);
    position.shifts.push_back(constant ? Eigen::VectorXd::Zero(small.size()).eval()
                                       : (expert - small).eval());
    position.targets.push_back(constant ? 0 : shiftKl(logSmall, position.shifts.back()));
  }
  return position;
}

class LogitsFusion : public MergeMethod {
 public:
  explicit LogitsFusion(const Parameters& parameters)
      : ray_(parameters.text("method") == "ray"),
        maximum_(parameters.number("maximum")),
        step_(parameters.number("step")) {}

 private:
  json answer(const json& input, std::uint64_t) const override {
    const auto large = readMatrix(neededField(input, "large"), "large");
    const auto small = readMatrix(neededField(input, "small"), "small");
    const auto experts = readMatrices(input, "experts");
    checkShape(small, large.rows(), large.cols(), "small");
    for (size_t k = 0; k < experts.size(); ++k)
      checkShape(experts[k], large.rows(), large.cols(), fmt::format("experts[{}]", k));
    checkGrid(experts.size(), large.rows());
    auto alphas = json::array(), probabilities = json::array(), targets = json::array();
    for (Eigen::Index n = 0; n < large.rows(); ++n) {
      const auto position = positionOf(large.row(n), small.row(n), experts, n);
      const auto alpha = ray_ ? alongRay(position) : overGrid(position);
      const Eigen::VectorXd p =
          logSoftmaxOf(position.logLarge + position.moved(alpha)).array().exp();
      alphas.push_back(alpha);
      probabilities.push_back(std::vector<double>(p.begin(), p.end()));
      targets.push_back(position.targets);
    }
    return {{"alpha", alphas}, {"probabilities", probabilities}, {"targets", targets}};
  }

  double gridSize() const { return std::floor(maximum_ / step_ + 1e-9) + 1; }

  void checkGrid(size_t experts, Eigen::Index positions) const {
    if (ray_) return;
    if (experts > 3) fail("experts: method grid takes 3 at most, found {}; ray takes any", experts);
    constexpr double kMost = 1e8;
    const double count =
        std::pow(gridSize(), static_cast<double>(experts)) * static_cast<double>(positions);
    if (count > kMost)
      fail(
          "logits_fusion.step: {} gives a grid of {:.3g} mixtures, above {:.0g}; take a larger one",
          step_, count, kMost);
  }

  std::vector<double> alongRay(const Position& position) const {
    std::vector<double> direction;
    double mean = 0;
    for (size_t k = 0; k < position.shifts.size(); ++k) {
      const double t = position.targets[k];
      const auto& shift = position.shifts[k];
      direction.push_back(t > 0 ? rootAlong(position.logLarge, shift, t, maximum_) : 0);
      mean += t / static_cast<double>(position.shifts.size());
    }
    const double largest = *std::max_element(direction.begin(), direction.end());
    if (largest == 0) return direction;
    const double c =
        rootAlong(position.logLarge, position.moved(direction), mean, maximum_ / largest);
    for (double& alpha : direction) alpha *= c;
    return direction;
  }

  std::vector<double> overGrid(const Position& position) const {
    const auto n = static_cast<std::int64_t>(gridSize());
    const auto experts = position.shifts.size();
    std::int64_t points = 1;
    for (size_t k = 0; k < experts; ++k) points *= n;
    std::vector<double> best(experts, 0.0);
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t point = 0; point < points; ++point) {
      std::vector<double> alpha(experts);
      auto rest = point;
      for (size_t k = experts; k-- > 0; rest /= n) alpha[k] = static_cast<double>(rest % n) * step_;
      const double found = objective(position, alpha);
      // What differs by rounding ties, and the first wins.
      if (found < least - 1e-9 * least - 1e-28 || point == 0) least = found, best = alpha;
    }
    return best;
  }

  static double objective(const Position& position, const std::vector<double>& alpha) {
    const double kl = shiftKl(position.logLarge, position.moved(alpha));
    double sum = 0;
    for (const double t : position.targets) sum += (kl - t) * (kl - t);
    return sum;
  }

  bool ray_;
  double maximum_, step_;
};

}  // namespace

MergeRows logitsFusionRows() {
  Descriptor descriptor;
  descriptor.id = "logits_fusion";
  descriptor.title = "Logits fusion";
  descriptor.summary =
      "A large model's logits are shifted as small experts shift those of their base (the "
      "objective "
      "and its ray are ours).";
  descriptor.formula = "P̃ = softmax(ℓ_L + Σ α_k (ℓ_k − ℓ_S)), KL(P̃ ‖ P_L) near KL(P_k ‖ P_S)";
  descriptor.citation =
      "Fan et al., On Giant's Shoulders: Effortless Weak to Strong by Dynamic Logits Fusion, "
      "NeurIPS "
      "2024";
  descriptor.parameters = {
      ParameterSpec::choice("method", "ray", {"ray", "grid"},
                            "Along the experts' own roots, or over all of a grid (3 experts)"),
      ParameterSpec::number("maximum", 2, "Largest α").above(0),
      ParameterSpec::number("step", 0.1, "Of the grid").above(0)};
  descriptor.inputs = {{"large", "[N, V]", "logits ℓ_L"},
                       {"small", "[N, V]", "logits ℓ_S of the experts' base"},
                       {"experts", "[K, N, V]", "logits ℓ_k"}};
  descriptor.traits = {{"data", "none"}};
  return {mergeRow<LogitsFusion>(std::move(descriptor))};
}

}  // namespace eq::merge
