#include "widgets/plots/reliability_plot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

using metric::kReliabilityBins;

constexpr double kLabelShare = 0.7;  // of the plot's width that the axis below has
constexpr double kWidth = 1.0 / static_cast<double>(kReliabilityBins);
constexpr double kHeadroom = 1.35;  // of the highest column, for the numbers above it
constexpr double kBinDisc = 7;      // pixels
constexpr double kPale = 0.28;      // opacity of the columns
constexpr int kLegendShare = 3;     // a legend takes at most such a part of the height
constexpr int kLegendColumns = 2;

double middleOf(std::size_t bin) {
  return (static_cast<double>(bin) + 0.5) * kWidth;
}

QString ratioText(const metric::ReliabilityBin& bin) {
  return QString("%1/%2").arg(bin.right, 0, 'f', 0).arg(bin.count, 0, 'f', 0);
}

/// Shares alone, also where the axis goes on for the legend.
class ShareTicker : public QCPAxisTicker {
 protected:
  QVector<double> createTickVector(double step, const QCPRange& range) override {
    return QCPAxisTicker::createTickVector(step, {range.lower, std::min(range.upper, 1.0)});
  }
};

QCPBars* makeBars(QCPAxis* x, QCPAxis* y) {
  auto* bars = new QCPBars(x, y);
  bars->setWidthType(QCPBars::wtPlotCoords);
  bars->setWidth(kWidth);
  return bars;
}

}  // namespace

ReliabilityPlot::ReliabilityPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : ReportPlot(tr("Calibration"), data, link, parent) {
  makeUpper();
  makeLower();
  connect(&plot(), &QCustomPlot::beforeReplot, this, [this] {
    makeRoomForLegend();
    writeCounts();
  });
  ReportPlot::restart();
}

void ReliabilityPlot::setRun(const QString& name, int colour) {
  const auto own = name.isEmpty() ? std::nullopt : std::optional(colour);
  setCaption(name);
  if (std::exchange(colour_, own) != own) setStyle(style());
}

void ReliabilityPlot::makeUpper() {
  auto* x = plot().xAxis;
  auto* y = plot().yAxis;
  accuracy_ = makeBars(x, y);
  accuracy_->setName(tr("accuracy of the bin"));
  diagonal_ = plot().addGraph();
  diagonal_->setName(tr("calibrated"));
  diagonal_->setData({0, 1}, {0, 1}, true);
  points_ = plot().addGraph();
  points_->setName(tr("at its mean confidence"));
  points_->setLineStyle(QCPGraph::lsNone);
  gaps_ = new QCPErrorBars(x, y);
  gaps_->setName(tr("gap"));
  gaps_->setDataPlottable(points_);
  gaps_->setWhiskerWidth(0);
  gaps_->setSymbolGap(kBinDisc);
  x->setRange(0, 1);
  y->setRange(0, 1);
  y->setTicker(QSharedPointer<ShareTicker>::create());
  x->setTickLabels(false);
  y->setLabel(tr("Accuracy"));
  plot().axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
  plot().legend->setFillOrder(QCPLayoutGrid::foColumnsFirst);
  plot().legend->setWrap(kLegendColumns);
}

void ReliabilityPlot::makeLower() {
  lower_ = new QCPAxisRect(&plot());
  plot().plotLayout()->addElement(1, 0, lower_);
  plot().plotLayout()->setRowStretchFactor(0, 3);
  plot().plotLayout()->setRowSpacing(0);
  lower_->setMinimumMargins({10, 4, 14, 6});
  auto* margins = new QCPMarginGroup(&plot());
  for (auto* rect : {plot().axisRect(), lower_})
    rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  for (auto* axis : lower_->axes()) axis->setLayer("axes");
  auto* x = lower_->axis(QCPAxis::atBottom);
  auto* y = lower_->axis(QCPAxis::atLeft);
  x->setRange(0, 1);
  y->setLabel(tr("Examples"));
  y->ticker()->setTickCount(3);
  counts_ = makeBars(x, y);
  counts_->removeFromLegend();
  for (std::size_t bin = 0; bin < kReliabilityBins; ++bin) {
    auto* number = new QCPItemText(&plot());
    number->position->setAxes(x, y);
    number->position->setAxisRect(lower_);
    number->setClipAxisRect(lower_);
    number->setPositionAlignment(Qt::AlignHCenter | Qt::AlignBottom);
    number->setPadding({0, 0, 0, 1});
    numbers_.push_back(number);
  }
}

void ReliabilityPlot::draw(const metric::ClassReport* report) {
  for (QCPAbstractPlottable* part :
       {static_cast<QCPAbstractPlottable*>(accuracy_), static_cast<QCPAbstractPlottable*>(points_),
        static_cast<QCPAbstractPlottable*>(gaps_), static_cast<QCPAbstractPlottable*>(counts_)})
    part->setVisible(report != nullptr);
  legendWanted_ = style().legend && report != nullptr;
  if (report) {
    drawBins(*report);
    drawCounts(*report);
  }
  writeCounts();
}

/// Above all columns, which may reach up to 1. Where there is too little, it is not shown.
void ReliabilityPlot::makeRoomForLegend() {
  const QMargins around = plot().axisRect()->insetLayout()->margins();
  const QSize room = plot().axisRect()->size(),
              needed = plot().legend->minimumOuterSizeHint().grownBy(around);
  const bool fits =
      needed.width() <= room.width() && kLegendShare * needed.height() <= room.height();
  const bool shown = legendWanted_ && fits;
  plot().legend->setVisible(shown);
  const double height = room.height();
  plot().yAxis->setRange(0, shown ? height / (height - needed.height()) : 1);
}

