#include "core/merge/tables.h"
#include "core/merge/trimming.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// m_k = 1{|τ_k| > λ_k |τ_MT − τ_k|}: where a task's own vector outweighs the rest.
struct MaskRule {
  MaskRule(const Parameters& parameters, const std::string& lambda, const std::string& place)
      : lambdas(parameters.numbers(lambda)),
        single(parameters.at(lambda).is_number()),
        strict(parameters.boolean("strict")),
        ties(parameters.text("vector") == "ties"),
        keep(parameters.number("keep")),
        where(place + "." + lambda) {}

  /// τ_MT.
  Eigen::VectorXd multiTask(const Question& question) const {
    return ties ? tiesVector(question.taus, keep, TrimCount::exact, SignMerge::sum)
                : sumOf(question.taus);
  }

  Vectors masks(const Question& question, const Eigen::VectorXd& multi) const {
    const auto lambda = single ? std::vector<double>(question.count(), lambdas[0])
                               : perExpert(lambdas, question.count(), where);
    Vectors all;
    for (size_t k = 0; k < question.count(); ++k) {
      const auto own = question.taus[k].array().abs().eval();
      const auto rest = (lambda[k] * (multi - question.taus[k]).array().abs()).eval();
      all.push_back(strict ? (own > rest).cast<double>().matrix().eval()
                           : (own >= rest).cast<double>().matrix().eval());
    }
    return all;
  }

  std::vector<double> lambdas;
  bool single, strict, ties;
  double keep;
  std::string where;
};

json masksJson(const Vectors& masks, const Question& question) {
  auto list = json::array();
  for (const auto& mask : masks) list.push_back(flatToJson(mask, question, true));
  return list;
}

/// 0 where there are no entries.
double meanOrZero(const Eigen::VectorXd& values) {
  return values.size() > 0 ? values.mean() : 0;
}

class TallMasks : public TensorMerge {
 public:
  explicit TallMasks(const Parameters& parameters)
      : TensorMerge(parameters), rule_(parameters, "lambda", "tall_masks") {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const auto multi = rule_.multiTask(question);
    const auto masks = rule_.masks(question, multi);
    auto reconstructed = json::array();
    std::vector<double> shares;
    for (const auto& mask : masks) {
      auto theta = added(question.base, mask.cwiseProduct(multi));
      raiseVariances(theta, question);
      reconstructed.push_back(flatToJson(theta, question));
      shares.push_back(meanOrZero(mask));
    }
    return {added(question.base, multi),
            {{"masks", masksJson(masks, question)},
             {"reconstructed", reconstructed},
             {"shares", shares}}};
  }

 private:
  MaskRule rule_;
};

class Consensus : public TensorMerge {
 public:
  explicit Consensus(const Parameters& parameters)
      : TensorMerge(parameters),
        rule_(parameters, "mask_lambda", "consensus"),
        threshold_(static_cast<double>(parameters.integer("threshold"))),
        lambda_(parameters.number("lambda")) {}

 protected:
  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const auto multi = rule_.multiTask(question);
    const auto masks = rule_.masks(question, multi);
    const auto users = sumOf(masks);
    const auto share = [&](double count) {
      return meanOrZero((users.array() == count).cast<double>().matrix());
    };
    const Eigen::VectorXd kept = (users.array() >= threshold_).cast<double>();
    return {added(question.base, lambda_ * kept.cwiseProduct(multi)),
            {{"masks", masksJson(masks, question)},
             {"consensus", flatToJson(kept, question, true)},
             {"catastrophic", share(0)},
             {"selfish", share(1)}}};
  }

 private:
  MaskRule rule_;
  double threshold_;
  double lambda_;
};

std::vector<ParameterSpec> maskParameters(const char* lambda) {
  return {excludeParameter(),
          ParameterSpec::numberOrList(lambda, 0.4,
                                      "λ_k of the masks: how much of the other tasks' sum an own "
                                      "entry outweighs; a number or one for each expert")
              .from(0),
          ParameterSpec::boolean("strict", true, "> (the authors' code), or ≥ (the paper)"),
          ParameterSpec::choice("vector", "sum", {"sum", "ties"}, "What τ_MT is made with"),
          ParameterSpec::number("keep", 0.2, "Share of the entries that TIES keeps").from(0).to(1)};
}

Descriptor maskDescriptor(const char* id, const char* title) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.citation =
      "Wang, Dimitriadis et al., Localizing Task Information for Improved Model Merging and "
      "Compression, ICML 2024";
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

}  // namespace

MergeRows taskMaskRows() {
  auto tall = maskDescriptor("tall_masks", "TALL masks");
  tall.summary =
      "A mask for each task over the sum of all task vectors, from which it is restored.";
  tall.formula = "m_k = 1{|τ_k| > λ_k |τ_MT − τ_k|}, θ̂_k = θ0 + m_k ⊙ τ_MT";
  tall.parameters = maskParameters("lambda");
  auto consensus = maskDescriptor("consensus", "Consensus merging");
  consensus.summary = "Keeps the entries of the sum that enough tasks use.";
  consensus.formula = "θ = θ0 + λ 1{Σ_k m_k ≥ threshold} ⊙ τ_MT";
  consensus.parameters = maskParameters("mask_lambda");
  consensus.parameters.push_back(lambdaParameter(0.3));
  consensus.parameters.push_back(
      ParameterSpec::integer("threshold", 2, "How many tasks have to use an entry").from(0));
  return {mergeRow<TallMasks>(std::move(tall)), mergeRow<Consensus>(std::move(consensus))};
}

}  // namespace eq::merge
