#include "core/model/structure/dfa.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

using torch::autograd::grad;
using torch::autograd::variable_list;

/// Numbers an example in what a readout puts out of features of a width, with what else it learns
/// from them.
std::int64_t widthOf(const Readout& readout, std::int64_t features) {
  const bool asWide =
      readout.layer == Readout::Layer::features || readout.layer == Readout::Layer::predictor;
  auto width = asWide ? features : readout.outputs * std::max<std::int64_t>(1, readout.channels);
  for (const auto& field : readout.fields)
    if (field.kind == LearnedField::Kind::secondHead) width += field.count;
  return width;
}

at::Tensor cosineOf(const variable_list& one, const variable_list& other) {
  const auto flat = [](const variable_list& parts) {
    variable_list rows;
    for (const auto& part : parts) rows.push_back(part.flatten());
    return at::cat(rows);
  };
  const auto a = flat(one), b = flat(other);
  return a.dot(b) / (a.norm() * b.norm());
}

class Dfa : public HeadedModel {
 public:
  Dfa(const Parameters& parameters, const Setting& setting)
      : HeadedModel(setting), feedback_(taskCount()) {
    const auto base = baseFrom(parameters, setting.inputShape, "dfa");
    LayerFactory factory(parameters_, setting.seed);
    stages_.resize(base.stages());
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(stages_[stage], factory, stage, Block(), "trunk", generator_);
    const auto features = base.features(base.stages());
    for (size_t k = 0; k < taskCount(); ++k) {
      reads_[k].clear();  // every stage, then the inputs
      for (size_t place = 0; place <= stages_.size(); ++place) reads_[k].push_back(place);
      addFeedback(base, k, features, setting.seed);
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), features), parameters);
    parameters_.allocate(setting.type);
  }

  /// Each stage ends the graph of the one below.
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    std::vector<at::Tensor> outputs;
    for (const auto& stage : stages_)
      outputs.push_back(stage.forward(outputs.empty() ? inputs : outputs.back().detach(),
                                      parameters_, pass, innerTape(pass.tape)));
    outputs.push_back(inputs);
    return outputs;
  }
  size_t frontier() const override { return 0; }
  bool leavesTraces() const override { return true; }

  void back(const Tape& tape, std::vector<Stack> outputs, ParameterSink& sink,
            bool kernels) const override {
    const Descent descent{parameters_, sink, kernels};
    for (size_t stage = stages_.size(); stage-- > 0;) {
      const auto& [losses, gradients] = outputs[stage];
      if (!gradients.defined()) continue;
      sink.losses(losses);
      stages_[stage].back(tape[stage].inner[0], gradients, descent, /*further=*/false);
    }
  }

  std::vector<size_t> uses() const override {
    std::vector<size_t> all;
    for (const auto& stage : stages_)
      for (const auto index : stage.parameters()) all.push_back(index);
    return all;
  }

  bool feedsBack() const override { return true; }

  /// L + Σ_s <B_s e, h_s> - the same without its graph.
  bool isPlain() const override { return false; }
  at::Tensor surrogate(size_t task, const std::vector<at::Tensor>& read, const HeadOutput& output,
                       const at::Tensor& loss, const Pass& pass) const override {
    const auto error = errorOf(task, output, loss);
    auto projected = at::zeros_like(loss);
    variable_list seeds;
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      seeds.push_back(error.mm(parameters_.tensor(feedback_[task][stage]).t()));
      projected = projected + (seeds.back() * read[stage]).sum();
    }
    if (pass.seen) recordAlignment(task, read, output, loss, seeds, *pass.seen);
    return loss + (projected - projected.detach());
  }

 protected:
  at::Tensor features(size_t, const std::vector<at::Tensor>& read, const Pass&) const override {
    return read[stages_.size() - 1].detach().requires_grad_();
  }

 private:
  /// B normal, of deviation 1/√d_s. It belongs to the head: another one has others.
  void addFeedback(const BaseNetwork& base, size_t task, std::int64_t features,
                   std::uint64_t seed) {
    std::int64_t width = 0;
    for (const auto& readout : wantedBy(task)) {
      if (readout.views.any())
        fail(
            "model.id: dfa feeds back the errors of one view, and the loss of {} compares two "
            "views "
            "of every example; take another loss or model",
            taskNames()[task]);
      width += widthOf(readout, features);
    }
    auto block = blockOf(task, Part::head);
    block.trainable = false;
    for (size_t stage = 0; stage < base.stages(); ++stage) {
      const auto units = base.units(stage);
      const auto name = block.name + ".feedback." + std::to_string(stage);
      auto stream = at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
      const auto values = at::randn({units, width}, stream, at::TensorOptions().dtype(at::kFloat)) /
                          std::sqrt(static_cast<double>(units));
      feedback_[task].push_back(parameters_.add(name, values, block));
    }
  }

  /// What the head computes of its features, in the order of the columns of B.
  variable_list outputsOf(size_t task, const HeadOutput& output) const {
    variable_list all{output.prediction};
    const auto& readouts = wantedBy(task);
    for (size_t i = 1; i < readouts.size(); ++i)
      all.push_back(output.fields.at(furtherReadout(readouts[i].name())));
    for (const auto& readout : readouts)
      for (const auto& field : readout.fields)
        if (field.kind == LearnedField::Kind::secondHead)
          all.push_back(output.fields.at(field.field));
    return all;
  }

  /// ∂L/∂(outputs of the head), [N, width].
  at::Tensor errorOf(size_t task, const HeadOutput& output, const at::Tensor& loss) const {
    const auto outputs = outputsOf(task, output);
    const auto found = grad({loss}, outputs, {}, /*retain_graph=*/true, /*create_graph=*/false,
                            /*allow_unused=*/true);
    variable_list columns;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const auto one = found[i].defined() ? found[i] : at::zeros_like(outputs[i]);
      columns.push_back(one.reshape({outputs[i].size(0), -1}));
    }
    return at::cat(columns, 1).detach();
  }

  /// The cosine of both gradients in each stage, down the true one: without dropout, so that no
  /// stream moves because somebody looks.
  void recordAlignment(size_t task, const std::vector<at::Tensor>& read, const HeadOutput& output,
                       const at::Tensor& loss, const variable_list& seeds,
                       Observations& seen) const {
    auto further = gradientInFeatures(task, read, output, loss);
    for (size_t stage = stages_.size(); stage-- > 0;) {
      const auto below = read[stage == 0 ? stages_.size() : stage - 1].detach().requires_grad_();
      const auto h = stages_[stage].forward(below, parameters_, {}, nullptr);
      variable_list inputs;
      for (const auto index : stages_[stage].parameters())
        inputs.push_back(parameters_.tensor(index));
      const auto fed = grad({h}, inputs, {seeds[stage]}, /*retain_graph=*/true);
      inputs.push_back(below);
      auto found = grad({h}, inputs, {further});
      further = found.back();
      found.pop_back();
      seen.addPart("alignment", std::to_string(stage + 1), cosineOf(fed, found));
    }
  }

  /// ∂L/∂z.
  at::Tensor gradientInFeatures(size_t task, const std::vector<at::Tensor>& read,
                                const HeadOutput& output, const at::Tensor& loss) const {
    const auto before = outputsOf(task, output);
    const auto z = read[stages_.size() - 1].detach().requires_grad_();
    const auto again = outputsOf(
        task, HeadedModel::outputOf(headOf(task), {z}, {},
                                    [](const auto& rows, const Pass&) { return rows.front(); }));
    auto seeds = grad({loss}, before, {}, /*retain_graph=*/true, /*create_graph=*/false,
                      /*allow_unused=*/true);
    for (size_t i = 0; i < seeds.size(); ++i)
      if (!seeds[i].defined()) seeds[i] = at::zeros_like(before[i]);
    return grad(again, {z}, seeds).front();
  }

  std::vector<Sequence> stages_;
  std::vector<std::vector<size_t>> feedback_;  ///< [task][stage] B, [units, width]
};

}  // namespace

