#include "core/train/front/controllable_width.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/front/widths.h"
#include "core/train/front_method.h"
#include "core/train/front_preferences.h"
#include "core/train/front_update.h"
#include "core/train/front_variants.h"
#include "core/train/run_parts.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using gradient::Gradients;
using metric::Point;

/// \throws Error where they do not ascend from above 0 to 1.
std::vector<double> checkedWidths(const Parameters& parameters, const std::string& name,
                                  const std::string& path) {
  auto widths = parameters.numbers(name);
  if (widths.empty()) fail("{}.{}: needs at least one width, found []", path, name);
  for (size_t i = 1; i < widths.size(); ++i)
    if (!(widths[i] > widths[i - 1]))
      fail("{}.{}: expected ascending widths, found {} behind {}", path, name, widths[i],
           widths[i - 1]);
  if (widths.back() != 1)
    fail("{}.{}: the last width is 1, the whole layer, found {}", path, name, widths.back());
  return widths;
}

/// All parameters of the run's model, under their names: what is trained, where the model itself is
/// narrower in turn.
model::ParameterBuffer copyOf(const model::ParameterBuffer& of) {
  model::ParameterBuffer copy;
  for (size_t i = 0; i < of.infos().size(); ++i) {
    const auto& info = of.infos()[i];
    copy.add(info.name, of.tensor(i).detach().to(at::kCPU, at::kFloat, false, true), info.block,
             info.architecture);
  }
  copy.allocate(of.values().scalar_type());
  return copy;
}

class SwitchableWidths : public FrontMethod, public SizedFront {
 public:
  SwitchableWidths(const Parameters& parameters, const FrontSetting& setting)
      : tasks_(setting.experiment.tasks.size()),
        seed_(setting.experiment.seed),
        samples_(parameters.integer("samples")),
        distil_(parameters.number("distil")),
        widths_({checkedWidths(parameters, "trunk_widths", setting.path),
                 checkedWidths(parameters, "head_widths", setting.path)}),
        whole_(copyOf(setting.network.parameters())) {
    requireSequence(setting);
  }

  model::ParameterBuffer* own() override { return &whole_; }

  void place(model::Model& network, const Point& preference) override {
    placeSized(network, preference, sizes() - 1);
  }
  size_t sizes() const override { return widths_.lists().trunk.size(); }
  void placeSized(model::Model& network, const Point& preference, size_t size) override {
    narrow(network, widths_.serving(preference, size));
  }
  double costOf(const RunParts& parts, const Point& preference, size_t size) override {
    if (!costs_) costs_.emplace(widths_.lists(), parts);
    return costs_->of(widths_.serving(preference, size));
  }

  FrontUpdate update(RunParts& parts) override {
    FrontUpdate update;
    place(*parts.model, equalPreference(tasks_));
    const auto random = parts.model->randomState();
    auto pass = passBatch(parts, StepMeasurement::purpose(parts));
    pass.randomState = random;
    const auto after = parts.model->randomState();
    std::vector<double> weights(tasks_, 0.0);
    for (size_t k = 0; k < tasks_; ++k)
      if (pass.active[k]) weights[k] = parts.experiment.tasks[k].weight;
    const auto representation = pass.forward.representations.front().detach();
    update.way = pass.forward.way;
    update.conflict = conflictAt(parts, pass, weights);
    update.gradients = parts.engine->backward(pass.forward, weights, weights);
    pass.forward = {};
    for (std::int64_t sample = 0; sample < samples_; ++sample)
      trainNarrow(parts, pass, choiceOf(parts.progress.steps, sample), weights, representation,
                  update.gradients);
    parts.model->restoreRandomState(after);
    update.weights = weights;
    for (auto& weight : update.weights) weight *= static_cast<double>(1 + samples_);
    update.shown = std::move(pass);
    return update;
  }

 private:
  /// \throws Error where narrower layers are not parts of the whole ones.
  static void requireSequence(const FrontSetting& setting) {
    const auto& id = setting.experiment.model.id;
    if (id != "mlp" && id != "cnn")
      fail(
          "{}.id: controllable_width narrows layers that stand one after another without "
          "normalisation, mlp and cnn, found model.id {}; take one of these",
          setting.path, id);
  }

  /// The first sample of a step is the smallest, the others are drawn.
  Widths::Choice choiceOf(std::int64_t step, std::int64_t sample) const {
    auto choice = widths_.smallest(tasks_);
    if (sample == 0) return choice;
    const auto number = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(samples_);
    RandomStream stream(deriveSeed(seed_, "widths", number + static_cast<std::uint64_t>(sample)));
    choice.trunk = stream.below(widths_.lists().trunk.size());
    for (auto& head : choice.heads) head = stream.below(widths_.lists().heads.size());
    return choice;
  }

