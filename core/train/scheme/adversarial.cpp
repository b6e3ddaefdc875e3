#include "core/train/scheme/adversarial.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/loss/attack_fields.h"
#include "core/loss/catalog.h"
#include "core/loss/nesting.h"
#include "core/train/attack.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/scheme/task_names.h"

namespace eq::train {
namespace {

using nlohmann::json;

bool canBeAttacked(TaskKind kind) {
  return kind == TaskKind::classification || kind == TaskKind::ordinal || kind == TaskKind::binary;
}

bool readsNatural(const MethodSpec& loss) {
  const auto fields = loss::attackFields(loss.id, loss.params);
  return std::find(fields.begin(), fields.end(), "natural") != fields.end();
}

/// A loss that counts the attack's steps must know how many there are.
void requireSteps(const std::string& id, const json& params, std::int64_t steps,
                  const std::string& path) {
  const auto& descriptor = loss::catalog().descriptor(id);
  const auto counts = descriptor.traits.find("attack_steps");
  if (counts != descriptor.traits.end()) {
    const auto name = counts->get<std::string>();
    const auto most = Parameters(descriptor.parameters, params, path).integer(name);
    if (most != steps)
      fail("{}.{}: {}, but the attack of the scheme adversarial has {} steps; set one to the other",
           path, name, most, steps);
  }
  const auto inner = [&](const json& one, const std::string& place) {
    if (one.is_object() && one.contains("id"))
      requireSteps(one.at("id"), one.value("params", json::object()), steps, place);
  };
  if (params.contains("base")) inner(params.at("base"), path + ".base");
  if (params.contains("terms") && params.at("terms").is_array())
    for (const auto& term : params.at("terms")) inner(term, path + ".terms");
}

/// Some of the rows of what a head put out. \pre its loss reads the usual prediction alone.
model::HeadOutput rowsOfOutput(const model::HeadOutput& output, std::int64_t first,
                               std::int64_t count) {
  auto some = output;
  some.prediction = output.prediction.narrow(0, first, count);
  for (auto& earlier : some.earlier) earlier = rowsOfOutput(earlier, first, count);
  return some;
}

class Adversarial : public Scheme {
 public:
  Adversarial(const Parameters& parameters, const SchemeSetting& setting)
      : attack_(metric::attackFrom(parameters, setting.path)),
        attacked_(tasksOrAll(parameters.at("tasks"), setting, "tasks")) {
    requireRowsOfOneBatch(setting, "adversarial");
    for (size_t k = 0; k < attacked_.size(); ++k)
      if (attacked_[k]) requireFits(setting, k);
  }

  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double) override {
    const at::NoGradGuard noGradients;
    const auto& infos = parts.model->parameters().infos();
    const auto columns = sharedColumns(parts);
    TaskRows rows{at::zeros_like(parts.model->parameters().values())
                      .narrow(0, 0, columns)
                      .repeat({std::ssize(parts.tasks), 1}),
                  gradient::Gradients(infos.size())};
    for (size_t k = 0; k < pass.active.size(); ++k) {
      if (!pass.active[k]) continue;
      const auto row = static_cast<std::int64_t>(k);
      const auto found =
          attacked_[k] ? underAttack(parts, pass, k) : gradientsOfTask(parts, pass, k);
      rows.shared[row].copy_(flat(*parts.model, found).narrow(0, 0, columns));
      for (size_t i = 0; i < infos.size(); ++i)
        if (infos[i].block.owner == row) rows.own[i] = found[i];
    }
    return rows;
  }

 private:
  void requireFits(const SchemeSetting& setting, size_t k) const {
    const auto& info = setting.tasks[k];
    const auto& spec = setting.experiment.tasks[k].loss;
    if (!canBeAttacked(info.kind))
      fail("{}.tasks: {} is {}, and only tasks with classes can be attacked; name those that are",
           setting.path, info.name, toText(info.kind));
    const auto place = fmt::format("tasks[{}].loss", k);
    requireSteps(spec.id, spec.params, attack_.steps, place);
    if (loss::holdsFiles(spec.id, spec.params)) return;  // such losses read the usual prediction
    const auto readouts = loss::catalog().create(spec.id, spec.params, place)->readouts(info);
    for (const auto& readout : readouts)
      if (readout.views.any())
        fail(
            "{}.tasks: the loss of {}, {}, compares two views of an example, and an attack makes "
            "one; choose another loss or leave the task out",
            setting.path, info.name, spec.id);
    if (readsNatural(spec) && readouts != std::vector{usualReadout(info)})
      fail(
          "{}.id: beside a loss that reads natural logits no other readout of the head can be "
          "used; choose another loss",
          place);
  }

