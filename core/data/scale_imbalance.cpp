#include "core/data/scale_imbalance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr double kSharedDeviation = 10;
constexpr double kOwnDeviation = 3.5;
constexpr std::int64_t kMostValues = std::int64_t{1} << 30;

/// Independent normal numbers of mean 0, float64.
at::Tensor normals(std::int64_t rows, std::int64_t columns, double deviation, std::uint64_t seed) {
  auto out = at::empty({rows, columns}, at::kDouble);
  double* value = out.mutable_data_ptr<double>();
  RandomStream random(seed);
  for (std::int64_t i = 0; i < rows * columns; ++i) value[i] = deviation * random.normal();
  return out;
}

class ScaleImbalance : public Dataset {
 public:
  explicit ScaleImbalance(const Parameters& parameters)
      : parameters_(parameters), scales_(parameters.numbers("scales")) {
    if (scales_.empty()) fail("data.scales: expected at least one scale, found an empty list");
  }

  Problem load(std::uint64_t seed) const override {
    checkTotal();
    const auto mixings = makeMixings(seed);
    Problem problem;
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {parameters_.integer("inputs")};
    for (size_t i = 0; i < scales_.size(); ++i)
      problem.tasks.push_back({fmt::format("y{}", i + 1),
                               TaskKind::regression,
                               parameters_.integer("outputs"),
                               {},
                               "",
                               {}});
    problem.train = makeSplit(mixings, "train", seed);
    problem.validation = makeSplit(mixings, "validation", seed);
    problem.test = makeSplit(mixings, "test", seed);
    return problem;
  }

 private:
  /// B + e_i of each task.
  std::vector<at::Tensor> makeMixings(std::uint64_t seed) const {
    const auto outputs = parameters_.integer("outputs"), inputs = parameters_.integer("inputs");
    const auto shared = normals(outputs, inputs, kSharedDeviation, deriveSeed(seed, "shared"));
    std::vector<at::Tensor> mixings;
    for (size_t i = 0; i < scales_.size(); ++i)
      mixings.push_back(shared +
                        normals(outputs, inputs, kOwnDeviation, deriveSeed(seed, "own", i)));
    return mixings;
  }

  Split makeSplit(const std::vector<at::Tensor>& mixings, const std::string& name,
                  std::uint64_t seed) const {
    const auto x = normals(parameters_.integer(name), parameters_.integer("inputs"), 1,
                           deriveSeed(seed, name));
    Split split;
    split.inputs = x.to(at::kFloat);
    for (size_t i = 0; i < mixings.size(); ++i)
      split.targets.push_back((scales_[i] * x.matmul(mixings[i].t()).tanh()).to(at::kFloat));
    split.masks.resize(mixings.size());
    return split;
  }

  void checkTotal() const {
    const auto inputs = parameters_.integer("inputs");
    const auto targets = parameters_.integer("outputs") * std::ssize(scales_);
    const auto examples = parameters_.integer("train") + parameters_.integer("validation") +
                          parameters_.integer("test");
    if ((examples + inputs) * (inputs + targets) > kMostValues)
      fail(
          "data.train: {} examples of {} inputs and {} targets take more than 4 GiB; ask for fewer",
          examples, inputs, targets);
  }

  Parameters parameters_;
  std::vector<double> scales_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> scaleImbalanceRow() {
  Descriptor descriptor;
  descriptor.id = "scale_imbalance";
  descriptor.title = "Unequal scales";
  descriptor.summary =
      "Regression tasks that are alike but for their scale, so that the largest drowns the others.";
  descriptor.formula =
      "y_i = s_i tanh((B + e_i) x), B ~ N(0, 10), e_i ~ N(0, 3.5), x ~ N(0, 1) (standard "
      "deviations); compare Σ L_i / s_i²";
  descriptor.citation = "Z. Chen, V. Badrinarayanan, C.-Y. Lee, A. Rabinovich, GradNorm, ICML 2018";
  descriptor.parameters = withViews(
      {
          ParameterSpec::numberList("scales", {1, 1.7, 2.8, 4.6, 7.7, 13, 22, 36, 60, 100},
                                    "Scale s_i of each task; one task a scale")
              .above(0)
              .to(1e6),
          ParameterSpec::integer("inputs", 250, "Numbers in x").from(1).to(10000),
          ParameterSpec::integer("outputs", 100, "Numbers in each y_i").from(1).to(10000),
          ParameterSpec::integer("train", 10000, "Training examples").from(1).to(1e6),
          ParameterSpec::integer("validation", 2000, "Validation examples").from(1).to(1e6),
          ParameterSpec::integer("test", 2000, "Test examples").from(1).to(1e6),
      },
      {0.3, 0.1, 0}, false);
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"scales"}}};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<ScaleImbalance>(parameters);
          }};
}

}  // namespace eq::data
