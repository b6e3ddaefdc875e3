#include "widgets/plots/pareto_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QLineEdit>

#include "core/base/two_valleys.h"
#include "widgets/plots/axis_scale.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kKnownFrontPoints = 200;
constexpr int kLegendMargin = 8;
constexpr double kMostLegend = 0.35;  // of the plot's height

QComboBox* makeBox(const QString& name, QWidget* parent) {
  auto* box = new QComboBox(parent);
  box->setAccessibleName(name);
  box->setToolTip(name);
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  return box;
}

/// Takes a number into an extent, unless it cannot be drawn.
void widen(std::optional<PlotLine::Extent>& extent, double value, bool logarithmic) {
  if (!std::isfinite(value) || (logarithmic && value <= 0)) return;
  if (!extent) extent = {value, value};
  extent = {std::min(extent->lower, value), std::max(extent->upper, value)};
}

}  // namespace

ParetoPlot::ParetoPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Pareto"), data, link, parent),
      x_(makeBox(tr("Value across"), this)),
      y_(makeBox(tr("Value upwards"), this)),
      z_(makeBox(tr("Third value, as colour"), this)),
      referenceField_(new QLineEdit(this)),
      logX_(new QAction(tr("Logarithmic across"), this)),
      logY_(new QAction(tr("Logarithmic upwards"), this)),
      drawing_(plot()),
      colours_(plot()),
      strip_(plot()) {
  makeControls();
  makeMouse();
  for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) setScale(*axis, false);
  plot().plotLayout()->addElement(1, 0, plot().legend);
  plot().plotLayout()->setRowStretchFactor(1, 0.001);
  connect(&link, &PlotLink::cursorChanged, this, &ParetoPlot::moveCursor);
  connect(&link, &PlotLink::runsChanged, this, &ParetoPlot::startAgain);
  connect(&link, &PlotLink::runsGrew, this, &ParetoPlot::refresh);
}

std::vector<ShownRun> ParetoPlot::runs() const {
  std::vector<ShownRun> shown;
  if (link().runs())
    for (const ShownRun& run : link().runs()->runs())
      if (run.data->taskCount() > 0) shown.push_back(run);
  if (shown.empty()) shown.push_back({{}, {}, 0, true, &data(), 0});
  return shown;
}

void ParetoPlot::redraw() {
  zoomed_ = false;
  refresh();
}

void ParetoPlot::restart() {
  zoomed_ = false;
  trails_.clear();
  clearPicture();
}

void ParetoPlot::grow() {
  offerObjectives();
  gather();
}

void ParetoPlot::gather() {
  trails_.clear();
  fronts_.clear();
  const auto chosen = axes();
  if (chosen.empty()) return clearPicture();
  const auto &x = chosen[0], &y = chosen[1];
  std::vector<ParetoTrail> before;
  takeTrails(chosen, before);
  answer_ = analyse(trails_, chosen, reference());
  setAxes(x, y);
  const bool planar = chosen.size() == 2;
  surfaces_ = planar ? attainedSurfaces(trails_, x, y) : std::vector<AttainedSurface>();
  drawing_.draw(trails_, answer_, planar ? paretoStairs(answer_, x, y) : metric::Points(),
                planar ? truth() : metric::Points());
  drawing_.drawEarlier(before);
  drawing_.drawSurfaces(surfaces_);
  planar ? colours_.clear() : colours_.draw(trails_, answer_, chosen[2]);
  drawVolumes(chosen);
  restyle(style());
  if (!zoomed_) showWhole();
  moveCursor();
  placeModel();
}

void ParetoPlot::clearPicture() {
  drawing_.clear();
  colours_.clear();
  strip_.draw({});
}

/// Where the two axes are the losses of a problem whose front is known.
metric::Points ParetoPlot::truth() const {
  const auto x = objective(x_), y = objective(y_);
  const RunData& lead = *runs().front().data;
  const auto& dataset = lead.experiment().data;
  if (dataset.id != "two_valleys" || x->metric != "loss" || y->metric != "loss") return {};
  if (x->task == y->task || x->isCost() || y->isCost() || lead.taskCount() < 2) return {};
  const bool swapped = x->task != lead.taskName(0);
  const TwoValleys plane(
      {dataset.params.value("scale1", 1.0), dataset.params.value("scale2", 1.0)});
  metric::Points points;
  for (const auto& point : plane.front(kKnownFrontPoints))
    points.push_back({point.losses[swapped ? 1 : 0], point.losses[swapped ? 0 : 1]});
  return points;
}

