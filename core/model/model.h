#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"
#include "core/base/task.h"
#include "core/model/layers.h"
#include "core/model/parameters.h"
#include "core/model/readout_layer.h"
#include "core/model/regulariser.h"

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
  /// What `Model::structure` said; empty: as a run begins.
  nlohmann::json structure = nlohmann::json::object();
  /// Of the inputs: one each, one for all, or none.
  std::vector<std::string> inputNames = {};
  at::Tensor trainingInputs = {};  ///< [n, ...] for what is measured of them; undefined: none known
  std::vector<std::string> frozen = {};  ///< patterns on names of parameters that are not trained

  // For the model `point`: an analytic problem instead of data.
  std::vector<double> start = {};
  std::function<at::Tensor(const at::Tensor&)> objective = {};  ///< x [2] -> losses [K]
};

/// A random stream on a device.
at::Generator generatorOn(const at::Device& device, std::uint64_t seed);

/// States of a model's random streams by name, CPU byte tensors.
using RandomState = std::map<std::string, at::Tensor>;

/// The first so many training examples, or all where there are fewer.
using Probe = std::function<at::Tensor(std::int64_t count)>;

/// Numbers of a parameter that become 0 after an update, and the optimizer's moments with them.
struct Cleared {
  size_t parameter = 0;
  at::Tensor where = {};  ///< bool in its shape, on the device
};

/// What tasks share, and what is theirs alone: from the inputs to representations, [N, ...], go all
/// parameters that two tasks or more reach (the columns of J), from there to what its loss reads
/// the task's own.
class Model {
 public:
  virtual ~Model() = default;

  /// The representations; undefined where only tasks read one that are not wanted. The inputs
  /// themselves may be one.
  virtual std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const = 0;
  /// [task] which of them it goes on from.
  const std::vector<std::vector<size_t>>& reads() const { return reads_; }
  std::vector<at::Tensor> readBy(size_t task, const std::vector<at::Tensor>& representations) const;
  /// What one task's loss reads: by default a prediction in the shape of its kind, [N, width], or
  /// [N] for binary and numbers of width 1. With `pass.views`, N is half the rows.
  /// \param read the representations that it goes on from, in their order.
  virtual HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                          const Pass& pass) const = 0;
  /// Whether a task reads a representation that is computed from another one that it reads.
  virtual bool readsInDepth() const { return false; }
  /// Whether tasks own parameters below what they read, with shared ones above: then gradients come
  /// from the losses themselves, by autograd. \pre no traces and no frontier.
  virtual bool ownsBelow() const { return false; }
  /// What is trained of a task's loss: the same value, maybe with another gradient.
  /// \param read, output of `head`. \param loss a scalar with its graph.
  virtual at::Tensor surrogate(size_t /*task*/, const std::vector<at::Tensor>& /*read*/,
                               const HeadOutput& /*output*/, const at::Tensor& loss,
                               const Pass& /*pass*/) const {
    return loss;
  }
  /// Whether `surrogate` has another gradient than the loss.
  virtual bool feedsBack() const { return false; }
  /// Adds penalties of the parameters alone to a pass that asks for penalties, and records what
  /// they come from.
  virtual void penalise(const Pass& /*pass*/) const {}
  /// Whether a pass can have penalties.
  virtual bool hasPenalties() const { return false; }
  /// How many representations are places where the tasks part: none of them computed from another,
  /// and all paths from the columns to the losses lead through them. 0: there are no such.
  virtual size_t frontier() const { return 1; }

  /// Whether the columns are all in layers that leave traces, so that `back` knows them.
  virtual bool leavesTraces() const { return false; }
  /// Takes gradients of the losses from the representations to the columns, without autograd.
  /// \param tape of the pass. \param representations one a representation. \pre `leavesTraces()`.
  virtual void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                    bool kernels = true) const;
  /// Indices of the columns' parameters, each as often as one pass uses it.
  /// \pre `leavesTraces()`.
  virtual std::vector<size_t> uses() const { return {}; }

  /// Whether gradients of the losses and the optimizer alone change it: `due`, `afterStep`,
  /// `resting` and `surrogate` do nothing.
  virtual bool isPlain() const { return true; }
  /// What has changed between two steps, and tells this model from one at the beginning of a run.
  virtual nlohmann::json structure() const { return nlohmann::json::object(); }
  /// The structure with which the run is to go on from here; nothing: with this one. Asked before
  /// every step; what needs numbers reads them once it is due.
  virtual std::optional<nlohmann::json> due(const Progress& /*at*/, const Probe& /*probe*/) const {
    return std::nullopt;
  }
  /// Parameters that go on from others of the structure before. Each begins as their mean, and with
  /// the moments of a single one.
  virtual Origins origins() const { return {}; }
  /// Looks at the parameters after an update, without a read of the device. \param at of the
  /// update.
  virtual std::vector<Cleared> afterStep(const Progress& /*at*/) const { return {}; }

  /// Whether the gradients of the columns are found without autograd: only where all that tasks
  /// share is trained.
  bool goesBackByTraces() const;

  /// Parameters that no update moves as long as the structure stands.
  virtual std::vector<size_t> resting() const { return {}; }
  /// Of what two tasks or more reach, the parameters that stay as they are where tasks come one
  /// after another and it is this one's turn.
  virtual std::vector<size_t> settledBefore(size_t /*task*/) const { return {}; }

  size_t taskCount() const { return names_.size(); }
  const std::vector<std::string>& taskNames() const { return names_; }
  /// The tasks of the owners -2, -3, ...: proper subsets of two or more.
  const std::vector<std::vector<size_t>>& groups() const { return groups_; }
  /// Factor on the learning rate of architecture parameters.
  double architectureRate() const { return architectureRate_; }
  /// [K] tasks whose loss can depend on what this owner has.
  std::vector<char> reach(Owner owner) const;
  /// [K] tasks whose loss can depend on any column of J.
  std::vector<char> sharing() const;
  /// Numbers by name that are no parameters: nothing trains or counts them, but they are saved.
  const std::map<std::string, at::Tensor>& buffers() const { return buffers_; }
  ParameterBuffer& parameters() { return parameters_; }
  const ParameterBuffer& parameters() const { return parameters_; }

  void to(const at::Device& device);

  /// Takes every parameter that both have by name and shape, those of its `origins`, buffers
  /// likewise, and the random streams.
  void takeOver(const Model& other);

  /// Of all its random streams.
  RandomState randomState() const;
  /// Streams that `state` does not name go on from where they are.
  void restoreRandomState(const RandomState& state);

 protected:
  explicit Model(const Setting& setting);

  /// What these tasks reach and no other; of all of them it is the trunk.
  Block blockOf(const std::vector<size_t>& tasks);
  /// What one task alone reaches, below its head or in it.
  Block blockOf(size_t task, Part part) const;
  /// A random stream of this name, seeded by it, whose state is saved with the model.
  std::shared_ptr<at::Generator> addStream(const std::string& name);

  ParameterBuffer parameters_;
  std::map<std::string, at::Tensor> buffers_;
  std::shared_ptr<at::Generator> generator_;  ///< of dropout
  std::vector<std::vector<size_t>> reads_;    ///< at first all tasks the only representation
  double architectureRate_ = 1;

 private:
  std::vector<std::string> names_;  ///< of the tasks
  std::vector<std::vector<size_t>> groups_;
  std::uint64_t seed_;
  std::map<std::string, std::shared_ptr<at::Generator>> streams_;
};

