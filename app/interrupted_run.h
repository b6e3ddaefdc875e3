#pragma once

namespace eq::widgets {
class MessageBar;
class RunsPanel;
}  // namespace eq::widgets

namespace eq::app {

class RunController;

/// Offers in the message bar to resume the newest run that was interrupted, if there is one.
void offerInterruptedRun(const widgets::RunsPanel& runs, RunController& controller,
                         widgets::MessageBar& messages);

}  // namespace eq::app
