#include "core/train/finite_watch.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/number_text.h"

namespace eq::train {
namespace {

/// Steps in a row without an update after which a run ends as failed.
constexpr std::int64_t kSkippedAtMost = 100;

constexpr char kWrongWeight = 2;

const char* whatToChange(const NonFinite& found) {
  if (!found.penalty.empty()) return "change the model or its regularisers";
  return found.weight ? "change the balancer" : "change the loss";
}

std::string whatIsWrong(const NonFinite& found) {
  if (!found.penalty.empty())
    return fmt::format("penalty {} is {}", found.penalty, numberText(*found.loss));
  if (found.loss) return "loss is " + numberText(*found.loss);
  if (found.weight)
    return fmt::format("weight that {} gives it is {}", found.weight->balancer,
                       numberText(found.weight->value));
  return "gradient is not finite";
}

}  // namespace

FiniteWatch::FiniteWatch(std::vector<std::string> tasks)
    : tasks_(std::move(tasks)), finite_(tasks_.size() + 1, 1) {}

std::vector<EventRecord> FiniteWatch::read(const TakenRecords& taken) {
  std::vector<EventRecord> events;
  auto next = taken.nonFinite.begin();
  for (const auto& record : taken.records) {
    std::vector<char> finite(tasks_.size() + 1, 1);
    for (; next != taken.nonFinite.end() && next->step == record.step; ++next) {
      // Whose gradient it was stays known until a step is applied.
      if (!next->task && !finite_.back()) finite = finite_;
      if (!next->loss && !next->weight) finite.back() = 0;
      const auto place = next->task.value_or(tasks_.size());
      finite[place] = next->weight ? kWrongWeight : 0;
      if (finite_[place] == 1) events.push_back(report(*next));
    }
    const bool skipped = std::count(finite.begin(), finite.end(), 1) < std::ssize(finite);
    skipped_ = skipped ? skipped_ + 1 : 0;
    finite_ = std::move(finite);
  }
  return events;
}

EventRecord FiniteWatch::report(const NonFinite& found) const {
  const auto subject = found.task ? tasks_[*found.task] + ": the " : "the ";
  EventRecord event;
  event.step = found.step;
  event.kind = "nonfinite";
  event.text = fmt::format("{}{}; such steps are not applied. Lower the learning rate or {}",
                           subject, whatIsWrong(found), whatToChange(found));
  if (found.task) event.detail = {{"task", *found.task}};
  if (found.weight) event.detail["balancer"] = found.weight->balancer;
  return event;
}

void FiniteWatch::requireProgress(std::int64_t steps) const {
  if (skipped_ >= kSkippedAtMost) failAt(steps);
}

void FiniteWatch::requireAnyUpdate(std::int64_t steps) const {
  if (steps > 0 && skipped_ >= steps) failAt(steps);
}

void FiniteWatch::failAt(std::int64_t step) const {
  std::vector<std::string> names;
  for (size_t k = 0; k < tasks_.size(); ++k)
    if (finite_[k] != 1) names.push_back(tasks_[k]);
  const bool weight = std::count(finite_.begin(), finite_.end(), kWrongWeight) > 0;
  const auto what = weight ? "weight" : !finite_.back() ? "gradient" : "loss";
  const auto whose = names.empty() ? "" : fmt::format(" of {}", fmt::join(names, ", "));
  throw Error(fmt::format("step {}: the {}{} has not been finite for {} steps; go back to an "
                          "earlier checkpoint "
                          "with a lower learning rate or another {}",
                          step, what, whose, skipped_, weight ? "balancer" : "loss"),
              ErrorKind::failure);
}

void FiniteWatch::addState(nlohmann::json& meta) const {
  meta["finite"] = finite_;
  meta["skipped"] = skipped_;
}

void FiniteWatch::restore(const nlohmann::json& meta) {
  finite_ = meta.at("finite").get<std::vector<char>>();
  finite_.resize(tasks_.size() + 1, 1);  // older checkpoints know of losses only
  skipped_ = meta.at("skipped").get<std::int64_t>();
}

}  // namespace eq::train
