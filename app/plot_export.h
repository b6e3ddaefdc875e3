#pragma once

#include <functional>
#include <vector>

#include <QString>

class QWidget;

namespace eq::widgets {
class MessageBar;
class PlotPanel;
}  // namespace eq::widgets

namespace eq::app {

/// Shows the dialog that exports these plots; says so where there are none. Does not block.
/// \param tell where the file is.
void showPlotExport(QWidget* parent, const std::vector<widgets::PlotPanel*>& panels,
                    widgets::MessageBar& messages, const std::function<void(const QString&)>& tell);

}  // namespace eq::app
