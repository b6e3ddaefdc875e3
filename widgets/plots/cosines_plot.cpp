#include "widgets/plots/cosines_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QSignalBlocker>
#include <QSlider>

#include "widgets/plots/conflict_lines.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kMostNumbers = 12;  // tasks up to which a cell holds its number
constexpr int kLongestTick = 12;  // characters of a name
constexpr int kLongestUpright = 8;
constexpr int kColourSteps = 20;  // on either side of 0

QCPColorGradient gradientOf(Theme theme) {
  QCPColorGradient gradient;
  gradient.clearColorStops();
  for (int i = -kColourSteps; i <= kColourSteps; ++i) {
    const double cosine = i / static_cast<double>(kColourSteps);
    gradient.setColorStopAt((cosine + 1) / 2, cosineColour(theme, cosine));
  }
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  return gradient;
}

}  // namespace

CosinesPlot::CosinesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Cosines"), data, link, parent), slider_(new QSlider(Qt::Horizontal, this)) {
  slider_->setAccessibleName(tr("Sampled step"));
  slider_->setToolTip(tr("The sampled step; at the right end it follows the run"));
  slider_->setMinimumWidth(90);
  slider_->setRange(0, 0);
  addControl(slider_);
  connect(slider_, &QSlider::valueChanged, this, &CosinesPlot::sampleChosen);
  makeMap();
  CosinesPlot::restart();
}

void CosinesPlot::makeMap() {
  map_ = new QCPColorMap(plot().xAxis, plot().yAxis);
  map_->setInterpolate(false);
  map_->setTightBoundary(false);
  map_->setColorScale(addColourScale(tr("Cosine")));
  map_->setDataRange({-1, 1});
  plot().yAxis->setRangeReversed(true);
  for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) {
    axis->grid()->setVisible(false);
    axis->setTickLength(0);
    axis->setSubTicks(false);
    axis->setNumberFormat("g");  // a name such as 2e3 is no power of ten
  }
}

void CosinesPlot::restart() {
  follows_ = true;
  const int tasks = std::max(data().taskCount(), 1);
  map_->data()->setSize(tasks, tasks);
  map_->data()->setRange({0, tasks - 1.0}, {0, tasks - 1.0});
  map_->data()->fill(std::nan(""));
  const QSharedPointer<QCPAxisTickerText> names(new QCPAxisTickerText);
  for (int task = 0; task < data().taskCount(); ++task)
    names->addTick(task, shortName(data().taskName(task), kLongestTick));
  for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) {
    axis->setTicker(names);
    axis->setRange(-0.5, tasks - 0.5);
  }
  bool slanted = tasks > 4;
  for (int task = 0; task < data().taskCount(); ++task)
    slanted = slanted || data().taskName(task).size() > kLongestUpright;
  plot().xAxis->setTickLabelRotation(slanted ? 45 : 0);
  makeCells();
}

void CosinesPlot::makeCells() {
  for (QCPItemText* cell : cells_) plot().removeItem(cell);
  cells_.clear();
  if (data().taskCount() > kMostNumbers) return;
  for (int row = 0; row < data().taskCount(); ++row)
    for (int column = 0; column < data().taskCount(); ++column) {
      auto* cell = new QCPItemText(&plot());
      cell->position->setCoords(column, row);
      cells_.push_back(cell);
    }
  restyle(style());
}

int CosinesPlot::shownSample() const {
  const int last = static_cast<int>(data().conflicts().size()) - 1;
  return follows_ ? last : std::min(slider_->value(), last);
}

void CosinesPlot::setSample(int index) {
  slider_->setValue(index);
}

void CosinesPlot::sampleChosen(int index) {
  follows_ = index >= static_cast<int>(data().conflicts().size()) - 1;
  refresh();
}

void CosinesPlot::grow() {
  const QSignalBlocker blocker(slider_);
  slider_->setRange(0, std::max(static_cast<int>(data().conflicts().size()) - 1, 0));
  const int sample = shownSample();
  if (sample < 0) return;
  slider_->setValue(sample);
  const auto& record = data().conflicts()[static_cast<std::size_t>(sample)];
  const double step = data().conflictX().in(XUnit::step)[static_cast<std::size_t>(sample)];
  const auto source =
      record.source == train::GradientSource::exact ? tr("exact") : tr("representation");
  setRemark(tr("step %1 (%2 of %3), %4")
                .arg(widgets::countText(std::llround(step)), widgets::countText(sample + 1),
                     widgets::countText(static_cast<qint64>(data().conflicts().size())), source));
  fillCells();
}

void CosinesPlot::fillCells() {
  const auto& record = data().conflicts()[static_cast<std::size_t>(shownSample())];
  const auto tasks = static_cast<std::size_t>(data().taskCount());
  for (std::size_t i = 0; i < std::min(tasks * tasks, record.cosines.size()); ++i) {
    const double cosine = record.cosines[i];
    map_->data()->setCell(static_cast<int>(i % tasks), static_cast<int>(i / tasks), cosine);
    if (i >= cells_.size()) continue;
    cells_[i]->setText(std::isnan(cosine) ? QString("–") : fixedText(cosine, 2));
    const QColor under = std::isnan(cosine) ? plotColours(style().theme).background
                                            : cosineColour(style().theme, cosine);
    cells_[i]->setColor(under.lightness() > 125 ? QColor(0x1f2328) : QColor(0xffffff));
  }
}

void CosinesPlot::restyle(const PlotStyle& style) {
  map_->setGradient(gradientOf(style.theme));
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  for (QCPItemText* cell : cells_) cell->setFont(font);
  plot().legend->setVisible(false);
  if (!data().conflicts().empty()) fillCells();
}

QString CosinesPlot::hint() const {
  return conflictHint(data());
}

std::vector<Series> CosinesPlot::series() const {
  std::vector<Series> out;
  const auto tasks = static_cast<std::size_t>(data().taskCount());
  for (int pair = 0; pair < data().pairCount(); ++pair) {
    const auto [a, b] = data().pairTasks(pair);
    Series one{QString("cos(%1, %2)").arg(data().taskName(a), data().taskName(b)),
               toText(link().unit()),
               data().conflictX().in(link().unit()),
               {},
               pair};
    const auto cell = static_cast<std::size_t>(a) * tasks + static_cast<std::size_t>(b);
    for (const auto& record : data().conflicts())
      one.y.push_back(cell < record.cosines.size() ? record.cosines[cell] : std::nan(""));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace eq::widgets
