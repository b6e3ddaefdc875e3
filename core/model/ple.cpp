#include "core/model/ple.h"

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/mixture.h"

namespace eq::model {
namespace {

using Maps = std::vector<at::Tensor>;

void append(Maps& all, const Maps& further) {
  all.insert(all.end(), further.begin(), further.end());
}

/// What all tasks reach through the shared stream goes into the representations; what follows is a
/// task's own: its gate of the last level but one, and all that it has in the last.
class Ple : public HeadedModel {
 public:
  Ple(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : HeadedModel(setting),
        shared_(static_cast<size_t>(parameters.integer("shared_experts"))),
        own_(static_cast<size_t>(parameters.integer("task_experts"))),
        levels_(static_cast<size_t>(parameters.integer("levels"))) {
    LayerFactory factory(parameters_, setting.seed);
    for (size_t level = 0; level < levels_.size(); ++level)
      addLevel(level, base, factory, setting.seed);
    for (size_t k = 0; k < taskCount(); ++k) reads_[k] = readOf(k);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  /// The shared experts of the last level; those of the one before, and each task's there; streams
  /// of the tasks below that one.
  Maps represent(const at::Tensor& inputs, const Pass& pass) const override {
    at::Tensor stream = inputs;
    Maps streams(taskCount(), inputs), before;
    for (size_t level = 0; level + 1 < levels_.size(); ++level) {
      const auto shared = outputsOf(levels_[level].shared, stream, pass);
      Maps all = shared, next;
      for (size_t k = 0; k < taskCount(); ++k) {
        const auto own = outputsOf(levels_[level].own[k], streams[k], pass);
        append(all, own);
        if (level + 2 < levels_.size())
          next.push_back(mixed(level, static_cast<std::int64_t>(k), streams[k], shared, own, pass));
      }
      stream = mixed(level, -1, stream, all, {}, pass);
      if (next.empty())
        before = all;
      else
        streams = next;
    }
    Maps found = outputsOf(levels_.back().shared, stream, pass);
    observeDiversity(pass, found);
    append(found, before);
    append(found, streams);
    return found;
  }
  size_t frontier() const override { return levels_.size() == 1 ? shared_ : 0; }
  bool readsInDepth() const override { return levels_.size() > 1; }

 protected:
  at::Tensor features(size_t task, const Maps& read, const Pass& pass) const override {
    const auto part = [&](size_t first, size_t count) {
      const auto begin = read.begin() + static_cast<std::ptrdiff_t>(first);
      return Maps(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    const auto last = levels_.size() - 1;
    const auto number = static_cast<std::int64_t>(task);
    auto stream = read.back();
    if (last > 0)
      stream =
          mixed(last - 1, number, stream, part(shared_, shared_), part(2 * shared_, own_), pass);
    const auto own = outputsOf(levels_[last].own[task], stream, pass);
    return mixed(last, number, stream, part(0, shared_), own, pass).flatten(1);
  }

 private:
  struct Level {
    std::vector<Sequence> shared = {};
    std::vector<std::vector<Sequence>> own = {};  ///< [task][expert]
    std::vector<Sequence> gates = {};             ///< [task]
    Sequence sharedGate = {};                     ///< of the shared stream; none in the last level
  };

  /// Places of what a task reads, in their order.
  std::vector<size_t> readOf(size_t task) const {
    std::vector<size_t> read;
    const auto add = [&](size_t first, size_t count) {
      for (size_t i = 0; i < count; ++i) read.push_back(first + i);
    };
    add(0, shared_);
    auto streams = shared_;
    if (levels_.size() > 1) {
      add(shared_, shared_);
      add(2 * shared_ + task * own_, own_);
      streams += shared_ + taskCount() * own_;
    }
    add(streams + task, 1);
    return read;
  }

  /// \param level from 0. The first shared expert of each begins as the base does, all else from
  /// streams by their names.
  void addLevel(size_t level, const BaseNetwork& base, LayerFactory& factory, std::uint64_t seed) {
    const bool isLast = level + 1 == levels_.size();
    const auto place = "level" + std::to_string(level + 1);
    const auto end = isLast ? base.stages() : level + 1;
    const auto expert = [&](const std::string& name, const Block& block, bool first) {
      Sequence layers;
      LayerFactory other(parameters_, deriveSeed(seed, name));
      for (size_t stage = level; stage < end; ++stage)
        base.addStage(layers, first ? factory : other, stage, block, name, generator_);
      return layers;
    };
    const auto gate = [&](const std::string& name, size_t entries, const Block& block) {
      Sequence layers;
      LayerFactory other(parameters_, deriveSeed(seed, name));
      layers.add(factory.flatten());
      layers.add(
          other.linear(name, base.features(level), static_cast<std::int64_t>(entries), block));
      return layers;
    };
    auto& made = levels_[level];
    for (size_t e = 0; e < shared_; ++e)
      made.shared.push_back(
          expert("trunk." + place + ".shared." + std::to_string(e), Block(), e == 0));
    if (!isLast)
      made.sharedGate = gate("trunk." + place + ".gate", shared_ + taskCount() * own_, {});
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto own = blockOf(k, Part::task);
      const auto& name = taskNames()[k];
      auto& experts = made.own.emplace_back();
      for (size_t e = 0; e < own_; ++e) {
        const auto number = ".expert." + std::to_string(e);
        experts.push_back(isLast ? expert(own.name + "." + place + number, own, false)
                                 : expert("trunk." + place + "." + name + number, Block(), false));
      }
      const bool alone = level + 2 >= levels_.size();
      made.gates.push_back(alone ? gate(own.name + "." + place + ".gate", shared_ + own_, own)
                                 : gate("trunk." + place + ".gate." + name, shared_ + own_, {}));
    }
  }

  Maps outputsOf(const std::vector<Sequence>& experts, const at::Tensor& stream,
                 const Pass& pass) const {
    Maps outputs;
    for (const auto& expert : experts)
      outputs.push_back(expert.forward(stream, parameters_, pass, nullptr));
    return outputs;
  }

  /// The next stream of a task, or of all (-1). \param stream that its gate reads.
  at::Tensor mixed(size_t level, std::int64_t task, const at::Tensor& stream, Maps experts,
                   const Maps& own, const Pass& pass) const {
    const auto& of = levels_[level];
    const auto& layers = task < 0 ? of.sharedGate : of.gates[static_cast<size_t>(task)];
    const auto gate = layers.forward(stream, parameters_, pass, nullptr).softmax(1);
    const auto place = std::to_string(level + 1);
    observeGate(pass, task, task < 0 ? "shared." + place : place, gate);
    if (level + 1 == levels_.size()) observeLast(pass, task, gate);
    append(experts, own);
    return mixedMaps(gate, experts, pass);
  }

  void observeLast(const Pass& pass, std::int64_t task, const at::Tensor& gate) const {
    const auto shared = static_cast<std::int64_t>(shared_), own = static_cast<std::int64_t>(own_);
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < shared + own; ++i)
      places.push_back(i < shared ? i : i + task * own);
    observeUse(pass, gate, places, shared + std::ssize(taskNames()) * own);
  }

  size_t shared_, own_;  ///< experts of a level
  std::vector<Level> levels_;
};

}  // namespace

CatalogRow<Model, const Setting&> pleRow() {
  Descriptor descriptor;
  descriptor.id = "ple";
  descriptor.title = "Progressive layered extraction";
  descriptor.summary =
      "Levels of experts, shared ones and ones of each task: gates mix them into a stream a task "
      "and a shared one, which sees the experts of all.";
  descriptor.formula =
      "r_k ← Σ_e g_k(r_k)_e f_e over shared and own e, r_s ← Σ_e g_s(r_s)_e f_e over all e; ŷ_k = "
      "V_k r_k + c_k";
  descriptor.citation =
      "Tang et al., Progressive layered extraction (PLE): a novel multi-task learning model for "
      "personalized recommendations, RecSys 2020";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("shared_experts", 1, "Networks of a level that all tasks mix")
           .from(1)
           .to(64),
       ParameterSpec::integer("task_experts", 1, "Networks of a level that each task has")
           .from(1)
           .to(64),
       ParameterSpec::choice("form", "paper", {"paper"},
                             "A task's own experts below the last level are reached by all, as in "
                             "the paper; there is no other"),
       ParameterSpec::integer("levels", 2, "Levels; each has one stage, the last all that are left")
           .from(1)
           .to(65536)});
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            const auto base = baseFrom(parameters, setting.inputShape, "ple");
            const auto levels = parameters.integer("levels");
            if (levels > static_cast<std::int64_t>(base.stages()))
              fail("model.levels: {} levels need {} stages, {} has {}", levels, levels,
                   parameters.text("base") == "mlp" ? "hidden" : "the base", base.stages());
            return std::make_unique<Ple>(parameters, base, setting);
          }};
}

}  // namespace eq::model
