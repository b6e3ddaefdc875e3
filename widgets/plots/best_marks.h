#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <QString>

#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_panel.h"

class QCPGraph;

namespace eq::widgets {

/// Where a task's metric was best.
struct BestValue {
  int task = 0;
  double x = 0, value = 0;
  double unit = 1;                 ///< drawn as value / unit
  QString name = {};               ///< "accuracy of left"
  std::optional<int> colour = {};  ///< index of the task colour; none: the text's
  bool operator==(const BestValue&) const = default;
};

/// The first of the best finite values; none without any. \param higher whether more is better.
std::optional<std::size_t> bestRow(const Column& values, bool higher);

/// Rings around the best values.
class BestMarks {
 public:
  /// Draws these instead of those before; nothing where they are the same.
  void draw(const std::vector<BestValue>& best, const PlotStyle& style,
            const std::function<const PaneAxes&(int task)>& axesOf);
  void clear();
  const std::vector<BestValue>& drawn() const { return drawn_; }

 private:
  std::vector<BestValue> drawn_;
  std::vector<QCPGraph*> rings_;
};

}  // namespace eq::widgets
