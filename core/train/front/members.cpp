#include "core/train/front/members.h"

#include <tuple>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/train/task_rows.h"

namespace eq::train {
namespace {

/// On the device and in the type of the members.
at::Tensor mixingRow(const metric::Point& weights, const at::Tensor& members) {
  return at::tensor(weights, at::kDouble).to(members.options().requires_grad(false));
}

bool liesWith(const model::ParameterInfo& a, const model::ParameterInfo& b) {
  const auto place = [](const model::ParameterInfo& info) {
    return std::tuple(info.block.trainable, info.block.owner, info.block.part);
  };
  return place(a) == place(b);
}

std::vector<model::Range> stretchesOf(const model::ParameterBuffer& parameters) {
  std::vector<model::Range> found;
  const model::ParameterInfo* last = nullptr;
  for (const auto index : parameters.order()) {
    const auto& info = parameters.infos()[index];
    if (!last || !liesWith(*last, info)) found.push_back({info.offset, info.offset});
    found.back().end += info.count;
    last = &info;
  }
  return found;
}

}  // namespace

Members::Members(size_t count,
                 const std::function<std::unique_ptr<model::Model>(size_t member)>& start,
                 at::ScalarType type)
    : count_(count) {
  for (size_t k = 0; k < count; ++k) {
    const auto network = start(k);
    const auto& own = network->parameters();
    for (size_t i = 0; i < own.infos().size(); ++i) {
      const auto& info = own.infos()[i];
      auto block = info.block;
      block.name = fmt::format("member.{}.{}", k, block.name);
      parameters_.add(fmt::format("member.{}.{}", k, info.name),
                      own.tensor(i).detach().to(at::kFloat, false, true), block, info.architecture);
    }
    each_ = own.infos().size();
    if (k == 0) stretches_ = stretchesOf(own);
  }
  parameters_.allocate(type);
}

at::Tensor Members::stretch(const model::Range& inModel) const {
  const auto members = static_cast<std::int64_t>(count_);
  return parameters_.values()
      .narrow(0, members * inModel.begin, members * inModel.size())
      .view({members, inModel.size()});
}

void Members::mixInto(model::Model& network, const metric::Point& weights) const {
  const at::NoGradGuard noGradients;
  const auto& values = network.parameters().values();
  const auto row = mixingRow(weights, parameters_.values());
  for (const auto& range : stretches_)
    values.narrow(0, range.begin, range.size()).copy_(at::mv(stretch(range).t(), row));
}

at::Tensor Members::cosines() const {
  const at::NoGradGuard noGradients;
  const auto members = static_cast<std::int64_t>(count_);
  auto products = at::zeros({members, members},
                            parameters_.values().options().dtype(at::kDouble).requires_grad(false));
  for (const auto& range : stretches_) products = products + gramianOf(stretch(range));
  const auto norms = products.diagonal().sqrt();
  return products / (norms.unsqueeze(0) * norms.unsqueeze(1));
}

MemberGradients::MemberGradients(const Members& members, const model::Model& network)
    : members_(members),
      network_(network),
      sum_(at::zeros(
          {static_cast<std::int64_t>(members.count()), network.parameters().values().numel()},
          network.parameters().values().options().requires_grad(false))),
      reached_(network.parameters().infos().size()) {}

void MemberGradients::add(const gradient::Gradients& gradients, const metric::Point& weights) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < gradients.size(); ++i) reached_[i] |= gradients[i].defined();
  sum_.addr_(mixingRow(weights, sum_), flat(network_, gradients));
}

gradient::Gradients MemberGradients::take() const {
  const auto& infos = network_.parameters().infos();
  gradient::Gradients found(members_.parameters().infos().size());
  for (size_t k = 0; k < members_.count(); ++k)
    for (size_t i = 0; i < infos.size(); ++i)
      if (reached_[i])
        found[members_.indexOf(k, i)] = sum_.select(0, static_cast<std::int64_t>(k))
                                            .narrow(0, infos[i].offset, infos[i].count)
                                            .view(infos[i].shape);
  return found;
}

}  // namespace eq::train
