#pragma once

#include <filesystem>

namespace eq::widgets {
class MessageBar;
class PlotArea;
class PlotLink;
class RunsPanel;
}  // namespace eq::widgets

namespace eq::app {

/// Adds the pages about many runs to the plots, which follow the table of runs and what is shown.
void addManyRunsPages(widgets::PlotArea& plots, widgets::PlotLink& link, widgets::RunsPanel& runs,
                      const std::filesystem::path& workspace, widgets::MessageBar& messages);

}  // namespace eq::app
