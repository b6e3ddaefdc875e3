#include "widgets/plots/plot_area.h"

#include <algorithm>

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QToolBar>

#include "widgets/plots/conflict_page.h"
#include "widgets/plots/confusion_plot.h"
#include "widgets/plots/gradient_norms_plot.h"
#include "widgets/plots/group_menu.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/metrics_plot.h"
#include "widgets/plots/pareto_page.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/reliability_grid.h"
#include "widgets/plots/reliability_plot.h"
#include "widgets/plots/sharing_page.h"
#include "widgets/plots/smoothing_slider.h"
#include "widgets/plots/training_rates_plot.h"
#include "widgets/plots/trajectory_plot.h"
#include "widgets/plots/weights_plot.h"

namespace eq::widgets {
namespace {

constexpr QSize kLeastPage{200, 140};

QString idOf(const QString& title) {
  return title.toLower().replace(' ', '-');
}

}  // namespace

PlotArea::PlotArea(const RunData& data, PlotLink& link, QWidget* parent)
    : QMainWindow(parent), data_(data), link_(link) {
  setWindowFlags(Qt::Widget);
  setDockOptions(AllowNestedDocks | AllowTabbedDocks);  // animated, tabs lie about what is seen
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  makeActions(link);
  makeToolBar(link);
  addSingle(new LossesPlot(data, link));
  addSingle(new WeightsPlot(data, link));
  addSingle(new GradientNormsPlot(data, link));
  conflict_ = new ConflictPage(data, link, [this](PlotPanel* panel) { return keep(panel); });
  connect(conflict_, &ConflictPage::samplingRequested, this, &PlotArea::samplingRequested);
  addPageDock(tr("Conflict"), conflict_);
  makeSharing(data, link);
  addSingle(new TrainingRatesPlot(data, link));
  addSingle(new MetricsPlot(data, link));
  makePareto(data, link);
  addSingle(new ConfusionPlot(data, link));
  makeCalibration(data, link);
  addSingle(new TrajectoryPlot(data, link));
  resetLayout();
  connect(&data, &RunData::restarted, this, &PlotArea::showWhatApplies);
}

void PlotArea::makeActions(PlotLink& link) {
  auto* units = new QActionGroup(this);
  for (const XUnit unit : kXUnits) {
    QAction* action = units->addAction(toText(unit));
    action->setCheckable(true);
    action->setChecked(unit == link.unit());
    connect(action, &QAction::triggered, &link, [&link, unit] {
      if (unit == link.unit()) return;
      const auto set = [&link](XUnit one) { return [&link, one] { link.setUnit(one); }; };
      const auto back = set(link.unit());
      link.setUnit(unit);
      emit link.edited({tr("unit of the x axis"), set(unit), back});
    });
    unitActions_.push_back(action);
  }
  follow_ = new QAction(tr("&Follow the run"), this);
  follow_->setToolTip(tr("Show the whole run and go on with it (double click on a plot)"));
  follow_->setEnabled(false);
  connect(follow_, &QAction::triggered, &link, [&link] { link.follow(); });
  connect(&link, &PlotLink::rangeChanged, this,
          [this, &link] { follow_->setEnabled(!link.following()); });
  export_ = new QAction(tr("&Export plots…"), this);
  export_->setToolTip(tr("Export all plots on the screen as one figure"));
  connect(export_, &QAction::triggered, this, [this] { emit exportRequested(visiblePanels()); });
}

void PlotArea::makeToolBar(PlotLink& link) {
  QToolBar* bar = addToolBar(tr("Plots"));
  bar->setObjectName("plots-bar");
  bar->setMovable(false);
  bar->toggleViewAction()->setVisible(false);
  auto* unit = new QComboBox(bar);
  unit->setAccessibleName(tr("Unit of the x axis"));
  for (const XUnit one : kXUnits) unit->addItem(toText(one));
  unit->setCurrentIndex(static_cast<int>(link.unit()));
  connect(unit, &QComboBox::currentIndexChanged, this,
          [this](int index) { unitActions_[static_cast<std::size_t>(index)]->trigger(); });
  connect(&link, &PlotLink::unitChanged, this, [this, unit](XUnit now) {
    unit->setCurrentIndex(static_cast<int>(now));
    unitActions_[static_cast<std::size_t>(now)]->setChecked(true);
  });
  bar->addWidget(new QLabel(tr(" x axis: ")));
  bar->addWidget(unit);
  bar->addWidget(new SmoothingSlider(link, bar));
  if (link.runs()) bar->addAction(makeGroupAction(link, *bar));
  bar->addAction(follow_);
  bar->addAction(export_);
}

/// While several runs are shown.
QAction* PlotArea::makeGroupAction(PlotLink& link, QToolBar& bar) {
  auto* menu = new GroupMenu(link, &bar);
  QAction* action = menu->menuAction();
  action->setToolTip(tr("Groups of runs with mean and band, and a baseline"));
  const auto update = [action, &link] { action->setEnabled(link.runs()->runs().size() > 1); };
  connect(&link, &PlotLink::runsChanged, action, update);
  update();
  return action;
}

PlotPanel* PlotArea::keep(PlotPanel* panel) {
  panel->setObjectName(idOf(panel->title()));
  panels_.push_back(panel);
  connect(panel, &PlotPanel::exportRequested, this,
          [this, panel] { emit exportRequested({panel}); });
  connect(panel, &PlotPanel::moveRequested, this, [this, panel](PlotPlace place) {
    arrange(tr("place of %1").arg(panel->title()), [&] { move(panel, place); });
  });
  return panel;
}

QDockWidget* PlotArea::addSingle(PlotPanel* panel) {
  panel->setTitleShown(false);
  return addDock(panel->title(), keep(panel));
}

void PlotArea::addPage(const QString& title, QWidget* content,
                       const std::vector<PlotPanel*>& plots) {
  for (PlotPanel* panel : plots) keep(panel);
  addPageDock(title, content);
  resetLayout();
}

/// In front it has the whole area; behind others it must not widen them.
void PlotArea::addPageDock(const QString& title, QWidget* content) {
  content->setMinimumSize(kLeastPage);
  pages_.insert(addDock(title, content));
}

QDockWidget* PlotArea::addDock(const QString& title, QWidget* content) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName("plot-" + idOf(title));
  dock->setWidget(content);
  for (auto moved : {&QDockWidget::visibilityChanged, &QDockWidget::topLevelChanged})
    connect(dock, moved, this, &PlotArea::docksMoved, Qt::QueuedConnection);
  addDockWidget(Qt::TopDockWidgetArea, dock);
  docks_.push_back(dock);
  return dock;
}

