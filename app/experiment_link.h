#pragma once

#include <optional>
#include <vector>

#include "core/train/command.h"
#include "core/train/experiment.h"

class QUndoStack;

namespace eq::widgets {
class ExperimentPanel;
class MessageBar;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class ScriptGate;

/// Sends what the panel asks of the run that goes on, and shows there what is in force. Asks about
/// files of losses that an edit names; an edit that names a file which the user refuses is undone.
void connectExperiment(widgets::ExperimentPanel& panel, RunController& controller, QUndoStack& undo,
                       ScriptGate& gate);

/// Locks the panel as the state of the run that goes on asks for, and says why: before it stands,
/// while it closes, and while another one is shown.
void lockPanel(widgets::ExperimentPanel& panel, const RunController& controller);

/// Takes what is half typed. \returns false, after naming it, where a field does not count.
bool settle(widgets::ExperimentPanel& panel, widgets::MessageBar& messages);

/// What was changed in the panel, as commands; nothing, which it says, when a field does not count
/// or something has changed that cannot change within a run.
std::optional<std::vector<train::Command>> editsSince(const train::Experiment& before,
                                                      widgets::ExperimentPanel& panel,
                                                      widgets::MessageBar& messages);

}  // namespace eq::app
