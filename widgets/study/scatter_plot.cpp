#include "widgets/study/scatter_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QAction>
#include <QMouseEvent>
#include <QToolButton>
#include <QToolTip>

#include "widgets/plots/axis_scale.h"
#include "widgets/study/quantity_box.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kNear = 10;  // pixels
constexpr double kDot = 6, kChosenDot = 10;

QCPCurve* makeDots(QCustomPlot& plot) {
  auto* dots = new QCPCurve(plot.xAxis, plot.yAxis);
  dots->setLineStyle(QCPCurve::lsNone);
  dots->removeFromLegend();
  return dots;
}

/// Words at the places of categories, else numbers.
void setTicks(QCPAxis& axis, const QuantityValues& values, bool logarithmic) {
  if (values.categories.isEmpty()) {
    if (axis.ticker().dynamicCast<QCPAxisTickerText>())
      axis.setTicker(QSharedPointer<QCPAxisTicker>::create());
    return setScale(axis, logarithmic);
  }
  setScale(axis, false);
  const auto ticker = QSharedPointer<QCPAxisTickerText>::create();
  for (qsizetype i = 0; i < values.categories.size(); ++i)
    ticker->addTick(static_cast<double>(i), shortName(values.categories[i], kNameInBox));
  axis.setTicker(ticker);
}

void showAll(QCPAxis& axis, const std::vector<double>& values, bool logarithmic) {
  if (values.empty()) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto [lower, upper] = withMargin({*least, *most}, logarithmic);
  axis.setRange(lower, upper);
}

}  // namespace

ScatterPlot::ScatterPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Scatter"), data, link, parent),
      xBox_(new QuantityBox(tr("Across"), this)),
      yBox_(new QuantityBox(tr("Upwards"), this)),
      logX_(new QAction(tr("Log &x"), this)),
      logY_(new QAction(tr("Log &y"), this)),
      points_(makeDots(plot())),
      chosenPoints_(makeDots(plot())) {
  plot().legend->setVisible(false);
  addControl(xBox_);
  addControl(yBox_);
  for (auto* action : {logX_, logY_}) {
    action->setCheckable(true);
    connect(action, &QAction::toggled, this, &ScatterPlot::refresh);
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    addControl(button);
  }
  for (auto* box : {xBox_, yBox_})
    connect(box, &QuantityBox::quantityChanged, this, &ScatterPlot::refresh);
  makeMouse();
}

void ScatterPlot::setRuns(const std::vector<study::IndexedRunPtr>& runs) {
  runs_ = runs;
  const auto names = study::namesOf(runs);
  for (auto* box : {xBox_, yBox_}) box->setNames(names);
  const auto usual = usualQuantities(runs, 1).shown;
  if (usual.size() == 2 && xBox_->currentText().isEmpty() && yBox_->currentText().isEmpty()) {
    setQuantities(usual[0], usual[1]);
    if (xBox_->quantity()) setLogX(isWideField(usual[0], valuesOf(*xBox_->quantity(), runs), runs));
  }
  refresh();
}

void ScatterPlot::setChosen(const Folders& folders) {
  chosen_ = {folders.begin(), folders.end()};
  refresh();
}

void ScatterPlot::setQuantities(const QString& x, const QString& y) {
  xBox_->setText(x);
  yBox_->setText(y);
}

void ScatterPlot::setLogX(bool logarithmic) {
  logX_->setChecked(logarithmic);
}

void ScatterPlot::setLogY(bool logarithmic) {
  logY_->setChecked(logarithmic);
}

void ScatterPlot::grow() {
  drawn_.clear();
  missing_ = beyond_ = 0;
  for (auto* dots : {points_, chosenPoints_}) dots->data()->clear();
  if (!xBox_->quantity() || !yBox_->quantity()) return tell();
  x_ = valuesOf(*xBox_->quantity(), runs_);
  y_ = valuesOf(*yBox_->quantity(), runs_);
  const bool logX = logX_->isChecked() && x_.categories.isEmpty();
  const bool logY = logY_->isChecked() && y_.categories.isEmpty();
  std::vector<double> across, up;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (!std::isfinite(x_.values[i]) || !std::isfinite(y_.values[i])) {
      ++missing_;
    } else if ((logX && x_.values[i] <= 0) || (logY && y_.values[i] <= 0)) {
      ++beyond_;
    } else {
      drawn_.push_back(i);
      across.push_back(x_.values[i]);
      up.push_back(y_.values[i]);
      auto* dots = chosen_.contains(runs_[i]->info.folder) ? chosenPoints_ : points_;
      dots->addData(static_cast<double>(dots->dataCount()), x_.values[i], y_.values[i]);
    }
  }
  setAxes();
  showAll(*plot().xAxis, across, logX);
  showAll(*plot().yAxis, up, logY);
  tell();
}

void ScatterPlot::setAxes() {
  setTicks(*plot().xAxis, x_, logX_->isChecked());
  setTicks(*plot().yAxis, y_, logY_->isChecked());
  plot().xAxis->setLabel(shownName(xBox_->quantityTitle()));
  const int most = std::max(12, plot().height() * 3 / 4 / fontMetrics().averageCharWidth());
  plot().yAxis->setLabel(shortName(yBox_->quantityTitle(), most));
}

