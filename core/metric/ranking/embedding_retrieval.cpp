#include "core/metric/ranking/embedding_retrieval.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ranking/embedding_ranks.h"

namespace eq::metric {
namespace {

void checkEmbeddings(const std::string& id, const Batch& batch) {
  loss::checkNumbers(id, "prediction", batch.prediction);
  if (batch.prediction.dim() != 2)
    fail("{}.prediction: expected embeddings [N, D], found {}", id,
         loss::shapeText(batch.prediction));
}

class EmbeddingMrr : public Metric {
 public:
  explicit EmbeddingMrr(const Parameters&) {}

  void check(const Batch& batch) const override {
    checkEmbeddings("embedding_mrr", batch);
    loss::checkShape("embedding_mrr", "target", batch.target, {batch.prediction.size(0)},
                     "rows of prediction");
    loss::checkIntegers("embedding_mrr", "target", batch.target);
  }

  void add(const Batch& batch) override { kept_.add({batch.target, batch.prediction}); }

  at::Tensor counted(const Batch& batch) const override { return batch.target != kIgnored; }

  nlohmann::json value() const override {
    const auto rows = kept_.joined();
    if (!rows.defined()) return nullptr;
    const auto ranks =
        ranksOfOwnLabel(rows.select(1, 0), rows.narrow(1, 1, rows.size(1) - 1)).to(at::kDouble);
    const auto can = ranks > 0;
    const double count = can.sum().item<double>();
    if (count == 0) return nullptr;
    return ranks.clamp_min(1).reciprocal().masked_fill(can.logical_not(), 0).sum().item<double>() /
           count;
  }

 private:
  KeptRows kept_;  ///< label, embedding
};

/// A metric of the ranks [N, K] of the own texts.
class TextMetric : public Metric {
 public:
  void check(const Batch& batch) const override {
    checkEmbeddings(id_, batch);
    const auto texts = batch.field("texts");
    loss::checkPresent(id_, "texts", texts);
    if (!fits(batch))
      fail("{}.texts: expected [N, K, D] with N = {} and D = {} of the prediction, found {}", id_,
           batch.prediction.size(0), batch.prediction.size(1), loss::shapeText(texts));
    loss::checkNumbers(id_, "texts", texts);
  }

  /// \throws Error where there are no texts or these are no embeddings of theirs. Reads sizes
  /// alone.
  void add(const Batch& batch) override {
    if (!fits(batch))
      fail("{}: it reads texts [N, K, D] beside embeddings [N, D], and found {} beside {}", id_,
           loss::shapeText(batch.field("texts")), loss::shapeText(batch.prediction));
    const auto texts = batch.field("texts");
    languages_ = texts.size(1);
    kept_.add({batch.prediction, texts.flatten(1)});
  }

  at::Tensor counted(const Batch&) const override { return {}; }

  nlohmann::json value() const override {
    const auto rows = kept_.joined();
    if (!rows.defined() || !rows.isfinite().all().item<bool>()) return nullptr;
    const auto width = rows.size(1) / (1 + languages_);
    const auto texts = rows.narrow(1, width, languages_ * width).view({-1, languages_, width});
    return ofRanks(ranksOfTexts(rows.narrow(1, 0, width), texts).to(at::kDouble));
  }

 protected:
  explicit TextMetric(std::string id) : id_(std::move(id)) {}

  virtual double ofRanks(const at::Tensor& ranks) const = 0;

 private:
  static bool fits(const Batch& batch) {
    const auto texts = batch.field("texts");
    return texts.defined() && texts.dim() == 3 && batch.prediction.dim() == 2 &&
           texts.size(0) == batch.prediction.size(0) && texts.size(2) == batch.prediction.size(1) &&
           texts.size(1) > 0;
  }

  std::string id_;
  std::int64_t languages_ = 0;
  KeptRows kept_;  ///< embedding, texts
};

class TextMrr : public TextMetric {
 public:
  explicit TextMrr(const Parameters&) : TextMetric("text_mrr") {}

 private:
  double ofRanks(const at::Tensor& ranks) const override {
    return ranks.reciprocal().mean().item<double>();
  }
};

class TextRankVariance : public TextMetric {
 public:
  explicit TextRankVariance(const Parameters& parameters)
      : TextMetric("text_rank_variance"), deviation_(parameters.text("form") == "std") {}

 private:
  double ofRanks(const at::Tensor& ranks) const override {
    const auto variances = (ranks - ranks.mean(1, true)).square().mean(1);
    return (deviation_ ? variances.sqrt() : variances).mean().item<double>();
  }

  bool deviation_;
};

constexpr const char* kNie =
    "Nie et al., Improving the Consistency in Cross-Lingual Cross-Modal Retrieval with 1-to-K "
    "Contrastive Learning, KDD 2024";

/// \param inputs beside the embeddings.
Descriptor ofEmbeddings(Descriptor descriptor, const InputField& further,
                        const std::string& undefined) {
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings"}, further};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.traits["prediction"] = "embedding";
  descriptor.traits["undefined"] = undefined;
  descriptor.traits["examples"] = false;  // a copy would be its original's nearest neighbour
  return descriptor;
}

Descriptor ofTexts(Descriptor descriptor) {
  return ofEmbeddings(std::move(descriptor),
                      {"texts", "[N, K, D]", "embeddings of each one's texts, one a language"},
                      "an embedding is no finite number");
}

}  // namespace

CatalogRow<Metric> embeddingMrrRow() {
  auto descriptor = ofEmbeddings(
      describe("embedding_mrr", "Mean reciprocal rank of embeddings",
               "1 / the rank of the nearest embedding of the own label among all others, by "
               "cosine, averaged. Those whose label no other has are left out.",
               "mean_i 1 / rank_i", "Textbook definition", "max"),
      {"target", "int [N]", "labels, -100 = ignored"}, "no two embeddings have the same label");
  descriptor.traits["range"] = {0, 1};
  return rowOf<EmbeddingMrr>(descriptor);
}

CatalogRow<Metric> textMrrRow() {
  auto descriptor =
      ofTexts(describe("text_mrr", "Mean reciprocal rank of texts",
                       "1 / the rank of an embedding's own text among the texts of all in that "
                       "language, by cosine, averaged over embeddings and languages.",
                       "mean_ik 1 / rank_ik", kNie, "max"));
  descriptor.traits["range"] = {0, 1};
  return rowOf<TextMrr>(descriptor);
}

CatalogRow<Metric> textRankVarianceRow() {
  auto descriptor = ofTexts(describe(
      "text_rank_variance", "Mean rank variance of texts",
      "How much the rank of an embedding's own text differs between the languages: population "
      "variance, or deviation, averaged over embeddings.",
      "mean_i var_k rank_ik", kNie, "min"));
  descriptor.parameters = {
      ParameterSpec::choice("form", "variance", {"variance", "std"},
                            "std: the mean of the deviations, as published code")};
  descriptor.traits["range"] = {0, nullptr};
  return rowOf<TextRankVariance>(descriptor);
}

}  // namespace eq::metric
