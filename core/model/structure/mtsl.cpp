#include "core/model/structure/mtsl.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "core/model/structure/similarity.h"
#include "core/model/task_lists.h"

namespace eq::model {
namespace {

using nlohmann::json;
using Groups = std::vector<std::vector<size_t>>;

// A structure: {"phase": "transfer", "stage": from 1, "from": step, "stages": groups of tasks a
// stage, "merging": groups that are to share this stage}, or {"phase": "done", "stages": ...}.
constexpr const char* kTransfer = "transfer";

json inNames(const Groups& groups, const std::vector<std::string>& names) {
  auto list = json::array();
  for (const auto& group : groups) {
    auto of = json::array();
    for (const auto task : group) of.push_back(names[task]);
    list.push_back(std::move(of));
  }
  return list;
}

Groups inNumbers(const json& groups, const std::vector<std::string>& names) {
  Groups found;
  for (const auto& group : groups) {
    found.emplace_back();
    for (const auto& name : group)
      found.back().push_back(taskNamed(name, names, "structure.stages"));
  }
  return found;
}

class Mtsl : public HeadedModel {
 public:
  Mtsl(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : HeadedModel(setting),
        taskEpochs_(parameters.number("task_epochs")),
        threshold_(parameters.number("threshold")),
        transferSteps_(parameters.integer("transfer_steps")),
        probe_(parameters.integer("probe")),
        structure_(setting.structure),
        stages_(base.stages()) {
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < stages_.size(); ++stage)
      for (const auto& tasks : groupsAt(stage))
        stages_[stage].push_back(
            copyOf(base, stages_[stage].empty() ? &factory : nullptr, stage, tasks, setting.seed));
    if (transfers()) {
      merging_ = structure_.at("stage").get<size_t>() - 1;
      for (const auto& tasks : inNumbers(structure_.at("merging"), taskNames()))
        common_.push_back(copyOf(base, nullptr, merging_, tasks, setting.seed));
    }
    for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    const auto wanted = pass.active ? *pass.active : std::vector<char>(taskCount(), 1);
    std::vector<at::Tensor> streams = outputsOf(inputs, pass, stages_.size(), wanted);
    for (auto& stream : streams)
      if (stream.defined()) stream = stream.flatten(1);
    if (transfers()) addTransfer(inputs, pass, wanted);
    for (size_t stage = 0; pass.seen && stage < stages_.size(); ++stage)
      pass.seen->add(
          "similarity", -1, std::to_string(stage + 1),
          similarityAt(stage, examplesOf(pass, inputs), pass.at).to(inputs.scalar_type()));
    return streams;
  }
  size_t frontier() const override { return 0; }
  bool ownsBelow() const override { return true; }
  bool hasPenalties() const override { return transfers() || HeadedModel::hasPenalties(); }

  json structure() const override { return structure_; }

  bool isPlain() const override { return false; }
  std::optional<json> due(const Progress& at, const Probe& probe) const override {
    if (structure_.empty())
      return at.epoch < taskEpochs_ ? std::nullopt : std::optional(after(0, at, probe));
    if (!transfers() || at.step < structure_.at("from").get<std::int64_t>() + transferSteps_)
      return std::nullopt;
    return after(merging_ + 1, at, probe);
  }

  /// A layer for a group begins as the mean of those that it replaces.
  Origins origins() const override {
    Origins origins;
    for (const auto& copy : common_) {
      const auto indices = copy.layers.parameters();
      for (size_t i = 0; i < indices.size(); ++i)
        for (const auto task : copy.tasks) {
          const auto former = copyAt(merging_, task).layers.parameters();
          origins[parameters_.infos()[indices[i]].name].push_back(
              parameters_.infos()[former[i]].name);
        }
    }
    return origins;
  }

  /// All but the layers that are to be shared.
  std::vector<size_t> resting() const override {
    std::vector<char> moves(parameters_.infos().size(), !transfers());
    for (const auto& copy : common_)
      for (const auto index : copy.layers.parameters()) moves[index] = 1;
    std::vector<size_t> resting;
    for (size_t i = 0; i < moves.size(); ++i)
      if (!moves[i]) resting.push_back(i);
    return resting;
  }

 private:
  /// Of a stage, for some tasks.
  struct Copy {
    Sequence layers = {};
    std::vector<size_t> tasks = {};
  };

  bool transfers() const { return structure_.value("phase", "") == kTransfer; }

  /// \param factory of the base; null: a stream by the copy's name.
  Copy copyOf(const BaseNetwork& base, LayerFactory* factory, size_t stage,
              const std::vector<size_t>& tasks, std::uint64_t seed) {
    const auto block = tasks.size() == 1 ? blockOf(tasks[0], Part::task) : blockOf(tasks);
    LayerFactory other(parameters_, deriveSeed(seed, block.name + "." + std::to_string(stage)));
    Copy copy{{}, tasks};
    base.addStage(copy.layers, factory ? *factory : other, stage, block, block.name,
                  addStream(dropoutOf(block)));
    return copy;
  }

  /// \param stage from 0; at first every task is alone.
  Groups groupsAt(size_t stage) const {
    if (!structure_.empty()) return inNumbers(structure_.at("stages").at(stage), taskNames());
    Groups alone;
    for (size_t k = 0; k < taskCount(); ++k) alone.push_back({k});
    return alone;
  }

  const Copy& copyAt(size_t stage, size_t task) const {
    return *std::find_if(stages_[stage].begin(), stages_[stage].end(), [task](const Copy& one) {
      return std::find(one.tasks.begin(), one.tasks.end(), task) != one.tasks.end();
    });
  }

