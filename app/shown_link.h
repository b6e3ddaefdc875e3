#pragma once

namespace eq::widgets {
class MessageBar;
class RunsPanel;
class ShownRuns;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class RunView;

/// What is in focus, for the runs that are shown beside it; the table of runs chooses these.
void connectShown(widgets::ShownRuns& shown, RunView& view, RunController& controller,
                  widgets::RunsPanel& runs, widgets::MessageBar& messages);

}  // namespace eq::app
