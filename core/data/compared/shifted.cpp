#include "core/data/shifted.h"

#include <algorithm>
#include <cmath>

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/compared_tasks.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

using Numbers = std::vector<double>;

/// The curve that is to be learned.
double shiftedCurve(double x) {
  return std::sin(2.5 * x) + 0.3 * x;
}

struct ShiftedExamples {
  Numbers inputs, values, variances;
};

at::Tensor columnOf(const Numbers& numbers) {
  return at::tensor(numbers, at::kDouble).to(at::kFloat);
}

Split splitFrom(const ShiftedExamples& examples, std::vector<Numbers> weights) {
  Split split{columnOf(examples.inputs).unsqueeze(1), {columnOf(examples.values)}, {{}}, {}};
  for (const auto& weight : weights)
    split.fields.push_back(
        {{"weight", columnOf(weight)}, {"variance", columnOf(examples.variances)}});
  split.targets.resize(weights.size(), split.targets.front());
  split.masks.resize(weights.size());
  return split;
}

class Shifted : public Dataset {
 public:
  explicit Shifted(const Parameters& parameters)
      : parameters_(parameters),
        shift_{parameters.number("shift"), parameters.number("spread")},
        names_(comparedNames(parameters, "tasks")) {
    if (parameters.at("capped") != nlohmann::json::array())
      capped_ = comparedNames(parameters, "capped");
    for (size_t i = 0; i < capped_.size(); ++i)
      if (std::find(names_.begin(), names_.end(), capped_[i]) == names_.end())
        fail("data.capped[{}]: data.tasks has no \"{}\"; it has {}", i, capped_[i],
             fmt::join(names_, ", "));
  }

  Problem load(std::uint64_t seed) const override {
    Problem problem;
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {1};
    problem.inputs = {{"x"}};
    const auto train = measured(seed);
    const auto ratios = ratiosOf(train.inputs);
    problem.train = splitFrom(train, weightsFrom(ratios));
    problem.validation = target("validation", seed);
    problem.test = target("test", seed);
    for (const auto& name : names_)
      problem.tasks.push_back({name, TaskKind::regression, 1, {}, "", {}, {"weight", "variance"}});
    problem.warnings.push_back(
        {"data.shift",
         fmt::format("the weights make {} training examples worth {:.1f}, (Σw)²/Σw²; the largest "
                     "is {:.1f} times their mean",
                     ratios.size(), effectiveSampleSize(ratios), largestOverMean(ratios))});
    return problem;
  }

 private:
  /// Noisy values at inputs N(0, 1), each with a variance of its own.
  ShiftedExamples measured(std::uint64_t seed) const {
    RandomStream random(deriveSeed(seed, "training examples"));
    ShiftedExamples examples;
    for (std::int64_t i = 0; i < parameters_.integer("train"); ++i) {
      const double x = random.normal();
      const double deviation = parameters_.number("noise") *
                               std::exp(parameters_.number("noise_spread") * random.normal());
      examples.inputs.push_back(x);
      examples.values.push_back(shiftedCurve(x) + deviation * random.normal());
      examples.variances.push_back(deviation * deviation);
    }
    return examples;
  }

  /// Right values at inputs of the target distribution, all of weight 1.
  Split target(const char* part, std::uint64_t seed) const {
    RandomStream random(deriveSeed(seed, part));
    ShiftedExamples examples;
    for (std::int64_t i = 0; i < parameters_.integer(part); ++i) {
      examples.inputs.push_back(shift_.mean + shift_.deviation * random.normal());
      examples.values.push_back(shiftedCurve(examples.inputs.back()));
    }
    const Numbers ones(examples.inputs.size(), 1);
    examples.variances = ones;
    return splitFrom(examples, std::vector<Numbers>(names_.size(), ones));
  }

  Numbers ratiosOf(const Numbers& inputs) const {
    Numbers ratios;
    for (const double x : inputs) ratios.push_back(shift_.ratio(x));
    return ratios;
  }

  /// One a task.
  std::vector<Numbers> weightsFrom(const Numbers& ratios) const {
    auto cut = ratios;
    for (double& ratio : cut) ratio = std::min(ratio, parameters_.number("cap"));
    std::vector<Numbers> weights;
    for (const auto& name : names_)
      weights.push_back(std::find(capped_.begin(), capped_.end(), name) == capped_.end() ? ratios
                                                                                         : cut);
    return weights;
  }

  static double largestOverMean(const Numbers& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    return *std::max_element(weights.begin(), weights.end()) * static_cast<double>(weights.size()) /
           sum;
  }

  Parameters parameters_;
  CovariateShift shift_;
  std::vector<std::string> names_, capped_;
};

std::vector<ParameterSpec> shiftedParameters() {
  auto capped = comparedTasks("");
  capped.name = "capped";
  capped.doc =
      "Those of the tasks whose weights are cut at cap, as β of double weighting; may be []";
  capped.defaultValue = nlohmann::json::array();
  return {
      comparedTasks("value"),
      capped,
      ParameterSpec::number("cap", 2, "Largest of the weights that are cut").above(0),
      ParameterSpec::number("shift", 1.5,
                            "m: mean of the inputs where the network is used; 0 in training")
          .from(-4)
          .to(4),
      ParameterSpec::number("spread", 0.5, "s: their standard deviation; 1 in training")
          .from(0.01)
          .to(1),
      ParameterSpec::number("noise", 0.3, "Median of the noise's standard deviations in training")
          .above(0)
          .to(100),
      ParameterSpec::number("noise_spread", 1,
                            "Standard deviation of their logarithms; 0: all are alike")
          .from(0)
          .to(5),
      ParameterSpec::integer("train", 400, "Training examples").from(1).to(1e6),
      ParameterSpec::integer("validation", 1000, "Validation examples").from(1).to(1e6),
      ParameterSpec::integer("test", 1000, "Test examples").from(1).to(1e6),
  };
}

}  // namespace

double CovariateShift::ratio(double x) const {
  const double away = (x - mean) / deviation;
  return std::exp((x * x - away * away) / 2) / deviation;
}

double CovariateShift::effectiveShare() const {
  const double left = 2 - deviation * deviation;
  if (left <= 0) return 0;
  return deviation * std::sqrt(left) * std::exp(-mean * mean / left);
}

double effectiveSampleSize(const std::vector<double>& weights) {
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

CatalogRow<Dataset, const Setting&> shiftedRow() {
  Descriptor descriptor;
  descriptor.id = "shifted";
  descriptor.title = "Shifted inputs";
  descriptor.summary =
      "A curve is learned from noisy values around 0 and is needed around 1.5: the inputs of "
      "validation and test are distributed otherwise, and how much likelier each training input "
      "is there is known, as is its noise. Every task has the same target.";
  descriptor.formula =
      "y = sin 2.5x + 0.3x; training x ~ N(0, 1), y + σ_i ε, ln σ_i ~ N(ln noise, noise_spread²); "
      "else x ~ N(m, s²), y without noise; weight w = N(x; m, s²)/N(x; 0, 1), or β = min(w, cap), "
      "which with α = β/w on the test side is the pair of double weights whose α is largest; "
      "variance σ_i²";
  descriptor.citation =
      "H. Shimodaira, Improving predictive inference under covariate shift, 2000; J. I. "
      "Segovia-Martín, S. Mazuelas, A. Liu, Double-Weighting for Covariate Shift Adaptation, ICML "
      "2023";
  descriptor.parameters = withViews(shiftedParameters(), {0.1, 0, 0}, false);
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<Shifted>(parameters);
          }};
}

}  // namespace eq::data
