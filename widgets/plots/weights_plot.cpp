#include "widgets/plots/weights_plot.h"

#include <cmath>

namespace eq::widgets {

WeightsPlot::WeightsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Weights"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> WeightsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (int task = 0; task < run.taskCount(); ++task)
    out.push_back({run.taskName(task), task, &run.positions(), &run.weights(task)});
  // A method whose update is a direction of its own has no weights.
  for (auto& line : out) line.gaps = true;
  return out;
}

QString WeightsPlot::yLabel() const {
  return tr("Effective weight");
}

QString WeightsPlot::emptyText(const RunData& run) const {
  if (run.empty()) return tr("The weights of the tasks appear here with the first step.");
  for (int task = 0; task < run.taskCount(); ++task)
    for (const double weight : run.weights(task))
      if (!std::isnan(weight)) return {};
  return tr("The gradient method gives a direction and no weights of the tasks.");
}

}  // namespace eq::widgets
