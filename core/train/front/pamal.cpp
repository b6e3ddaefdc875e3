#include "core/train/front/pamal.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metric/pareto/pamal.h"
#include "core/train/front/members.h"
#include "core/train/front/recent_losses.h"
#include "core/train/front_method.h"
#include "core/train/front_preferences.h"
#include "core/train/front_update.h"
#include "core/train/run_parts.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using metric::Point;
using metric::Points;

constexpr double kLeastNorm = 1e-3;  ///< added to norms of gradients

Point times(const Point& a, const Point& b) {
  Point product = a;
  for (size_t k = 0; k < product.size(); ++k) product[k] *= b[k];
  return product;
}

class ManifoldOfMembers : public FrontMethod {
 public:
  ManifoldOfMembers(const Parameters& parameters, const FrontSetting& setting)
      : tasks_(setting.experiment.tasks.size()),
        seed_(setting.experiment.seed),
        concentration_(parameters.number("concentration")),
        samples_(parameters.integer("samples")),
        options_(metric::pamalOptions(parameters)),
        losses_(parameters.text("losses")),
        recent_(tasks_),
        members_(tasks_, [&, same = parameters.text("start") == "same"](size_t member) {
          const bool first = same || member == 0;
          return setting.fresh(first ? setting.seed
                                     : deriveSeed(setting.experiment.seed, "member", member));
        }) {
    if (losses_ == "gradnorm") requireShared(setting);
  }

  model::ParameterBuffer* own() override { return &members_.parameters(); }

  void place(model::Model& network, const Point& preference) override {
    members_.mixInto(network, preference);
  }

  FrontUpdate update(RunParts& parts) override {
    Step step{stepPreferences(seed_, parts.progress.steps, samples_, tasks_, concentration_),
              {},
              {},
              MemberGradients(members_, *parts.model),
              {}};
    const bool regularised = options_.lambda > 0;
    for (const auto& alpha : step.alphas) pass(parts, alpha, regularised, step);
    if (regularised) trainRegularised(parts, step);
    return updateOf(parts, std::move(step));
  }

  void lossChanged(size_t task) override { recent_.forget(task); }
  nlohmann::json state() const override { return {{"recent_losses", recent_.state()}}; }
  void restore(const nlohmann::json& state) override { recent_.restore(state.at("recent_losses")); }

 private:
  static void requireShared(const FrontSetting& setting) {
    const auto sharing = setting.network.sharing();
    for (size_t k = 0; k < sharing.size(); ++k)
      if (!sharing[k])
        fail(
            "{}.losses: gradnorm needs parameters that each task shares with another; {} has none "
            "of task {}; take plain or relative",
            setting.path, setting.experiment.model.id, setting.experiment.tasks[k].name);
  }

  struct Step {
    Points alphas;
    std::vector<BatchPass> passes;  ///< one a sample, without their graphs
    Points factors;                 ///< [W][K] what balances the losses
    MemberGradients gradients;
    FrontUpdate update;
  };

  gradient::Purpose purpose(const RunParts& parts, bool first) const {
    if (losses_ == "gradnorm") return gradient::Purpose::exact;
    return first ? StepMeasurement::purpose(parts) : gradient::Purpose::sum;
  }

  /// The batch at one preference; trained on where nothing is known of the others.
  void pass(RunParts& parts, const Point& alpha, bool looksOnly, Step& step) const {
    members_.mixInto(*parts.model, alpha);
    const auto random = parts.model->randomState();
    auto found = passBatch(parts, purpose(parts, step.passes.empty()));
    found.randomState = random;
    step.factors.push_back(factorsAt(parts, found));
    step.update.way = std::max(step.update.way, found.forward.way);
    const auto weights = times(alpha, step.factors.back());
    if (!looksOnly) train(parts, found, alpha, weights, step.passes.empty(), step);
    found.forward = {};
    step.passes.push_back(std::move(found));
  }

  /// [K] what stands before each loss.
  Point factorsAt(const RunParts& parts, BatchPass& found) const {
    Point factors(tasks_, 1.0);
    if (losses_ == "relative") factors = recent_.factors(found.active);
    if (losses_ == "gradnorm") {
      const auto squares = onHost(parts.engine->squaredNorms(found.forward));
      for (size_t k = 0; k < tasks_; ++k)
        factors[k] = 1 / (std::sqrt(std::max(squares[k], 0.0)) + kLeastNorm);
    }
    for (size_t k = 0; k < tasks_; ++k) factors[k] *= parts.experiment.tasks[k].weight;
    return factors;
  }

