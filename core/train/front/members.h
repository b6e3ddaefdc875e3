#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/gradient/engine.h"
#include "core/metric/points.h"
#include "core/model/model.h"

namespace eq::train {

/// Several values of all parameters of a model, θ_k, in one buffer, "member.k.<name>": what is
/// trained where the model itself is θ(α) = Σ α_k θ_k.
class Members {
 public:
  /// \param start makes a model for each, on the CPU and all alike but for their values.
  Members(size_t count, const std::function<std::unique_ptr<model::Model>(size_t member)>& start,
          at::ScalarType type = at::kFloat);

  model::ParameterBuffer& parameters() { return parameters_; }
  const model::ParameterBuffer& parameters() const { return parameters_; }
  size_t count() const { return count_; }
  /// Index of a member's value of the model's parameter `index`.
  size_t indexOf(size_t member, size_t index) const { return member * each_ + index; }

  /// Puts the model at θ(α), without a graph. \param weights α, one a member.
  void mixInto(model::Model& network, const metric::Point& weights) const;

  /// Where parameters of one owner and part lie together in the model's buffer.
  const std::vector<model::Range>& stretches() const { return stretches_; }
  /// What the members have there, [members, size], in the memory of the buffer.
  at::Tensor stretch(const model::Range& inModel) const;

  /// [members, members] the cosines of the angles between θ_i and θ_j, seen from the origin; on the
  /// device, in double.
  at::Tensor cosines() const;

 private:
  size_t count_, each_ = 0;
  std::vector<model::Range> stretches_;  ///< in the model's buffer
  model::ParameterBuffer parameters_;
};

/// Gradients of the members from those of mixtures: the loss of θ(α) has the gradient
/// α_k ∇_{θ(α)} in θ_k.
class MemberGradients {
 public:
  /// \pre both outlive it.
  MemberGradients(const Members& members, const model::Model& network);

  /// \param gradients by parameter of the model, where it stood at θ(α). \param weights α.
  void add(const gradient::Gradients& gradients, const metric::Point& weights);

  /// By parameter of the members; undefined where nothing flowed.
  gradient::Gradients take() const;

 private:
  const Members& members_;
  const model::Model& network_;
  at::Tensor sum_;             ///< [members, P]
  std::vector<char> reached_;  ///< by parameter of the model
};

}  // namespace eq::train
