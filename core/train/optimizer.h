#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/parameters.h"

namespace eq::train {

/// Steps a model's parameters by their gradients, with LibTorch's fused kernels. Its buffers are
/// flat, like the model's.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step. Parameters without a gradient, and those that frozen tasks own, stay as they are,
  /// moments included. \param gradients by parameter. \param skip scalar float on the device: where
  /// it is 1 nothing changes.
  void step(const std::vector<at::Tensor>& gradients, double rate,
            const std::vector<char>& frozenTasks, const at::Tensor& skip);

  /// Factor on the rate of architecture parameters, which have no weight decay.
  void setArchitectureRate(double factor) { architectureRate_ = factor; }

  /// Moments and counters by name, sharing memory with the optimizer: copy them before the next
  /// step.
  std::map<std::string, at::Tensor> state() const;
  /// Takes the moments and counters of every block that has the same parameters in both; others
  /// begin anew.
  void takeOver(const Optimizer& other);
  /// Takes the moments of every parameter that is in both, or goes on from a single one of the
  /// other, and the counter of the block that the first such of a block was in; others begin anew.
  void goOnFrom(const Optimizer& other, const model::Origins& origins);
  /// Sets some moments of a parameter to 0. \param where bool in its shape.
  void clearMoments(size_t parameter, const at::Tensor& where);
  /// \param state also of before counters had names: a list "steps", the trunk's first, then those
  /// of the heads. \throws Error when a name or shape differs from this optimizer's.
  void restore(const std::map<std::string, at::Tensor>& state);

 protected:
  /// \param moments names of flat buffers of the size of what is trained. \pre `parameters`
  /// outlives the optimizer.
  Optimizer(const model::ParameterBuffer& parameters, const std::vector<std::string>& moments);

  /// Lists of one fused call: entry i of each belongs to the same parameter.
  struct Lists {
    std::vector<at::Tensor> parameters, gradients, steps;
    std::vector<std::vector<at::Tensor>> moments;  ///< one list a moment
  };
  /// \param decays whether weight decay acts on these.
  virtual void apply(const Lists& lists, double rate, bool decays, const at::Tensor& skip) = 0;

 private:
  /// Parameters that are stepped together: of one owner, in its head or below.
  struct Block {
    std::string name;
    std::vector<size_t> parameters;
    at::Tensor counter;  ///< one entry of `steps_`
  };
  at::Tensor part(const std::string& moment, const model::ParameterInfo& info) const;
  std::int64_t formerOf(const model::ParameterInfo& info, const model::Origins& origins) const;
  void makeBlocks();
  void count(const std::vector<char>& taken, const at::Tensor& skip);

  const model::ParameterBuffer& parameters_;
  std::vector<std::string> moments_;
  std::map<std::string, at::Tensor> values_;  ///< the moments
  at::Tensor steps_;                          ///< updates of each block
  std::vector<Block> blocks_;                 ///< as they lie in the buffer
  // Views of the state by parameter, made once: a step of many heads is short.
  std::vector<std::vector<at::Tensor>> momentsOf_;  ///< [moment][parameter]
  std::vector<size_t> blockOf_;
  double architectureRate_ = 1;
};

}  // namespace eq::train
