#pragma once

#include <optional>

#include "widgets/plots/event_marks.h"
#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_cursor.h"
#include "widgets/plots/plot_panel.h"

class QCPAxisRect;

namespace eq::widgets {

/// One pair of axes of a TimePlot with its event marks and its part of the cursor.
class TimePane {
 public:
  /// \param rect of a plot that has the layers "events" and "cursor"; stays the plot's.
  /// \param first whether it writes the cursor's x.
  TimePane(QCPAxisRect& rect, bool first);

  QCPAxisRect& rect() const { return rect_; }
  const PaneAxes& axes() const { return axes_; }
  EventMarks& events() { return events_; }
  PlotCursor& cursor() { return cursor_; }
  void restyle(const PlotStyle& style);
  /// Whether numbers and label stand under the x axis.
  void setXShown(bool shown, const QString& label);
  /// As many numbers at the axes as such a size has room for.
  void setTicksFor(const QSize& size);

  std::optional<int> task;  ///< whose lines alone it holds; none: those of all
  bool ownY = false;        ///< the user chose the y range

 private:
  static PaneAxes prepared(QCPAxisRect& rect);

  QCPAxisRect& rect_;
  const PaneAxes axes_;
  EventMarks events_;
  PlotCursor cursor_;
};

}  // namespace eq::widgets
