#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// Copies of a base network, mixed for each task by a gate of its own. The representations are the
/// outputs of those that two tasks or more may use, and the inputs behind them; those that a task
/// has alone are part of what follows.
class SharedExperts : public HeadedModel {
 public:
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override { return shared_.size(); }
  bool leavesTraces() const override { return true; }
  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels = true) const override;
  std::vector<size_t> uses() const override;

 protected:
  explicit SharedExperts(const Setting& setting)
      : HeadedModel(setting), own_(setting.tasks.size()) {}

  /// Adds a copy that the tasks of the block may use, each after those that it has, its own behind
  /// all others. The first of all begins as the base does, any other from a stream by its name,
  /// BLOCK.expert.NUMBER.
  void addExpert(const BaseNetwork& base, LayerFactory& factory, const Block& block, size_t number,
                 std::uint64_t seed);
  size_t shared() const { return shared_.size(); }

  /// What a task makes of the flat inputs: weights of the experts that it may use, then of those
  /// of its own, [N, E]. \param inputs [N, n0].
  virtual at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const = 0;
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override;
  /// What the experts of a task put out, in that order and by these weights.
  at::Tensor mixed(size_t task, const at::Tensor& gate, const std::vector<at::Tensor>& read,
                   const Pass& pass) const;

 private:
  struct Expert {
    Sequence layers = {};
    std::vector<char> users = {};  ///< [task]
  };

  bool isWanted(const Expert& expert, const Pass& pass) const;
  bool allHaveAll() const;
  std::vector<at::Tensor> evaluated(const at::Tensor& inputs) const;
  void observeExperts(const at::Tensor& inputs, const std::vector<at::Tensor>& outputs,
                      const Pass& pass) const;

  std::vector<Expert> shared_;
  std::vector<std::vector<Sequence>> own_;  ///< [task]
};

}  // namespace eq::model
