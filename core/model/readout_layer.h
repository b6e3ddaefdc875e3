#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/readout.h"
#include "core/model/parameters.h"

namespace eq::model {

/// What a head puts out for its task's loss.
struct HeadOutput {
  at::Tensor prediction;                     ///< of the first readout
  std::map<std::string, at::Tensor> fields;  ///< learned inputs and those of second views by name,
                                             ///< and further readouts as `furtherReadout(name)`
  /// Of a head that reads several places, one after the other: what it put out at those before. The
  /// task's loss is the mean over all places, `prediction` that of the last.
  std::vector<HeadOutput> earlier = {};
};

/// The last layer of a head: one or more readouts of its features, and what their losses learn.
class ReadoutLayer {
 public:
  /// Initial values depend on `seed` and the parameter's own name alone.
  /// \throws Error when two readouts want different fields of one name.
  ReadoutLayer(ParameterBuffer& parameters, std::uint64_t seed, const Block& block,
               std::int64_t features, const std::vector<Readout>& readouts);

  /// \param h features [N, F].
  HeadOutput forward(const at::Tensor& h, const ParameterBuffer& parameters) const;

  /// Those of one example in products of matrices.
  std::int64_t multiplyAdds(const ParameterBuffer& parameters) const;

  /// Indices of the weights of its layers; a readout of the features themselves has none.
  std::vector<size_t> weights() const;

  /// Whether a loss reads a second view of the examples.
  bool readsViews() const;
  /// Adds the fields that do. \param h features of the examples. \param other of their second
  /// views.
  void addViews(HeadOutput& output, const at::Tensor& h, const at::Tensor& other,
                const ParameterBuffer& parameters) const;

 private:
  struct Layer {
    Readout readout;
    std::size_t weight = 0, bias = 0;  ///< in the buffer; unused where the layer has none
  };
  struct Field {
    LearnedField field;
    std::size_t values = 0, bias = 0;
  };
  class Builder;

  at::Tensor output(const Layer& layer, const at::Tensor& h,
                    const ParameterBuffer& parameters) const;
  at::Tensor value(const Field& field, const at::Tensor& h,
                   const ParameterBuffer& parameters) const;

  std::vector<Layer> layers_;
  std::vector<Field> fields_;
};

}  // namespace eq::model
