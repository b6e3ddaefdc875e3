#pragma once

namespace eq::widgets {
class ExperimentPanel;
class LossExplorer;
}  // namespace eq::widgets

namespace eq::app {

class RunController;

/// Lets the loss explorer look at the examples of the run that goes on and change its losses.
void connectExplorer(widgets::LossExplorer& explorer, RunController& controller,
                     widgets::ExperimentPanel& experiment);

}  // namespace eq::app
