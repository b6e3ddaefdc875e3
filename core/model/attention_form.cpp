#include "core/model/attention_form.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/empty_like.h>

namespace eq::model {
namespace {

using Three = std::array<at::Tensor, 3>;

Three emptyLike(const at::Tensor& outputs) {
  return {at::empty_like(outputs), at::empty_like(outputs), at::empty_like(outputs)};
}

// Kept: queries divided by √h, keys, values, shares of the softmax [B, T, T].
at::Tensor softmaxValue(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                        std::vector<at::Tensor>* kept) {
  const auto scaled = queries / std::sqrt(static_cast<double>(queries.size(2)));
  const auto shares = scaled.bmm(keys.transpose(1, 2)).softmax(-1);
  if (kept) *kept = {scaled.detach(), keys.detach(), values.detach(), shares.detach()};
  return shares.bmm(values);
}

Three softmaxProduct(const std::vector<at::Tensor>& kept, const at::Tensor& outputs) {
  const auto &queries = kept[0], &keys = kept[1], &values = kept[2], &shares = kept[3];
  auto [ofQueries, ofKeys, ofValues] = emptyLike(outputs);
  // A task at a time: its [B, T, T] stay near, and what all tasks share is not copied for each.
  for (std::int64_t k = 0; k < outputs.size(0); ++k) {
    const auto output = outputs[k];
    const auto scores = at::_softmax_backward_data(output.bmm(values.transpose(1, 2)), shares, -1,
                                                   shares.scalar_type());
    auto into = ofValues[k];
    at::bmm_out(into, shares.transpose(1, 2), output);
    into = ofQueries[k];
    at::bmm_out(into, scores, keys);
    into = ofKeys[k];
    at::bmm_out(into, scores.transpose(1, 2), queries);
  }
  ofQueries.div_(std::sqrt(static_cast<double>(outputs.size(3))));
  return {ofQueries, ofKeys, ofValues};
}

std::int64_t softmaxMultiplyAdds(std::int64_t tokens, std::int64_t width) {
  return 2 * tokens * tokens * width;
}

at::Tensor feature(const at::Tensor& numbers) {
  return at::elu(numbers) + 1;
}

/// The slope of `feature` times a gradient: 1 above 0, where the feature is above 1, else e^x,
/// which is the feature.
at::Tensor throughFeature(const at::Tensor& gradients, const at::Tensor& feature) {
  return gradients * feature.clamp_max(1);
}

// Kept: φ(q), φ(k), v, φ(k)ᵀ v [B, h, h], Σ φ(k) [B, h, 1], φ(q) Σ φ(k) [B, T, 1], the mixtures.
at::Tensor linearValue(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                       std::vector<at::Tensor>* kept) {
  const auto ofQueries = feature(queries), ofKeys = feature(keys);
  const auto mixed = ofKeys.transpose(1, 2).bmm(values);
  const auto total = ofKeys.sum(1).unsqueeze(2);
  const auto scale = ofQueries.bmm(total);
  auto output = ofQueries.bmm(mixed) / scale;
  if (kept)
    *kept = {ofQueries.detach(), ofKeys.detach(), values.detach(), mixed.detach(),
             total.detach(),     scale.detach(),  output.detach()};
  return output;
}

Three linearProduct(const std::vector<at::Tensor>& kept, const at::Tensor& outputs) {
  const auto &queries = kept[0], &keys = kept[1], &values = kept[2], &mixed = kept[3];
  const auto &total = kept[4], &scale = kept[5], &output = kept[6];
  auto [ofQueries, ofKeys, ofValues] = emptyLike(outputs);
  for (std::int64_t k = 0; k < outputs.size(0); ++k) {
    const auto numerator = outputs[k] / scale;
    const auto denominator = -(numerator * output).sum(-1, true);
    ofQueries[k].copy_(throughFeature(
        at::baddbmm(denominator.bmm(total.transpose(1, 2)), numerator, mixed.transpose(1, 2)),
        queries));
    const auto ofMixed = queries.transpose(1, 2).bmm(numerator);
    const auto ofTotal = denominator.transpose(1, 2).bmm(queries);
    ofKeys[k].copy_(throughFeature(values.bmm(ofMixed.transpose(1, 2)) + ofTotal, keys));
    auto into = ofValues[k];
    at::bmm_out(into, keys, ofMixed);
  }
  return {ofQueries, ofKeys, ofValues};
}

std::int64_t linearMultiplyAdds(std::int64_t tokens, std::int64_t width) {
  return 2 * tokens * width * width;
}

constexpr AttentionForm kSoftmax{softmaxValue, softmaxProduct, softmaxMultiplyAdds};
constexpr AttentionForm kLinear{linearValue, linearProduct, linearMultiplyAdds};

}  // namespace

const AttentionForm& attentionForm(const std::string& id) {
  return id == "linear" ? kLinear : kSoftmax;
}

}  // namespace eq::model
