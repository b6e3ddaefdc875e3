/// Where the docks of a PlotArea are.

#include <algorithm>

#include <QAction>
#include <QDockWidget>
#include <QLayout>
#include <QShowEvent>
#include <QTimer>

#include "widgets/plots/conflict_page.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/plots/trajectory_plot.h"

namespace eq::widgets {
namespace {

constexpr int kLayoutVersion = 2;
// Pixels of the area from which on so many plots can be read at once.
constexpr QSize kFourPlots{900, 520}, kTwoPlots{620, 300};
constexpr QSize kOwnWindow{760, 520};
constexpr int kEqualShare = 1000;

bool holds(const QSize& size, const QSize& least) {
  return size.width() >= least.width() && size.height() >= least.height();
}

/// Its tab is chosen, or it has none.
bool isInFront(const QDockWidget& dock) {
  return !dock.isFloating() && !dock.visibleRegion().isEmpty();
}

}  // namespace

QDockWidget* PlotArea::dock(const QString& title) const {
  const auto found = std::find_if(docks_.begin(), docks_.end(), [&title](const QDockWidget* one) {
    return one->windowTitle().compare(title, Qt::CaseInsensitive) == 0;
  });
  return found == docks_.end() ? nullptr : *found;
}

QDockWidget* PlotArea::dockOf(const PlotPanel* panel) const {
  const auto found = std::find_if(docks_.begin(), docks_.end(), [panel](const QDockWidget* one) {
    return one->isAncestorOf(panel);
  });
  return found == docks_.end() ? nullptr : *found;
}

void PlotArea::resetLayout() {
  const bool plane = TrajectoryPlot::fits(data_.experiment());
  std::vector<std::vector<QString>> groups{
      {tr("Losses"), tr("Conflict"), tr("Sharing"), tr("Loss explorer")},
      {tr("Weights"), tr("Training rates")},
      {tr("Gradient norms")},
      {tr("Metrics"), tr("Pareto"), tr("Confusion"), tr("Calibration"), tr("Predictions")}};
  if (plane)
    groups[0].insert(groups[0].begin(), tr("Trajectory"));
  else
    groups[0].push_back(tr("Trajectory"));
  const std::size_t atOnce = holds(size(), kFourPlots) ? 4 : holds(size(), kTwoPlots) ? 2 : 1;
  for (std::size_t group = groups.size() - 1; group >= atOnce; --group) {
    auto& before = groups[group - 1];
    before.insert(before.end(), groups[group].begin(), groups[group].end());
    groups.pop_back();
  }
  place(groups, atOnce == 4);
  away_.clear();
  showWhatApplies();
}

/// Groups of tabs, the first in front: side by side, or in two rows of two.
void PlotArea::place(const std::vector<std::vector<QString>>& groups, bool twoRows) {
  aside_.clear();
  std::vector<QDockWidget*> first;
  for (const auto& group : groups) first.push_back(dock(group.front()));
  for (QDockWidget* one : docks_) {
    one->setFloating(false);
    removeDockWidget(one);
  }
  addDockWidget(Qt::TopDockWidgetArea, first[0]);
  if (first.size() > 1) splitDockWidget(first[0], first[1], Qt::Horizontal);
  if (twoRows) {
    splitDockWidget(first[0], first[2], Qt::Vertical);
    splitDockWidget(first[1], first[3], Qt::Vertical);
  }
  for (std::size_t group = 0; group < groups.size(); ++group)
    for (std::size_t i = 1; i < groups[group].size(); ++i)
      if (QDockWidget* one = dock(groups[group][i])) tabifyDockWidget(first[group], one);
  for (QDockWidget* one : docks_) {
    if (dockWidgetArea(one) == Qt::NoDockWidgetArea) tabifyDockWidget(first[0], one);
    one->show();
  }
  layout()->activate();
  const auto evenly = [this](const QList<QDockWidget*>& few, Qt::Orientation direction) {
    resizeDocks(few, QList<int>(few.size(), kEqualShare), direction);
  };
  if (first.size() > 1) evenly({first[0], first[1]}, Qt::Horizontal);
  if (twoRows) evenly({first[0], first[2]}, Qt::Vertical);
  if (twoRows) evenly({first[1], first[3]}, Qt::Vertical);
  for (QDockWidget* one : first) one->raise();
}

void PlotArea::arrange(const QString& text, const std::function<void()>& work) {
  const auto set = [this](const QByteArray& state) {
    return [this, state] { setLayoutState(state); };
  };
  const QByteArray before = layoutState();
  work();
  emit link_.edited({text, set(layoutState()), set(before)});
}

QByteArray PlotArea::layoutState() {
  giveRoomBack();
  return saveState(kLayoutVersion);
}

bool PlotArea::setLayoutState(const QByteArray& state) {
  giveRoomBack();
  if (!restoreState(state, kLayoutVersion)) return false;
  placed_ = true;
  away_.clear();
  showWhatApplies();
  return true;
}

void PlotArea::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  if (placed_) return;
  QTimer::singleShot(0, this, [this] {  // the size is known then
    if (placed_) return;
    placed_ = true;
    resetLayout();
    if (!wanted_.isEmpty()) showDock(wanted_);
  });
}