/// A model whose heads are sequences of layers.
class HeadedModel : public Model {
 public:
  HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                  const Pass& pass) const override;
  void penalise(const Pass& pass) const override;
  bool hasPenalties() const override { return !regularisers_.empty(); }

 protected:
  explicit HeadedModel(const Setting& setting);

  /// Adds a head to every task: hidden layers with ReLU, then its readouts; and the regularisers.
  /// Call it after all else. \param features [task] that the head reads. \param parameters with
  /// those of `usual_parameters.h`.
  void addHeads(LayerFactory& factory, const std::vector<std::int64_t>& features,
                const Parameters& parameters);
  /// Features of a task's head, [N, F], from the representations that it reads.
  virtual at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                              const Pass& pass) const;

  struct Head {
    Sequence hidden;
    ReadoutLayer readouts;
  };
  /// One more head for a task, which `addHeads` does not know. \param block its name is that of the
  /// parameters.
  Head makeHead(LayerFactory& factory, size_t task, const Block& block, std::int64_t features,
                const Parameters& parameters);
  /// What the loss reads, where `features` gives the head what it reads.
  HeadOutput outputOf(const Head& head, const std::vector<at::Tensor>& read, const Pass& pass,
                      const std::function<at::Tensor(const std::vector<at::Tensor>& read,
                                                     const Pass& pass)>& features) const;
  const Head& headOf(size_t task) const { return heads_.at(task); }
  /// What the loss of a task reads.
  const std::vector<Readout>& wantedBy(size_t task) const { return wanted_.at(task); }

 private:
  std::vector<std::vector<Readout>> wanted_;  ///< [task]
  std::uint64_t seed_;
  std::vector<Head> heads_;
  std::vector<Regulariser> regularisers_;
};

/// A trunk that is a sequence of layers, and a head a task on its output.
class SequenceModel : public HeadedModel {
 public:
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  bool leavesTraces() const override { return true; }
  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels = true) const override;
  std::vector<size_t> uses() const override { return trunk_.parameters(); }

 protected:
  explicit SequenceModel(const Setting& setting) : HeadedModel(setting) {}

  /// Call it after the trunk is complete.
  void addHeads(LayerFactory& factory, std::int64_t features, const Parameters& parameters);

  Sequence trunk_;
};

}  // namespace eq::model
