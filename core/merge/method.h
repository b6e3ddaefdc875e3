#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/catalog.h"
#include "core/merge/question.h"

namespace eq::merge {

/// A method that makes one model of several, as a calculation: small tensors in float64, nothing
/// trained.
class MergeMethod {
 public:
  virtual ~MergeMethod() = default;

  /// \param input an object with the method's fields. \param seed of what is drawn.
  /// \throws Error that names the place in the input (`experts[1].trunk.0.bias: ...`), among the
  /// parameters (`ties.keep: ...`) or in the answer, where a number is beyond those of float64.
  nlohmann::json compute(const nlohmann::json& input, std::uint64_t seed) const;

 private:
  virtual nlohmann::json answer(const nlohmann::json& input, std::uint64_t seed) const = 0;
};

using MergeRow = CatalogRow<MergeMethod>;
using MergeRows = std::vector<MergeRow>;

/// What a method that merges tensors answers.
struct Merged {
  Eigen::VectorXd theta;                             ///< the merged tensors, flat
  nlohmann::json fields = nlohmann::json::object();  ///< the method's own
};

/// A method whose answer is a set of parameters.
class TensorMerge : public MergeMethod {
 public:
  /// \param parameters with "exclude".
  explicit TensorMerge(const Parameters& parameters, bool needsBase = true);

  /// What the method makes of models that were read already, finite and with raised variances.
  /// \param input an object with the method's further fields. \throws Error as `compute`.
  Merged mergedOf(const Question& question, const nlohmann::json& input, std::uint64_t seed) const;
  /// Beginnings of the names that are not merged.
  const std::vector<std::string>& exclude() const { return exclude_; }

 protected:
  virtual Merged merge(const Question& question, const nlohmann::json& input,
                       std::uint64_t seed) const = 0;

 private:
  nlohmann::json answer(const nlohmann::json& input, std::uint64_t seed) const final;

  std::vector<std::string> exclude_;
  bool needsBase_;
};

/// θ0 + update; where the update is 0, θ0 to the bit.
Eigen::VectorXd added(const Eigen::VectorXd& base, const Eigen::VectorXd& update);

/// Σ w_k v_k. \pre as many weights as vectors, one at least.
Eigen::VectorXd weightedSum(const Vectors& vectors, const std::vector<double>& weights);
/// Σ v_k.
Eigen::VectorXd sumOf(const Vectors& vectors);

/// Norms [K] and cosines [K][K], which are null in row and column of a zero vector.
void addGeometry(const Vectors& taus, nlohmann::json& answer);

/// Merged variances are at least 1e-8: λ above 1, or negation, can make one negative.
void raiseVariances(Eigen::VectorXd& theta, const Question& question);

/// A number for each of K experts: a parameter that is one number or a list of K.
/// \throws Error `pcb.lambda: expected 2 numbers, one for each expert, found 3`.
std::vector<double> perExpert(const std::vector<double>& given, size_t experts,
                              const std::string& place);

/// Weights of K experts: null is 1/K. \throws Error for another length and a sum of 0.
std::vector<double> positiveWeights(const std::vector<double>& given, bool isNull, size_t experts,
                                    const std::string& place);

/// ⌊share·n + 1e-9⌋: 0.29 of 100 are 29.
Eigen::Index countOfShare(double share, Eigen::Index n);

// Parts of descriptors that many methods share.
ParameterSpec excludeParameter();
ParameterSpec lambdaParameter(double value);
ParameterSpec trainingSteps(std::int64_t steps);
ParameterSpec learningRate(double rate);
ParameterSpec batchSize(std::int64_t size);
InputField baseField(bool required = true);
InputField expertsField();

template <typename Method>
MergeRow mergeRow(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Method>(parameters); }};
}

}  // namespace eq::merge
