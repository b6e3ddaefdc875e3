#pragma once

namespace eq::widgets {
class MessageBar;
class RunsPanel;
class Timeline;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class RunRequests;

/// What the table of runs and the timeline ask for, and what the run that goes on says to the
/// table.
void connectRuns(widgets::RunsPanel& runs, widgets::Timeline& timeline, RunController& controller,
                 RunRequests& requests, widgets::MessageBar& messages);

}  // namespace eq::app
