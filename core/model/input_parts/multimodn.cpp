#include "core/model/input_parts/multimodn.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/initial_values.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "core/model/regulariser.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr double kOfChange = 0.01;  // what the penalty's factor is multiplied with

class Multimodn : public HeadedModel {
 public:
  Multimodn(const Parameters& parameters, std::vector<std::int64_t> sizes, const Setting& setting)
      : HeadedModel(setting),
        sizes_(std::move(sizes)),
        change_(parameters.number("change")),
        missing_(parameters.number("missing")),
        isShuffled_(parameters.text("order") == "random"),
        seed_(deriveSeed(setting.seed, "order of modalities")) {
    const auto width = parameters.integer("state");
    const double bound = 1 / std::sqrt(static_cast<double>(width));
    state_ = parameters_.add("trunk.state",
                             uniformByName(setting.seed, "trunk.state", {width}, bound), Block());
    LayerFactory factory(parameters_, setting.seed);
    for (const auto size : sizes_)
      addModality(factory, size, parameters.integers("encoder_hidden"), width);
    for (auto& places : reads_) {
      places = {sizes_.size()};
      for (size_t m = 0; m < sizes_.size(); ++m) places.push_back(m);
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), width), parameters);
    parameters_.allocate(setting.type);
  }

  /// The states s_0 to s_M, [N, state].
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    const auto parts = inputs.flatten(1).split_with_sizes(sizes_, 1);
    std::vector<at::Tensor> states{
        parameters_.tensor(state_).unsqueeze(0).expand({inputs.size(0), -1}).contiguous()};
    std::vector<at::Tensor> changes(sizes_.size());
    for (const auto modality : order(pass)) {
      states.push_back(moved(modality, parts[modality], states.back(), pass));
      changes[modality] = (states.back() - states[states.size() - 2]).square();
    }
    addChange(changes, pass);
    return states;
  }
  size_t frontier() const override { return 0; }
  bool readsInDepth() const override { return true; }
  bool hasPenalties() const override { return change_ > 0 || HeadedModel::hasPenalties(); }

  /// \param read the last state, then all before it.
  HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                  const Pass& pass) const override {
    std::vector<HeadOutput> earlier;
    for (size_t i = 1; i < read.size(); ++i)
      earlier.push_back(HeadedModel::head(task, {read[i]}, pass));
    auto output = HeadedModel::head(task, {read[0]}, pass);
    output.earlier = std::move(earlier);
    return output;
  }

 private:
  struct Modality {
    Sequence encoder = {};
    Sequence update = {};  ///< of [what it puts out ; state]
  };

  void addModality(LayerFactory& factory, std::int64_t inputs,
                   const std::vector<std::int64_t>& hidden, std::int64_t width) {
    const auto name = "trunk.modality." + std::to_string(modalities_.size());
    auto& made = modalities_.emplace_back();
    for (size_t i = 0; i < hidden.size(); ++i) {
      made.encoder.add(
          factory.linear(name + ".encoder." + std::to_string(i), inputs, hidden[i], Block()));
      made.encoder.add(factory.activation("relu"));
      inputs = hidden[i];
    }
    made.update.add(factory.linear(name + ".update", inputs + width, width, Block()));
  }

  /// In which the modalities come; drawn for the step in training, where they are shuffled.
  std::vector<size_t> order(const Pass& pass) const {
    std::vector<size_t> all(sizes_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    if (!isShuffled_ || !pass.training) return all;
    RandomStream stream(deriveSeed(seed_, "step", static_cast<std::uint64_t>(pass.at.step)));
    const auto drawn = stream.permutation(std::ssize(all));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<size_t>(drawn[i]);
    return all;
  }

  /// The state after a modality; of examples that miss it the one before.
  at::Tensor moved(size_t modality, const at::Tensor& inputs, const at::Tensor& state,
                   const Pass& pass) const {
    const auto& layers = modalities_[modality];
    auto isMissing = inputs.isnan().any(1, true);
    const auto encoded =
        layers.encoder.forward(inputs.masked_fill(isMissing, 0), parameters_, pass, nullptr);
    const auto next =
        layers.update.forward(at::cat({encoded, state}, 1), parameters_, pass, nullptr);
    if (pass.training && missing_ > 0) {
      const auto drawn = at::empty(isMissing.sizes(), state.options().requires_grad(false))
                             .bernoulli_(missing_, *generator_);
      isMissing = isMissing.logical_or(drawn > 0);
    }
    return at::where(isMissing, state, next);
  }

  /// \param changes [modality] (s_m - s_{m-1})², [N, state].
  void addChange(const std::vector<at::Tensor>& changes, const Pass& pass) const {
    const auto means = [&](const std::function<at::Tensor(const at::Tensor&)>& rowsOf) {
      std::vector<at::Tensor> found;
      for (const auto& change : changes) found.push_back(rowsOf(change).mean());
      return at::stack(found);
    };
    if (change_ > 0)
      addPenalty(pass, "change", [&] {
        return means([](const at::Tensor& rows) { return rows; }).mean() * (kOfChange * change_);
      });
    if (pass.seen)
      pass.seen->add("change", -1, {}, means([&](const at::Tensor& rows) {
                       return examplesOf(pass, rows.detach());
                     }));
  }

  std::vector<std::int64_t> sizes_;  ///< [modality] numbers of its inputs
  double change_, missing_;
  bool isShuffled_;
  std::uint64_t seed_;
  size_t state_ = 0;  ///< s_0, in the buffer
  std::vector<Modality> modalities_;
};

