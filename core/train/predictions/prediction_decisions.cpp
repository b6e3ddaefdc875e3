#include "core/train/predictions/prediction_decisions.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "core/metric/decisions.h"

namespace eq::train {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

at::Tensor flatRows(const at::Tensor& values) {
  return values.reshape({values.size(0), -1});
}

/// Each pixel as an example of its own.
loss::Batch pixelsOf(const loss::Batch& maps) {
  loss::Batch pixels;
  pixels.prediction = maps.prediction.flatten(2).transpose(1, 2).flatten(0, 1);
  pixels.target = maps.target.flatten();
  if (const auto mask = maps.field("mask"); mask.defined()) pixels.fields["mask"] = mask.flatten();
  return pixels;
}

/// Bool in the shape of targetRows: what counts.
at::Tensor countedRows(const loss::Batch& batch) {
  auto counted = flatRows(batch.target) == flatRows(batch.target);
  if (!batch.target.is_floating_point())
    counted = counted & (flatRows(batch.target) != metric::kIgnored);
  const auto mask = batch.field("mask");
  // A mask of pixels holds for each of their numbers.
  if (mask.defined()) {
    const auto rows = flatRows(mask != 0);
    counted =
        counted &
        (rows.size(1) == counted.size(1) ? rows : rows.repeat({1, counted.size(1) / rows.size(1)}));
  }
  return counted;
}

/// Mean of the values that count, [N].
at::Tensor meanOfCounted(const at::Tensor& values, const at::Tensor& counted) {
  const auto sums = values.masked_fill(counted.logical_not(), 0).sum(1);
  const auto counts = counted.sum(1);
  return (sums / counts).masked_fill(counts == 0, kNoValue);
}

/// 1 − probability of the truth of each class, label or pixel.
at::Tensor missedProbability(const loss::Batch& decoded, TaskKind kind) {
  const auto probabilities = probabilitiesOf(decoded.prediction, kind);
  if (kind == TaskKind::binary || kind == TaskKind::multilabel)
    return (decoded.target.to(at::kDouble) - probabilities).abs();
  return 1 - probabilities.gather(1, decoded.target.clamp_min(0).unsqueeze(1)).squeeze(1);
}

}  // namespace

RowDecisions decideRows(const loss::Batch& decoded, TaskKind kind) {
  const auto decisions =
      metric::decide(kind == TaskKind::segmentation ? pixelsOf(decoded) : decoded);
  const auto rows = decoded.target.size(0);
  return {decisions.predicted.reshape({rows, -1}), decisions.target.reshape({rows, -1}),
          decisions.valid.reshape({rows, -1})};
}

at::Tensor probabilitiesOf(const at::Tensor& logits, TaskKind kind) {
  const auto numbers = logits.to(at::kDouble);
  if (kind == TaskKind::binary || kind == TaskKind::multilabel) return numbers.sigmoid();
  return numbers.softmax(1);
}

at::Tensor errorsOf(const loss::Batch& decoded, TaskKind kind) {
  const auto counted = countedRows(decoded);
  if (kind == TaskKind::segmentation) {
    const auto rows = decideRows(decoded, kind);
    return meanOfCounted((rows.predicted != rows.target).to(at::kDouble), counted);
  }
  const auto values = kind == TaskKind::regression
                          ? (decoded.prediction.to(at::kDouble) - decoded.target).abs()
                          : missedProbability(decoded, kind);
  return meanOfCounted(flatRows(values), counted);
}

const char* nameOfErrors(TaskKind kind) {
  switch (kind) {
    case TaskKind::segmentation:
      return "share of wrong pixels";
    case TaskKind::regression:
      return "mean absolute error";
    case TaskKind::multilabel:
      return "1 − probability of the true labels, mean";
    default:
      return "1 − probability of the true class";
  }
}

at::Tensor targetRows(const loss::Batch& decoded) {
  return flatRows(decoded.target.to(at::kDouble))
      .masked_fill(countedRows(decoded).logical_not(), kNoValue);
}

}  // namespace eq::train
