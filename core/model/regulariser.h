#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"
#include "core/model/layer.h"

namespace eq::model {

/// A penalty on how far parameters of several tasks lie apart, which an experiment puts beside a
/// model's own parameters:
///   soft_sharing      λ Σ_{a<b} ‖θ_a − θ_b‖², of networks a task, stage by stage (Duong et al.,
///                     Low resource dependency parsing, ACL 2015)
///   head_similarity   λ Σ_groups Σ_{a<b} ‖W_a − W_b‖, of the last layers of tasks that name the
///                     same concept, where the shapes are equal
class Regulariser {
 public:
  /// Parameters of several tasks, by index, of one shape.
  using Stack = std::vector<size_t>;

  /// \param weight λ. \param squared whether distances are.
  Regulariser(std::string name, double weight, bool squared, std::vector<Stack> stacks)
      : name_(std::move(name)), weight_(weight), squared_(squared), stacks_(std::move(stacks)) {}

  /// Adds its penalty, and records as `distance.NAME` how far the tasks lie apart in all stacks,
  /// [K, K]; NaN where two are not compared.
  void penalise(const ParameterBuffer& parameters, size_t tasks, const Pass& pass) const;

 private:
  at::Tensor value(const ParameterBuffer& parameters) const;
  at::Tensor distances(const ParameterBuffer& parameters, std::int64_t tasks) const;

  std::string name_;
  double weight_;
  bool squared_;
  std::vector<Stack> stacks_;
};

/// What regularisers compare.
struct Compared {
  const ParameterBuffer& parameters;             ///< all of them, announced
  const std::vector<std::string>& tasks;         ///< their names
  const std::vector<std::vector<size_t>>& last;  ///< [task] weights of the last layers
};

/// \param given a list of objects {"id", parameters ...}.
/// \throws Error `model.regularisers[0].groups[0]: ...`.
std::vector<Regulariser> regularisersFrom(const nlohmann::json& given, const Compared& compared);

/// The parameter "regularisers" of models, and how what it records is drawn.
ParameterSpec regularisersSpec();
nlohmann::json regulariserSeries();

}  // namespace eq::model