/// [modality] numbers of inputs; by default two parts, the first the larger.
std::vector<std::int64_t> sizesFrom(const Parameters& parameters, std::int64_t inputs) {
  if (parameters.isNull("sizes")) {
    if (inputs < 2) fail("model.sizes: {} input cannot be cut into two parts; give [1]", inputs);
    return {inputs - inputs / 2, inputs / 2};
  }
  const auto sizes = parameters.integers("sizes");
  const auto sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  if (sum != inputs)
    fail("model.sizes: [{}] are {} inputs in all, and there are {}", fmt::join(sizes, ", "), sum,
         inputs);
  return sizes;
}

std::unique_ptr<Model> makeMultimodn(const Parameters& parameters, const Setting& setting) {
  const auto& shape = setting.inputShape;
  const auto inputs =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  if (shape.empty() || inputs < 1)
    fail("model.id: multimodn needs inputs, found [{}]; an analytic problem needs the model point",
         fmt::join(shape, ", "));
  return std::make_unique<Multimodn>(parameters, sizesFrom(parameters, inputs), setting);
}

}  // namespace

CatalogRow<Model, const Setting&> multimodnRow() {
  Descriptor descriptor;
  descriptor.id = "multimodn";
  descriptor.title = "MultiModN";
  descriptor.summary =
      "The inputs come in parts, such as devices or visits: each moves a state on that all tasks "
      "share, or leaves it where the part is missing, and heads read the state after each.";
  descriptor.formula =
      "s_m = W_m [e_m(x_m) ; s_{m-1}] + b_m, s_{m-1} where x_m has a NaN; L_k = mean_m L_k(head_k "
      "s_m), predictions at s_M; + 0.01 change mean_m mean (s_m - s_{m-1})²";
  descriptor.citation =
      "Swamy et al., MultiModN: multimodal, multi-task, interpretable modular networks, NeurIPS "
      "2023. Chosen here: a missing part leaves the state of its example alone (the release skips "
      "the whole batch); s_0 begins uniform in ±1/√state";
  descriptor.parameters = {
      ParameterSpec::integerList("sizes", nullptr,
                                 "Inputs of each part; null: two parts, the first the larger")
          .from(1)
          .to(65536)
          .orNull(),
      ParameterSpec::integer("state", 20, "Numbers of the state").from(1).to(65536),
      ParameterSpec::integerList("encoder_hidden", {32}, "Widths of the layers that read a part")
          .from(1)
          .to(65536),
      ParameterSpec::number("change", 1,
                            "Factor of the penalty on changes of the state, beside 0.01")
          .from(0),
      ParameterSpec::number("missing", 0,
                            "Probability of leaving a part of an example out in training")
          .from(0)
          .below(1),
      ParameterSpec::choice(
          "order", "given", {"given", "random"},
          "Whether parts come as they are listed, or in training in a drawn order"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "loss_after"},
                              {"draw", "curve"},
                              {"axes", {"parts seen"}},
                              {"label", "Loss after so many parts"}},
                             {{"series", "change"},
                              {"draw", "bars"},
                              {"axes", {"part"}},
                              {"label", "Mean squared change of the state"}}});
  return {descriptor, makeMultimodn};
}

}  // namespace eq::model
