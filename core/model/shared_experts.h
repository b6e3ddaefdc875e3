#pragma once

#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// Copies of a base network that all tasks share, mixed for each of them by a gate of its own. The
/// representations are the experts' outputs, and the inputs behind them.
class SharedExperts : public HeadedModel {
 public:
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override { return experts_.size(); }
  bool leavesTraces() const override { return true; }
  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels = true) const override;
  std::vector<size_t> uses() const override;

 protected:
  explicit SharedExperts(const Setting& setting) : HeadedModel(setting) {}

  /// The first expert begins as the base does, any other from a stream by its name.
  void addExperts(size_t count, const BaseNetwork& base, LayerFactory& factory, std::uint64_t seed);
  size_t experts() const { return experts_.size(); }
  /// Records a task's gate. \param ownFrom where the experts that it has alone begin among all.
  void observe(const Pass& pass, size_t task, const at::Tensor& gate, size_t ownFrom,
               size_t total) const;

  /// What a task makes of the flat inputs: weights of the experts, then of those of its own, [N,
  /// E]. \param inputs [N, n0].
  virtual at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const = 0;
  /// Outputs of the experts that a task has alone. \param inputs as the model has them.
  virtual std::vector<at::Tensor> own(size_t /*task*/, const at::Tensor& /*inputs*/,
                                      const Pass& /*pass*/) const {
    return {};
  }
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override;

 private:
  std::vector<Sequence> experts_;
};

}  // namespace eq::model
