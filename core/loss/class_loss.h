#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss of logits [N, C] against class indices [N] that has a value for each sample. It does what
/// all such losses share: ignored samples, masks, reduction, checks; a loss of its own is one
/// function. In a run it also takes maps [N, C, pixels]: every pixel is a sample then, and an
/// image's value is the mean of its valid pixels.
class ClassLoss : public Loss {
 public:
  void check(const Batch& batch) const override;
  Value evaluate(const Batch& batch, bool perSample = false) const override;

 protected:
  /// \param values must hold the parameters of `classParameters`.
  ClassLoss(std::string id, const Parameters& values);

  const std::string& id() const { return id_; }
  std::int64_t ignored() const { return ignored_; }

  /// Values of the samples, [N]. \param target int64 [N] in 0..C-1; ignored samples come with class
  /// 0.
  virtual at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const;
  /// The same for a loss that reads further fields or compares the samples of the batch; it comes
  /// in place of `samples`. \param valid bool [N].
  virtual at::Tensor samplesOfBatch(const Batch& batch, const at::Tensor& target,
                                    const at::Tensor& valid) const;
  /// The parts of a loss that names `terms`, [N] each; it comes in place of `samplesOfBatch`.
  virtual std::vector<at::Tensor> termsOfBatch(const Batch& batch, const at::Tensor& target,
                                               const at::Tensor& valid) const;
  /// The same for rows of probabilities [N, C]; only for losses that say so by
  /// `takesProbabilities`.
  virtual at::Tensor samplesOfProbabilities(const at::Tensor& logits,
                                            const at::Tensor& target) const;
  virtual bool takesProbabilities() const { return false; }
  /// What a mean divides by, one entry a sample, [N]; undefined: every sample counts 1.
  virtual at::Tensor denominators(const at::Tensor& logits, const at::Tensor& target) const;
  /// Shape of the prediction, unless it is logits [N, C]. \returns how many classes it is of.
  virtual std::int64_t checkPrediction(const at::Tensor& prediction) const;
  /// Further rules on the batch, such as lengths of lists.
  virtual void checkFurther(const Batch&) const {}

  /// Logits [N, classes] by which the loss of a class is its negative log-probability but for a
  /// constant: what a loss of other predictions decodes them to.
  at::Tensor logitsByLoss(const Batch& batch, std::int64_t classes) const;

 private:
  Value ofSamples(const Batch& batch) const;
  Value ofPixels(const Batch& batch) const;
  /// What the sum of the valid samples is divided by; undefined: by nothing.
  at::Tensor divisor(const Batch& batch, const at::Tensor& target, const at::Tensor& valid) const;

  std::string id_;
  std::int64_t ignored_;
  bool sum_;
};

/// The parameters that every loss of class indices has, after its own.
std::vector<ParameterSpec> classParameters(std::vector<ParameterSpec> own);
/// The input of logits and class indices (or probabilities).
std::vector<InputField> classInputs(bool probabilities = false);

/// Cosines with one learned vector a class.
Readout cosineReadout(const TaskInfo& task);

/// Targets that are rows of probabilities [N, C], in the prediction's type; uniform where the mask
/// [N] does not let them count, whatever stands there.
at::Tensor probabilitiesOf(const Batch& batch);
/// Column vector of each sample's logit of its class, [N].
at::Tensor ownLogit(const at::Tensor& logits, const at::Tensor& target);
/// M = z_y - log-sum-exp of the other logits, [N], so that p_y = σ(M) exactly in both tails.
at::Tensor effectiveMargin(const at::Tensor& logits, const at::Tensor& target);
/// √x with gradient 0 at 0, where the root has no slope. \param x at least 0.
at::Tensor rootOf(const at::Tensor& x);
/// Index of the largest logit of the other classes, [N]; of equals the lower class.
at::Tensor strongestOther(const at::Tensor& logits, const at::Tensor& target);
/// A list parameter as a tensor like `like`, [C].
at::Tensor listTensor(const std::vector<double>& values, const at::Tensor& like);

}  // namespace eq::loss
