#include "widgets/plots/weights_plot.h"

namespace eq::widgets {

WeightsPlot::WeightsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Weights"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> WeightsPlot::lines() const {
  std::vector<LineSpec> out;
  for (int task = 0; task < data().taskCount(); ++task)
    out.push_back({data().taskName(task), task, &data().x(link().unit()), &data().weights(task)});
  return out;
}

QString WeightsPlot::yLabel() const {
  return tr("Effective weight");
}

QString WeightsPlot::hint() const {
  return data().empty() ? tr("The weights of the tasks appear here with the first step.")
                        : QString();
}

}  // namespace eq::widgets