CatalogRow<Model, const Setting&> dfaRow() {
  Descriptor descriptor;
  descriptor.id = "dfa";
  descriptor.title = "Direct feedback alignment";
  descriptor.summary =
      "A multi-layer perceptron whose stages are trained by fixed random projections of the errors "
      "at the heads' outputs, without a way back through the network. The size of the projections "
      "is a choice here.";
  descriptor.formula =
      "δ_{k,s} = (B_{s,k} ∂L_k/∂ŷ_k) ⊙ φ'(a_s), B ~ N(0, 1/d_s); dW_s = Σ δᵀ h_{s-1}";
  descriptor.citation =
      "Nøkland, Direct feedback alignment provides learning in deep neural networks, NeurIPS 2016";
  descriptor.parameters = withBase({});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "alignment"},
                              {"draw", "lines"},
                              {"axes", nlohmann::json::array()},
                              {"label", "Cosine with the true gradient, mean over tasks"}},
                             {{"series", "alignment"},
                              {"draw", "curve"},
                              {"across", "stage"},
                              {"axes", nlohmann::json::array()},
                              {"label", "Cosine with the true gradient, mean over tasks"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            if (parameters.text("base") != "mlp")
              fail("model.base: dfa is for mlp alone, found {}", parameters.text("base"));
            if (const auto hidden = parameters.integers("head_hidden"); !hidden.empty())
              fail("model.head_hidden: dfa has heads of one layer, it must be [], found [{}]",
                   fmt::join(hidden, ", "));
            return std::make_unique<Dfa>(parameters, setting);
          }};
}

}  // namespace eq::model
