#include "core/loss/embedding/info_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class InfoNce : public EmbeddingLoss {
 public:
  explicit InfoNce(const Parameters& parameters)
      : EmbeddingLoss("info_nce", parameters.boolean("normalize"), {"pair"}),
        temperature_(parameters.number("temperature")),
        symmetric_(parameters.boolean("symmetric")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto scores = embeddings(batch).matmul(partner(batch, "pair").t()) / temperature_;
    const auto own = scores.diagonal();
    const auto byRow = scores.logsumexp(1) - own;
    if (!symmetric_) return anchorMean(byRow);
    return anchorMean((byRow + scores.logsumexp(0) - own) / 2);
  }

 private:
  double temperature_;
  bool symmetric_;
};

class NtXent : public EmbeddingLoss {
 public:
  explicit NtXent(const Parameters& parameters)
      : EmbeddingLoss("nt_xent", parameters.boolean("normalize"), {"pair"}),
        temperature_(parameters.number("temperature")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch), pair = partner(batch, "pair");
    const auto all = at::cat({x, pair});
    const auto scores = all.matmul(all.t()) / temperature_;
    const auto own = (x * pair).sum(1).mean() / temperature_;
    return {maskedLogSumExp(scores, offDiagonal(all.size(0), all)).mean() - own, {}, {}};
  }

 private:
  double temperature_;
};

}  // namespace

CatalogRow<Loss> infoNceRow() {
  Descriptor descriptor;
  descriptor.id = "info_nce";
  descriptor.title = "InfoNCE";
  descriptor.summary = "Each embedding must find its partner among the partners of the batch.";
  descriptor.formula = "L_i = −log softmax_i(⟨x_i, x'_j⟩ / τ); symmetric: ½ (rows + columns)";
  descriptor.citation =
      "Oord et al., Representation Learning with Contrastive Predictive Coding, 2018, "
      "arXiv:1807.03748";
  descriptor.parameters = embeddingParameters(
      {temperatureParameter(0.1),
       ParameterSpec::boolean("symmetric", false, "Also the partners must find their embeddings")});
  descriptor.inputs = {embeddingInput(), partnerInput("pair", "the partner of each embedding")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"made_in_runs", {"pair"}}};
  return rowOf<InfoNce>(descriptor);
}

CatalogRow<Loss> ntXentRow() {
  Descriptor descriptor;
  descriptor.id = "nt_xent";
  descriptor.title = "NT-Xent";
  descriptor.summary =
      "Each embedding of two views must find its partner among all others of both views.";
  descriptor.formula = "L = mean over 2N anchors of −log(e^{s_ii⁺/τ} / Σ_{j≠i} e^{s_ij/τ})";
  descriptor.citation =
      "Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, ICML "
      "2020, arXiv:2002.05709";
  descriptor.parameters = embeddingParameters({temperatureParameter(0.5)});
  descriptor.inputs = {embeddingInput(), partnerInput("pair", "the other view of each sample")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}, {"made_in_runs", {"pair"}}};
  return rowOf<NtXent>(descriptor);
}

}  // namespace eq::loss
