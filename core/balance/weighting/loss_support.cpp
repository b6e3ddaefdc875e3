#include "core/balance/weighting/loss_support.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd softmax(const VectorXd& z) {
  const VectorXd powers = (z.array() - z.maxCoeff()).exp();
  return powers / powers.sum();
}

EpochMean::EpochMean(Index tasks, std::int64_t epoch)
    : first_(epoch), sums_(static_cast<size_t>(tasks)) {}

void EpochMean::add(const Inputs& inputs, const std::vector<Index>& tasks) {
  if (inputs.epoch < first_) return;
  for (const Index k : tasks) {
    auto& task = sums_[static_cast<size_t>(k)];
    if (task.epoch < 0) task.epoch = inputs.epoch;
    if (task.epoch != inputs.epoch) continue;
    task.sum += inputs.losses[k];
    ++task.count;
  }
}

std::optional<double> EpochMean::of(Index task, std::int64_t epoch) const {
  const auto& own = sums_[static_cast<size_t>(task)];
  if (own.epoch < 0 || epoch <= own.epoch) return std::nullopt;
  return own.sum / static_cast<double>(own.count);
}

nlohmann::json EpochMean::state() const {
  auto list = nlohmann::json::array();
  for (const auto& task : sums_)
    list.push_back({{"epoch", task.epoch}, {"count", task.count}, {"sum", task.sum}});
  return list;
}

void EpochMean::restore(const nlohmann::json& state) {
  for (size_t k = 0; k < sums_.size(); ++k) {
    const auto& task = state.at(k);
    sums_[k] = {task.at("epoch").get<std::int64_t>(), task.at("count").get<std::int64_t>(),
                task.at("sum").get<double>()};
  }
}

}  // namespace eq::balance
