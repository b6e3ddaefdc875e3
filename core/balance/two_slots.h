#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/balance/balancer.h"

namespace at {
class Tensor;
}  // namespace at

namespace eq::balance {

class RowMethod;
class RowReader;
class RowStatistic;

/// A remark, or a weight that is not finite, and the slot that it comes from.
struct SlotRemark {
  bool gradient = false;
  Remark remark;
};
struct WrongWeight {
  bool gradient = false;
  Eigen::Index task = 0;
  double value = 0;
};

/// A gradient method, and the part of the shared parameters that it works on by itself.
struct MethodPart {
  std::unique_ptr<Balancer> method;
  double share = 1;                ///< of the shared parameters
  std::string name;                ///< of the part; empty: it is all of them
  std::vector<char> members = {};  ///< [K] tasks that reach the part; empty: all
};

/// What both slots together say of one step.
struct Weights {
  Eigen::VectorXd weights;  ///< [K] effective, on the raw gradients: d = Jᵀ w; NaN where
                            ///< the gradient method has a direction and no weights
  Eigen::VectorXd heads;    ///< [K] factor on each head's own gradient
  bool nonFinite = false;   ///< an input or a weight was not finite: plain weights
  std::vector<WrongWeight> wrong = {};  ///< the weights that were not finite
  std::vector<SlotRemark> remarks = {};
  std::vector<Eigen::VectorXd> parts = {};  ///< [part] weights of each, where there are several;
                                            ///< `weights` is their mean by size over those
                                            ///< that a task reaches, 1 where it reaches none
  Eigen::VectorXd rowFactors = {};  ///< [K] of the rows that `TwoSlots::direction` reads; empty: d
                                    ///< is that of the weights
};

/// A loss weighting v, and a gradient method on the weighted rows v_k g_k: w_k = v_k u_k. Each
/// task's own factor f_k goes onto its loss first.
class TwoSlots {
 public:
  /// \param gradient may be null: w = v.
  TwoSlots(std::unique_ptr<Balancer> weighting, std::unique_ptr<Balancer> gradient);
  /// \param parts the gradient method for each part, with a state of its own; empty: none.
  TwoSlots(std::unique_ptr<Balancer> weighting, std::vector<MethodPart> parts);
  TwoSlots(TwoSlots&&) noexcept;
  ~TwoSlots();

  /// Of both slots together.
  Needs needs() const;

  /// \param inputs of the raw losses; `present` is not read. \param factors [K], >= 0.
  /// No state moves when an input is not finite, nor that of the gradient method when a weight of
  /// the loss weighting is not.
  /// \param active [K]; the others get weight 0 and keep their state.
  /// \param parts G of each part, where there are several; they add up to the Gramian. Of a method
  /// that reads products of two batches, these.
  Weights weigh(const Inputs& inputs, const Eigen::VectorXd& factors,
                const std::vector<char>& active, const std::vector<Eigen::MatrixXd>& parts = {});

  /// See Balancer::learn. \param lossesAfter [K] raw.
  void learn(const Eigen::VectorXd& lossesAfter);

  /// Takes what `other` has learned into the slots named.
  void takeOver(const TwoSlots& other, bool weighting, bool gradient);

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

  // For methods that read J itself (`needs().rowNumbers`, `rows`), where J is and in its type.

  /// `Inputs::rowNumbers`, [K] in double. \param rows J, [K, P].
  at::Tensor measureRows(const at::Tensor& rows, const std::vector<char>& active);
  /// d [P], of a step whose weights have `rowFactors`; then the state's update.
  /// \param losses [K] raw.
  at::Tensor direction(const at::Tensor& rows, const at::Tensor& losses, const Weights& weights,
                       const std::vector<char>& active);
  /// The same for numbers on the host.
  Eigen::VectorXd measureRows(const Eigen::MatrixXd& rows, const std::vector<char>& active);
  Eigen::VectorXd direction(const Eigen::MatrixXd& rows, const Eigen::VectorXd& losses,
                            const Weights& weights, const std::vector<char>& active);

  /// What they carry from step to step, sharing memory with them; by slot and name.
  std::map<std::string, at::Tensor> tensors() const;
  /// \param tensors where J will be, in its type.
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors);

 private:
  std::vector<char> presentIn(size_t part, std::vector<char> present) const;
  Eigen::VectorXd overReached(Eigen::VectorXd sums) const;
  void takeOverRows(const TwoSlots& other, bool weighting, bool gradient);
  void headFactors(const Inputs& inputs, Weights& weights) const;
  std::vector<SlotRemark> remarks() const;
  Weights combined(const Inputs& inputs, const std::vector<Eigen::MatrixXd>& parts,
                   const Eigen::VectorXd& rowFactors, Weights result);
  Eigen::VectorXd partWeights(size_t part, Inputs inputs, const Eigen::VectorXd& rowFactors);
  Balancer* gradient() const { return parts_.empty() ? nullptr : parts_.front().method.get(); }

  std::unique_ptr<Balancer> weighting_;
  std::vector<MethodPart> parts_;
  RowStatistic* statistic_;  ///< the weighting, where it is one
  RowMethod* rowMethod_;     ///< the gradient method, where it is one
};

}  // namespace eq::balance
