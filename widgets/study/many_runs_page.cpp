#include "widgets/study/many_runs_page.h"

#include "widgets/study/parallel_plot.h"
#include "widgets/study/scatter_plot.h"

namespace eq::widgets {

ManyRunsPage::ManyRunsPage(const RunData& data, PlotLink& link, QWidget* parent)
    : QSplitter(Qt::Vertical, parent),
      parallel_(new ParallelPlot(data, link, this)),
      scatter_(new ScatterPlot(data, link, this)) {
  addWidget(parallel_);
  addWidget(scatter_);
  setChildrenCollapsible(false);
  setSizes({1000, 1000});
  connect(parallel_, &ParallelPlot::chosen, this, &ManyRunsPage::chosen);
  connect(scatter_, &ScatterPlot::chosen, this, &ManyRunsPage::chosen);
}

void ManyRunsPage::setRuns(const std::vector<study::IndexedRunPtr>& runs) {
  parallel_->setRuns(runs);
  scatter_->setRuns(runs);
}

void ManyRunsPage::setChosen(const std::vector<std::filesystem::path>& folders) {
  parallel_->setChosen(folders);
  scatter_->setChosen(folders);
}

std::vector<PlotPanel*> ManyRunsPage::plots() const {
  return {parallel_, scatter_};
}

}  // namespace eq::widgets
