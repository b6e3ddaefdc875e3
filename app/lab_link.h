#pragma once

#include <functional>

namespace eq::widgets {
class MessageBar;
class PlotArea;
class PlotLink;
class RunsPanel;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class RunRequests;
class RunView;

/// Where the lab's runs come from, and where those that it makes go to.
struct LabParts {
  RunController& controller;
  RunRequests& requests;
  RunView& view;
  widgets::RunsPanel& runs;
  widgets::MessageBar& messages;
  std::function<void()> showPlots;  ///< in the place of the gallery
};

/// Adds the merge lab to the plots: it takes the runs that are chosen in the table of runs, and
/// puts those that it makes there.
void addLabPage(widgets::PlotArea& plots, widgets::PlotLink& link, const LabParts& at);

}  // namespace eq::app
