#include "core/model/low_rank/mor1e.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/initial_values.h"
#include "core/model/low_rank/centroids.h"
#include "core/model/low_rank/low_rank_model.h"
#include "core/model/mixture.h"
#include "core/model/routing.h"

namespace eq::model {
namespace {

constexpr const char* kCentroids = "trunk.centroids";

class Mor1e : public LowRankModel {
 public:
  Mor1e(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/false), count_(parameters.integer("experts")) {
    LayerFactory factory(parameters_, setting.seed);
    const auto clusters = parameters.integer("clusters");
    addBase(factory, parameters, setting, "mor1e",
            [&](const AdaptedLayer& layer) { addExperts(layer, clusters, setting.seed); });
    addCentroids(clusters, setting);
    addHeadsAndAllocate(factory, parameters, setting);
  }

 protected:
  /// s, [N, clusters].
  at::Tensor beside(const at::Tensor& inputs, const Pass& pass) const override {
    const auto& centroids = buffers_.at(kCentroids);
    if (pass.multiplyAdds) *pass.multiplyAdds += inputs.size(0) * centroids.numel();
    return cosinesWith(centroids, inputs.flatten(1));
  }

  at::Tensor addition(size_t layer, size_t, const at::Tensor& x, const at::Tensor& cosines,
                      const Pass& pass) const override {
    const auto& experts = experts_[layer];
    const auto &u = parameters_.tensor(experts.u), &v = parameters_.tensor(experts.v);
    const auto& ofClusters = parameters_.tensor(experts.ofClusters);
    if (pass.multiplyAdds)
      *pass.multiplyAdds += x.size(0) * (u.numel() + v.numel() + ofClusters.numel());
    const auto logits =
        experts.gate->forward(x, parameters_, pass, nullptr) + at::linear(cosines, ofClusters);
    const auto gate = logits.softmax(1);
    observeExperts(pass, -1, adapted()[layer].stage, gate);
    return (gate * at::linear(x, u)).mm(v);
  }

 private:
  /// Of a layer.
  struct Experts {
    size_t u = 0, v = 0;                    ///< [E, in] and [E, out] in the buffer
    size_t ofClusters = 0;                  ///< C, [E, clusters]
    std::unique_ptr<Layer> gate = nullptr;  ///< of what the layer reads
  };

  void addCentroids(std::int64_t clusters, const Setting& setting) {
    if (!setting.trainingInputs.defined())
      fail("model.id: mor1e finds clusters of training inputs, and there are none");
    const auto examples = clusteredOf(setting.trainingInputs);
    if (clusters > examples)
      fail("model.clusters: {} is above {}, the number of training inputs that they are found in",
           clusters, examples);
    buffers_[kCentroids] =
        centroidsOf(setting.trainingInputs, clusters, deriveSeed(setting.seed, kCentroids))
            .to(setting.type);
  }

  void addExperts(const AdaptedLayer& layer, std::int64_t clusters, std::uint64_t seed) {
    const auto name = "trunk." + layer.number();
    const auto add = [&](const std::string& which, std::int64_t numbers) {
      return parameters_.add(name + which,
                             uniformByName(seed, name + which, {count_, numbers},
                                           1 / std::sqrt(static_cast<double>(numbers))),
                             Block());
    };
    Experts experts;
    experts.u = add(".experts.u", layer.inputs);
    const auto v = at::zeros({count_, layer.outputs}, at::TensorOptions().dtype(at::kFloat));
    experts.v = parameters_.add(name + ".experts.v", v, Block());
    LayerFactory other(parameters_, deriveSeed(seed, name + ".gate"));
    experts.gate = other.linear(name + ".gate", layer.inputs, count_, Block());
    experts.ofClusters = add(".gate.clusters", clusters);
    experts_.push_back(std::move(experts));
  }

  std::int64_t count_;            ///< E
  std::vector<Experts> experts_;  ///< [layer]
};

}  // namespace

CatalogRow<Model, const Setting&> mor1eRow() {
  Descriptor descriptor;
  descriptor.id = "mor1e";
  descriptor.title = "Mixture of rank-1 experts";
  descriptor.summary =
      "A base network to whose full layers many products of two vectors are added, weighed for "
      "every "
      "example by what the layer reads and by how near the network's input is to clusters of the "
      "training inputs.";
  descriptor.formula =
      "h = φ(W x + b + Σ_e g_e (u_e·x) v_e), g = softmax(G x + c + C s), s_j = cos(input, centroid "
      "j)";
  descriptor.citation =
      "after Liu et al., Intuition-aware mixture-of-rank-1-experts for parameter efficient "
      "finetuning, arXiv 2404.08985, 2024; clusters are those of k-means, and how they enter the "
      "gate "
      "is a choice";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("experts", 8, "E: products that are mixed").from(1).to(64),
       ParameterSpec::integer("clusters", 8, "Clusters of the training inputs").from(1).to(65536),
       trainBaseSpec()});
  descriptor.traits["series"] = mixtureSeries(/*diverse=*/false);
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Mor1e>(parameters, setting);
          }};
}

}  // namespace eq::model