void ScatterPlot::tell() {
  QStringList texts{tr("n %1 of %2 runs")
                        .arg(widgets::countText(static_cast<qint64>(drawn_.size())),
                             widgets::countText(static_cast<qint64>(runs_.size())))};
  if (missing_ > 0) texts << tr("%1 without both values").arg(missing_);
  if (beyond_ > 0) texts << tr("%1 not above 0").arg(beyond_);
  setRemark(texts.join(" · "));
}

QString ScatterPlot::hint() const {
  if (runs_.empty()) return tr("The runs that the table lists are drawn here, a point each.");
  if (!xBox_->quantity() || !yBox_->quantity())
    return tr(
        "Choose what lies across and what upwards: a field, or a series such as "
        "best(val.left.accuracy).");
  return drawn_.empty() ? tr("No run has both values.") : QString();
}

void ScatterPlot::restyle(const PlotStyle& style) {
  const auto& colours = plotColours(style.theme);
  QColor plain = taskColour(style.theme, 0);
  plain.setAlphaF(0.6F);
  points_->setScatterStyle({QCPScatterStyle::ssDisc, QPen(plain), QBrush(plain), kDot});
  const QColor strong = taskColour(style.theme, 1);
  chosenPoints_->setScatterStyle(
      {QCPScatterStyle::ssCircle, QPen(colours.text, 1.5), QBrush(strong), kChosenDot});
}

// --- The mouse

void ScatterPlot::makeMouse() {
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed(*event); });
  connect(&plot(), &QCustomPlot::mouseRelease, this,
          [this](const QMouseEvent* event) { released(*event); });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { moved(*event); });
  connect(&plot(), &QCustomPlot::mouseDoubleClick, this, [this](const QMouseEvent* event) {
    if (const auto found = nearest(event->position()))
      emit link().openRequested(run(*found).info.folder);
    else
      refresh();  // which shows all
  });
  connect(plot().selectionRect(), &QCPSelectionRect::accepted, this, &ScatterPlot::chooseIn);
}

void ScatterPlot::pressed(const QMouseEvent& event) {
  press_ = event.position();
  const bool box = event.modifiers().testFlag(Qt::ShiftModifier);
  plot().setSelectionRectMode(box ? QCP::srmCustom : QCP::srmNone);
}

/// A click, which is no drag.
void ScatterPlot::released(const QMouseEvent& event) {
  if (event.button() != Qt::LeftButton || event.modifiers().testFlag(Qt::ShiftModifier)) return;
  if ((event.position() - press_).manhattanLength() > 3) return;
  const auto found = nearest(event.position());
  const bool adds = event.modifiers().testFlag(Qt::ControlModifier);
  if (!found) return adds ? void() : emit chosen({});
  const auto folder = run(*found).info.folder;
  auto now = adds ? chosen_ : std::set<std::filesystem::path>();
  if (adds && chosen_.contains(folder))
    now.erase(folder);
  else
    now.insert(folder);
  emit chosen({now.begin(), now.end()});
}

void ScatterPlot::chooseIn(const QRect& box) {
  Folders folders;
  for (std::size_t i = 0; i < drawn_.size(); ++i)
    if (const auto place = placeOf(run(i).info.folder);
        place && QRectF(box.normalized()).contains(*place))
      folders.push_back(run(i).info.folder);
  emit chosen(folders);
}

std::optional<QPointF> ScatterPlot::placeOf(const std::filesystem::path& folder) const {
  const auto& canvas = const_cast<ScatterPlot*>(this)->plot();
  for (const auto i : drawn_)
    if (runs_[i]->info.folder == folder)
      return QPointF(canvas.xAxis->coordToPixel(x_.values[i]),
                     canvas.yAxis->coordToPixel(y_.values[i]));
  return std::nullopt;
}

std::optional<std::size_t> ScatterPlot::nearest(const QPointF& place) const {
  const auto& canvas = const_cast<ScatterPlot*>(this)->plot();
  std::optional<std::size_t> found;
  double least = kNear;
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    const double away = std::hypot(canvas.xAxis->coordToPixel(x_.values[drawn_[i]]) - place.x(),
                                   canvas.yAxis->coordToPixel(y_.values[drawn_[i]]) - place.y());
    if (away > least) continue;
    least = away;
    found = i;
  }
  return found;
}

QString ScatterPlot::tipAt(const QPointF& place) const {
  const auto found = nearest(place);
  if (!found) return {};
  const auto i = drawn_[*found];
  return tr("%1\n%2: %3\n%4: %5")
      .arg(shownName(runs_[i]->info.shown()), xBox_->quantityTitle(),
           quantityText(x_, x_.values[i]), yBox_->quantityTitle(), quantityText(y_, y_.values[i]));
}

void ScatterPlot::moved(const QMouseEvent& event) {
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(tipAt(event.position())),
                     &plot());
}

std::vector<Series> ScatterPlot::series() const {
  Series all{yBox_->quantityTitle(), xBox_->quantityTitle(), {}, {}, 0, "*"};
  for (const auto i : drawn_) {
    all.x.push_back(x_.values[i]);
    all.y.push_back(y_.values[i]);
  }
  return {all};
}

}  // namespace eq::widgets
