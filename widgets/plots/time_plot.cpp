#include "widgets/plots/time_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QScopedValueRollback>
#include <QSignalBlocker>
#include <QTimer>
#include <QToolButton>

#include "widgets/plots/axis_scale.h"
#include "widgets/plots/plot_cursor.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kBehind = 500;    // ms after which derived lines are looked at again
constexpr int kLeastLabel = 6;  // characters

}  // namespace

TimePlot::TimePlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(title, data, link, parent), later_(new QTimer(this)) {
  later_->setSingleShot(true);
  later_->setInterval(kBehind);
  connect(later_, &QTimer::timeout, this, &TimePlot::refresh);
  setAcceptDrops(true);
  makeLayers();
  grid_ = std::make_unique<PaneGrid>(plot());
  legend_ = std::make_unique<TimeLegend>(plot());
  makeActions();
  connectMouse();
  connectPane(*panes().front());
  connect(&data, &RunData::restarted, this, [this] {
    unlike_ = false;
    hidden_.clear();
    showHidden();
  });
  connect(&link, &PlotLink::runsChanged, this, [this] {
    derived_.forget();
    forgetGone();
    refresh();
  });
  connect(&link, &PlotLink::runsGrew, this, &TimePlot::refresh);
  connect(&link, &PlotLink::cursorChanged, this, &TimePlot::moveCursor);
  connect(&link, &PlotLink::unitChanged, this, &TimePlot::startAgain);
  connect(&link, &PlotLink::rangeChanged, this, &TimePlot::refresh);
  connect(&link, &PlotLink::followed, this, [this] {
    for (const auto& pane : panes()) pane->ownY = false;
  });
  connect(&link, &PlotLink::smoothingChanged, this, [this] {
    const auto smoothed = [](const auto& line) {
      return line->spec().look == LineSpec::Look::smoothed;
    };
    if (std::any_of(drawn_.begin(), drawn_.end(), smoothed)) startAgain();
  });
}

TimePlot::~TimePlot() = default;

void TimePlot::makeLayers() {
  plot().setAutoAddPlottableToLegend(false);  // the legend has entries of its own
  plot().addLayer("events", plot().layer("grid"));
  plot().layer("events")->setMode(QCPLayer::lmBuffered);
  plot().addLayer("ghosts", plot().layer("events"));
  plot().addLayer("marks", plot().layer("axes"));
  PlotCursor::addLayer(plot());
}

void TimePlot::makeActions() {
  const auto add = [this](const QString& text, const QString& toolTip, const QString& edit) {
    auto* action = new QAction(text, this);
    action->setToolTip(toolTip);
    action->setCheckable(true);
    connect(action, &QAction::triggered, this, [this, action, edit](bool checked) {
      const auto set = [action](bool on) { return [action, on] { action->setChecked(on); }; };
      tellEdit(edit, set(checked), set(!checked));
    });
    return action;
  };
  auto* whole = new QAction(tr("Show the whole &run"), this);
  connect(whole, &QAction::triggered, &link(), &PlotLink::follow);
  logX_ = add(tr("Log &x"), tr("Logarithmic x axis"), tr("logarithmic x axis of %1"));
  logY_ = add(tr("Log &y"), tr("Logarithmic y axis"), tr("logarithmic y axis of %1"));
  wholeY_ = add(tr("&All values on the y axis"),
                tr("Also values that lie far from nearly all others; else "
                   "triangles at the edge "
                   "tell where they are"),
                tr("all values of %1"));
  connect(logX_, &QAction::toggled, this, &TimePlot::scaleX);
  connect(logY_, &QAction::toggled, this, &TimePlot::scaleY);
  connect(wholeY_, &QAction::toggled, this, &TimePlot::startAgain);
  fork_ = new QAction(this);
  fork_->setObjectName("fork");
  fork_->setVisible(false);
  connect(fork_, &QAction::triggered, this, [this] {
    if (forkPlace_) emit link().forkRequested(forkPlace_->folder, forkPlace_->step);
  });
  addMenuActions({fork_, whole, logX_, logY_, wholeY_});
  auto* button = new QToolButton(this);
  button->setDefaultAction(logY_);
  button->setAutoRaise(true);
  addControl(button);
}

