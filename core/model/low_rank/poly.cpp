#include "core/model/low_rank/poly.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/model/low_rank/skills.h"

namespace eq::model {
namespace {

class Poly : public LowRankModel {
 public:
  Poly(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/true) {
    const Skills::Sizes sizes{parameters.integer("skills"), parameters.integer("rank"),
                              parameters.integer("splits")};
    LayerFactory factory(parameters_, setting.seed);
    addBase(factory, parameters, setting, "poly", [&](const AdaptedLayer& layer) {
      requireSplits(sizes.splits, layer);
      skills_.emplace_back(parameters_, setting.seed, "trunk." + layer.number() + ".skills",
                           Block(), layer, sizes);
    });
    routes_.resize(taskCount());
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto block = blockOf(k, Part::task);
      streams_.push_back(addStream(routeOf(block)));
      for (const auto& layer : adapted()) {
        const auto name = block.name + "." + layer.number() + ".route";
        routes_[k].push_back(
            addRoute(parameters_, setting.seed, name, block, sizes.splits, sizes.count));
      }
    }
    addHeadsAndAllocate(factory, parameters, setting);
  }

 protected:
  at::Tensor addition(size_t layer, size_t task, const at::Tensor& x, const at::Tensor&,
                      const Pass& pass) const override {
    const auto& logits = parameters_.tensor(routes_[task][layer]);
    if (pass.seen)
      observeRoute(pass, task, adapted()[layer],
                   skillWeights(logits.detach(), {}, *streams_[task]));
    return skills_[layer].addition(x, skillWeights(logits, pass, *streams_[task]), parameters_,
                                   pass);
  }

 private:
  static void requireSplits(std::int64_t splits, const AdaptedLayer& layer) {
    const auto refuse = [&](std::int64_t size, const char* what) {
      if (size % splits != 0)
        fail("model.splits: {} does not divide the {} {} of stage {}", splits, size, what,
             layer.stage);
    };
    refuse(layer.inputs, "inputs");
    refuse(layer.outputs, "units");
  }

  std::vector<std::shared_ptr<at::Generator>> streams_;  ///< [task] of its draws
  std::vector<Skills> skills_;                           ///< [layer]
  std::vector<std::vector<size_t>> routes_;              ///< [task][layer] logits in the buffer
};

}  // namespace

CatalogRow<Model, const Setting&> polyRow() {
  Descriptor descriptor;
  descriptor.id = "poly";
  descriptor.title = "Polytropon";
  descriptor.summary =
      "A base network and skills, additions of low rank to its full layers that all tasks share; "
      "every task learns which of them it takes, in several splits part by part.";
  descriptor.formula =
      "h_k = φ(W x + b + (x A_k) B_k / r), A_k = Σ_q m_{k,q} A_q, B_k = Σ_q m_{k,q} B_q, m_k = "
      "σ(Z_k "
      "+ logit u) over its sum, u uniform in training, else ½";
  descriptor.citation =
      "Ponti et al., Combining parameter-efficient modules for task-level generalisation, EACL "
      "2023; "
      "splits: Caccia et al., Multi-head adapter routing for cross-task generalization, NeurIPS "
      "2023";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("skills", 4, "Q: additions that are mixed").from(1).to(65536),
       ParameterSpec::integer("rank", 4, "r: columns of each thin matrix").from(1).to(65536),
       ParameterSpec::integer("splits", 1,
                              "Parts of inputs and outputs, each mixed on its own; it divides the "
                              "widths of all full layers")
           .from(1)
           .to(65536),
       trainBaseSpec()});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "route"},
                              {"draw", "areas"},
                              {"axes", {"part", "skill"}},
                              {"label", "Share of each skill, as evaluation has it"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Poly>(parameters, setting);
          }};
}

}  // namespace eq::model