  /// [K] what the tasks put out after so many stages; undefined of tasks that are not wanted.
  std::vector<at::Tensor> outputsOf(const at::Tensor& inputs, const Pass& pass, size_t stages,
                                    const std::vector<char>& wanted) const {
    std::vector<at::Tensor> streams(taskCount(), inputs);
    for (size_t k = 0; k < streams.size(); ++k)
      if (!wanted[k]) streams[k].reset();
    for (size_t stage = 0; stage < stages; ++stage)
      for (const auto& copy : stages_[stage]) {
        at::Tensor output;
        for (const auto task : copy.tasks) {
          if (!streams[task].defined()) continue;
          if (!output.defined())
            output = copy.layers.forward(streams[task], parameters_, pass, nullptr);
          streams[task] = output;
        }
      }
    return streams;
  }

  /// Σ_k ‖h_group - h_k‖²/N of the tasks that are wanted, without dropout.
  void addTransfer(const at::Tensor& inputs, const Pass& pass,
                   const std::vector<char>& wanted) const {
    addPenalty(pass, kTransfer, [&] {
      Pass quiet;
      quiet.at = pass.at;
      auto sum = inputs.new_zeros({});
      const auto below = outputsOf(inputs, quiet, merging_, wanted);
      for (const auto& copy : common_)
        for (const auto task : copy.tasks) {
          if (!wanted[task]) continue;
          const auto own =
              copyAt(merging_, task).layers.forward(below[task], parameters_, quiet, nullptr);
          const auto common =
              copy.layers.forward(below[task].detach(), parameters_, quiet, nullptr);
          sum = sum + (common - own.detach()).square().sum() / inputs.size(0);
        }
      return sum;
    });
  }

  at::Tensor similarityAt(size_t stage, const at::Tensor& inputs, const Progress& at) const {
    const at::NoGradGuard noGradients;
    Pass quiet;
    quiet.at = at;
    return linearCka(outputsOf(inputs, quiet, stage + 1, std::vector<char>(taskCount(), 1)));
  }

  /// What follows when stages before this one have been shared as far as they are alike.
  json after(size_t stage, const Progress& at, const Probe& probe) const {
    std::vector<Groups> shared;
    for (size_t s = 0; s < stages_.size(); ++s) shared.push_back(groupsAt(s));
    if (transfers()) shared[merging_] = mergedGroups();
    Groups merging;
    if (stage < stages_.size()) {
      const auto similarity = similarityAt(stage, probe(probe_), at);
      for (const auto& around : below(stage, shared))
        for (auto& group : groupsAlike(similarity, around, threshold_))
          if (group.size() > 1) merging.push_back(std::move(group));
    }
    auto stages = json::array();
    for (const auto& groups : shared) stages.push_back(inNames(groups, taskNames()));
    if (merging.empty()) return {{"phase", "done"}, {"stages", stages}};
    return {{"phase", kTransfer},
            {"stage", stage + 1},
            {"from", at.step},
            {"stages", stages},
            {"merging", inNames(merging, taskNames())}};
  }

  /// Tasks that may share a stage.
  Groups below(size_t stage, const std::vector<Groups>& shared) const {
    if (stage > 0) return shared[stage - 1];
    std::vector<size_t> all;
    for (size_t k = 0; k < taskCount(); ++k) all.push_back(k);
    return {all};
  }

  /// The groups of the stage in transfer, once it is shared.
  Groups mergedGroups() const {
    Groups groups;
    std::vector<char> taken(taskCount());
    for (const auto& copy : common_) {
      groups.push_back(copy.tasks);
      for (const auto task : copy.tasks) taken[task] = 1;
    }
    for (const auto& copy : stages_[merging_])
      if (!taken[copy.tasks.front()]) groups.push_back(copy.tasks);
    std::sort(groups.begin(), groups.end());
    return groups;
  }

  double taskEpochs_, threshold_;
  std::int64_t transferSteps_, probe_;
  json structure_;
  std::vector<std::vector<Copy>> stages_;  ///< [stage]
  size_t merging_ = 0;                     ///< the stage in transfer
  std::vector<Copy> common_;               ///< that are to replace some of it
};

}  // namespace

CatalogRow<Model, const Setting&> mtslRow() {
  Descriptor descriptor;
  descriptor.id = "mtsl";
  descriptor.title = "Multi-task structural learning";
  descriptor.summary =
      "A network a task at first; then, stage by stage from the inputs on, tasks whose outputs are "
      "alike get one layer together, which learns to put out what theirs did while all else rests. "
      "Measure, first values and threshold are choices here.";
  descriptor.formula =
      "groups of mean CKA >= threshold; Σ_k ‖h_group - h_k‖²/N for transfer_steps, stage by stage";
  descriptor.citation =
      "Gurulingan et al., Multi-task structural learning using local task similarity induced "
      "neuron "
      "creation and removal, 2023; CKA: Kornblith et al., ICML 2019";
  descriptor.parameters = withBase(
      {ParameterSpec::number("task_epochs", 5, "How long the tasks are trained alone")
           .from(0)
           .in("epochs"),
       ParameterSpec::number("threshold", 0.8, "Least mean similarity of tasks that share")
           .from(0)
           .to(1),
       ParameterSpec::integer("transfer_steps", 100, "Steps in which a shared layer learns")
           .from(1)
           .in("steps"),
       ParameterSpec::integer("probe", 512, "Training examples that similarity is measured on")
           .from(2)
           .to(65536)
           .in("examples")});
  descriptor.traits["tree"] = true;
  descriptor.traits["series"] = json::array({{{"series", "similarity"},
                                              {"draw", "matrix"},
                                              {"axes", {"task", "task"}},
                                              {"label", "Linear CKA on the batch"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            const auto base = baseFrom(parameters, setting.inputShape, "mtsl");
            return std::make_unique<Mtsl>(parameters, base, setting);
          }};
}

}  // namespace eq::model
