#include "core/model/low_rank/c_poly.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/model/low_rank/skills.h"

namespace eq::model {
namespace {

class CPoly : public LowRankModel {
 public:
  CPoly(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/true),
        common_{parameters.integer("skills"), parameters.integer("rank")},
        alone_{parameters.integer("task_skills"), parameters.integer("rank")} {
    LayerFactory factory(parameters_, setting.seed);
    addBase(factory, parameters, setting, "c_poly", [&](const AdaptedLayer& layer) {
      skills_.emplace_back(parameters_, setting.seed, "trunk." + layer.number() + ".skills",
                           Block(), layer, common_);
    });
    own_.resize(taskCount());
    for (size_t k = 0; k < taskCount(); ++k) {
      streams_.push_back(addStream(routeOf(blockOf(k, Part::task))));
      for (const auto& layer : adapted()) addOwn(k, layer, setting.seed);
    }
    addHeadsAndAllocate(factory, parameters, setting);
  }

 protected:
  at::Tensor addition(size_t layer, size_t task, const at::Tensor& x, const at::Tensor&,
                      const Pass& pass) const override {
    const auto& own = own_[task][layer];
    auto& stream = *streams_[task];
    const auto &route = parameters_.tensor(own.route), &ownRoute = parameters_.tensor(own.ownRoute);
    if (pass.seen) {
      const auto known = [&](const at::Tensor& logits) {
        return skillWeights(logits.detach(), {}, stream).squeeze(0);
      };
      observeRoute(pass, task, adapted()[layer], at::cat({known(route), known(ownRoute)}));
    }
    const auto common =
        skills_[layer].addition(x, skillWeights(route, pass, stream), parameters_, pass);
    return common + own.skills.addition(x, skillWeights(ownRoute, pass, stream), parameters_, pass);
  }

 private:
  /// What a task has of a layer.
  struct Own {
    size_t route;     ///< logits of common skills [1, Q] in the buffer
    Skills skills;    ///< of the task alone
    size_t ownRoute;  ///< logits of those, [1, T]
  };

  void addOwn(size_t task, const AdaptedLayer& layer, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto name = block.name + "." + layer.number();
    const auto route = addRoute(parameters_, seed, name + ".route", block, 1, common_.count);
    Skills skills(parameters_, seed, name + ".skills", block, layer, alone_);
    const auto ownRoute =
        addRoute(parameters_, seed, name + ".skills.route", block, 1, alone_.count);
    own_[task].push_back({route, skills, ownRoute});
  }

  Skills::Sizes common_, alone_;
  std::vector<std::shared_ptr<at::Generator>> streams_;  ///< [task] of its draws
  std::vector<Skills> skills_;                           ///< [layer] that all tasks share
  std::vector<std::vector<Own>> own_;                    ///< [task][layer]
};

}  // namespace

CatalogRow<Model, const Setting&> cPolyRow() {
  Descriptor descriptor;
  descriptor.id = "c_poly";
  descriptor.title = "Customized Polytropon";
  descriptor.summary =
      "As Polytropon, with common skills that every task takes its shares of, and beside them some "
      "skills of each task alone.";
  descriptor.formula =
      "h_k = φ(W x + b + (x A_k) B_k / r + (x A'_k) B'_k / r), A_k = Σ_q m_{k,q} A_q of common "
      "skills, A'_k = Σ_t n_{k,t} A_{k,t} of its own, m_k and n_k each over its sum";
  descriptor.citation =
      "Wang et al., Customizable combination of parameter-efficient modules for multi-task "
      "learning, ICLR 2024. Chosen here: common and own skills each over a sum of their own";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("skills", 4, "Q: additions that all tasks mix").from(1).to(65536),
       ParameterSpec::integer("rank", 4, "r: columns of each thin matrix").from(1).to(65536),
       ParameterSpec::integer("task_skills", 1, "T: additions of each task alone")
           .from(1)
           .to(65536),
       trainBaseSpec()});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "route"},
                              {"draw", "matrix"},
                              {"axes", {"skill"}},
                              {"label", "Share of each skill, common ones first"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<CPoly>(parameters, setting);
          }};
}

}  // namespace eq::model
