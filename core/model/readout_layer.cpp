#include "core/model/readout_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"

namespace eq::model {
namespace {

constexpr double kLeastGap = 1e-3;  // between increasing numbers
constexpr double kLeastPositive = 1e-6;
constexpr double kShortestNorm = 1e-12;  // of a row that has a direction

/// Rows of length 1. A row without a direction stays 0 and has no slope: ReLUs may all be off.
at::Tensor unitRows(const at::Tensor& rows) {
  const auto squared = rows.square().sum(1, true);
  const auto without = squared <= kShortestNorm * kShortestNorm;
  return rows.masked_fill(without, 0) / squared.masked_fill(without, 1).sqrt();
}

/// θ_1 = r_1, θ_{k+1} = θ_k + softplus(r_{k+1}) + the least gap.
at::Tensor increasing(const at::Tensor& raw) {
  const auto gaps = at::softplus(raw.narrow(0, 1, raw.size(0) - 1)) + kLeastGap;
  return at::cat({raw.narrow(0, 0, 1), gaps}).cumsum(0);
}

/// The raw numbers whose increasing ones part a logistic distribution evenly.
at::Tensor evenlyParted(std::int64_t count) {
  std::vector<double> raw;
  double before = 0;
  for (std::int64_t k = 1; k <= count; ++k) {
    const double now = std::log(static_cast<double>(k) / static_cast<double>(count + 1 - k));
    raw.push_back(k == 1 ? now : std::log(std::expm1(now - before - kLeastGap)));
    before = now;
  }
  return at::tensor(raw, at::kDouble).to(at::kFloat);
}

/// "linear 3" as a part of a parameter's name.
std::string partOf(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::int64_t columns(const Readout& readout) {
  return readout.outputs * std::max<std::int64_t>(1, readout.channels);
}

}  // namespace

/// Adds the parameters.
class ReadoutLayer::Builder {
 public:
  Builder(ParameterBuffer& parameters, std::uint64_t seed, const Block& block,
          std::int64_t features)
      : parameters_(parameters), seed_(seed), block_(block), features_(features) {}

  Layer layer(const Readout& readout) {
    Layer layer{readout};
    const auto name = partOf(readout.name());
    switch (readout.layer) {
      case Readout::Layer::linear:
        layer.weight = drawn(name + ".weight", {columns(readout), features_});
        layer.bias = biases(name + ".bias", readout);
        break;
      case Readout::Layer::cosines:
        layer.weight = drawn(name + ".vectors", {readout.outputs, features_});
        break;
      case Readout::Layer::oneScore:
        layer.weight = drawn(name + ".weight", {1, features_});
        layer.bias = biases(name + ".bias", readout);
        break;
      case Readout::Layer::predictor:
        layer.weight = drawn(name + ".weight", {features_, features_});
        layer.bias = drawn(name + ".bias", {features_});
        break;
      case Readout::Layer::features:
        break;
    }
    return layer;
  }

  Field field(const LearnedField& wanted, const Layer& layer) {
    Field field{wanted};
    switch (wanted.kind) {
      case LearnedField::Kind::points:
        field.values = drawn(wanted.field, {wanted.count, features_});
        break;
      case LearnedField::Kind::increasing:
        field.values = add(wanted.field, evenlyParted(wanted.count));
        break;
      case LearnedField::Kind::secondHead:
        field.values = drawn(wanted.field + ".weight", {wanted.count, features_});
        field.bias = drawn(wanted.field + ".bias", {wanted.count});
        break;
      case LearnedField::Kind::weightOfHead:
        field.values = layer.weight;
        break;
    }
    return field;
  }

 private:
  std::size_t add(const std::string& name, const at::Tensor& initial) {
    return parameters_.add(block_.name + "." + name, initial, block_);
  }

  std::size_t biases(const std::string& name, const Readout& readout) {
    if (readout.biases.empty()) return drawn(name, {columns(readout)});
    return add(name, at::tensor(readout.biases, at::kDouble).to(at::kFloat));
  }

  /// As a linear layer of the features begins: uniform in ±1/√F.
  std::size_t drawn(const std::string& name, const std::vector<std::int64_t>& shape) {
    auto generator =
        at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed_, block_.name + "." + name));
    const double bound = 1 / std::sqrt(static_cast<double>(features_));
    return add(
        name,
        at::empty(shape, at::TensorOptions().dtype(at::kFloat)).uniform_(-bound, bound, generator));
  }

