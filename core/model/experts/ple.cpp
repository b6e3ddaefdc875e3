#include "core/model/experts/ple.h"

#include <string>
#include <utility>

#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/model/experts/ple_levels.h"
#include "core/model/experts/ple_libmtl.h"
#include "core/model/mixture.h"

namespace eq::model {
namespace {

/// The form of the paper. What all tasks reach through the shared stream goes into the
/// representations; what follows is a task's own: its gate of the last level but one, and all that
/// it has in the last.
class Ple : public PleLevels {
 public:
  Ple(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : PleLevels(parameters, base, setting) {
    if (count_ > 1) requireNameOfShared(taskNames(), "ple");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t level = 0; level < count_; ++level)
      addLevel(factory, ownersOf(level), /*hasSharedStream=*/!isLast(level));
    for (size_t k = 0; k < taskCount(); ++k) reads_[k] = readOf(k);
    complete(factory, parameters);
    parameters_.allocate(setting.type);
  }

  /// The shared experts of the last level; those of the one before, and each task's there; streams
  /// of the tasks below that one.
  Maps represent(const at::Tensor& inputs, const Pass& pass) const override {
    at::Tensor stream = inputs;
    Maps streams(taskCount(), inputs), before;
    for (size_t level = 0; level + 1 < count_; ++level) {
      const auto shared = outputsOf(levels_[level].shared, stream, pass);
      Maps all = shared, next;
      for (size_t k = 0; k < taskCount(); ++k) {
        const auto own = outputsOf(levels_[level].own[k], streams[k], pass);
        all = joined(std::move(all), own);
        if (level + 2 < count_)
          next.push_back(
              mixed(level, static_cast<std::int64_t>(k), streams[k], joined(shared, own), pass));
      }
      stream = mixed(level, -1, stream, all, pass);
      if (next.empty())
        before = all;
      else
        streams = next;
    }
    const auto found =
        joined(joined(outputsOf(levels_.back().shared, stream, pass), before), streams);
    if (pass.seen) observeExperts(inputs, pass);
    return found;
  }
  size_t frontier() const override { return count_ == 1 ? shared_ : 0; }
  bool readsInDepth() const override { return count_ > 1; }

 protected:
  at::Tensor features(size_t task, const Maps& read, const Pass& pass) const override {
    const auto last = count_ - 1;
    const auto stream = lastStream(task, read, pass);
    const auto own = outputsOf(levels_[last].own[task], stream, pass);
    const auto experts = joined(some(read, 0, shared_), own);
    return mixed(last, static_cast<std::int64_t>(task), stream, experts, pass).flatten(1);
  }

 private:
  static Maps some(const Maps& maps, size_t first, size_t count) {
    const auto begin = maps.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }

  /// What a task's experts and its gate read in the last level.
  at::Tensor lastStream(size_t task, const Maps& read, const Pass& pass) const {
    if (count_ == 1) return read.back();
    return mixed(count_ - 2, static_cast<std::int64_t>(task), read.back(),
                 some(read, shared_, shared_ + own_), pass);
  }

  /// How unlike the experts of the last level are, all as they are evaluated: nothing is drawn for
  /// it.
  void observeExperts(const at::Tensor& inputs, const Pass& pass) const {
    const at::NoGradGuard noGradients;
    const Pass quiet;
    const auto found = represent(inputs, quiet);
    auto experts = some(found, 0, shared_);
    for (size_t k = 0; k < taskCount(); ++k)
      experts =
          joined(std::move(experts),
                 outputsOf(levels_.back().own[k], lastStream(k, readBy(k, found), quiet), quiet));
    observeDiversity(pass, experts);
  }

  LevelOwners ownersOf(size_t level) const {
    if (isLast(level)) return LevelOwners::tasks;
    return isLast(level + 1) ? LevelOwners::gatesOfTasks : LevelOwners::shared;
  }

  /// Places of what a task reads, in their order.
  std::vector<size_t> readOf(size_t task) const {
    std::vector<size_t> read;
    const auto add = [&](size_t first, size_t count) {
      for (size_t i = 0; i < count; ++i) read.push_back(first + i);
    };
    add(0, shared_);
    auto streams = shared_;
    if (count_ > 1) {
      add(shared_, shared_);
      add(2 * shared_ + task * own_, own_);
      streams += shared_ + taskCount() * own_;
    }
    add(streams + task, 1);
    return read;
  }
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
       ParameterSpec::choice("form", "paper", {"paper", "libmtl"},
                             "paper: a shared stream sees the experts of all tasks; libmtl: there "
                             "is none, and shared experts read the stream of every task"),
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
            if (parameters.text("form") == "libmtl" && levels > 1)
              return pleOfLibmtl(parameters, base, setting);
            return std::make_unique<Ple>(parameters, base, setting);
          }};
}

}  // namespace eq::model
