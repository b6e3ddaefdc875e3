#include "core/model/structure/rank_updates.h"

#include <numeric>
#include <string>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

/// Orthonormal columns, or rows where there are fewer of them.
at::Tensor orthogonal(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  auto stream = at::make_generator<at::CPUGeneratorImpl>(seed);
  const auto numbers = at::TensorOptions().dtype(at::kFloat);
  if (rows < columns)
    return std::get<0>(at::linalg_qr(at::randn({columns, rows}, stream, numbers))).t().contiguous();
  return std::get<0>(at::linalg_qr(at::randn({rows, columns}, stream, numbers)));
}

class RankUpdates : public TaskStreams {
 public:
  RankUpdates(const Parameters& parameters, const Setting& setting)
      : TaskStreams(setting),
        rank_(parameters.integer("rank")),
        increment_(parameters.integer("increment")),
        own_(taskCount()) {
    const auto base = baseFrom(parameters, setting.inputShape, "rank_updates");
    ParameterBuffer shapes;  // of the weights that are made of factors
    LayerFactory layers(shapes, setting.seed);
    stages_.resize(base.stages());
    for (size_t stage = 0; stage < base.stages(); ++stage) {
      base.addStage(stages_[stage], layers, stage, Block(), "trunk", generator_);
      const auto indices = stages_[stage].parameters();
      places_.push_back({indices.at(0), indices.at(1)});
      shapes_.push_back(shapes.infos()[indices.at(0)].shape);
    }
    for (size_t k = 0; k < taskCount(); ++k) {
      addFactors(k, setting.seed);
      addOwn(k);
    }
    LayerFactory factory(parameters_, setting.seed);
    const std::vector<std::int64_t> features(taskCount(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

  std::vector<size_t> settledBefore(size_t task) const override {
    std::vector<size_t> settled;
    for (size_t older = 0; older < task; ++older)
      for (const auto& [u, v] : factors_[older]) {
        settled.push_back(u);
        settled.push_back(v);
      }
    return settled;
  }

 protected:
  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    std::vector<at::Tensor> made(2 * stages_.size());
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      made[places_[stage].weight] = weightFor(task, stage);
      made[places_[stage].bias] = parameters_.tensor(own_[task][stage].bias);
      if (pass.seen)
        pass.seen->add("selector", static_cast<std::int64_t>(task), std::to_string(stage + 1),
                       parameters_.tensor(own_[task][stage].selector));
    }
    const auto weights = ParameterBuffer::ofTensors(std::move(made));
    auto h = common[0];
    for (const auto& stage : stages_) h = stage.forward(h, weights, pass, nullptr);
    return h;
  }

 private:
  struct Place {
    size_t weight, bias;  ///< among what a stage's layers read
  };
  struct Factors {
    size_t u, v;  ///< [in, r] and [out, r]
  };
  struct Own {
    size_t selector, bias;
  };

  std::int64_t inputsOf(size_t stage) const {
    const auto& shape = shapes_[stage];
    return std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
  }

  /// Columns that come with a task: all later ones reach them too.
  void addFactors(size_t task, std::uint64_t seed) {
    std::vector<size_t> from(taskCount() - task);
    std::iota(from.begin(), from.end(), task);
    const auto block = blockOf(from);
    const auto columns = task == 0 ? rank_ : increment_;
    factors_.emplace_back();
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      const auto add = [&](const char* factor, std::int64_t rows) {
        const auto name = block.name + "." + factor + "." + std::to_string(stage);
        return parameters_.add(name, orthogonal(rows, columns, deriveSeed(seed, name)), block);
      };
      const auto u = add("u", inputsOf(stage));
      factors_.back().push_back({u, add("v", shapes_[stage][0])});
    }
  }

  /// Old columns are chosen by 0 at first, new ones by 1.
  void addOwn(size_t task) {
    const auto block = blockOf(task, Part::task);
    const auto all = rank_ + static_cast<std::int64_t>(task) * increment_;
    const auto fresh = task == 0 ? rank_ : increment_;
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      const auto numbers = at::TensorOptions().dtype(at::kFloat);
      auto selector = at::zeros({all}, numbers);
      selector.narrow(0, all - fresh, fresh).fill_(1);
      const auto place = std::to_string(stage);
      const auto index = parameters_.add(block.name + ".selector." + place, selector, block);
      own_[task].push_back(
          {index, parameters_.add(block.name + ".bias." + place,
                                  at::zeros({shapes_[stage][0]}, numbers), block)});
    }
  }

  /// (U diag(σ) Vᵀ)ᵀ over the columns up to the task's, in the shape of the stage's weight.
  at::Tensor weightFor(size_t task, size_t stage) const {
    std::vector<at::Tensor> u, v;
    for (size_t k = 0; k <= task; ++k) {
      u.push_back(parameters_.tensor(factors_[k][stage].u));
      v.push_back(parameters_.tensor(factors_[k][stage].v));
    }
    const auto& selector = parameters_.tensor(own_[task][stage].selector);
    return (at::cat(v, 1) * selector).mm(at::cat(u, 1).t()).view(shapes_[stage]);
  }

  std::int64_t rank_, increment_;
  std::vector<Sequence> stages_;                   ///< whose weights are made in every pass
  std::vector<Place> places_;                      ///< [stage]
  std::vector<std::vector<std::int64_t>> shapes_;  ///< [stage] of the weight
  std::vector<std::vector<Factors>> factors_;      ///< [task][stage]
  std::vector<std::vector<Own>> own_;              ///< [task][stage]
};

}  // namespace

CatalogRow<Model, const Setting&> rankUpdatesRow() {
  Descriptor descriptor;
  descriptor.id = "rank_updates";
  descriptor.title = "Incremental rank updates";
  descriptor.summary =
      "Weights of low rank: each task weighs the columns of the tasks before it and adds some. "
      "Under "
      "the scheme sequential the older columns stay as they are, so that nothing is forgotten.";
  descriptor.formula = "W_{k,s} = U_s diag(σ_{k,s}) V_sᵀ over r_1 + k r_2 columns";
  descriptor.citation =
      "Hyder et al., Incremental task learning with incremental rank updates, ECCV 2022";
  descriptor.parameters =
      withBase({ParameterSpec::integer("rank", 11, "Columns of the first task").from(1).to(65536),
                ParameterSpec::integer("increment", 1, "Columns that each later task adds")
                    .from(1)
                    .to(65536)});
  descriptor.traits["series"] = nlohmann::json::array({{{"series", "selector"},
                                                        {"draw", "matrix"},
                                                        {"axes", {"column"}},
                                                        {"label", "Weight of the column"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<RankUpdates>(parameters, setting);
          }};
}

}  // namespace eq::model
