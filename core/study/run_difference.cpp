#include "core/study/run_difference.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/study/experiment_at_end.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

using Events = std::vector<train::EventRecord>;
using nlohmann::json;

Events commandsOf(const run::RunReader& run) {
  auto events = run.events();
  std::erase_if(events,
                [](const auto& event) { return event.kind != "command" && event.kind != "note"; });
  return events;
}

bool isSame(const train::EventRecord& a, const train::EventRecord& b) {
  return a.step == b.step && a.kind == b.kind && a.text == b.text && a.detail == b.detail;
}

/// Those of `events` that `others` does not have, each counted once.
Events onlyIn(const Events& events, Events others) {
  Events only;
  for (const auto& event : events) {
    const auto found = std::find_if(others.begin(), others.end(),
                                    [&](const auto& other) { return isSame(event, other); });
    if (found == others.end())
      only.push_back(event);
    else
      others.erase(found);
  }
  return only;
}

std::string eventLines(const std::string& title, const Events& events) {
  std::string lines = events.empty() ? "" : title + "\n";
  for (const auto& event : events)
    lines += fmt::format("  step {:<8} {}\n", event.step, event.text);
  return lines;
}

std::string valueText(const json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json eventsAsJson(const Events& events) {
  json list = json::array();
  for (const auto& event : events) list.push_back(train::toJson(event));
  return list;
}

}  // namespace

RunDifference differenceOf(const run::RunReader& first, const run::RunReader& second) {
  const auto a = begunWithLastLength(first.experiment(), first.events()),
             b = begunWithLastLength(second.experiment(), second.events());
  const auto completeA = train::completeExperiment(a), completeB = train::completeExperiment(b);
  RunDifference difference;
  for (const auto& path : train::writtenPaths({&a, &b})) {
    const auto one = train::fieldAt(completeA, path).value_or(nullptr);
    const auto other = train::fieldAt(completeB, path).value_or(nullptr);
    if (one != other) difference.fields.push_back({path, one, other});
  }
  const auto ofA = commandsOf(first), ofB = commandsOf(second);
  difference.firstEvents = onlyIn(ofA, ofB);
  difference.secondEvents = onlyIn(ofB, ofA);
  return difference;
}

std::string inWords(const RunDifference& difference) {
  if (difference.empty()) return "nothing differs\n";
  std::string text;
  for (const auto& field : difference.fields)
    text +=
        fmt::format("{}: {} | {}\n", field.path, valueText(field.first), valueText(field.second));
  return text + eventLines("events of the first only", difference.firstEvents) +
         eventLines("events of the second only", difference.secondEvents);
}

json toJson(const RunDifference& difference) {
  json fields = json::array();
  for (const auto& field : difference.fields)
    fields.push_back({{"path", field.path}, {"first", field.first}, {"second", field.second}});
  return {{"fields", fields},
          {"events",
           {{"first", eventsAsJson(difference.firstEvents)},
            {"second", eventsAsJson(difference.secondEvents)}}}};
}

}  // namespace eq::study
