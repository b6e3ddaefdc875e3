#include "core/train/front/ibcl.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metric/quantiles.h"
#include "core/train/front/posteriors.h"
#include "core/train/front_method.h"
#include "core/train/front_update.h"
#include "core/train/front_variants.h"
#include "core/train/run_parts.h"

namespace eq::train {
namespace {

using metric::Point;

class TasksInTurn : public FrontMethod, public SampledFront {
 public:
  TasksInTurn(const Parameters& parameters, const FrontSetting& setting)
      : tasks_(setting.experiment.tasks.size()),
        seed_(setting.experiment.seed),
        mergeDistance_(parameters.number("merge_distance")),
        reach_(reachOf(parameters.number("alpha"), parameters.text("interval"))),
        samples_(parameters.integer("samples")),
        epochs_(parameters.integer("epochs_per_task")),
        posteriors_(tasks_, checkedPriors(parameters, setting), [&setting](size_t prior) {
          return setting.fresh(
              prior == 0 ? setting.seed : deriveSeed(setting.experiment.seed, "posterior", prior));
        }) {}

  model::ParameterBuffer* own() override { return &posteriors_.parameters(); }

  void place(model::Model& network, const Point& preference) override {
    posteriors_.mixInto(network, preference);
  }
  std::int64_t samples() const override { return samples_; }
  void placeSample(model::Model& network, const Point& preference, std::int64_t sample) override {
    posteriors_.boxInto(network, preference, reach_,
                        deriveSeed(seed_, "box", static_cast<std::uint64_t>(sample)));
  }

  FrontUpdate update(RunParts& parts) override {
    while (posteriors_.begun() < taskInTurn(parts)) posteriors_.beginNext(mergeDistance_);
    const auto task = posteriors_.begun();
    for (size_t k = 0; k < tasks_; ++k)
      if (k != task) parts.choice.tasks[k] = 0;
    std::vector<double> weights(tasks_, 0.0);
    weights[task] = parts.choice.tasks[task] ? parts.experiment.tasks[task].weight : 0;
    FrontUpdate update;
    update.gradients.resize(posteriors_.parameters().infos().size());
    std::vector<BatchPass> passes;
    for (size_t prior = 0; prior < posteriors_.priors(); ++prior) {
      passes.push_back(trainPrior(parts, prior, weights, update));
      Point alone(tasks_, 0.0);
      alone[task] = 1;
      update.preferences.push_back({static_cast<std::int64_t>(prior), std::move(alone)});
    }
    update.shown = meanOf(passes);
    update.remarks = withoutTurn(parts);
    update.weights = std::move(weights);
    return update;
  }

  nlohmann::json state() const override { return posteriors_.state(); }
  void restore(const nlohmann::json& state) override { posteriors_.restore(state); }

 private:
  static std::vector<double> checkedPriors(const Parameters& parameters,
                                           const FrontSetting& setting) {
    auto priors = parameters.numbers("priors");
    if (priors.empty())
      fail("{}.priors: needs at least one standard deviation, found []", setting.path);
    return priors;
  }

  /// Of the box, in standard deviations.
  static double reachOf(double alpha, const std::string& interval) {
    return interval == "released" ? metric::normalQuantile((1 + alpha) / 2)
                                  : -metric::normalQuantile(alpha / 2);
  }

  /// The last one goes on where there is time left.
  size_t taskInTurn(const RunParts& parts) const {
    const auto epoch = parts.progress.steps / parts.sampler->stepsPerEpoch();
    return std::min(static_cast<size_t>(epoch / epochs_), tasks_ - 1);
  }

  /// Tasks that the run ends before.
  std::vector<balance::SlotRemark> withoutTurn(const RunParts& parts) const {
    std::vector<balance::SlotRemark> remarks;
    for (size_t k = 1; k < tasks_; ++k) {
      const auto begin = static_cast<std::int64_t>(k) * epochs_;
      if (begin * parts.sampler->stepsPerEpoch() < parts.totalSteps()) continue;
      remarks.push_back(
          {true,
           {static_cast<Eigen::Index>(k),
            fmt::format("its turn begins after epoch {}, and the run has {:g}: it is not trained, "
                        "and counts as the task in turn; set epochs, or epochs_per_task",
                        begin, parts.experiment.epochs)}});
    }
    return remarks;
  }

  BatchPass trainPrior(RunParts& parts, size_t prior, const std::vector<double>& weights,
                       FrontUpdate& update) const {
    const auto number = static_cast<std::uint64_t>(parts.progress.steps) * posteriors_.priors();
    const auto epsilon = posteriors_.drawInto(*parts.model, prior,
                                              deriveSeed(seed_, "posterior draw", number + prior));
    auto pass = passBatch(parts, gradient::Purpose::sum);
    update.way = std::max(update.way, pass.forward.way);
    posteriors_.addGradients(*parts.model, prior,
                             parts.engine->backward(pass.forward, weights, weights), epsilon,
                             parts.problem.train.size(), update.gradients);
    pass.forward = {};
    return pass;
  }

  size_t tasks_;
  std::uint64_t seed_;
  double mergeDistance_, reach_;
  std::int64_t samples_, epochs_;
  Posteriors posteriors_;
};

}  // namespace

FrontRow ibclRow() {
  Descriptor descriptor;
  descriptor.id = "ibcl";
  descriptor.title = "IBCL";
  descriptor.summary =
      "Tasks come one after another; for each a Gaussian over the parameters a prior is found, and "
      "preferences mix their means: no training for a preference. A task that has not begun counts "
      "as the one in turn. Published with Adam at 1e-3. Priors, and a first spread of a tenth of "
      "them, are choices of this program. Memory of 2 E K models, E passes a step.";
  descriptor.formula =
      "min loss(μ + σε) + KL(N(μ, σ²) ‖ prior)/N;  θ(w) = Σ_t w_t mean_e μ_t,e, ± z Σ_t w_t mean_e "
      "σ_t,e";
  descriptor.citation =
      "Lu, Caprio, Eaton and Lee, IBCL: Zero-shot Model Generation for Task Trade-offs in "
      "Continual "
      "Learning, 2023";
  descriptor.parameters = frontMethodParameters(
      {ParameterSpec::numberList("priors", {0.1, 0.3, 1},
                                 "Standard deviation of each prior of the first task, around 0")
           .above(0),
       ParameterSpec::number("merge_distance", 0.01,
                             "A posterior nearer than this to a stored one, (‖Δμ‖ + ‖Δσ‖)/P of P "
                             "parameters, points to it: of a large model nearly all do, at 0 none")
           .from(0),
       ParameterSpec::number("alpha", 0.01, "What the theory leaves outside of the region")
           .above(0)
           .below(1),
       ParameterSpec::choice("interval", "theory", {"theory", "released"},
                             "theory holds the mass 1 − α; released, as the authors' code, α"),
       ParameterSpec::integer("samples", 10, "Models that `front` draws of each region, beside μ")
           .from(1)
           .to(1e4),
       ParameterSpec::integer("epochs_per_task", 10, "How long a task is trained")
           .from(1)
           .to(1e6)
           .in("epochs")});
  return {descriptor, [](const Parameters& parameters, const FrontSetting& setting) {
            return std::make_unique<TasksInTurn>(parameters, setting);
          }};
}

}  // namespace eq::train