void ReliabilityPlot::drawBins(const metric::ClassReport& report) {
  QVector<double> middle, accuracy, confidence, above, below;
  for (std::size_t bin = 0; bin < report.bins.size(); ++bin) {
    const auto& one = report.bins[bin];
    if (one.count == 0) continue;
    middle << middleOf(bin);
    accuracy << one.accuracy();
    confidence << one.meanConfidence();
    above << std::max(one.meanConfidence() - one.accuracy(), 0.0);
    below << std::max(one.accuracy() - one.meanConfidence(), 0.0);
  }
  accuracy_->setData(middle, accuracy, true);
  points_->setData(confidence, accuracy, true);
  gaps_->setData(below, above);
}

void ReliabilityPlot::drawCounts(const metric::ClassReport& report) {
  QVector<double> middle, counts;
  double highest = 1;
  for (std::size_t bin = 0; bin < report.bins.size(); ++bin) {
    middle << middleOf(bin);
    counts << report.bins[bin].count;
    highest = std::max(highest, report.bins[bin].count);
    numbers_[bin]->position->setCoords(middle.back(), counts.back());
  }
  counts_->setData(middle, counts, true);
  lower_->axis(QCPAxis::atLeft)->setRange(0, kHeadroom * highest);
}

QString ReliabilityPlot::binText(std::size_t bin) const {
  const auto* shown = report();
  return shown && shown->bins[bin].count > 0 ? ratioText(shown->bins[bin]) : QString();
}

void ReliabilityPlot::labelConfidence(int width) {
  const QString whole = tr("Confidence: probability of the predicted class");
  auto* axis = lower_->axis(QCPAxis::atBottom);
  const int needed = QFontMetrics(axis->labelFont()).horizontalAdvance(whole);
  axis->setLabel(needed < kLabelShare * width ? whole : tr("Confidence"));
}

void ReliabilityPlot::writeCounts() {
  const int width = style().width > 0 ? style().width : plot().viewport().width();
  labelConfidence(width);
  const double room = 0.85 * width * kWidth;
  const QFontMetrics metrics(numbers_.front()->font());
  QStringList ratios, counts;
  int ratio = 0, count = 0;
  for (std::size_t bin = 0; bin < numbers_.size(); ++bin) {
    ratios << binText(bin);
    counts << ratios.back().section('/', 1);
    ratio = std::max(ratio, metrics.horizontalAdvance(ratios.back()));
    count = std::max(count, metrics.horizontalAdvance(counts.back()));
  }
  for (std::size_t bin = 0; bin < numbers_.size(); ++bin) {
    const auto index = static_cast<qsizetype>(bin);
    numbers_[bin]->setText(ratio < room ? ratios[index] : counts[index]);
    numbers_[bin]->setVisible(count < room && !counts[index].isEmpty());
  }
}

void ReliabilityPlot::restyle(const PlotStyle& style) {
  const PlotColours& colours = plotColours(style.theme);
  const QColor own =
      taskColour(style.theme, colour_.value_or(static_cast<int>(taskIndex().value_or(0))));
  QColor pale = own;
  pale.setAlphaF(kPale);
  accuracy_->setPen(QPen(own, style.lineWidth));
  accuracy_->setBrush(pale);
  diagonal_->setPen(QPen(colours.axis, style.lineWidth, Qt::DashLine));
  points_->setPen(QPen(own, style.lineWidth));
  points_->setScatterStyle({QCPScatterStyle::ssCircle, QPen(own, 1.5), QBrush(own), kBinDisc});
  gaps_->setPen(QPen(colours.alarm, style.lineWidth + 1));
  counts_->setPen(QPen(colours.axis, style.lineWidth));
  QColor grey = colours.axis;
  grey.setAlphaF(kPale);
  counts_->setBrush(grey);
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  for (QCPItemText* number : numbers_) {
    number->setFont(font);
    number->setColor(colours.text);
  }
  ReportPlot::restyle(style);
}

QString ReliabilityPlot::tipAt(const metric::ClassReport& report, double x, double) const {
  if (x < 0 || x > 1) return {};
  const auto bin = std::min(static_cast<std::size_t>(x / kWidth), report.bins.size() - 1);
  const auto& one = report.bins[bin];
  const QString place = tr("confidence above %1, up to %2")
                            .arg(static_cast<double>(bin) * kWidth, 0, 'f', 3)
                            .arg(static_cast<double>(bin + 1) * kWidth, 0, 'f', 3);
  if (one.count == 0) return tr("%1: no examples").arg(place);
  return tr("%1: %2 right = %3, mean confidence %4")
      .arg(place, ratioText(one))
      .arg(one.accuracy(), 0, 'f', 3)
      .arg(one.meanConfidence(), 0, 'f', 3);
}

QString ReliabilityPlot::remark(const metric::ClassReport& report) const {
  const auto errors = metric::calibrationErrors(report.bins);
  if (errors.count == 0) return {};
  return tr("ECE %1, %2 static bins").arg(errors.expected, 0, 'f', 4).arg(kReliabilityBins);
}

std::vector<Series> ReliabilityPlot::series() const {
  const auto* shown = report();
  if (!shown) return {};
  const QString x = tr("Confidence, middle of the bin");
  std::vector<Series> out{{tr("Accuracy"), x, {}, {}, 0},
                          {tr("Mean confidence"), x, {}, {}, 1},
                          {tr("Examples"), x, {}, {}, 2},
                          {tr("Right ones"), x, {}, {}, 3}};
  for (std::size_t bin = 0; bin < shown->bins.size(); ++bin) {
    const auto& one = shown->bins[bin];
    const std::array values{one.accuracy(), one.meanConfidence(), one.count, one.right};
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i].x.push_back(middleOf(bin));
      out[i].y.push_back(values[i]);
    }
  }
  return out;
}

}  // namespace eq::widgets
