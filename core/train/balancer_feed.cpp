#include "core/train/balancer_feed.h"

#include <cmath>
#include <limits>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"

namespace eq::train {
namespace {

constexpr const char* kAfter = "balancer.losses_after";

}  // namespace

BalancerFeed::BalancerFeed(size_t tasks) : kpi(tasks, std::numeric_limits<double>::quiet_NaN()) {}

void BalancerFeed::look(const EvaluationRecord& evaluation, const std::vector<TaskSpec>& tasks) {
  if (evaluation.split != SplitName::validation) return;
  for (size_t k = 0; k < tasks.size(); ++k) {
    const auto id = indicatorOf(tasks[k]);
    if (!id) continue;
    const auto found = evaluation.tasks.at(k).find(*id);
    // An undefined one says nothing new.
    if (found != evaluation.tasks[k].end() && !std::isnan(found->second)) kpi[k] = found->second;
  }
}

void BalancerFeed::forgetWeighting() {
  lossesAfter.reset();
  validationPosition = 0;
}

void BalancerFeed::addState(Snapshot& snapshot) const {
  if (lossesAfter.defined()) snapshot.tensors[kAfter] = lossesAfter.to(at::kCPU, false, true);
  auto indicators = nlohmann::json::array();
  for (const double value : kpi)
    indicators.push_back(std::isnan(value) ? nlohmann::json() : nlohmann::json(value));
  snapshot.meta["balancer_feed"] = {{"validation_position", validationPosition},
                                    {"kpi", indicators}};
}

void BalancerFeed::restore(const Snapshot& snapshot, const at::Device& device) {
  *this = BalancerFeed(kpi.size());
  if (const auto after = snapshot.tensors.find(kAfter); after != snapshot.tensors.end())
    lossesAfter = after->second.to(device, after->second.scalar_type(), false, true);
  const auto given = snapshot.meta.find("balancer_feed");
  if (given == snapshot.meta.end()) return;
  validationPosition = given->at("validation_position").get<std::int64_t>();
  for (size_t k = 0; k < kpi.size(); ++k)
    if (const auto& value = given->at("kpi").at(k); !value.is_null()) kpi[k] = value.get<double>();
}

std::optional<std::string> indicatorOf(const TaskSpec& task) {
  for (const auto& metric : task.metrics) {
    const auto& traits = metric::catalog().descriptor(metric.id).traits;
    if (traits.value("range", nlohmann::json()) == nlohmann::json({0, 1}) &&
        traits.value("direction", "") == "max")
      return metric.id;
  }
  return std::nullopt;
}

void requireIndicators(const std::vector<TaskSpec>& tasks, const std::string& place) {
  for (const auto& task : tasks)
    if (!indicatorOf(task))
      fail(
          "{}: it weighs by a metric from 0 to 1 that should be high, and {} has none; give it one "
          "such as accuracy, or choose another weighting",
          place, task.name);
}

}  // namespace eq::train
