#include "widgets/plots/weights_plot.h"

namespace eq::widgets {

WeightsPlot::WeightsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Weights"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> WeightsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (int task = 0; task < run.taskCount(); ++task)
    out.push_back({run.taskName(task), task, &run.positions(), &run.weights(task)});
  return out;
}

QString WeightsPlot::yLabel() const {
  return tr("Effective weight");
}

QString WeightsPlot::emptyText(const RunData& run) const {
  return run.empty() ? tr("The weights of the tasks appear here with the first step.") : QString();
}

}  // namespace eq::widgets
