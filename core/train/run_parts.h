#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/balance/two_slots.h"
#include "core/data/problem.h"
#include "core/gradient/engine.h"
#include "core/model/model.h"
#include "core/train/balancer_feed.h"
#include "core/train/best_parameters.h"
#include "core/train/experiment.h"
#include "core/train/front_method.h"
#include "core/train/optimizer.h"
#include "core/train/sampler.h"
#include "core/train/schedule.h"
#include "core/train/schemes.h"
#include "core/train/task_runtime.h"

namespace eq::train {

/// How far a run has come.
struct Progress {
  std::int64_t steps = 0;     ///< updates done
  std::int64_t examples = 0;  ///< examples seen
  double seconds = 0;         ///< of training
};

/// A part of the columns of J: a layer, or a tensor.
struct TrunkPart {
  std::string name;                ///< "trunk.0", or of its only parameter
  std::vector<size_t> parameters;  ///< their indices
  double share = 1;                ///< of the columns
  std::vector<char> members = {};  ///< [K] tasks that reach it
};

gradient::Parts indicesOf(const std::vector<TrunkPart>& parts);

/// What a run is made of, in the order in which one part needs another. A step reads and moves the
/// parts (training_step.h), a command exchanges them between two steps (run_commands.h), a look at
/// the run only reads them (inspection.h).
struct RunParts {
  /// \param trains whether the data must bring what the losses read.
  /// \throws Error when data, device or a method's parameters do not fit.
  RunParts(Experiment given, data::Problem loaded, bool trains);

  std::int64_t totalSteps() const;  ///< of the whole experiment, at least 1
  double epochs() const;            ///< examples seen / examples in an epoch
  model::Progress ofPass() const;   ///< of passes that are made now

  /// What the optimizer moves and checkpoints hold: the model's own parameters, or what a front is
  /// trained by.
  model::ParameterBuffer& trained() const;
  /// Between steps: puts the model of a front at equal preferences.
  void settle() const;

  Experiment experiment;
  at::Device device;
  data::Problem problem;
  std::vector<TaskRuntime> tasks;
  std::unique_ptr<model::Model> model;
  std::unique_ptr<FrontMethod> front;  ///< slot "pareto"; null: none
  std::unique_ptr<gradient::Engine> engine;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule;
  std::unique_ptr<balance::TwoSlots> balancer;
  std::vector<TrunkPart> parts;  ///< that the gradient method works on; empty: on the whole
  BalancerFeed feed{0};
  std::unique_ptr<Sampler> sampler;
  std::vector<Sampler> further;  ///< of the second and third batch, once the balancer reads them
  std::vector<char> frozen;      ///< [K] tasks whose own parameters stay as they are
  Schemes schemes;
  StepChoice choice;    ///< of the step to come, by the schemes
  BestParameters best;  ///< for rules that go back to them
  Progress progress;
  bool released = false;  ///< what `init` froze is trained since
};

// The parts that depend on the experiment and the tasks, for commands that exchange them.

/// The samplers of the second and third batch, at their beginning.
std::vector<Sampler> furtherSamplers(const RunParts& parts);
/// With the heads that the tasks' losses read; on the CPU.
/// \param structure see `model::Setting`. \param released whether what `init` freezes is trained.
std::unique_ptr<model::Model> makeModel(const Experiment& experiment, const data::Problem& problem,
                                        const std::vector<TaskRuntime>& tasks,
                                        const nlohmann::json& structure = nlohmann::json::object(),
                                        bool released = false);
/// What the experiment trains a front by, with the model where `network` is; null: nothing.
/// \throws Error where it does not fit the experiment or the model.
std::unique_ptr<FrontMethod> makeFront(const Experiment& experiment, const data::Problem& problem,
                                       const std::vector<TaskRuntime>& tasks,
                                       const model::Model& network);
/// \pre `network`, or the front that is given, outlives the optimizer.
std::unique_ptr<Optimizer> makeOptimizer(const Experiment& experiment, const model::Model& network,
                                         FrontMethod* front = nullptr);
/// \pre `network` outlives the engine.
std::unique_ptr<gradient::Engine> makeEngine(const Experiment& experiment,
                                             const model::Model& network);
/// All of them, a layer or a tensor at a time, from the input on.
std::vector<TrunkPart> sharedParts(const model::Model& network, bool byTensor);
/// Of the layers, the last one that all tasks reach; none where there is none.
std::optional<TrunkPart> lastSharedLayer(const model::Model& network);
/// Of what the gradient method's `granularity` says; empty where it works on the whole.
std::vector<TrunkPart> trunkParts(const Experiment& experiment, const model::Model& network);
/// \throws Error where a method reads gradients that the tasks do not share in this network.
std::unique_ptr<balance::TwoSlots> makeBalancer(const Experiment& experiment,
                                                const std::vector<TaskRuntime>& tasks,
                                                const std::vector<TrunkPart>& parts,
                                                const model::Model& network);
/// \throws Error where conflict is to be measured in a frontier that the network does not have.
void requireSource(const Experiment& experiment, const model::Model& network);

}  // namespace eq::train
