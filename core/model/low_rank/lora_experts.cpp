#include "core/model/low_rank/lora_experts.h"

#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/initial_values.h"
#include "core/model/low_rank/low_rank_model.h"
#include "core/model/mixture.h"
#include "core/model/routing.h"

namespace eq::model {
namespace {

class LoraExperts : public LowRankModel {
 public:
  LoraExperts(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/false),
        count_(parameters.integer("experts")),
        rank_(parameters.integer("rank")),
        kept_(topKFrom(parameters)),
        balance_(parameters.number("balance")) {
    LayerFactory factory(parameters_, setting.seed);
    addBase(factory, parameters, setting, "lora_experts",
            [&](const AdaptedLayer& layer) { addParts(layer, setting.seed); });
    addHeadsAndAllocate(factory, parameters, setting);
  }

  bool hasPenalties() const override { return balance_ > 0 || LowRankModel::hasPenalties(); }

 protected:
  at::Tensor addition(size_t layer, size_t, const at::Tensor& x, const at::Tensor&,
                      const Pass& pass) const override {
    const auto& parts = parts_[layer];
    const auto logits = parts.gate->forward(x, parameters_, pass, nullptr);
    penaliseImbalance(pass, balance_, examplesOf(pass, logits), kept_);
    const auto gate = sparseGate(logits, kept_);
    observeExperts(pass, -1, adapted()[layer].stage, gate);
    const auto mixture = mixtureOf(gate, added(parts.experts, x, pass).unbind(0), pass);
    return mixture + added(parts.always, x, pass).squeeze(0);
  }

 private:
  struct Factors {
    size_t down = 0, up = 0;  ///< A [E, in, r] and B [E, r, out] in the buffer
  };
  /// What is added to a layer.
  struct Parts {
    Factors always = {}, experts = {};
    std::unique_ptr<Layer> gate = nullptr;
  };

  void addParts(const AdaptedLayer& layer, std::uint64_t seed) {
    const auto name = "trunk." + layer.number();
    Parts parts;
    parts.always = addFactors(layer, name + ".lora.", 1, seed);
    parts.experts = addFactors(layer, name + ".experts.", count_, seed);
    LayerFactory other(parameters_, deriveSeed(seed, name + ".gate"));
    parts.gate = other.linear(name + ".gate", layer.inputs, count_, Block());
    parts_.push_back(std::move(parts));
  }

  Factors addFactors(const AdaptedLayer& layer, const std::string& name, std::int64_t count,
                     std::uint64_t seed) {
    const auto a = uniformByName(seed, name + "a", {count, layer.inputs, rank_},
                                 1 / std::sqrt(static_cast<double>(layer.inputs)));
    const auto down = parameters_.add(name + "a", a, Block());
    const auto b = at::zeros({count, rank_, layer.outputs}, a.options());
    return {down, parameters_.add(name + "b", b, Block())};
  }

  /// B_e A_e x of each, [E, N, out].
  at::Tensor added(const Factors& factors, const at::Tensor& x, const Pass& pass) const {
    const auto &a = parameters_.tensor(factors.down), &b = parameters_.tensor(factors.up);
    if (pass.multiplyAdds) *pass.multiplyAdds += x.size(0) * (a.numel() + b.numel());
    return at::bmm(at::bmm(x.unsqueeze(0).expand({a.size(0), -1, -1}), a), b);
  }

  std::int64_t count_, rank_, kept_;
  double balance_;
  std::vector<Parts> parts_;  ///< [layer]
};

}  // namespace

CatalogRow<Model, const Setting&> loraExpertsRow() {
  Descriptor descriptor;
  descriptor.id = "lora_experts";
  descriptor.title = "Experts of low rank";
  descriptor.summary =
      "A base network whose full layers have an addition of low rank that is always on, and "
      "several "
      "of which a gate picks a few for every example, alike for all tasks.";
  descriptor.formula =
      "h = φ(W x + b + B_0 A_0 x + Σ_e g_e B_e A_e x), g = softmax(G x + c) of the top_k largest, "
      "else "
      "0; + λ E Σ_e F_e P_e, F the share of examples, P the mean probability";
  descriptor.citation =
      "after Dou et al., LoRAMoE: alleviating world knowledge forgetting in large language models, "
      "ACL 2024; penalty: Fedus et al., Switch Transformers, 2022; of a single expert the gate is "
      "its probability among all, which is a choice";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("experts", 4, "E: additions that a gate picks from").from(1).to(64),
       ParameterSpec::integer("rank", 4, "r: columns of each thin matrix").from(1).to(65536),
       topKSpec(), balanceSpec(), trainBaseSpec()});
  descriptor.traits["series"] = mixtureSeries(/*diverse=*/false);
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<LoraExperts>(parameters, setting);
          }};
}

}  // namespace eq::model
