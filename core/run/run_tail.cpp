#include "core/run/run_tail.h"

#include <algorithm>

namespace eq::run {
namespace {

/// Those that were measured after evaluations which have been read without them.
std::vector<train::IntervalRecord> newestIntervals(const RunReader& reader) {
  std::vector<train::IntervalRecord> found;
  for (const auto& evaluation : reader.newestEvaluations())
    if (!evaluation.intervals.empty()) found.push_back({evaluation.split, evaluation.intervals});
  return found;
}

}  // namespace

RunTail::RunTail(const std::filesystem::path& folder) : reader_(folder) {}

RunNews RunTail::read() {
  RunNews news;
  reader_.inOneMoment([&] {
    const Position position = reader_.position();
    news.info = reader_.info();
    news.anew = !isStillThere(news.info, position);
    if (news.anew) {
      step_ = 0;
      seen_ = {};
    }
    news.records = {reader_.steps(step_), reader_.evaluations(seen_.evaluations),
                    reader_.events(seen_.events)};
    if (held_ && !isHeld(news.info.state)) news.records.intervals = newestIntervals(reader_);
    remember(news, position);
  });
  return news;
}

/// Ids are given again after a record was cut, so the last event that was read has to be the same.
bool RunTail::isStillThere(const RunInfo& info, const Position& position) const {
  if (info.steps < step_ || position.events < seen_.events ||
      position.evaluations < seen_.evaluations)
    return false;
  if (lastEvent_.empty()) return true;
  const auto events = reader_.events(seen_.events - 1);
  if (train::toJson(events.front()).dump() != lastEvent_) return false;
  return std::none_of(events.begin() + 1, events.end(), [this](const train::EventRecord& event) {
    return event.kind == "resumed" && event.step < step_;
  });
}

void RunTail::remember(const RunNews& news, const Position& position) {
  held_ = isHeld(news.info.state);
  if (!news.records.steps.empty()) step_ = news.records.steps.back().step;
  seen_ = position;
  if (!news.records.events.empty()) lastEvent_ = train::toJson(news.records.events.back()).dump();
}

}  // namespace eq::run