  /// Adds the gradients of Σ w_k L_k at a mixture.
  static void train(RunParts& parts, BatchPass& found, const Point& alpha, const Point& weights,
                    bool first, Step& step) {
    if (first) step.update.conflict = conflictAt(parts, found, weights);
    step.gradients.add(parts.engine->backward(found.forward, weights, weights), alpha);
  }

  /// Each sample once more, with the slopes that the losses of all give it.
  void trainRegularised(RunParts& parts, Step& step) const {
    std::vector<at::Tensor> losses;
    for (const auto& found : step.passes) losses.push_back(found.losses);
    auto balanced = rowsOnHost(at::stack(losses));
    for (size_t w = 0; w < balanced.size(); ++w) balanced[w] = times(balanced[w], step.factors[w]);
    const auto slopes = metric::pamalLoss(step.alphas, balanced, options_).slopes;
    for (size_t w = 0; w < step.passes.size(); ++w) {
      members_.mixInto(*parts.model, step.alphas[w]);
      Again again;
      again.active = step.passes[w].active;
      again.purpose = w == 0 ? StepMeasurement::purpose(parts) : gradient::Purpose::sum;
      auto found = passAgain(parts, step.passes[w], again);
      train(parts, found, step.alphas[w], times(slopes[w], step.factors[w]), w == 0, step);
    }
  }

  FrontUpdate updateOf(const RunParts& parts, Step step) {
    auto& update = step.update;
    update.gradients = step.gradients.take();
    update.shown = meanOf(step.passes);
    if (losses_ == "relative") recent_.add(onHost(update.shown.losses), update.shown.active);
    update.weights.assign(tasks_, 0);
    for (size_t w = 0; w < step.alphas.size(); ++w) {
      const auto weights = times(step.alphas[w], step.factors[w]);
      for (size_t k = 0; k < tasks_; ++k)
        if (update.shown.active[k]) update.weights[k] += weights[k];
      update.preferences.push_back({static_cast<std::int64_t>(w), step.alphas[w]});
    }
    const auto every = parts.experiment.observe.every;
    if (every > 0 && parts.progress.steps % every == 0)
      update.shown.seen.add("member_cosine", -1, {}, members_.cosines());
    return std::move(update);
  }

  size_t tasks_;
  std::uint64_t seed_;
  double concentration_;
  std::int64_t samples_;
  metric::PamalOptions options_;
  std::string losses_;
  RecentLosses recent_;
  Members members_;
};

}  // namespace

FrontRow pamalRow() {
  Descriptor descriptor;
  descriptor.id = "pamal";
  descriptor.title = "PaMaL";
  descriptor.summary =
      "One network a task, trained so that each mixture of their parameters serves the preference "
      "that it is mixed by: a front that is moved along without training. Losses in the record are "
      "means over the preferences of a step, conflict is that at the first of them; member_cosine "
      "says how far the networks lie apart. Memory of K models, a pass a sample, two with lambda.";
  descriptor.formula =
      "θ(α) = Σ α_k θ_k, α ~ Dirichlet; Σ_w Σ_k α_k L_k(θ(α_w)) + λR while λR is below the sum, R "
      "= "
      "Σ_k ln mean_{α_i,k > α_j,k} exp(T [L_k(α_i) − L_k(α_j)]₊)";
  descriptor.citation =
      "Dimitriadis, Frossard and Fleuret, Pareto Manifold Learning: Tackling Multiple Tasks via "
      "Ensembles of Single-task Models, ICML 2023";
  descriptor.parameters = {
      ParameterSpec::number("concentration", 1,
                            "Of the Dirichlet distribution that preferences are drawn from: 1 is "
                            "uniform, above it they gather in the middle")
          .above(0),
      ParameterSpec::integer("samples", 1, "Preferences in a step, W").from(1).to(1e4)};
  for (auto& spec : metric::pamalParameters()) descriptor.parameters.push_back(std::move(spec));
  descriptor.parameters.push_back(
      ParameterSpec::choice("losses", "plain", {"plain", "relative", "gradnorm"},
                            "What stands before a loss: nothing, 1 − its share of the means over "
                            "the last 25 steps, or 1/(norm of its gradient in what tasks share + "
                            "0.001)"));
  descriptor.parameters.push_back(ParameterSpec::choice(
      "start", "independent", {"independent", "same"}, "Whether all begin with the same values"));
  descriptor.parameters = frontMethodParameters(std::move(descriptor.parameters));
  return {descriptor, [](const Parameters& parameters, const FrontSetting& setting) {
            return std::make_unique<ManifoldOfMembers>(parameters, setting);
          }};
}

}  // namespace eq::train
