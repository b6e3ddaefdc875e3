#include "widgets/plots/reliability_grid.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/plots/plot_link.h"
#include "widgets/plots/reliability_plot.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kMostDiagrams = 8;
constexpr int kOneRow = 3;  // diagrams that stand in one row where there is room
constexpr int kLeastWidth = 190, kLeastHeight = 230;  // pixels of a diagram

}  // namespace

ReliabilityGrid::ReliabilityGrid(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent),
      link_(link),
      lead_(new ReliabilityPlot(data, link, this)),
      area_(new QScrollArea(this)),
      grid_(new QGridLayout),
      more_(new QLabel(this)) {
  more_->setForegroundRole(QPalette::PlaceholderText);
  more_->setMargin(4);
  grid_->setSpacing(2);
  grid_->setContentsMargins(0, 0, 0, 0);
  auto* diagrams = new QWidget(this);
  diagrams->setLayout(grid_);
  area_->setWidget(diagrams);
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setFocusPolicy(Qt::NoFocus);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(area_, 1);
  layout->addWidget(more_);
  connect(&link, &PlotLink::runsChanged, this, &ReliabilityGrid::follow);
  connect(&link, &PlotLink::runsGrew, this, [this] {
    for (const auto& [run, plot] : beside_) plot->refresh();
  });
  connect(lead_, &ReportPlot::chosen, this, [this] {
    for (const auto& [run, plot] : beside_) choose(*plot);
  });
  follow();
}

ReliabilityGrid::~ReliabilityGrid() = default;

void ReliabilityGrid::choose(ReliabilityPlot& plot) const {
  plot.setTask(lead_->task());
  plot.setSplit(lead_->split());
}

/// Those that are not shown any more go at once: their data do as well.
void ReliabilityGrid::follow() {
  std::map<const RunData*, const ShownRun*> wanted;
  const ShownRun* focus = nullptr;
  std::size_t others = 0;
  if (link_.runs())
    for (const ShownRun& run : link_.runs()->runs()) {
      if (run.focus)
        focus = &run;
      else if (++others < kMostDiagrams)
        wanted[run.data] = &run;
    }
  std::erase_if(beside_, [&](const auto& one) {
    if (wanted.contains(one.first)) return false;
    emit gone(one.second);
    delete one.second;
    return true;
  });
  for (const auto& [data, run] : wanted) {
    auto& plot = beside_[data];
    if (!plot) {
      plot = new ReliabilityPlot(*data, link_, this);
      plot->setTitleShown(false);
      plot->setChoosable(false);
      choose(*plot);
      emit added(plot);
    }
    plot->setRun(run->name, run->colour);
  }
  lead_->setRun(others > 0 && focus ? focus->name : QString(), focus ? focus->colour : 0);
  more_->setText(tr("%1 further runs are shown in the other plots alone")
                     .arg(static_cast<qulonglong>(others - wanted.size())));
  more_->setVisible(others > wanted.size());
  arrange();
}

int ReliabilityGrid::columnsFor(int count) const {
  const int wanted = count <= kOneRow ? count : (count + 1) / 2;
  return std::clamp(width() / kLeastWidth, 1, wanted);
}

void ReliabilityGrid::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (columnsFor(static_cast<int>(beside_.size()) + 1) != columns_) arrange();
}

/// In the order in which the runs are shown.
void ReliabilityGrid::arrange() {
  std::vector<QWidget*> plots{lead_};
  if (link_.runs())
    for (const ShownRun& run : link_.runs()->runs())
      if (const auto found = beside_.find(run.data); found != beside_.end())
        plots.push_back(found->second);
  const int count = static_cast<int>(plots.size());
  const int columns = columns_ = columnsFor(count);
  for (int i = 0; i < count; ++i) {
    grid_->removeWidget(plots[static_cast<std::size_t>(i)]);
    grid_->addWidget(plots[static_cast<std::size_t>(i)], i / columns, i % columns);
    plots[static_cast<std::size_t>(i)]->setMinimumHeight(count > columns ? kLeastHeight : 0);
    plots[static_cast<std::size_t>(i)]->show();
  }
  for (int i = 0; i < grid_->columnCount(); ++i) grid_->setColumnStretch(i, i < columns);
  for (int i = 0; i < grid_->rowCount(); ++i) grid_->setRowStretch(i, i * columns < count);
  emit arranged();
}

}  // namespace eq::widgets
