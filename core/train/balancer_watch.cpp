#include "core/train/balancer_watch.h"

#include <fmt/format.h>

namespace eq::train {
namespace {

/// Steps without a remark after which it no longer stands.
constexpr std::int64_t kAway = 100;

EventRecord noteOf(std::int64_t step, std::string text) {
  EventRecord event;
  event.step = step;
  event.kind = "note";
  event.text = std::move(text);
  return event;
}

}  // namespace

std::vector<EventRecord> BalancerWatch::read(const TakenRecords& taken) {
  std::vector<EventRecord> events;
  for (size_t i = 0; i < taken.records.size(); ++i) {
    const auto step = taken.records[i].step;
    for (const auto& remark : taken.remarks[i]) {
      const auto line =
          fmt::format("{}: {}: {}", tasks_.at(remark.task), remark.balancer, remark.text);
      if (!standing_.contains(line)) events.push_back(noteOf(step, line));
      standing_[line] = step;
    }
    std::erase_if(standing_, [&](const auto& entry) {
      if (step - entry.second < kAway) return false;
      events.push_back(noteOf(
          step, fmt::format("no longer so since step {}: {}", entry.second + 1, entry.first)));
      return true;
    });
  }
  return events;
}

void BalancerWatch::addState(nlohmann::json& meta) const {
  meta["remarks"] = standing_;
}

void BalancerWatch::restore(const nlohmann::json& meta) {
  // Older checkpoints have none.
  standing_ = meta.value("remarks", std::map<std::string, std::int64_t>());
}

}  // namespace eq::train
