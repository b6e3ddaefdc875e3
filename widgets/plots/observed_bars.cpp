#include "widgets/plots/observed_bars.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/class_ticker.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kRoomOfBars = 0.8;  // of the distance from one number to the next
constexpr double kAboveBars = 1.06;  // of the highest
constexpr int kBarAlpha = 200;       // of 255
constexpr int kLegendColumns = 4;

}  // namespace

ObservedBars::ObservedBars(const SharingSeries& series, const RunData& data, PlotLink& link,
                           QWidget* parent)
    : SampledPanel(series.title(), data, link, parent),
      samples_(series),
      sheet_(new QComboBox(this)),
      names_(new ClassTicker(*plot().xAxis)),
      group_(new QCPBarsGroup(&plot())) {
  sheet_->setAccessibleName(tr("Which of several"));
  sheet_->setVisible(false);
  addControl(sheet_);
  connect(sheet_, &QComboBox::currentIndexChanged, this, [this](int sheet) {
    samples_.choose(sheet);
    refresh();
  });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
  plot().xAxis->setTicker(names_);
  plot().xAxis->grid()->setVisible(false);
  plot().yAxis->setLabel(series.label);
}

void ObservedBars::restart() {
  SampledPanel::restart();
  samples_.restart();
  makeBars({});
}

void ObservedBars::grow() {
  samples_.grow(data(), *sheet_);
  SampledPanel::grow();
}

QString ObservedBars::hint() const {
  return samples_.count() == 0 ? tr("Nothing of this was observed yet.") : QString();
}

QString ObservedBars::remark(int sample) const {
  return samples_.remark(data(), sample);
}

void ObservedBars::makeBars(const QStringList& rows) {
  QStringList known;
  for (const QCPBars* one : bars_) known << one->name();
  if (known == rows) return;
  for (QCPBars* one : bars_) plot().removePlottable(one);
  bars_.clear();
  for (const QString& row : rows) {
    bars_.push_back(new QCPBars(plot().xAxis, plot().yAxis));
    bars_.back()->setName(row);
    bars_.back()->setBarsGroup(group_);
    bars_.back()->setWidth(kRoomOfBars / static_cast<double>(rows.size()));
  }
  if (!rows.isEmpty()) setStyle(style());
}

void ObservedBars::draw(int sample) {
  makeBars(samples_.rowNames(data()));
  const QStringList columns = samples_.columnNames(data());
  names_->setNames(columns);
  for (std::size_t row = 0; row < bars_.size(); ++row) {
    QVector<double> keys, values;
    for (int column = 0; column < columns.size(); ++column) {
      const double found = samples_.value(sample, static_cast<int>(row), column);
      if (std::isnan(found)) continue;
      keys << column;
      values << found;
    }
    bars_[row]->setData(keys, values, true);
  }
  plot().xAxis->setRange(-0.5, static_cast<double>(columns.size()) - 0.5);
  const double least = std::min(samples_.least(), 0.0), most = std::max(samples_.most(), 0.0);
  if (most > least) plot().yAxis->setRange(kAboveBars * least, kAboveBars * most);
}

void ObservedBars::restyle(const PlotStyle& style) {
  for (std::size_t row = 0; row < bars_.size(); ++row) {
    QColor colour = taskColour(style.theme, samples_.colourOf(static_cast<int>(row)));
    bars_[row]->setPen(QPen(colour, style.lineWidth));
    colour.setAlpha(kBarAlpha);
    bars_[row]->setBrush(colour);
  }
  showLegendBelow(plot(), style.legend && bars_.size() > 1);
}

void showLegendBelow(QCustomPlot& plot, bool shown) {
  auto* layout = plot.plotLayout();
  auto* legend = plot.legend;
  legend->setFillOrder(QCPLegend::foColumnsFirst);
  legend->setWrap(kLegendColumns);
  legend->setVisible(shown);
  const bool isBelow = legend->layout() == layout;
  if (shown && !isBelow) {
    const int row = layout->rowCount();
    layout->addElement(row, 0, legend);
    layout->setRowStretchFactor(row, 0.001);
  } else if (!shown && isBelow) {
    layout->take(legend);
    layout->simplify();
  }
}

/// Says the numbers of all rows above the place of the mouse.
void ObservedBars::mouseMoved(const QMouseEvent& event) {
  const int sample = shownSample();
  QStringList texts;
  const QStringList columns = samples_.columnNames(data()), rows = samples_.rowNames(data());
  const auto column =
      static_cast<int>(std::lround(plot().xAxis->pixelToCoord(event.position().x())));
  if (sample >= 0 && column >= 0 && column < columns.size() &&
      plot().axisRect()->rect().contains(event.position().toPoint()))
    for (int row = 0; row < rows.size(); ++row) {
      const double found = samples_.value(sample, row, column);
      texts << tr("%1, %2: %3")
                   .arg(rows[row], columns[column],
                        std::isnan(found) ? QString("–") : shortText(found));
    }
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(texts.join('\n')), &plot());
}

std::vector<Series> ObservedBars::series() const {
  return samples_.allSeries(data(), link().unit());
}

}  // namespace eq::widgets
