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
#include "core/model/readout_layer.h"

namespace eq::model {

/// What a model is made for.
struct Setting {
  std::vector<std::int64_t>
      inputShape;                    ///< of one example: {features} or {channels, height, width}
  std::vector<TaskInfo> tasks;       ///< one head each
  std::uint64_t seed = 0;            ///< of initial values and dropout
  at::ScalarType type = at::kFloat;  ///< of the parameters; double for checks of gradients
  /// [task] what the task's loss reads; empty: the usual readout of every task.
  std::vector<std::vector<Readout>> readouts = {};

  // For the model `point`: an analytic problem instead of data.
  std::vector<double> start = {};
  std::function<at::Tensor(const at::Tensor&)> objective = {};  ///< x [2] -> losses [K]
};

/// A random stream on a device.
at::Generator generatorOn(const at::Device& device, std::uint64_t seed);

/// A trunk (shared parameters) and a head a task. The representation is the trunk's output, [N,
/// ...].
class Model {
 public:
  virtual ~Model() = default;

  virtual at::Tensor trunk(const at::Tensor& inputs, const Pass& pass) const = 0;
  /// What one task's loss reads: by default a prediction in the shape of its kind, [N, width], or
  /// [N] for binary and numbers of width 1. With `pass.views`, N is half the rows.
  virtual HeadOutput head(size_t task, const at::Tensor& representation,
                          const Pass& pass) const = 0;

  /// Whether the trunk's parameters are all in layers that leave traces, so that `back` knows them.
  virtual bool tracesTrunk() const { return false; }
  /// Takes gradients of K losses from the representation to the trunk's parameters, without
  /// autograd. \param tape of the pass. \param representation [K, ...], contiguous.
  /// \pre `tracesTrunk()`.
  virtual void back(const Tape& tape, const at::Tensor& representation, ParameterSink& sink,
                    bool kernels = true) const;
  /// Indices of the trunk's parameters, each as often as one pass uses it. \pre `tracesTrunk()`.
  virtual std::vector<size_t> trunkUses() const { return {}; }

  size_t taskCount() const { return taskCount_; }
  ParameterBuffer& parameters() { return parameters_; }
  const ParameterBuffer& parameters() const { return parameters_; }

  void to(const at::Device& device);

  /// Takes every parameter that both have by name and shape, and the dropout stream.
  void takeOver(const Model& other);

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
  HeadOutput head(size_t task, const at::Tensor& representation, const Pass& pass) const override;
  bool tracesTrunk() const override { return true; }
  void back(const Tape& tape, const at::Tensor& representation, ParameterSink& sink,
            bool kernels = true) const override;
  std::vector<size_t> trunkUses() const override { return trunk_.parameters(); }

 protected:
  explicit SequenceModel(const Setting& setting);

  /// Adds a head to every task: hidden layers with ReLU, then its readouts. Call it after the trunk
  /// is complete.
  void addHeads(LayerFactory& factory, std::int64_t features,
                const std::vector<std::int64_t>& hidden);

  Sequence trunk_;

 private:
  struct Head {
    Sequence hidden;
    ReadoutLayer readouts;
  };

  std::vector<std::string> names_;            ///< of the tasks
  std::vector<std::vector<Readout>> wanted_;  ///< [task]
  std::uint64_t seed_;
  std::vector<Head> heads_;
};

}  // namespace eq::model
