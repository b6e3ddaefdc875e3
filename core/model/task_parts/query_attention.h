#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/model/layers.h"

namespace eq::model {

/// Multi-head attention of one query to tokens, with normalisation before: q + Att(LN q, LN
/// tokens).
class QueryAttention {
 public:
  /// What all queries attend to.
  struct Tokens {
    at::Tensor keys, values;  ///< [N, heads, T, width / heads]
  };
  /// How much of each token a query took beside what it became.
  struct Found {
    at::Tensor query;   ///< [N, width]
    at::Tensor shares;  ///< [N, heads, T], sum 1 over the tokens
  };

  /// \param heads divides the width. \param form of `attentionForm`.
  QueryAttention(LayerFactory& factory, const std::string& name, std::int64_t width,
                 std::int64_t heads, const std::string& form, const Block& block);

  /// \param tokens [N, T, width].
  Tokens read(const at::Tensor& tokens, const ParameterBuffer& parameters, const Pass& pass) const;
  /// \param query [N, width], or [1, width] of all examples.
  Found attend(const at::Tensor& query, const Tokens& tokens, const ParameterBuffer& parameters,
               const Pass& pass) const;

 private:
  at::Tensor apart(const at::Tensor& rows) const;

  std::int64_t heads_;
  bool linear_;
  std::unique_ptr<Layer> queryNorm_, tokenNorm_, queries_, keys_, values_, output_;
};

}  // namespace eq::model