void ParetoPlot::setAxes(const ParetoObjective& x, const ParetoObjective& y) {
  const auto set = [](QCPAxis& axis, const ParetoObjective& objective, bool logarithmic) {
    axis.setLabel(objective.text());
    axis.setRangeReversed(objective.maximise);
    if ((axis.scaleType() == QCPAxis::stLogarithmic) != logarithmic) setScale(axis, logarithmic);
  };
  set(*plot().xAxis, x, logX_->isChecked());
  set(*plot().yAxis, y, logY_->isChecked());
}

void ParetoPlot::showWhole() {
  std::optional<PlotLine::Extent> across, up;
  const auto take = [&](double x, double y) {
    widen(across, x, logX_->isChecked());
    widen(up, y, logY_->isChecked());
  };
  for (const ParetoTrail& trail : trails_)
    for (std::size_t i = 0; i < trail.size(); ++i) take(trail.x[i], trail.y[i]);
  if (!answer_.reference.empty()) take(answer_.reference[0], answer_.reference[1]);
  if (!third())
    for (const auto& point : truth()) take(point[0], point[1]);
  const auto show = [](QCPAxis& axis, const std::optional<PlotLine::Extent>& extent, bool log) {
    if (!extent) return;
    const auto [lower, upper] = withMargin(*extent, log);
    axis.setRange(lower, upper);
  };
  show(*plot().xAxis, across, logX_->isChecked());
  show(*plot().yAxis, up, logY_->isChecked());
}

void ParetoPlot::tell() {
  std::size_t missing = 0, absent = 0, beyond = 0;
  for (const ParetoTrail& trail : trails_) {
    (trail.isFront() ? absent : missing) += trail.missing;
    for (std::size_t i = 0; i < trail.size(); ++i)
      beyond += (logX_->isChecked() && trail.x[i] <= 0) || (logY_->isChecked() && trail.y[i] <= 0);
  }
  QStringList texts;
  if (!drawing_.volumeText().isEmpty()) texts << drawing_.volumeText();
  if (missing > 0) texts << tr("%1 evaluations without both values").arg(missing);
  if (absent > 0) texts << tr("%1 preferences without both values").arg(absent);
  if (drawnEarlier_ < earlier_)
    texts << tr("%1 of %2 earlier fronts").arg(drawnEarlier_).arg(earlier_);
  if (beyond > 0) texts << tr("%1 points are not above 0").arg(beyond);
  if (unnamed_ > 0) texts << tr("%1 runs, named where the mouse is").arg(unnamed_);
  setRemark(texts.join(" · "));
}

void ParetoPlot::restyle(const PlotStyle& style) {
  drawing_.restyle(style);
  colours_.restyle(style);
  strip_.restyle(style);
  placeLegend();
}

/// On the screen without the names of the runs where they would leave the points no room.
void ParetoPlot::placeLegend() {
  const bool figure = style().width > 0;
  const int most = figure ? QWIDGETSIZE_MAX : static_cast<int>(kMostLegend * plot().height());
  drawing_.nameRuns(true);
  const bool named = arrangeLegend(figure ? style().width : width()) <= most;
  unnamed_ = named ? 0 : trails_.size();
  if (!named) {
    drawing_.nameRuns(false);
    arrangeLegend(width());
  }
  plot().legend->setVisible(style().legend);
  tell();
}