/// Its plots come and go with what the model records.
void PlotArea::makeSharing(const RunData& data, PlotLink& link) {
  auto* page = new SharingPage(data, link);
  connect(page, &SharingPage::added, this, &PlotArea::keep);
  connect(page, &SharingPage::gone, this, [this](PlotPanel* panel) { std::erase(panels_, panel); });
  addPageDock(tr("Sharing"), page);
}

/// With what belongs to a front that is trained.
void PlotArea::makePareto(const RunData& data, PlotLink& link) {
  auto* page = new ParetoPage(data, link);
  page->plot().setTitleShown(false);
  addDock(keep(&page->plot())->title(), page);
}

/// Several diagrams need the whole area.
void PlotArea::makeCalibration(const RunData& data, PlotLink& link) {
  auto* grid = new ReliabilityGrid(data, link);
  grid->lead().setTitleShown(false);
  keep(&grid->lead());
  auto* dock = addDock(tr("Calibration"), grid);
  connect(grid, &ReliabilityGrid::added, this, &PlotArea::keep);
  connect(grid, &ReliabilityGrid::gone, this,
          [this](PlotPanel* panel) { std::erase(panels_, panel); });
  connect(grid, &ReliabilityGrid::arranged, this, [this, grid, dock] {
    if (grid->besideCount() > 0)
      pages_.insert(dock);
    else
      pages_.erase(dock);
    if (isVisible()) updateRoom();
  });
}

std::vector<PlotPanel*> PlotArea::visiblePanels() const {
  std::vector<PlotPanel*> out;
  std::copy_if(panels_.begin(), panels_.end(), std::back_inserter(out),
               [](PlotPanel* panel) { return !panel->visibleRegion().isEmpty(); });
  return out;
}

PlotPanel* PlotArea::panel(const QString& id) const {
  for (PlotPanel* panel : panels_)
    if (panel->objectName() == id) return panel;
  return nullptr;
}

}  // namespace eq::widgets