  /// The gradients of task k's loss where the attack leads; the record of the step gets its value.
  gradient::Gradients underAttack(RunParts& parts, BatchPass& pass, size_t k) const {
    const auto count = pass.examples.size(0);
    const auto natural = pass.inputs.narrow(0, 0, count);
    const auto& split = parts.problem.train;
    const auto target = split.targets.at(parts.tasks[k].index()).index_select(0, pass.examples);
    const auto found =
        attackedTask(parts, k, natural, target, attack_,
                     deriveSeed(parts.experiment.seed, "attack on " + parts.tasks[k].info().name,
                                static_cast<std::uint64_t>(parts.progress.steps)));
    const bool both = readsNatural(parts.experiment.tasks[k].loss);
    loss::Value value;
    const auto lossOf = [&](size_t, const model::HeadOutput& output) {
      auto places = parts.tasks[k].batches(split, pass.examples, rowsOfOutput(output, 0, count));
      if (both) addNatural(places, rowsOfOutput(output, count, count));
      for (auto& place : places) {
        place.fields["steps"] = found.steps;
        place.step = parts.progress.steps;
      }
      value = parts.tasks[k].lossAt(places);
      return value.value;
    };
    auto led =
        passAlone(parts, pass, k, both ? at::cat({found.inputs, natural}) : found.inputs, lossOf);
    pass.losses[static_cast<std::int64_t>(k)].copy_(value.value.detach());
    pass.terms[k] = std::move(value.terms);
    std::vector<double> one(parts.tasks.size(), 0);
    one[k] = 1;
    return parts.engine->backward(led, one, one);
  }

  /// Other inputs through the model, for one task, with the dropout masks of the batch's pass.
  static gradient::Forward passAlone(const RunParts& parts, const BatchPass& first, size_t k,
                                     const at::Tensor& inputs,
                                     const gradient::Engine::LossOf& lossOf) {
    const at::AutoGradMode graph(true);
    const auto standing = parts.model->randomState();
    parts.model->restoreRandomState(first.randomState);
    std::vector<char> active(parts.tasks.size(), 0);
    active[k] = 1;
    auto forward = parts.engine->forward(inputs, lossOf, active, gradient::Purpose::sum, false,
                                         {nullptr, nullptr, parts.ofPass()});
    parts.model->restoreRandomState(standing);
    return forward;
  }

  static void addNatural(std::vector<loss::Batch>& places, const model::HeadOutput& natural) {
    for (size_t i = 0; i < places.size(); ++i)
      places[i].fields["natural"] =
          i + 1 == places.size() ? natural.prediction : natural.earlier.at(i).prediction;
  }

  metric::Attack attack_;
  std::vector<char> attacked_;  ///< [K]
};

}  // namespace

SchemeRow adversarialRow() {
  Descriptor descriptor;
  descriptor.id = "adversarial";
  descriptor.title = "Adversarial training (PGD)";
  descriptor.summary =
      "Before each step every example is moved, within ε, to where the task's own network is most "
      "wrong, and the loss is taken there: a min-max problem. Losses that read the natural logits "
      "or the attack's steps get them. Evaluations look at examples as they are, but for the "
      "metric robust_accuracy. `steps` forward and backward passes more a task.";
  descriptor.formula =
      "min_θ Σ L(x_T); x_0 = x + U(−ε, ε), x_{t+1} = Π(x_t + step_size · sign ∇_x CE(x_t))";
  descriptor.citation =
      "A. Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018";
  descriptor.parameters = metric::attackParameters(10);
  descriptor.parameters.push_back(
      tasksOrAllParameter("tasks", "Whose examples are attacked; the others train as they are"));
  descriptor.traits = {{"kind", "H"}, {"attacks", "tasks"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Adversarial>(parameters, setting);
          }};
}

}  // namespace eq::train
