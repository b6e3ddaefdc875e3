#pragma once

namespace eq::widgets {
class ExperimentPanel;
class LossExplorer;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class ScriptGate;

/// Lets the loss explorer look at the examples of the run that goes on and change its losses, and
/// draw the losses of files that the user trusts.
void connectExplorer(widgets::LossExplorer& explorer, RunController& controller,
                     widgets::ExperimentPanel& experiment, ScriptGate& gate);

}  // namespace eq::app
