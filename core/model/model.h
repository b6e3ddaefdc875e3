#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/model/layers.h"
#include "core/model/parameters.h"

namespace eq::model {

/// What a model is made for.
struct Setting {
  std::vector<std::int64_t>
      inputShape;                    ///< of one example: {features} or {channels, height, width}
  std::vector<TaskInfo> tasks;       ///< one head each
  std::uint64_t seed = 0;            ///< of initial values and dropout
  at::ScalarType type = at::kFloat;  ///< of the parameters; double for checks of gradients

  // For the model `point`: an analytic problem instead of data.
  std::vector<double> start = {};
  std::function<at::Tensor(const at::Tensor&)> objective = {};  ///< x [2] -> losses [K]
};

/// A trunk (shared parameters) and a head a task. The representation is the trunk's output, [N,
/// ...].
class Model {
 public:
  virtual ~Model() = default;

  virtual at::Tensor trunk(const at::Tensor& inputs, const Pass& pass) const = 0;
  /// Prediction of one task in the shape of its kind: [N, width], or [N] for binary and numbers of
  /// width 1.
  virtual at::Tensor head(size_t task, const at::Tensor& representation,
                          const Pass& pass) const = 0;

  /// Whether the trunk's parameters are all in layers that leave traces.
  virtual bool tracesTrunk() const { return true; }

  size_t taskCount() const { return taskCount_; }
  ParameterBuffer& parameters() { return parameters_; }
  const ParameterBuffer& parameters() const { return parameters_; }

  void to(const at::Device& device);

  /// State of the dropout stream, a CPU byte tensor.
  at::Tensor randomState() const { return generator_->get_state(); }
  void restoreRandomState(const at::Tensor& state) { generator_->set_state(state); }

 protected:
  explicit Model(const Setting& setting);

  ParameterBuffer parameters_;
  std::shared_ptr<at::Generator> generator_;

 private:
  size_t taskCount_;
  std::uint64_t seed_;
};

/// A trunk and heads that are sequences of layers.
class SequenceModel : public Model {
 public:
  at::Tensor trunk(const at::Tensor& inputs, const Pass& pass) const override;
  at::Tensor head(size_t task, const at::Tensor& representation, const Pass& pass) const override;

 protected:
  explicit SequenceModel(const Setting& setting) : Model(setting), tasks_(setting.tasks) {}

  /// Adds a head to every task: hidden layers with ReLU, then a linear one. Call it after the trunk
  /// is complete.
  void addHeads(LayerFactory& factory, std::int64_t features,
                const std::vector<std::int64_t>& hidden);

  Sequence trunk_;

 private:
  std::vector<TaskInfo> tasks_;
  std::vector<Sequence> heads_;
};

}  // namespace eq::model
