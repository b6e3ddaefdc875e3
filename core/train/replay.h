#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/train/experiment.h"
#include "core/train/records.h"

namespace eq::train {

class Trainer;

/// What was in force at a moment of a recorded run.
struct InForce {
  Experiment experiment;
  std::vector<std::string> leftOut;  ///< events that this version cannot apply, and why not
};

/// What the update `step` was made with: the experiment with all that changed it before. A command
/// that came when N updates were done counts from N + 1 on.
InForce inForceAt(Experiment begun, const std::vector<EventRecord>& events, std::int64_t step);

/// The events without the commands that rules of the experiment gave.
std::vector<EventRecord> givenFromOutside(const std::vector<EventRecord>& events);

/// Whether an event of a record changes how the run goes on: a command, or other epochs.
bool changesCourse(const EventRecord& event);
/// Does to the trainer what such an event did. \throws Error that names the step.
void replay(const EventRecord& event, Trainer& trainer);

}  // namespace eq::train
