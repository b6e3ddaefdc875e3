#include "core/base/random.h"
#include "core/merge/tables.h"
#include "core/merge/trimming.h"

namespace eq::merge {
namespace {

using nlohmann::json;

class Ties : public TensorMerge {
 public:
  explicit Ties(const Parameters& parameters)
      : TensorMerge(parameters),
        keep_(parameters.number("keep")),
        lambda_(parameters.number("lambda")),
        merge_(parameters.text("merge") == "mean"  ? SignMerge::mean
               : parameters.text("merge") == "sum" ? SignMerge::sum
                                                   : SignMerge::max),
        count_(parameters.text("count") == "exact" ? TrimCount::exact : TrimCount::released) {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    return {added(question.base, lambda_ * tiesVector(question.taus, keep_, count_, merge_))};
  }

 private:
  double keep_, lambda_;
  SignMerge merge_;
  TrimCount count_;
};

class Dare : public TensorMerge {
 public:
  explicit Dare(const Parameters& parameters)
      : TensorMerge(parameters),
        drop_(parameters.number("drop")),
        rescale_(parameters.boolean("rescale")),
        lambda_(parameters.number("lambda")),
        ties_(parameters.text("then") == "ties"),
        keep_(parameters.number("keep")) {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t seed) const override {
    Vectors dropped;
    auto masks = json::array();
    for (size_t k = 0; k < question.count(); ++k) {
      const auto mask = drawn(question.base.size(), deriveSeed(seed, "dare", k));
      dropped.push_back(mask.cwiseProduct(question.taus[k]));
      if (rescale_) dropped.back() /= 1 - drop_;
      masks.push_back(flatToJson(mask, question, true));
    }
    const auto update =
        ties_ ? tiesVector(dropped, keep_, TrimCount::exact, SignMerge::mean) : sumOf(dropped);
    return {added(question.base, lambda_ * update), {{"masks", masks}}};
  }

 private:
  Eigen::VectorXd drawn(Eigen::Index count, std::uint64_t seed) const {
    RandomStream stream(seed);
    Eigen::VectorXd mask(count);
    for (double& entry : mask) entry = stream.uniform() < drop_ ? 0 : 1;
    return mask;
  }

  double drop_;
  bool rescale_;
  double lambda_;
  bool ties_;
  double keep_;
};

ParameterSpec keepParameter(const char* doc) {
  return ParameterSpec::number("keep", 0.2, doc).from(0).to(1);
}

Descriptor tiesDescriptor() {
  Descriptor descriptor;
  descriptor.id = "ties";
  descriptor.title = "TIES";
  descriptor.summary =
      "Keeps the largest entries of each task vector, elects a sign for each parameter and merges "
      "those that agree.";
  descriptor.formula = "θ = θ0 + λ τ_m, τ_m = mean of the trimmed τ_k with the elected sign";
  descriptor.citation =
      "Yadav et al., TIES-Merging: Resolving Interference When Merging Models, NeurIPS 2023";
  descriptor.parameters = {
      excludeParameter(), keepParameter("Share of the entries that trimming keeps"),
      lambdaParameter(1),
      ParameterSpec::choice("merge", "mean", {"mean", "sum", "max"},
                            "What becomes of the entries that agree"),
      ParameterSpec::choice("count", "exact", {"exact", "released"},
                            "released keeps one entry more and all that tie with it, as the "
                            "authors' code does")};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

Descriptor dareDescriptor() {
  Descriptor descriptor;
  descriptor.id = "dare";
  descriptor.title = "DARE";
  descriptor.summary = "Drops entries of the task vectors at random and scales up the rest.";
  descriptor.formula = "τ̃_k = m_k ⊙ τ_k / (1 − drop), then task arithmetic or TIES";
  descriptor.citation =
      "Yu et al., Language Models are Super Mario: Absorbing Abilities from Homologous Models as a "
      "Free Lunch, ICML 2024";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::number("drop", 0.5, "Probability that an entry is dropped").from(0).below(1),
      ParameterSpec::boolean("rescale", true, "Whether the rest is divided by 1 − drop"),
      lambdaParameter(0.3),
      ParameterSpec::choice("then", "task_arithmetic", {"task_arithmetic", "ties"},
                            "What merges the vectors that are left"),
      keepParameter("Share of the entries that TIES keeps")};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}, {"random", true}};
  return descriptor;
}

}  // namespace

MergeRows tiesRows() {
  return {mergeRow<Ties>(tiesDescriptor()), mergeRow<Dare>(dareDescriptor())};
}

}  // namespace eq::merge