void TimePlot::splitByTask() {
  choice_ = new QComboBox(this);
  choice_->addItems({tr("Automatic"), tr("Together"), tr("Each task"), tr("Relative to first")});
  choice_->setAccessibleName(tr("Axes of the tasks"));
  choice_->setToolTip(tr("Automatic: each task has a y axis of its own as soon "
                         "as several runs are shown, or the median of one task "
                         "is more than %1 times another's. Relative: each "
                         "task's values are "
                         "divided by its first. The choice is remembered.")
                          .arg(kUnlike));
  choice_->setCurrentIndex(static_cast<int>(savedArrangement(title())));
  connect(choice_, &QComboBox::currentIndexChanged, this, [this](int index) {
    const auto set = [this](Arrangement one) { return [this, one] { choose(one); }; };
    const auto before = savedArrangement(title()), after = static_cast<Arrangement>(index);
    choose(after);
    tellEdit(tr("axes of %1"), set(after), set(before));
  });
  addControl(choice_);
}

void TimePlot::choose(Arrangement arrangement) {
  saveArrangement(title(), arrangement);
  const QSignalBlocker blocker(choice_);
  choice_->setCurrentIndex(static_cast<int>(arrangement));
  startAgain();
}

void TimePlot::tellEdit(const QString& text, const std::function<void()>& again,
                        const std::function<void()>& back) {
  emit link().edited({text.arg(title()), again, back});
}

bool TimePlot::isLogX() const {
  return logX_->isChecked();
}

bool TimePlot::isLogY() const {
  return logY_->isChecked();
}

void TimePlot::setLogX(bool logarithmic) {
  logX_->setChecked(logarithmic);
}

void TimePlot::setLogY(bool logarithmic) {
  logY_->setChecked(logarithmic);
}

void TimePlot::setWholeY(bool whole) {
  wholeY_->setChecked(whole);
}

void TimePlot::scaleX() {
  const QScopedValueRollback applying(applying_, true);  // a logarithmic axis mends its range
  for (const auto& pane : panes()) setScale(*pane->axes().x, isLogX());
  startAgain();
}

void TimePlot::scaleY() {
  for (const auto& pane : panes()) setScale(*pane->axes().y, isLogY());
  startAgain();
}

void TimePlot::restart() {
  forgetLines();
  for (const auto& pane : panes()) {
    pane->events().clear();
    pane->task.reset();  // the next experiment may have fewer, or none yet
    pane->ownY = false;
  }
}

void TimePlot::grow() {
  updateLines();
  arrangePanes();
  for (auto& line : drawn_) line->grow();
  if (derived_.isBehind() && !later_->isActive()) later_->start();
  for (const auto& pane : panes()) pane->events().grow(data(), link().unit());
  applyRange();
  updateRemarks();
}

void TimePlot::arrangePanes() {
  const bool figure = style().width > 0;
  const QSize size =
      figure ? QSize(style().width, plot().viewport().height()) : plot().viewport().size();
  grid_->arrange(size, figure ? size : sizeInSight(), toText(link().unit()));
  if (!figure) setLeastHeight(grid_->leastHeight());
  for (const auto& pane : panes()) pane->axes().y->setLabel(paneLabel(*pane));
}

/// A task's name as far as it fits beside its axis; the quantity is the panel's title.
QString TimePlot::paneLabel(const TimePane& pane) const {
  if (arrangement_ == Arrangement::relative) return tr("%1 / first").arg(yLabel());
  if (!pane.task) return differs() ? tr("%1, difference").arg(yLabel()) : yLabel();
  if (!isVisible()) return shortName(taskLabel(*pane.task));  // not laid out yet
  const int each = std::max(QFontMetrics(pane.axes().y->labelFont()).averageCharWidth(), 1);
  return shortName(taskLabel(*pane.task), std::max(pane.rect().height() / each, kLeastLabel));
}

void TimePlot::restyle(const PlotStyle& style) {
  for (auto& line : drawn_) line->restyle(style);
  counts_.restyle(style, font());
  for (const auto& pane : panes()) pane->restyle(style);
  showHidden();
  legend_->wrap(style);
}

}  // namespace eq::widgets
