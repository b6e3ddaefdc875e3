#include "core/loss/embedding/one_to_k.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class OneToK : public EmbeddingLoss {
 public:
  explicit OneToK(const Parameters& parameters)
      : EmbeddingLoss("one_to_k", parameters.boolean("normalize")),
        temperature_(parameters.number("temperature")),
        conventional_(parameters.text("form") == "conventional") {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto images = embeddings(batch), texts = partner(batch, "texts");
    const auto samples = texts.size(0), perImage = texts.size(1);
    const auto scores = images.matmul(texts.flatten(0, 1).t()) / temperature_;
    const auto own = scores.view({samples, samples, perImage}).diagonal();  // [K, N]
    const auto toTexts = (scores.logsumexp(1) - own).sum(0).mean();
    const auto toImages = (scores.logsumexp(0).view({samples, perImage}).t() - own).mean();
    const auto count = static_cast<double>(perImage);
    if (conventional_) return {(toTexts / count + toImages) / 2, {}, {}};
    return {(toTexts + toImages) / (2 * count), {}, {}};
  }

 private:
  void checkFurther(const Batch& batch) const override {
    const auto texts = batch.field("texts");
    checkPresent(id(), "texts", texts);
    const auto samples = batch.prediction.size(0), width = batch.prediction.size(1);
    if (texts.dim() != 3 || texts.size(0) != samples || texts.size(2) != width)
      fail("{}.texts: expected [N, K, D] with N = {} and D = {} of the prediction, found {}", id(),
           samples, width, shapeText(texts));
    checkNumbers(id(), "texts", texts);
  }

  double temperature_;
  bool conventional_;
};

}  // namespace

CatalogRow<Loss> oneToKRow() {
  Descriptor descriptor;
  descriptor.id = "one_to_k";
  descriptor.title = "1-to-K contrastive loss";
  descriptor.summary = "An image finds all of its K texts at once, and each text its image.";
  descriptor.formula =
      "L = (i2t + t2i) / 2K; i2t: −Σ over the image's K texts of log softmax over all N·K texts, "
      "t2i: cross-entropy over the images; conventional: (i2t/K + t2i) / 2";
  descriptor.citation = "Nie et al., 1-to-K Contrastive Learning, KDD 2024, arXiv:2406.18254";
  descriptor.parameters = embeddingParameters(
      {temperatureParameter(0.07),
       ParameterSpec::choice("form", "repository", {"repository", "conventional"},
                             "Both directions divided by K, or the first alone")});
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings of the images"},
                       {"texts", "[N, K, D]", "embeddings of each image's texts"}};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}};
  return rowOf<OneToK>(descriptor);
}

}  // namespace eq::loss
