#include "core/model/low_rank/tensor_poly.h"

#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/model/initial_values.h"
#include "core/model/low_rank/skills.h"

namespace eq::model {
namespace {

constexpr std::int64_t kMostColumns = 65536;

/// The smallest integer whose power of this order is not below.
std::int64_t sideOf(std::int64_t size, std::int64_t order) {
  const auto holds = [&](std::int64_t side) {
    std::int64_t rest = size;
    for (std::int64_t i = 0; i < order; ++i) rest = (rest + side - 1) / side;
    return rest <= 1;
  };
  std::int64_t side = 1;
  while (!holds(side)) ++side;
  return side;
}

/// Row by row the Kronecker products of two stacks of matrices, [R, n, a] and [R, m, b] -> [R, n m,
/// a b].
at::Tensor kronecker(const at::Tensor& one, const at::Tensor& other) {
  const auto products = one.unsqueeze(2).unsqueeze(4) * other.unsqueeze(1).unsqueeze(3);
  return products.flatten(1, 2).flatten(2, 3);
}

class TensorPoly : public LowRankModel {
 public:
  TensorPoly(const Parameters& parameters, const Setting& setting)
      : LowRankModel(setting, /*apart=*/true),
        terms_(parameters.integer("tensor_rank")),
        order_(parameters.integer("order")),
        rank_(parameters.integer("factor_rank")),
        byOrder_(parameters.text("routing") == "order") {
    if (std::pow(rank_, order_) > kMostColumns)
      fail("model.factor_rank: {} to the power {} is a rank above {}", rank_, order_, kMostColumns);
    LayerFactory factory(parameters_, setting.seed);
    addBase(factory, parameters, setting, "tensor_poly",
            [&](const AdaptedLayer& layer) { addFactors(layer, setting.seed); });
    routes_.resize(taskCount());
    for (size_t k = 0; k < taskCount(); ++k)
      for (const auto& layer : adapted()) {
        const auto block = blockOf(k, Part::task);
        const auto name = block.name + "." + layer.number() + ".route";
        routes_[k].push_back(
            addRoute(parameters_, setting.seed, name, block, byOrder_ ? order_ : 1, terms_));
      }
    addHeadsAndAllocate(factory, parameters, setting);
  }

 protected:
  at::Tensor addition(size_t layer, size_t task, const at::Tensor& x, const at::Tensor&,
                      const Pass& pass) const override {
    const auto weights = parameters_.tensor(routes_[task][layer]).softmax(1);
    observeRoute(pass, task, adapted()[layer], weights);
    const auto& [down, up] = factors_[layer];
    const auto a = matrixOf(parameters_.tensor(down), weights, adapted()[layer].inputs, pass);
    const auto b = matrixOf(parameters_.tensor(up), weights, adapted()[layer].outputs, pass);
    if (pass.multiplyAdds) *pass.multiplyAdds += x.size(0) * (a.numel() + b.numel());
    return x.mm(a).mm(b.t());
  }

 private:
  /// Factors of a layer in the buffer: [N, R, q, c] of A, and of Bᵀ.
  struct Factors {
    size_t down = 0, up = 0;
  };

  /// All uniform in ±1/√q, but for the last ones of B, which are 0.
  void addFactors(const AdaptedLayer& layer, std::uint64_t seed) {
    const auto name = "trunk." + layer.number() + ".factors.";
    const auto drawn = [&](const char* which, std::int64_t size) {
      const auto side = sideOf(size, order_);
      return uniformByName(seed, name + which, {order_, terms_, side, rank_},
                           1 / std::sqrt(static_cast<double>(side)));
    };
    const auto a = drawn("a", layer.inputs), b = drawn("b", layer.outputs);
    b[order_ - 1].zero_();
    const auto down = parameters_.add(name + "a", a, Block());
    factors_.push_back({down, parameters_.add(name + "b", b, Block())});
  }

  /// Σ_ρ m_ρ ⊗_i a_i^ρ, or ⊗_i Σ_ρ m_{i,ρ} a_i^ρ, the first rows of it. \param factors [N, R, q,
  /// c]. \returns [rows, c^N].
  at::Tensor matrixOf(const at::Tensor& factors, const at::Tensor& weights, std::int64_t rows,
                      const Pass& pass) const {
    const auto chain = byOrder_ ? mixedTerms(weights, factors, pass).unsqueeze(1) : factors;
    auto product = chain[0];
    for (std::int64_t i = 1; i < order_; ++i) product = kronecker(product, chain[i]);
    const auto cut = product.narrow(1, 0, rows);
    return byOrder_ ? cut.squeeze(0) : mixedTerms(weights, cut.unsqueeze(0), pass).squeeze(0);
  }

  std::int64_t terms_, order_, rank_;        ///< R, N, c
  bool byOrder_;                             ///< whether each order has weights of its own
  std::vector<Factors> factors_;             ///< [layer]
  std::vector<std::vector<size_t>> routes_;  ///< [task][layer] logits [1 or N, R] in the buffer
};

}  // namespace

CatalogRow<Model, const Setting&> tensorPolyRow() {
  Descriptor descriptor;
  descriptor.id = "tensor_poly";
  descriptor.title = "TensorPoly";
  descriptor.summary =
      "Additions of low rank to the full layers of a base network, each matrix a sum of Kronecker "
      "products of small factors that all tasks share; every task weighs the terms, or the factors "
      "of each order.";
  descriptor.formula =
      "h_k = φ(W x + b + (x A_k) B_k), A_k = Σ_ρ m_{k,ρ} ⊗_i a_i^ρ, or ⊗_i Σ_ρ m_{k,i,ρ} a_i^ρ, "
      "cut to "
      "the inputs, m_k = softmax(Z_k); B_kᵀ likewise of the units";
  descriptor.citation =
      "Su et al., Mixture of experts using tensor products, arXiv 2405.16671, 2024; weights of "
      "each "
      "order, initial values and the cut are choices";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("tensor_rank", 4, "R: terms of a sum").from(1).to(65536),
       ParameterSpec::integer("order", 2, "N: factors of a product").from(1).to(4),
       ParameterSpec::integer("factor_rank", 2, "c: columns of each factor; the rank is c to the N")
           .from(1)
           .to(65536),
       ParameterSpec::choice("routing", "rank", {"rank", "order"},
                             "Whether a task weighs whole terms, or the factors of each order"),
       trainBaseSpec()});
  descriptor.traits["series"] = nlohmann::json::array({{{"series", "route"},
                                                        {"draw", "areas"},
                                                        {"axes", {"order", "term"}},
                                                        {"label", "Weight of each term"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<TensorPoly>(parameters, setting);
          }};
}

}  // namespace eq::model
