#include "core/balance/weighting/small_net.h"

#include <cmath>
#include <utility>

#include "core/balance/masked_balancer.h"

namespace eq::balance {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

SmallNet::SmallNet(std::vector<Index> sizes, RandomStream& stream) : sizes_(std::move(sizes)) {
  Index count = 0;
  for (size_t layer = 0; layer + 1 < sizes_.size(); ++layer) {
    offsets_.push_back(count);
    count += (sizes_[layer] + 1) * sizes_[layer + 1];
  }
  parameters_.resize(count);
  for (size_t layer = 0; layer < offsets_.size(); ++layer) {
    const double bound = 1 / std::sqrt(static_cast<double>(sizes_[layer]));
    const Index size = (sizes_[layer] + 1) * sizes_[layer + 1];
    for (double& value : parameters_.segment(offsets_[layer], size))
      value = bound * (2 * stream.uniform() - 1);
  }
}

SmallNet::Matrix SmallNet::weights(size_t layer) const {
  return {parameters_.data() + offsets_[layer], sizes_[layer + 1], sizes_[layer]};
}

SmallNet::Vector SmallNet::biases(size_t layer) const {
  return {parameters_.data() + offsets_[layer] + sizes_[layer] * sizes_[layer + 1],
          sizes_[layer + 1]};
}

MatrixXd SmallNet::forward(const MatrixXd& inputs, Trace* trace) const {
  MatrixXd values = inputs;
  for (size_t layer = 0; layer < offsets_.size(); ++layer) {
    if (trace != nullptr) trace->push_back(values);
    values = ((weights(layer) * values).colwise() + biases(layer)).eval();
    if (layer + 1 < offsets_.size()) values = values.cwiseMax(0);
  }
  return values;
}

MatrixXd SmallNet::backward(const Trace& trace, MatrixXd outputs, VectorXd& gradient) const {
  for (size_t layer = offsets_.size(); layer-- > 0;) {
    const Index size = sizes_[layer] * sizes_[layer + 1];
    Eigen::Map<MatrixXd>(gradient.data() + offsets_[layer], sizes_[layer + 1], sizes_[layer]) +=
        outputs * trace[layer].transpose();
    gradient.segment(offsets_[layer] + size, sizes_[layer + 1]) += outputs.rowwise().sum();
    outputs = (weights(layer).transpose() * outputs).eval();
    if (layer > 0)
      outputs = outputs.cwiseProduct((trace[layer].array() > 0).cast<double>().matrix());
  }
  return outputs;
}

VectorAdam::VectorAdam(double rate, Index size)
    : rate_(rate), first_(VectorXd::Zero(size)), second_(VectorXd::Zero(size)) {}

void VectorAdam::step(VectorXd& values, const VectorXd& gradient) {
  ++steps_;
  first_ = 0.9 * first_ + 0.1 * gradient;
  second_ = 0.999 * second_ + 0.001 * gradient.cwiseAbs2();
  const auto count = static_cast<double>(steps_);
  const double first = 1 - std::pow(0.9, count), second = 1 - std::pow(0.999, count);
  values.array() -= rate_ * (first_.array() / first) / ((second_.array() / second).sqrt() + 1e-8);
}

nlohmann::json VectorAdam::state() const {
  return {{"first", vectorToJson(first_)}, {"second", vectorToJson(second_)}, {"steps", steps_}};
}

void VectorAdam::restore(const nlohmann::json& state) {
  first_ = vectorFromJson(state.at("first"));
  second_ = vectorFromJson(state.at("second"));
  steps_ = state.at("steps").get<std::int64_t>();
}

}  // namespace eq::balance
