#include "core/train/prediction_watch.h"

#include <utility>

#include <fmt/format.h>

#include "core/train/evaluator.h"

namespace eq::train {
namespace {

constexpr const char* kKey = "nonfinite_predictions";

}  // namespace

std::vector<EventRecord> PredictionWatch::read(const EvaluationRecord& record) {
  std::vector<EventRecord> events;
  const auto split = toText(record.split);
  for (size_t k = 0; k < record.tasks.size(); ++k) {
    const auto rows = record.tasks[k].find(kNonfiniteRows);
    if (rows == record.tasks[k].end() || !told_[split].insert(k).second) continue;
    EventRecord event;
    event.step = record.step;
    event.kind = "nonfinite";
    event.text = fmt::format(
        "{}: {} of the {} split {} not finite, so that metrics of it are undefined; look for "
        "inputs far from all others there, or lower the learning rate",
        tasks_.at(k),
        rows->second == 1 ? "1 prediction" : fmt::format("{} predictions", rows->second), split,
        rows->second == 1 ? "is" : "are");
    event.detail = {{"task", k}, {"split", split}, {"rows", rows->second}};
    events.push_back(std::move(event));
  }
  return events;
}

void PredictionWatch::addState(nlohmann::json& meta) const {
  meta[kKey] = told_;
}

void PredictionWatch::restore(const nlohmann::json& meta) {
  // Older checkpoints have none.
  told_ = meta.value(kKey, std::map<std::string, std::set<size_t>>());
}

}  // namespace eq::train
