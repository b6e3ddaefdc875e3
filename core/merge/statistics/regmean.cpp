#include <map>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include "core/base/error.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// Of one expert, by the matrix's name.
using Grams = std::map<std::string, RowMatrix>;

/// Rows of numbers, or a tensor with shape and data.
RowMatrix readSquare(const json& value, Eigen::Index width, const std::string& place) {
  RowMatrix gram;
  if (value.is_object()) {
    const auto tensor = readTensor(value, place);
    if (tensor.isInteger || tensor.shape.size() != 2)
      fail("{}: expected a matrix of float64, found the shape {}", place, shapeText(tensor.shape));
    gram = Eigen::Map<const RowMatrix>(tensor.numbers.data(), tensor.shape[0], tensor.shape[1]);
  } else {
    const auto rows = metric::readRows(value, place);
    gram.resize(static_cast<Eigen::Index>(rows.size()),
                rows.empty() ? 0 : static_cast<Eigen::Index>(rows[0].size()));
    for (size_t i = 0; i < rows.size(); ++i)
      for (size_t j = 0; j < rows[i].size(); ++j)
        gram(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = rows[i][j];
  }
  if (gram.rows() != width || gram.cols() != width)
    fail("{}: expected {} x {} as the matrix has columns, found {} x {}", place, width, width,
         gram.rows(), gram.cols());
  return gram;
}

void checkSymmetric(const RowMatrix& gram, const std::string& place) {
  if (gram.size() == 0) return;
  const double limit = 1e-9 * gram.cwiseAbs().maxCoeff();
  for (Eigen::Index i = 0; i < gram.rows(); ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      if (std::abs(gram(i, j) - gram(j, i)) > limit)
        fail("{}: must be symmetric, found {} at [{}][{}] and {} at [{}][{}]", place, gram(i, j), i,
             j, gram(j, i), j, i);
}

Grams readGrams(const json& value, const std::string& place, const Question& question) {
  if (!value.is_object())
    fail("{}: expected an object {{NAME: [in, in]}}, found {}", place, metric::quoted(value));
  Grams grams;
  for (const auto& [name, numbers] : value.items()) {
    const auto where = fmt::format("{}.{}", place, name);
    const auto* merged = question.find(name);
    if (!merged) fail("{}: no merged tensor has this name", where);
    if (merged->shape.size() != 2)
      fail("{}: only matrices have a Gram, found the shape {}", where, shapeText(merged->shape));
    grams[name] = readSquare(numbers, merged->shape[1], where);
    checkSymmetric(grams[name], where);
  }
  return grams;
}

std::vector<Grams> readAllGrams(const json& input, const Question& question) {
  const auto& list = neededField(input, "grams");
  checkPerExpert(list, "grams", question.count());
  std::vector<Grams> all;
  for (size_t k = 0; k < list.size(); ++k)
    all.push_back(readGrams(list[k], fmt::format("grams[{}]", k), question));
  for (size_t k = 0; k < all.size(); ++k)
    for (const auto& other : all)
      for (const auto& [name, gram] : other)
        if (!all[k].contains(name))
          fail("grams[{}].{}: is missing, other experts have it", k, name);
  return all;
}

class RegressionMean : public TensorMerge {
 public:
  explicit RegressionMean(const Parameters& parameters)
      : TensorMerge(parameters, false),
        offDiagonal_(parameters.number("off_diagonal")),
        jitter_(parameters.number("jitter")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto grams = readAllGrams(input, question);
    const double share = 1.0 / static_cast<double>(question.count());
    auto theta = weightedSum(question.experts, std::vector<double>(question.count(), share));
    for (const auto& place : question.places) {
      if (!grams[0].contains(place.name) || place.size == 0) continue;
      setMatrixAt(theta, place, solved(question, place, grams, matrixAt(theta, place)));
    }
    return {theta};
  }

 private:
  /// Of a sum that has no inverse, up to rounding, the solution of least norm: the factors would
  /// divide by what rounding left of a pivot.
  static Eigen::MatrixXd leastSolution(const Eigen::MatrixXd& sum, const Eigen::MatrixXd& right) {
    constexpr double kSingular = 1e-13;
    const Eigen::LDLT<Eigen::MatrixXd> factors(sum);
    if (factors.info() == Eigen::Success && factors.rcond() > kSingular)
      return factors.solve(right);
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> complete;
    complete.setThreshold(kSingular);
    return complete.compute(sum).solve(right);
  }

  RowMatrix softened(const RowMatrix& gram) const {
    RowMatrix soft = offDiagonal_ * (gram + gram.transpose()) / 2;
    soft.diagonal() = gram.diagonal();
    soft.diagonal().array() += jitter_ * soft.trace() / static_cast<double>(gram.rows());
    return soft;
  }

  /// As a correction of the mean, so that equal experts stay what they are whatever the Grams, and
  /// what no Gram sees stays the mean.
  RowMatrix solved(const Question& question, const Place& place, const std::vector<Grams>& grams,
                   const RowMatrix& mean) const {
    const Eigen::Index width = place.shape[1];
    RowMatrix sum = RowMatrix::Zero(width, width), right = RowMatrix::Zero(width, mean.rows());
    double traces = 0;
    for (size_t k = 0; k < question.count(); ++k) {
      const auto gram = softened(grams[k].at(place.name));
      sum += gram;
      right += gram * (matrixAt(question.experts[k], place) - mean).transpose();
      traces += gram.trace();
    }
    if (traces == 0) return mean;
    return mean + leastSolution(sum, right).transpose();
  }

  double offDiagonal_, jitter_;
};

}  // namespace

MergeRows regmeanRows() {
  Descriptor descriptor;
  descriptor.id = "regmean";
  descriptor.title = "RegMean";
  descriptor.summary =
      "The matrices whose outputs are nearest to those of every expert on its own inputs.";
  descriptor.formula = "Wᵀ = (Σ G̃_k)⁻¹ Σ G̃_k W_kᵀ, G̃ = a G + (1 − a) diag(G) + jitter tr(G)/in I";
  descriptor.citation =
      "Jin et al., Dataless Knowledge Fusion by Merging Weights of Language Models, ICLR 2023";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::number("off_diagonal", 0.9, "a, factor of the Grams off their diagonal")
          .from(0)
          .to(1),
      ParameterSpec::number("jitter", 1e-6, "Added to the diagonal, in its mean").from(0),
      ParameterSpec::integer("examples", 256, "Runs: validation inputs that are read").from(1),
      ParameterSpec::boolean("convolutions", false, "Runs: kernels too, on unfolded patches")};
  descriptor.inputs = {
      baseField(false),
      expertsField(),
      {"grams", "[K] {NAME: [in, in]}", "XᵀX of the inputs of matrices [out, in], symmetric"}};
  descriptor.traits = {{"data", "validation inputs"}};
  return {mergeRow<RegressionMean>(std::move(descriptor))};
}

}  // namespace eq::merge
