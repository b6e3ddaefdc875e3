#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/merge/coefficients/gradient_identity.h"
#include "core/merge/tables.h"
#include "core/merge/trimming.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// H of softmax, from log-softmax.
double softmaxEntropy(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double z : logits) sum += std::exp(z - largest);
  const double logSum = std::log(sum);
  double entropy = 0;
  for (const double z : logits) {
    const double logP = z - largest - logSum;
    if (const double p = std::exp(logP); p > 0) entropy -= p * logP;
  }
  return entropy;
}

double meanEntropy(const json& logits, const std::string& place) {
  if (!logits.is_array() || logits.empty())
    fail("{}: expected a row a sample or a number a sample, found {}", place,
         metric::quoted(logits));
  double sum = 0;
  if (logits[0].is_array()) {
    const auto rows = metric::readRows(logits, place);
    if (rows[0].size() < 2)
      fail(
          "{}[0]: expected a logit a class, 2 at least, found {}; a binary task has a number a "
          "sample",
          place, rows[0].size());
    for (const auto& row : rows) sum += softmaxEntropy(row);
  } else {
    for (const double z : metric::readNumbers(logits, place)) sum += softmaxEntropy({z, 0.0});
  }
  return sum / static_cast<double>(logits.size());
}

class AdaMerging : public TensorMerge {
 public:
  explicit AdaMerging(const Parameters& parameters)
      : TensorMerge(parameters),
        layers_(parameters.text("granularity") == "layer"),
        init_(parameters.number("init")),
        clamp_(parameters.boolean("clamp")),
        plus_(parameters.boolean("plus")),
        keep_(parameters.number("keep")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto taus = plus_ ? agreeingTaus(question) : question.taus;
    const auto coefficients = readCoefficientList(input, question);
    Eigen::VectorXd update = Eigen::VectorXd::Zero(question.base.size());
    for (size_t k = 0; k < question.count(); ++k)
      addScaled(question, taus[k], coefficients.empty() ? json(init_) : coefficients[k],
                fmt::format("coefficients[{}]", k), update);
    Merged merged{added(question.base, update)};
    if (given(input, "logits")) addEntropies(input["logits"], question.count(), merged.fields);
    if (given(input, "gradients"))
      merged.fields["coefficient_gradients"] =
          derivatives(readFlat(input["gradients"], "gradients", question), question, taus);
    return merged;
  }

 private:
  Vectors agreeingTaus(const Question& question) const {
    Vectors taus;
    for (const auto& tau : question.taus) taus.push_back(trimmed(tau, keep_, TrimCount::exact));
    const auto signs = electedSigns(taus);
    for (auto& tau : taus) tau = agreeing(tau, signs);
    return taus;
  }

  double used(double coefficient) const {
    return clamp_ ? std::clamp(coefficient, 0.0, 1.0) : coefficient;
  }

  /// \param value of `coefficients`: a number, or with layers {NAME: number}, where a name that is
  /// not there stands at the start.
  void addScaled(const Question& question, const Eigen::VectorXd& tau, const json& value,
                 const std::string& place, Eigen::VectorXd& update) const {
    const bool isNamed = value.is_object();
    if (isNamed && !layers_)
      fail("{}: granularity task has one number an expert, found {}", place, metric::quoted(value));
    if (isNamed) checkCoefficientNames(value, place, question);
    const double whole = isNamed ? init_ : metric::readNumber(value, place);
    for (const auto& tensor : question.places) {
      double coefficient = whole;
      if (isNamed && value.contains(tensor.name))
        coefficient =
            metric::readNumber(value[tensor.name], fmt::format("{}.{}", place, tensor.name));
      update.segment(tensor.begin, tensor.size) +=
          used(coefficient) * tau.segment(tensor.begin, tensor.size);
    }
  }

  static void addEntropies(const json& logits, size_t tasks, json& fields) {
    checkPerExpert(logits, "logits", tasks);
    auto entropies = json::array();
    double loss = 0;
    for (size_t k = 0; k < logits.size(); ++k) {
      entropies.push_back(nullptr);
      if (logits[k].is_null()) continue;  // a task without classes
      const double entropy = meanEntropy(logits[k], fmt::format("logits[{}]", k));
      entropies.back() = entropy;
      loss += entropy;
    }
    if (std::all_of(entropies.begin(), entropies.end(), [](const auto& e) { return e.is_null(); }))
      fail("logits: no task has classes, so there is no entropy");
    fields["entropies"] = entropies;
    fields["loss"] = loss;
  }

  json derivatives(const Eigen::VectorXd& gradient, const Question& question,
                   const Vectors& taus) const {
    auto all = json::array();
    for (const auto& tau : taus) {
      if (!layers_) {
        all.push_back(gradient.dot(tau));
        continue;
      }
      auto named = json::object();
      for (const auto& place : question.places) named[place.name] = dotAt(gradient, tau, place);
      all.push_back(std::move(named));
    }
    return all;
  }

  bool layers_;
  double init_;
  bool clamp_, plus_;
  double keep_;
};

}  // namespace

MergeRows adamergingRows() {
  Descriptor descriptor;
  descriptor.id = "adamerging";
  descriptor.title = "AdaMerging";
  descriptor.summary =
      "Coefficients of task vectors, learned from the entropy of unlabelled predictions.";
  descriptor.formula = "θ^ℓ = θ0^ℓ + Σ_k λ_{k,ℓ} τ_k^ℓ; loss = Σ_tasks mean H(p)";
  descriptor.citation =
      "Yang et al., AdaMerging: Adaptive Model Merging for Multi-Task Learning, ICLR 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::choice("granularity", "layer", {"layer", "task"},
                            "A coefficient a tensor, or one a task"),
      ParameterSpec::number("init", 0.3, "Where coefficients start").from(-10).to(10),
      ParameterSpec::boolean("clamp", true, "Whether coefficients stay in 0 to 1"),
      ParameterSpec::boolean("plus", false, "Task vectors trimmed and freed of other signs first"),
      ParameterSpec::number("keep", 0.2, "Share of the entries that plus keeps").from(0).to(1),
      trainingSteps(500),
      learningRate(0.001),
      batchSize(16)};
  descriptor.inputs = {
      baseField(),
      expertsField(),
      {"coefficients", "[K] or [K] {NAME: number}", "λ; init where absent", false},
      {"logits", "[K] [N, C] or [N]", "of each task; null: it has no classes", false},
      {"gradients", "{NAME: tensor}", "∇_θ L at the merged parameters", false}};
  descriptor.traits = {{"data", "validation inputs"}};
  return {mergeRow<AdaMerging>(std::move(descriptor))};
}

}  // namespace eq::merge