  at::Tensor narrow(model::Model& network, const Widths::Choice& choice) const {
    const at::NoGradGuard noGradients;
    auto mask = widths_.mask(network, choice);
    network.parameters().values().copy_(whole_.values() * mask);
    return mask;
  }

  /// Adds what a narrower model gives the parameters that it has.
  void trainNarrow(RunParts& parts, const BatchPass& first, const Widths::Choice& choice,
                   const std::vector<double>& weights, const at::Tensor& representation,
                   Gradients& sum) const {
    const auto mask = narrow(*parts.model, choice);
    Again again;
    again.active = first.active;
    auto pass = passAgain(parts, first, again);
    add(parts, parts.engine->backward(pass.forward, weights, weights), mask, sum);
    if (distil_ > 0) add(parts, distilled(parts, first, representation), mask, sum);
  }

  /// The gradients of distil·mean (representation − the whole one's)².
  Gradients distilled(const RunParts& parts, const BatchPass& first,
                      const at::Tensor& representation) const {
    const at::AutoGradMode graph(true);
    parts.model->restoreRandomState(first.randomState);
    model::Pass pass;
    pass.training = true;
    pass.active = &first.active;
    pass.at = parts.ofPass();
    const auto narrow = parts.model->represent(first.inputs, pass).front();
    const auto& buffer = parts.model->parameters();
    const auto columns = buffer.columnIndices();
    torch::autograd::variable_list inputs;
    for (const auto index : columns) inputs.push_back(buffer.tensor(index));
    const auto found = torch::autograd::grad({distil_ * (narrow - representation).square().mean()},
                                             inputs, {}, /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    Gradients gradients(buffer.infos().size());
    for (size_t i = 0; i < columns.size(); ++i) gradients[columns[i]] = found[i];
    return gradients;
  }

  static void add(const RunParts& parts, const Gradients& gradients, const at::Tensor& mask,
                  Gradients& sum) {
    const at::NoGradGuard noGradients;
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      const auto counts = mask.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
      const auto term = gradients[i].reshape(infos[i].shape) * counts;
      sum[i] = sum[i].defined() ? sum[i].reshape(infos[i].shape) + term : term;
    }
  }

  size_t tasks_;
  std::uint64_t seed_;
  std::int64_t samples_;
  double distil_;
  Widths widths_;
  std::optional<WidthCosts> costs_;  ///< once they were asked for
  model::ParameterBuffer whole_;
};

}  // namespace

FrontRow controllableWidthRow() {
  Descriptor descriptor;
  descriptor.id = "controllable_width";
  descriptor.title = "Controllable width";
  descriptor.summary =
      "One model whose layers can be narrowed: a width w has the first ⌈w C⌉ outputs of each, the "
      "last of trunk and heads are whole. Preferences choose the heads' widths; the front is that "
      "of each trunk width, with what it costs. Beyond the paper's abstract this is our reading. "
      "Heads need layers to be narrowed (model.head_hidden). Losses in the record are those of "
      "the whole model; `samples` more passes a step. For mlp and cnn.";
  descriptor.formula =
      "Σ_k L_k(whole) + Σ_w [Σ_k L_k(w) + distil·mean (z(w) − z(whole))²];  head k: w nearest to "
      "p_k/max p";
  descriptor.citation =
      "Aich, Schulter, Roy-Chowdhury, Chandraker and Suh, Efficient Controllable Multi-Task "
      "Architectures, ICCV 2023";
  descriptor.parameters = frontMethodParameters(
      {ParameterSpec::numberList("trunk_widths", {0.4, 0.6, 0.8, 1},
                                 "Widths of the trunk's layers, ascending, the last 1")
           .above(0)
           .to(1),
       ParameterSpec::numberList("head_widths", {0.4, 0.6, 0.8, 1},
                                 "Widths of the heads' layers, ascending, the last 1")
           .above(0)
           .to(1),
       ParameterSpec::integer("samples", 2,
                              "Narrower models in a step, the smallest always among them")
           .from(1)
           .to(1e4),
       ParameterSpec::number("distil", 1,
                             "How much the representation should be that of the whole model")
           .from(0)});
  return {descriptor, [](const Parameters& parameters, const FrontSetting& setting) {
            return std::make_unique<SwitchableWidths>(parameters, setting);
          }};
}

}  // namespace eq::train
