#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/train/front/members.h"

namespace eq::train {

/// Of tasks that come one after another, for each of them and each of E priors a Gaussian over a
/// model's parameters, N(μ, σ²) each number by itself, σ = ln(1 + exp ρ): member 2(tE + e) is μ of
/// task t and prior e, the next one ρ. A task that has not begun has those of the task in turn.
class Posteriors {
 public:
  /// \param priors [E] standard deviations of the first task's priors, around 0. \param start makes
  /// a model whose values are the first means of a prior, on the CPU.
  Posteriors(size_t tasks, std::vector<double> priors,
             const std::function<std::unique_ptr<model::Model>(size_t prior)>& start,
             at::ScalarType type = at::kFloat);

  model::ParameterBuffer& parameters() { return members_.parameters(); }
  size_t priors() const { return priors_.size(); }
  size_t begun() const { return begun_; }  ///< the task in turn

  /// The next task's turn: those of the task in turn that are nearer than `distance` to a stored
  /// one, (‖Δμ‖ + ‖Δσ‖)/P, point to it from now on, else they are stored; the next task begins with
  /// them and has them as its priors. Reads the device. \pre there is a next task.
  void beginNext(double distance);

  /// Puts the model at μ + σε, standard normal ε of a seed; \returns ε, as the model's values lie.
  at::Tensor drawInto(model::Model& network, size_t prior, std::uint64_t seed) const;
  /// The gradients of loss(μ + σε) + KL/examples in the μ and ρ of the task in turn and a prior.
  /// \param loss by parameter of the model. \param gradients by parameter; takes them.
  void addGradients(const model::Model& network, size_t prior, const gradient::Gradients& loss,
                    const at::Tensor& epsilon, std::int64_t examples,
                    gradient::Gradients& gradients) const;

  /// Puts the model at Σ_t w_t mean_e μ. \param shares [T] w, sum 1.
  void mixInto(model::Model& network, const metric::Point& shares) const;
  /// Puts it at a uniform draw of the box ± reach·Σ_t w_t mean_e σ around that.
  void boxInto(model::Model& network, const metric::Point& shares, double reach,
               std::uint64_t seed) const;

  /// Which task is in turn, and what points to what.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  /// A stored one.
  struct Place {
    size_t task, prior;
    bool operator==(const Place&) const = default;
  };
  size_t meanOf(const Place& at) const { return 2 * (at.task * priors_.size() + at.prior); }
  /// Where what counts for a task and prior is.
  Place placeOf(size_t task, size_t prior) const;
  double distanceOf(const Place& one, const Place& other) const;
  /// [members] how much each μ counts.
  metric::Point weightsOf(const metric::Point& shares) const;
  /// What the priors of the task in turn are in a stretch: μ and σ.
  std::pair<at::Tensor, at::Tensor> priorIn(const model::Range& range, size_t prior) const;
  bool isTrained(const model::Range& range) const;
  at::Tensor rowIn(const model::Range& range, size_t member) const;
  at::Tensor spreadIn(const model::Range& range, const Place& at) const;

  size_t tasks_;
  std::vector<double> priors_;
  Members members_;
  size_t begun_ = 0;
  std::vector<std::vector<Place>> places_;  ///< [task][prior] of the tasks whose turn is over
};

}  // namespace eq::train