  ParameterBuffer& parameters_;
  std::uint64_t seed_;
  const Block& block_;
  std::int64_t features_;
};

ReadoutLayer::ReadoutLayer(ParameterBuffer& parameters, std::uint64_t seed, const Block& block,
                           std::int64_t features, const std::vector<Readout>& readouts) {
  Builder builder(parameters, seed, block, features);
  for (const auto& readout : readouts) {
    layers_.push_back(builder.layer(readout));
    for (const auto& wanted : readout.fields) {
      const auto known = std::find_if(fields_.begin(), fields_.end(), [&](const Field& one) {
        return one.field.field == wanted.field;
      });
      if (known == fields_.end())
        fields_.push_back(builder.field(wanted, layers_.back()));
      else if (known->field != wanted)
        fail("{}: two of its losses want different {}", block.name, wanted.field);
    }
  }
}

at::Tensor ReadoutLayer::output(const Layer& layer, const at::Tensor& h,
                                const ParameterBuffer& parameters) const {
  const auto& readout = layer.readout;
  const auto weight = [&] { return parameters.tensor(layer.weight); };
  switch (readout.layer) {
    case Readout::Layer::features:
      return h;
    case Readout::Layer::cosines:
      return unitRows(h).mm(unitRows(weight()).t());
    case Readout::Layer::oneScore:
      return h.mm(weight().t()) + parameters.tensor(layer.bias);
    case Readout::Layer::predictor:
      return at::linear(h, weight(), parameters.tensor(layer.bias));
    case Readout::Layer::linear:
      break;
  }
  auto output = at::linear(h, weight(), parameters.tensor(layer.bias));
  if (readout.channels > 0) output = output.view({-1, readout.outputs, readout.channels});
  if (readout.positive) output = at::softplus(output) + kLeastPositive;
  return readout.scalar ? output.squeeze(1) : output;
}

at::Tensor ReadoutLayer::value(const Field& field, const at::Tensor& h,
                               const ParameterBuffer& parameters) const {
  const auto& values = parameters.tensor(field.values);
  switch (field.field.kind) {
    case LearnedField::Kind::increasing:
      return increasing(values);
    case LearnedField::Kind::secondHead:
      return at::linear(h, values, parameters.tensor(field.bias));
    case LearnedField::Kind::points:
    case LearnedField::Kind::weightOfHead:
      break;
  }
  return values;
}

HeadOutput ReadoutLayer::forward(const at::Tensor& h, const ParameterBuffer& parameters) const {
  HeadOutput out;
  for (const auto& layer : layers_) {
    auto one = output(layer, h, parameters);
    if (out.prediction.defined())
      out.fields[furtherReadout(layer.readout.name())] = std::move(one);
    else
      out.prediction = std::move(one);
  }
  for (const auto& field : fields_) out.fields[field.field.field] = value(field, h, parameters);
  // What a head's embeddings are judged by, whatever its losses read.
  static const std::string features = furtherReadout(Readout{Readout::Layer::features}.name());
  out.fields.try_emplace(features, h);
  return out;
}

std::int64_t ReadoutLayer::multiplyAdds(const ParameterBuffer& parameters) const {
  std::int64_t count = 0;
  for (const auto& layer : layers_)
    if (layer.readout.layer != Readout::Layer::features)
      count += parameters.tensor(layer.weight).numel();
  for (const auto& field : fields_)
    if (field.field.kind == LearnedField::Kind::secondHead)
      count += parameters.tensor(field.values).numel();
  return count;
}

std::vector<size_t> ReadoutLayer::weights() const {
  std::vector<size_t> weights;
  for (const auto& layer : layers_)
    if (layer.readout.layer != Readout::Layer::features) weights.push_back(layer.weight);
  return weights;
}

bool ReadoutLayer::readsViews() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const Layer& layer) { return layer.readout.views.any(); });
}

void ReadoutLayer::addViews(HeadOutput& out, const at::Tensor& h, const at::Tensor& other,
                            const ParameterBuffer& parameters) const {
  const auto give = [&](const std::string& field, const at::Tensor& value) {
    if (!field.empty()) out.fields[field] = value;
  };
  for (const auto& layer : layers_) {
    const auto& views = layer.readout.views;
    if (!views.prediction.empty()) give(views.prediction, output(layer, other, parameters));
    give(views.features, h);
    give(views.otherFeatures, other);
  }
}

}  // namespace eq::model
