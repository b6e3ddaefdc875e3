#pragma once

class QUndoStack;

namespace eq::widgets {
class ExperimentPanel;
}

namespace eq::app {

class RunController;
class ScriptGate;

/// Sends what the panel asks of the run that goes on, and shows there what is in force. Asks about
/// files of losses that an edit names; an edit that names a file which the user refuses is undone.
void connectExperiment(widgets::ExperimentPanel& panel, RunController& controller, QUndoStack& undo,
                       ScriptGate& gate);

}  // namespace eq::app
