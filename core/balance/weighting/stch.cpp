#include "core/balance/weighting/stch.h"

#include <cmath>

#include "core/balance/preference.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kInLogarithm = 1e-20;

class SmoothTchebycheff : public MaskedBalancer {
 public:
  SmoothTchebycheff(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        byNadir_(parameters.text("form") == "log_nadir"),
        mu_(parameters.number("mu")),
        preference_(parameters, setting),
        ideal_(perTask(parameters, "ideal", setting)),
        nadir_(setting.tasks, parameters.integer("warmup_epochs")) {}

  Needs needs() const override { return {.losses = true, .epoch = byNadir_}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override {
    return byNadir_ ? nlohmann::json{{"nadir", nadir_.state()}} : nlohmann::json::object();
  }
  void restore(const nlohmann::json& state) override {
    if (byNadir_) nadir_.restore(state.at("nadir"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd losses = pick(inputs.losses, tasks);
    if (!byNadir_) {
      const VectorXd preference = preference_.of(tasks, inputs.preference);
      const VectorXd exponents = preference.cwiseProduct(losses - pick(ideal_, tasks)) / mu_;
      return preference.cwiseProduct(softmax(exponents));
    }
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    nadir_.add(inputs, tasks);
    VectorXd exponents(losses.size());
    for (Index i = 0; i < losses.size(); ++i) {
      const auto nadir = nadir_.of(tasks[static_cast<size_t>(i)], inputs.epoch);
      if (!nadir) return losses.cwiseInverse();
      exponents[i] = std::log(losses[i] / *nadir + kInLogarithm) / mu_;
    }
    return static_cast<double>(losses.size()) * softmax(exponents).cwiseQuotient(losses);
  }

  bool byNadir_;
  double mu_;
  Preference preference_;
  VectorXd ideal_;
  EpochMean nadir_;
  LossRefusal refusal_{LossRefusal::Least::aboveZero, "the form log_nadir takes its logarithm"};
};

std::vector<ParameterSpec> stchParameters() {
  return {
      ParameterSpec::choice("form", "plain", {"plain", "log_nadir"},
                            "On the losses with preference and ideal, or on the logarithms of "
                            "the losses over those after the warm-up, as the released code"),
      ParameterSpec::number("mu", 1, "Smoothness μ: small follows the worst task alone").above(0),
      preferenceSpec(), idealSpec(),
      ParameterSpec::integer("warmup_epochs", 4,
                             "For log_nadir: the epoch, from 0, whose mean losses are the "
                             "nadir; up to its end w = 1/L")
          .from(0)
          .in("epochs")};
}

}  // namespace

CatalogRow<Balancer, const Setting&> stchRow() {
  Descriptor descriptor;
  descriptor.id = "stch";
  descriptor.title = "Smooth Tchebycheff (STCH)";
  descriptor.summary = "A smooth form of the worst weighted loss.";
  descriptor.formula = "min μ ln Σ_k exp(p_k (L_k − z_k)/μ),  w = p∘softmax(p∘(L − z)/μ)";
  descriptor.citation =
      "Lin et al., Smooth Tchebycheff Scalarization for Multi-Objective Optimization, ICML 2024; "
      "log_nadir: its released code for networks";
  descriptor.parameters = withCommon(stchParameters(), Scale::own, true);
  InputField epoch = epochInput();
  epoch.doc += ", for the form log_nadir";
  descriptor.inputs = {lossesInput(), epoch};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<SmoothTchebycheff>(parameters, setting);
          }};
}

}  // namespace eq::balance
