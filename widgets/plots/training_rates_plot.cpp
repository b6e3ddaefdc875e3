#include "widgets/plots/training_rates_plot.h"

namespace eq::widgets {

TrainingRatesPlot::TrainingRatesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Training rates"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> TrainingRatesPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (int task = 0; task < run.taskCount(); ++task)
    out.push_back({run.taskName(task), task, &run.positions(), &run.trainingRates(task),
                   LineSpec::Look::smoothed, 0, &run.weights(task)});
  return out;
}

QString TrainingRatesPlot::yLabel() const {
  return tr("Loss / first loss, to the mean");
}

QString TrainingRatesPlot::emptyText(const RunData& run) const {
  return run.empty() ? tr("How fast the tasks train appears here with the first step.") : QString();
}

}  // namespace eq::widgets
