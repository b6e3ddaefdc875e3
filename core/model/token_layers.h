#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Images [N, channels, height, width] to their squares as rows [N, T, channels side²], each in the
/// order of a filter. \pre the side divides height and width.
class Patches : public Layer {
 public:
  explicit Patches(std::int64_t side) : side_(side) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;

 private:
  std::int64_t side_;
};

/// Numbers [N, columns] to a token each, x_j e_j + b_j, [N, columns, width].
class Columns : public Layer {
 public:
  Columns(size_t weight, size_t bias) : weight_(weight), bias_(bias) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {weight_, bias_}; }

 private:
  size_t weight_, bias_;
};

/// Adds a table [T, width] to the tokens of every example.
class Positions : public Layer {
 public:
  explicit Positions(size_t table) : table_(table) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {table_}; }

 private:
  size_t table_;
};

/// The mean over all dimensions but the examples and one more, the features.
class Mean : public Layer {
 public:
  /// \param featuresLast tokens [N, T, features]; else maps [N, features, ...].
  explicit Mean(bool featuresLast) : featuresLast_(featuresLast) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;

 private:
  bool featuresLast_;
};

}  // namespace eq::model