/// \returns the height that the entries need.
int ParetoPlot::arrangeLegend(int width) {
  QCPLegend& legend = *plot().legend;
  legend.setRowSpacing(0);
  legend.setMargins({kLegendMargin, 0, kLegendMargin, 4});
  QSize largest(1, 1);
  int count = 0;
  for (int i = 0; i < legend.itemCount(); ++i)
    if (const auto* item = legend.item(i)) {  // null: a cell of the last row that is empty
      largest = largest.expandedTo(item->minimumOuterSizeHint());
      ++count;
    }
  const int room = width - 2 * kLegendMargin + legend.columnSpacing();
  const int columns = std::max(1, room / (largest.width() + legend.columnSpacing()));
  legend.setWrap(columns);
  legend.setFillOrder(QCPLayoutGrid::foColumnsFirst);
  return (count + columns - 1) / columns * largest.height();
}

void ParetoPlot::resizeEvent(QResizeEvent* event) {
  PlotPanel::resizeEvent(event);
  placeLegend();
}

QString ParetoPlot::hint() const {
  if (!fits(runs().front().data->tasks()))
    return tr("A run of two tasks or more has values to compare.");
  const auto isEmpty = [](const ParetoTrail& trail) { return trail.size() == 0; };
  if (offered_.size() < 2 || std::all_of(trails_.begin(), trails_.end(), isEmpty))
    return tr("Waiting for the first evaluation of the validation split.");
  return {};
}

std::optional<std::size_t> ParetoPlot::rowAtCursor() const {
  if (!link().cursor() || trails_.empty() || trails_.front().isFront()) return std::nullopt;
  const auto& steps = trails_.front().steps;
  for (std::size_t row = steps.size(); row-- > 0;)
    if (trails_.front().source->xAt(steps[row], link().unit()) <= *link().cursor()) return row;
  return std::nullopt;
}

void ParetoPlot::moveCursor() {
  if (!trails_.empty() && frontSteps() != shownFronts_) return refresh();
  const auto row = rowAtCursor();
  drawing_.setCursor(
      row ? std::optional(metric::Point{trails_.front().x[*row], trails_.front().y[*row]})
          : std::nullopt);
}

std::vector<CursorValue> ParetoPlot::valuesAtCursor() const {
  if (link().cursor() && !trails_.empty() && trails_.front().isFront()) return volumeAtCursor();
  const auto row = rowAtCursor();
  if (!row) return {};
  const ParetoTrail& trail = trails_.front();
  const double none = std::numeric_limits<double>::quiet_NaN();
  const double at = trail.source->xAt(trail.steps[*row], link().unit());
  const QColor colour = taskColour(style().theme, trail.colour);
  std::vector<CursorValue> values{{objective(x_)->text(), at, trail.x[*row], none, colour},
                                  {objective(y_)->text(), at, trail.y[*row], none, colour}};
  if (!trail.z.empty()) values.push_back({third()->text(), at, trail.z[*row], none, colour});
  return values;
}

std::vector<Series> ParetoPlot::series() const {
  const auto x = objective(x_), y = objective(y_);
  std::vector<Series> all;
  std::size_t first = 0;
  for (const ParetoTrail& trail : trails_) {
    Column places, ranks;
    for (std::size_t i = 0; i < trail.size(); ++i) {
      places.push_back(trail.isFront() ? trail.preferences[i][0]
                                       : trail.source->xAt(trail.steps[i], link().unit()));
      ranks.push_back(static_cast<double>(answer_.ranks[first + i]));
    }
    const auto add = [&](const QString& name, const Column& values, int colour) {
      const QString across = trail.isFront()
                                 ? tr("preference for %1").arg(trail.source->taskName(0))
                                 : toText(link().unit());
      all.push_back(
          {trails_.size() > 1 ? trail.run + " · " + name : name, across, places, values, colour});
    };
    add(x->text(), trail.x, 0);
    add(y->text(), trail.y, 1);
    if (!trail.z.empty()) add(third()->text(), trail.z, 3);
    add(tr("rank"), ranks, 2);
    if (trail.isFront())
      for (int task = 1; task < trail.source->taskCount(); ++task)
        add(tr("preference for %1").arg(trail.source->taskName(task)), preferencesFor(trail, task),
            4 + task);
    first += trail.size();
  }
  if (!volumes_.steps.empty())
    all.push_back({tr("hypervolume"), toText(XUnit::step), volumes_.steps, volumes_.volumes, 4});
  return all;
}

}  // namespace eq::widgets
