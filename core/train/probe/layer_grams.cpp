#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/im2col.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/convolution.h"
#include "core/model/convolution_stage.h"
#include "core/train/probe/probe_state.h"

namespace eq::train {
namespace {

/// Sums of XᵀX and of rows, by the weight's index.
class GramSums {
 public:
  void add(size_t weight, const at::Tensor& rows) {
    const auto wide = rows.to(at::kDouble);
    const auto gram = wide.t().mm(wide);
    auto& sum = sums_[weight];
    sum = sum.defined() ? sum + gram : gram;
    rows_[weight] += static_cast<double>(rows.size(0));
  }

  NamedTensors named(const model::ParameterBuffer& parameters) const {
    NamedTensors means;
    for (const auto& [weight, sum] : sums_)
      means[parameters.infos()[weight].name] = (sum / rows_.at(weight)).to(at::kCPU);
    return means;
  }

 private:
  std::map<size_t, at::Tensor> sums_;
  std::map<size_t, double> rows_;
};

/// Of the way down it keeps what full layers read, and no gradient.
class InputSink : public model::ParameterSink {
 public:
  explicit InputSink(GramSums& sums) : sums_(sums) {}
  void losses(const std::vector<std::int64_t>&) override {}
  void linear(size_t weight, size_t, const at::Tensor& input, const at::Tensor&) override {
    sums_.add(weight, input);
  }
  void formed(size_t, const at::Tensor&) override {}

 private:
  GramSums& sums_;
};

/// A kernel's way over its input.
struct Sweep {
  std::int64_t padding, stride;
};

std::optional<Sweep> sweepOf(const model::Layer* layer) {
  if (const auto* one = dynamic_cast<const model::Convolution*>(layer))
    return Sweep{one->padding(), one->stride()};
  if (const auto* one = dynamic_cast<const model::ConvolutionStage*>(layer))
    return Sweep{one->padding(), 1};
  return std::nullopt;
}

/// Of kernels, from the patches of what they read, each a row.
void addPatches(const model::Tape& tape, const model::ParameterBuffer& parameters, GramSums& sums) {
  for (const auto& trace : tape) {
    for (const auto& inner : trace.inner) addPatches(inner, parameters, sums);
    const auto sweep = sweepOf(trace.layer);
    if (!sweep) continue;
    const auto weight = trace.layer->parameters()[0];
    const auto kernel = parameters.tensor(weight).sizes();
    const auto columns =
        at::im2col(trace.kept[0], {kernel[2], kernel[3]}, {1, 1}, {sweep->padding, sweep->padding},
                   {sweep->stride, sweep->stride});  // [N, in·h·w, places]
    sums.add(weight, columns.transpose(1, 2).flatten(0, 1));
  }
}

/// One stack of zeros a representation: the way down is for what stands beside it.
std::vector<model::Stack> noGradients(const std::vector<at::Tensor>& representations) {
  std::vector<model::Stack> stacks;
  for (const auto& one : representations) {
    auto shape = one.sizes().vec();
    shape.insert(shape.begin(), 1);
    stacks.push_back({{0}, at::zeros(shape, one.options())});
  }
  return stacks;
}

}  // namespace

NamedTensors ParameterProbe::grams(std::int64_t count, bool convolutions,
                                   std::uint64_t seed) const {
  const at::NoGradGuard noGraph;
  const auto& parts = state_->parts;
  if (!parts.model->leavesTraces())
    fail("model {}: does not tell what its layers read, so there are no Grams of them",
         parts.experiment.model.id);
  auto order = RandomStream(deriveSeed(seed, "gram examples")).permutation(examples());
  order.resize(static_cast<size_t>(std::min<std::int64_t>(count, std::ssize(order))));
  const auto rows = at::tensor(order, at::kLong).to(parts.device);
  GramSums sums;
  InputSink sink(sums);
  constexpr std::int64_t kChunk = 256;
  for (const auto& chunk : rows.split(kChunk)) {
    model::Tape tape;
    const auto found = parts.model->represent(
        parts.problem.validation.inputs.index_select(0, chunk), {.tape = &tape});
    parts.model->back(tape, noGradients(found), sink, false);
    if (convolutions) addPatches(tape, parts.model->parameters(), sums);
  }
  return sums.named(parts.model->parameters());
}

}  // namespace eq::train
