#include "core/model/experts/adatt.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/initial_values.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

using Maps = std::vector<at::Tensor>;

class Adatt : public HeadedModel {
 public:
  Adatt(const Parameters& parameters, const Setting& setting)
      : HeadedModel(setting), counts_(setting.tasks.size(), parameters.integer("task_experts")) {
    const auto shared = parameters.integer("shared_experts");
    learns_ = counts_[0] > 1 || shared > 1;
    if (shared > 0) counts_.push_back(shared);
    for (const auto count : counts_) experts_ += count;
    const auto base = baseFrom(parameters, setting.inputShape, "adatt");
    levels_.resize(base.stages());
    if (shared > 0 && levels_.size() > 1) requireNameOfShared(taskNames(), "adatt");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t level = 0; level < levels_.size(); ++level) {
      levels_[level].resize(counts_.size());
      for (size_t u = 0; u < counts_.size(); ++u) addUnit(level, u, base, factory, setting.seed);
    }
    for (size_t k = 0; k < taskCount(); ++k) {
      reads_[k].clear();
      for (std::int64_t e = 0; e < experts_; ++e) reads_[k].push_back(static_cast<size_t>(e));
      reads_[k].push_back(static_cast<size_t>(experts_) + k);
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  /// The experts of the last level, and the streams of the tasks before it.
  Maps represent(const at::Tensor& inputs, const Pass& pass) const override {
    Maps streams(counts_.size(), inputs), outputs;
    for (size_t level = 0; level < levels_.size(); ++level) {
      outputs.clear();
      for (size_t u = 0; u < streams.size(); ++u)
        for (const auto& expert : levels_[level][u].experts)
          outputs.push_back(expert.forward(streams[u], parameters_, pass, nullptr));
      if (level + 1 == levels_.size()) break;
      Maps next;
      for (size_t u = 0; u < streams.size(); ++u)
        next.push_back(mixed(level, u, streams[u], outputs, pass));
      streams = std::move(next);
    }
    outputs.insert(outputs.end(), streams.begin(),
                   streams.begin() + static_cast<std::ptrdiff_t>(taskCount()));
    return outputs;
  }
  size_t frontier() const override { return 0; }
  bool readsInDepth() const override { return levels_.size() > 1; }

 protected:
  at::Tensor features(size_t task, const Maps& read, const Pass& pass) const override {
    return mixed(levels_.size() - 1, task, read.back(), {read.begin(), read.end() - 1}, pass)
        .flatten(1);
  }

 private:
  struct Unit {
    std::vector<Sequence> experts = {};
    Sequence gate = {};                ///< of the shared unit there is none in the last level
    std::optional<size_t> residual{};  ///< in the buffer: weights of the unit's own experts
  };

  /// The first expert of the first unit begins as the base does, all else from streams by their
  /// names.
  void addUnit(size_t level, size_t u, const BaseNetwork& base, LayerFactory& factory,
               std::uint64_t seed) {
    const auto place = "level" + std::to_string(level + 1);
    const auto ofUnit =
        "trunk." + place + (u < taskCount() ? ".unit." + taskNames()[u] : ".shared");
    auto& unit = levels_[level][u];
    for (std::int64_t e = 0; e < counts_[u]; ++e) {
      const auto name = ofUnit + ".expert." + std::to_string(e);
      LayerFactory other(parameters_, deriveSeed(seed, name));
      base.addStage(unit.experts.emplace_back(), u == 0 && e == 0 ? factory : other, level, Block(),
                    name, generator_);
    }
    const bool isLast = level + 1 == levels_.size();
    if (isLast && u >= taskCount()) return;
    const auto block = isLast ? blockOf(u, Part::task) : Block();
    const auto name = isLast ? block.name + "." + place : ofUnit;
    LayerFactory other(parameters_, deriveSeed(seed, name + ".gate"));
    unit.gate.add(other.flatten());
    unit.gate.add(other.linear(name + ".gate", base.features(level), experts_, block));
    if (learns_) unit.residual = addResidual(name + ".residual", counts_[u], block, seed);
  }

  size_t addResidual(const std::string& name, std::int64_t count, const Block& block,
                     std::uint64_t seed) {
    const double bound = std::sqrt(1 / static_cast<double>(count));
    return parameters_.add(name, uniformByName(seed, name, {count}, bound), block);
  }

  /// The next stream of a unit, Σ_e (g_e + v_e [e native to it]) f_e.
  at::Tensor mixed(size_t level, size_t u, const at::Tensor& stream, const Maps& experts,
                   const Pass& pass) const {
    const auto& unit = levels_[level][u];
    const auto gate = unit.gate.forward(stream, parameters_, pass, nullptr).softmax(1);
    const auto task = u < taskCount() ? static_cast<std::int64_t>(u) : -1;
    const auto place =
        (task < 0 ? kSharedStream + std::string(".") : "") + std::to_string(level + 1);
    observeGate(pass, task, place, gate);
    const auto options = gate.options().requires_grad(false);
    const auto native =
        unit.residual ? parameters_.tensor(*unit.residual) : at::ones({counts_[u]}, options);
    if (pass.seen) pass.seen->add("residual", task, place, native);
    std::int64_t before = 0;
    for (size_t other = 0; other < u; ++other) before += counts_[other];
    const auto residual = at::cat({at::zeros({before}, options), native,
                                   at::zeros({experts_ - before - counts_[u]}, options)});
    return mixedMaps(gate + residual, experts, pass);
  }

  std::vector<std::int64_t> counts_;  ///< [unit] experts of a level; the shared unit is the last
  std::int64_t experts_ = 0;          ///< of all units
  bool learns_ = false;               ///< whether weights of native experts are learned; else 1
  std::vector<std::vector<Unit>> levels_;
};

}  // namespace

CatalogRow<Model, const Setting&> adattRow() {
  Descriptor descriptor;
  descriptor.id = "adatt";
  descriptor.title = "Adaptive task-to-task fusion";
  descriptor.summary =
      "A unit of experts for each task, and a shared one; at every level each mixes the experts of "
      "all units by a gate and keeps its own beside.";
  descriptor.formula =
      "r_u ← Σ_e (g_u(r_u)_e + v_{u,e} [e native to u]) f_e, g_u = softmax(G_u r_u + c_u); ŷ_k = "
      "V_k r_k + c_k";
  descriptor.citation =
      "Li et al., AdaTT: adaptive task-to-task fusion network for multitask learning in "
      "recommendations, KDD 2023";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("task_experts", 1, "Copies of a stage in the unit of each task")
           .from(1)
           .to(64),
       ParameterSpec::integer("shared_experts", 1, "Copies of a stage in the shared unit; 0: none")
           .from(0)
           .to(64)});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "gate"},
                              {"draw", "matrix"},
                              {"axes", {"expert"}},
                              {"label", "Gate weight, mean over the batch"}},
                             {{"series", "residual"},
                              {"draw", "bars"},
                              {"axes", {"own expert"}},
                              {"label", "Weight beside the gate"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Adatt>(parameters, setting);
          }};
}

}  // namespace eq::model