bool PlotArea::showDock(const QString& title) {
  if (conflict_->turnTo(title)) return showDock(tr("Conflict"));
  QDockWidget* const one = dock(title);
  if (!one || !applies(one)) return false;
  if (!placed_) wanted_ = title;
  one->show();
  one->raise();
  return true;
}

QStringList PlotArea::titles() const {
  QStringList titles;
  for (const QDockWidget* one : docks_) titles << one->windowTitle();
  return titles + conflict_->tabTitles();
}

void PlotArea::move(const PlotPanel* panel, PlotPlace place) {
  QDockWidget* const one = dockOf(panel);
  if (!one) return;
  giveRoomBack();
  if (place == PlotPlace::ownWindow) {
    one->setFloating(true);
    return one->resize(kOwnWindow);
  }
  const auto other = std::find_if(
      docks_.begin(), docks_.end(),
      [one](const QDockWidget* candidate) { return candidate != one && isInFront(*candidate); });
  if (other == docks_.end()) return;
  one->setFloating(false);
  removeDockWidget(one);
  if (place == PlotPlace::tabs)
    tabifyDockWidget(*other, one);
  else
    addDockWidget(Qt::TopDockWidgetArea, one,
                  place == PlotPlace::right ? Qt::Horizontal : Qt::Vertical);
  one->show();
  one->raise();
}

/// As far as it is known: before the first start tasks are not.
bool PlotArea::applies(const QDockWidget* dock) const {
  const QString title = dock->windowTitle();
  if (title == tr("Trajectory")) return TrajectoryPlot::fits(data_.experiment());
  if (data_.tasks().empty()) return true;
  if (title == tr("Conflict") || title == tr("Pareto") || title == tr("Training rates"))
    return data_.taskCount() > 1;
  if (title == tr("Confusion") || title == tr("Calibration"))
    return std::any_of(data_.tasks().begin(), data_.tasks().end(),
                       [](const TaskInfo& task) { return hasClasses(task.kind); });
  return true;
}

void PlotArea::showWhatApplies() {
  for (QDockWidget* one : docks_) {
    const bool fits = applies(one);
    one->toggleViewAction()->setEnabled(fits);
    if (!fits && !one->isHidden()) {
      away_.insert(one);
      one->hide();
    } else if (fits && away_.erase(one) > 0) {
      one->show();
      // Its tab is there only after the docks are laid out.
      if (one->windowTitle() == tr("Trajectory")) QTimer::singleShot(0, one, &QDockWidget::raise);
    }
  }
}

void PlotArea::docksMoved() {
  updateRoom();
  updateTitles();
}

void PlotArea::updateTitles() {
  for (QDockWidget* one : docks_) {
    const auto tabs = tabifiedDockWidgets(one);
    const bool tabbed =
        !one->isFloating() && std::any_of(tabs.begin(), tabs.end(),
                                          [](const QDockWidget* tab) { return !tab->isHidden(); });
    if (tabbed == (one->titleBarWidget() != nullptr)) continue;
    QWidget* const before = one->titleBarWidget();
    one->setTitleBarWidget(tabbed ? new QWidget(one) : nullptr);
    delete before;
  }
}

void PlotArea::updateRoom() {
  const auto page = std::find_if(pages_.begin(), pages_.end(), [this](QDockWidget* one) {
    return isInFront(*one) && !tabifiedDockWidgets(one).isEmpty();
  });
  if (page == pages_.end()) return giveRoomBack();
  const auto tabs = tabifiedDockWidgets(*page);
  for (QDockWidget* one : docks_) {
    if (one == *page || tabs.contains(one) || !isInFront(*one)) continue;
    aside_.push_back({one, true});
    for (QDockWidget* behind : tabifiedDockWidgets(one)) aside_.push_back({behind, false});
  }
  for (const Aside& one : aside_) one.dock->hide();
}

void PlotArea::giveRoomBack() {
  const auto aside = std::move(aside_);
  aside_.clear();
  for (const Aside& one : aside) one.dock->setVisible(applies(one.dock));
  for (const Aside& one : aside)
    if (one.inFront) one.dock->raise();
}

}  // namespace eq::widgets
