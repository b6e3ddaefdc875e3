#include "core/model/task_parts/query_attention.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/matmul.h>

namespace eq::model {

QueryAttention::QueryAttention(LayerFactory& factory, const std::string& name, std::int64_t width,
                               std::int64_t heads, const std::string& form, const Block& block)
    : heads_(heads),
      linear_(form == "linear"),
      queryNorm_(factory.layerNorm(name + ".norm1", width, block)),
      tokenNorm_(factory.layerNorm(name + ".norm2", width, block)),
      queries_(factory.linear(name + ".query", width, width, block)),
      keys_(factory.linear(name + ".key", width, width, block)),
      values_(factory.linear(name + ".value", width, width, block)),
      output_(factory.linear(name + ".output", width, width, block)) {}

/// [N, T, width] -> [N, heads, T, width / heads].
at::Tensor QueryAttention::apart(const at::Tensor& rows) const {
  return rows.unflatten(-1, {heads_, rows.size(-1) / heads_}).transpose(-3, -2);
}

QueryAttention::Tokens QueryAttention::read(const at::Tensor& tokens,
                                            const ParameterBuffer& parameters,
                                            const Pass& pass) const {
  const auto normed = tokenNorm_->forward(tokens, parameters, pass, nullptr);
  return {apart(keys_->forward(normed, parameters, pass, nullptr)),
          apart(values_->forward(normed, parameters, pass, nullptr))};
}

QueryAttention::Found QueryAttention::attend(const at::Tensor& query, const Tokens& tokens,
                                             const ParameterBuffer& parameters,
                                             const Pass& pass) const {
  const auto normed = queryNorm_->forward(query, parameters, pass, nullptr);
  const auto asked = apart(queries_->forward(normed, parameters, pass, nullptr).unsqueeze(1));
  const auto feature = [](const at::Tensor& numbers) { return at::elu(numbers) + 1; };
  const auto scores = linear_ ? at::matmul(feature(asked), feature(tokens.keys).transpose(-2, -1))
                              : at::matmul(asked / std::sqrt(static_cast<double>(asked.size(-1))),
                                           tokens.keys.transpose(-2, -1));
  const auto shares = linear_ ? scores / scores.sum(-1, true) : scores.softmax(-1);
  const auto mixture = at::matmul(shares, tokens.values).transpose(-3, -2).flatten(1);
  if (pass.multiplyAdds) *pass.multiplyAdds += 2 * tokens.keys.numel();
  return {query + output_->forward(mixture, parameters, pass, nullptr), shares.squeeze(2)};
}

}  // namespace eq::model
