#include "core/train/replay.h"

#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/train/command.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

/// The number of epochs that a run went on with, where it was another than before.
std::optional<double> epochsOf(const EventRecord& event) {
  if (event.kind != "started" && event.kind != "resumed") return std::nullopt;
  const auto found = event.detail.find("epochs");
  if (found == event.detail.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

/// Parameters came from elsewhere: only a checkpoint has them.
bool isMerge(const EventRecord& event) {
  return event.kind == "merge";
}

void change(Experiment& experiment, const EventRecord& event) {
  if (isMerge(event)) return;
  if (const auto epochs = epochsOf(event))
    experiment.epochs = *epochs;
  else
    experiment = applied(experiment, commandFromJson(event.detail, "command"));
}

}  // namespace

bool changesCourse(const EventRecord& event) {
  return event.kind == "command" || isMerge(event) || epochsOf(event);
}

InForce inForceAt(Experiment begun, const std::vector<EventRecord>& events, std::int64_t step) {
  InForce found{std::move(begun), {}};
  for (const auto& event : events) {
    if (!changesCourse(event) || event.step >= step) continue;
    try {
      change(found.experiment, event);
    } catch (const Error& error) {
      found.leftOut.push_back(
          fmt::format("\"{}\" at step {}: {}", event.text, event.step, error.what()));
    }
  }
  return found;
}

std::vector<EventRecord> givenFromOutside(const std::vector<EventRecord>& events) {
  std::vector<EventRecord> found;
  for (size_t i = 0; i < events.size(); ++i) {
    // A rule's own event stands right before what it did; a second one says that it did nothing.
    const bool afterRule = i > 0 && events[i - 1].kind == "rule" && events[i].kind == "command" &&
                           events[i - 1].step == events[i].step;
    const bool refused = i > 1 && events[i - 2].kind == "rule" &&
                         events[i - 2].detail == events[i - 1].detail &&
                         events[i - 1].text.starts_with(events[i - 2].text + ": was not done");
    if (!afterRule || refused) found.push_back(events[i]);
  }
  return found;
}

void replay(const EventRecord& event, Trainer& trainer) {
  try {
    if (isMerge(event)) fail("only the checkpoint of that step has the merged parameters");
    if (const auto epochs = epochsOf(event))
      trainer.setEpochs(*epochs);
    else
      trainer.apply(commandFromJson(event.detail, "command"));
  } catch (const Error& error) {
    throw Error(fmt::format("the recorded change \"{}\" at step {} cannot be made again: {}",
                            event.text, event.step, error.what()),
                error.kind(), error.context());
  }
}

}  // namespace eq::train
