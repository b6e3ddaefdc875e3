#pragma once

namespace eq::widgets {
class PlotArea;
class PlotLink;
class RunData;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class RunView;

/// Adds the page of predictions to the plots. It follows the run that is shown, the session's or a
/// recorded one, and of a recorded one the cursor.
void addPredictionsPage(widgets::PlotArea& plots, RunController& controller, RunView& view,
                        widgets::RunData& data, widgets::PlotLink& link);

}  // namespace eq::app
