#include "core/model/experts/dselect_k.h"

#include <bit>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/experts/shared_experts.h"
#include "core/model/mixture.h"
#include "core/model/penalty.h"

namespace eq::model {
namespace {

constexpr double kInLogarithm = 1e-6;
constexpr double kLeastUse = 1e-6;     // of all experts by a selector whose code is beyond them
constexpr double kFirstCode = 0.01;    // of gamma: initial size of what codes are computed from
constexpr double kFirstWeight = 0.05;  // likewise of the weights of selectors

class DselectK : public SharedExperts {
 public:
  DselectK(const Parameters& parameters, const Setting& setting)
      : SharedExperts(setting),
        byInput_(parameters.text("selector") == "input"),
        selectors_(parameters.integer("nonzeros")),
        gamma_(parameters.number("gamma")),
        entropy_(parameters.number("entropy")) {
    const auto count = parameters.integer("experts");
    if (selectors_ > count)
      fail("model.nonzeros: {} is above {}, the number of experts", selectors_, count);
    bits_ = std::bit_width(static_cast<std::uint64_t>(count) - 1);
    const auto base = baseFrom(parameters, setting.inputShape, "dselect_k");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t e = 0; e < static_cast<size_t>(count); ++e)
      addExpert(base, factory, Block(), e, setting.seed);
    for (size_t k = 0; k < taskCount(); ++k) addSelectors(k, base.features(0), setting.seed);
    const std::vector<std::int64_t> features(taskCount(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

  bool hasPenalties() const override {
    return entropy_ > 0 || hasUnusedCodes() || HeadedModel::hasPenalties();
  }

 protected:
  at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const override {
    const auto code = answer(codes_[task], inputs, pass).view({-1, selectors_, bits_});
    const auto weight = answer(weights_[task], inputs, pass).view({-1, selectors_}).softmax(1);
    const auto single = expertsOf(code);
    penaliseSelectors(single, pass);
    const auto gate = at::bmm(weight.unsqueeze(1), single).squeeze(1);
    observeGate(pass, static_cast<std::int64_t>(task), {}, gate);
    observeUse(pass, gate);
    return gate.expand({inputs.size(0), -1});
  }

 private:
  /// What selectors compute from: a linear layer of the inputs, or numbers.
  struct Source {
    size_t weight = 0, bias = 0;  ///< in the buffer; without inputs only the first
  };

  bool hasUnusedCodes() const { return (size_t{1} << bits_) != shared(); }

  void addSelectors(size_t task, std::int64_t inputs, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    auto generator =
        at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, block.name + ".selector"));
    const auto drawn = [&](const std::string& name, std::vector<std::int64_t> shape, double size) {
      return parameters_.add(
          block.name + ".selector." + name,
          at::empty(shape, at::TensorOptions().dtype(at::kFloat)).uniform_(-size, size, generator),
          block);
    };
    const auto source = [&](const std::string& name, std::int64_t numbers, double size) -> Source {
      if (!byInput_) return {drawn(name, {numbers}, size)};
      const auto weight = drawn(name + ".weight", {numbers, inputs}, size);
      return {weight, drawn(name + ".bias", {numbers}, size)};
    };
    codes_.push_back(source("codes", selectors_ * bits_, kFirstCode * gamma_));
    weights_.push_back(source("weights", selectors_, kFirstWeight));
  }

  /// [N, numbers], or [1, numbers] of all examples.
  at::Tensor answer(const Source& source, const at::Tensor& inputs, const Pass& pass) const {
    const auto& weight = parameters_.tensor(source.weight);
    if (!byInput_) return weight.unsqueeze(0);
    if (pass.multiplyAdds) *pass.multiplyAdds += inputs.size(0) * weight.numel();
    return at::linear(inputs, weight, parameters_.tensor(source.bias));
  }

  /// 0 up to -γ/2, 1 from γ/2 on, between them a cubic that is smooth where they meet.
  at::Tensor smoothStep(const at::Tensor& t) const {
    const auto x = t / gamma_;
    const auto between = x * -2 * x.square() + x * 1.5 + 0.5;
    return at::where(x <= -0.5, 0, at::where(x >= 0.5, 1, between));
  }

  /// r [N, selectors, E]: how far the bits of a selector's code are those of each expert's number,
  /// the most significant first. \param code [N, selectors, bits].
  at::Tensor expertsOf(const at::Tensor& code) const {
    const auto step = smoothStep(code);
    const auto numbers =
        at::arange(static_cast<std::int64_t>(shared()), code.options().dtype(at::kLong));
    auto single = at::ones({1}, code.options());
    for (std::int64_t bit = 0; bit < bits_; ++bit) {
      const auto is = numbers.bitwise_right_shift(bits_ - 1 - bit).bitwise_and(1) == 1;
      const auto one = step.select(2, bit).unsqueeze(2);
      single = single * at::where(is, one, 1 - one);
    }
    return single;
  }

  /// \param single r of one task.
  void penaliseSelectors(const at::Tensor& single, const Pass& pass) const {
    const auto overExamples = [](const at::Tensor& values) { return values.mean(0).sum(); };
    if (entropy_ > 0)
      addPenalty(pass, "entropy", [&] {
        return overExamples((single * (single + kInLogarithm).log()).sum(2)) * -entropy_;
      });
    if (hasUnusedCodes())
      addPenalty(pass, "unused_codes",
                 [&] { return overExamples(single.sum(2).clamp_min(kLeastUse).reciprocal()); });
  }

  bool byInput_;
  std::int64_t selectors_;  ///< q
  std::int64_t bits_ = 0;   ///< m, of a code
  double gamma_;
  double entropy_;
  std::vector<Source> codes_, weights_;  ///< [task]
};

}  // namespace

CatalogRow<Model, const Setting&> dselectKRow() {
  Descriptor descriptor;
  descriptor.id = "dselect_k";
  descriptor.title = "DSelect-k";
  descriptor.summary =
      "Networks that all tasks share, of which each task selects a few by binary codes that become "
      "sharp as they are learned.";
  descriptor.formula =
      "g_k = Σ_i softmax(w)_i r_i, r_i[e] = Π_b (S(z_{i,b}) if bit b of e, else 1 - S(z_{i,b})); "
      "z_k = Σ_e g_{k,e} f_e(x); + λ Σ_{k,i} mean(-Σ_e r log(r + 1e-6)), and where E is no power "
      "of "
      "2 + Σ_{k,i} mean(1/Σ_e r_i[e])";
  descriptor.citation =
      "Hazimeh et al., DSelect-k: differentiable selection in the mixture of experts with "
      "applications to multi-task learning, NeurIPS 2021";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("experts", 4, "Networks that are mixed").from(2).to(64),
       ParameterSpec::integer("nonzeros", 2,
                              "Selectors of each task, each of one expert in the end")
           .from(1)
           .to(64),
       ParameterSpec::number("gamma", 1, "Width of the smooth step from 0 to 1").above(0),
       ParameterSpec::choice("selector", "input", {"input", "task"},
                             "Whether a task selects for each example or for all"),
       ParameterSpec::number("entropy", 1e-6, "Factor λ of the penalty on undecided selectors")
           .from(0)});
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<DselectK>(parameters, setting);
          }};
}

}  // namespace eq::model
