#pragma once

#include <vector>

#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_line.h"

class QCPItemText;

namespace eq::widgets {

/// "n 4" on the centre of a group where the number of its values changes; nothing where it does so
/// all the time.
class CountMarks {
 public:
  CountMarks() = default;
  ~CountMarks();
  CountMarks(const CountMarks&) = delete;
  CountMarks& operator=(const CountMarks&) = delete;

  /// Of a line that was made from several; nothing of another.
  void add(const PaneAxes& axes, const LineSpec& line);
  void clear();
  void restyle(const PlotStyle& style, const QFont& font);

 private:
  std::vector<QCPItemText*> texts_;
};

}  // namespace eq::widgets
