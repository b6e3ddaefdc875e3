#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss of embeddings [N, D]. It does what all such losses share: normalising, partners and their
/// checks; a loss of its own is `evaluate`.
class EmbeddingLoss : public Loss {
 public:
  void check(const Batch& batch) const override;
  /// The features of the head, and where the data bring no `pair`, those of a second view as the
  /// pair. Class logits cannot be had from them.
  std::vector<Readout> readouts(const TaskInfo& task) const override;
  at::Tensor decode(const Batch& batch) const override;

 protected:
  /// \param partners fields of the prediction's shape that must be there.
  EmbeddingLoss(std::string id, bool normalize, std::vector<std::string> partners = {});

  const std::string& id() const { return id_; }

  /// The prediction; its rows of length 1 if the loss normalises.
  at::Tensor embeddings(const Batch& batch) const { return prepared(batch.prediction); }
  /// The field likewise, in the prediction's type; undefined where it is absent.
  at::Tensor partner(const Batch& batch, const std::string& field) const;
  /// What further embeddings, [..., D], must be.
  void checkPartner(const Batch& batch, const std::string& field, at::IntArrayRef shape,
                    const std::string& like) const;
  /// Further rules on the batch.
  virtual void checkFurther(const Batch&) const {}

 private:
  at::Tensor prepared(const at::Tensor& rows) const;

  std::string id_;
  bool normalize_;
  std::vector<std::string> partners_;
};

/// Rows (last axis) of length 1. A row shorter than 1e-12 becomes zero and has no gradient.
at::Tensor unitRows(const at::Tensor& rows);

/// ‖a_i - b_i‖² of rows, [N].
at::Tensor squaredRowDistances(const at::Tensor& a, const at::Tensor& b);
/// ‖a_i - b_j‖² of all pairs, [N, M], in memory of that size.
at::Tensor squaredDistances(const at::Tensor& a, const at::Tensor& b);
/// √(d² + 1e-12): its slope is finite where points coincide.
at::Tensor rootDistance(const at::Tensor& squared);

/// Which pairs of a batch share a label, and which do not; bool [N, N]. No sample is its own pair,
/// and ignored ones have none.
struct LabelPairs {
  at::Tensor positive, negative;
  at::Tensor valid;  ///< bool [N]
};
LabelPairs labelPairs(const at::Tensor& labels, std::int64_t ignored);

/// bool [n, n] on the device of `like`: false on the diagonal.
at::Tensor offDiagonal(std::int64_t n, const at::Tensor& like);
/// log Σ exp over the entries of a row in `mask`, [N]; a constant where a row has none.
at::Tensor maskedLogSumExp(const at::Tensor& values, const at::Tensor& mask);
/// Mean of the entries in `mask`, 0 without any.
at::Tensor maskedMean(const at::Tensor& values, const at::Tensor& mask);
/// The anchors' values [N] and their mean.
Value anchorMean(const at::Tensor& values);
/// The same over the anchors in `valid`; `values` are 0 elsewhere.
Value anchorMean(const at::Tensor& values, const at::Tensor& valid);

/// Integer labels, one a sample.
void checkLabels(const std::string& loss, const Batch& batch);
/// At least `least` samples.
void checkSamples(const std::string& loss, const Batch& batch, std::int64_t least);

/// Kinds of tasks that have a head with features, for losses that read no target.
std::vector<TaskKind> kindsWithFeatures();
/// The parameters that losses of embeddings have after their own: `normalize`.
std::vector<ParameterSpec> embeddingParameters(std::vector<ParameterSpec> own);
/// Those, and `ignore_index`.
std::vector<ParameterSpec> labelParameters(std::vector<ParameterSpec> own);
/// A temperature above 0.
ParameterSpec temperatureParameter(double value);
InputField embeddingInput();
/// A partner's field of the prediction's shape.
InputField partnerInput(const std::string& name, const std::string& doc, bool required = true);
InputField labelInput();

}  // namespace eq::loss
