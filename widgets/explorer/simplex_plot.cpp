#include "widgets/explorer/simplex_plot.h"

#include <qcustomplot.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/loss/curve.h"

namespace eq::widgets {
namespace {

constexpr int kFine = 120, kCoarse = 16;  // points along an edge: of the map, of the arrows
constexpr int kCells = 400;
constexpr double kArrow = 0.6 / kCoarse;  // length of the longest
constexpr double kHead = 0.35;            // share of an arrow
const double kHeight = std::sqrt(0.75);

struct Place {
  double x, y;
};

/// Class 1 at the lower left, class 2 at the lower right, class 3 on top.
Place placeOf(const std::array<double, 3>& p) {
  return {p[1] + 0.5 * p[2], kHeight * p[2]};
}

}  // namespace

SimplexPlot::SimplexPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Simplex"), data, link, parent) {
  map_ = new QCPColorMap(plot().xAxis, plot().yAxis);
  map_->setColorScale(addColourScale(tr("Loss")));
  map_->setLayer("background");
  map_->setInterpolate(false);
  arrows_ = new QCPCurve(plot().xAxis, plot().yAxis);
  border_ = new QCPCurve(plot().xAxis, plot().yAxis);
  int order = 0;
  for (const auto& corner : {Place{0, 0}, Place{1, 0}, Place{0.5, kHeight}, Place{0, 0}})
    border_->addData(order++, corner.x, corner.y);
  for (int k = 0; k < 3; ++k) {
    auto* text = new QCPItemText(&plot());
    text->setText(tr("class %1").arg(k + 1));
    text->setPositionAlignment(k == 2 ? Qt::AlignHCenter | Qt::AlignBottom
                                      : Qt::AlignHCenter | Qt::AlignTop);
    const auto place = placeOf({k == 0 ? 1.0 : 0.0, k == 1 ? 1.0 : 0.0, k == 2 ? 1.0 : 0.0});
    text->position->setCoords(place.x, place.y + (k == 2 ? 0.01 : -0.01));
    corners_.push_back(text);
  }
  plot().xAxis->setVisible(false);
  plot().yAxis->setVisible(false);
  plot().xAxis->grid()->setVisible(false);
  plot().yAxis->grid()->setVisible(false);
  plot().legend->setVisible(false);
  // An equilateral triangle whatever the shape of the window.
  connect(&plot(), &QCustomPlot::beforeReplot, this, [this] {
    const auto* rect = plot().axisRect();
    if (rect->width() <= 0 || rect->height() <= 0) return;
    const double wide = static_cast<double>(rect->width()) / rect->height();
    const double height = std::max(kHeight + 0.22, 1.2 / wide);
    plot().yAxis->setRange(0.5 * kHeight - 0.5 * height, 0.5 * kHeight + 0.5 * height);
    plot().xAxis->setRange(0.5 - 0.5 * height * wide, 0.5 + 0.5 * height * wide);
  });
}

void SimplexPlot::setLoss(const std::optional<train::MethodSpec>& method, const QString& name,
                          std::int64_t target) {
  problem_.clear();
  name_ = method ? name : QString();
  map_->setVisible(false);
  arrows_->data()->clear();
  p1_.clear();
  p2_.clear();
  value_.clear();
  if (method) {
    try {
      drawMap(*method, target);
      drawArrows(*method, target);
    } catch (const Error& error) {
      problem_ = QString::fromUtf8(error.what());
    }
  }
  setRemark(method && problem_.isEmpty()
                ? tr("%1, true class %2; arrows: gradient descent on the logits")
                      .arg(name_)
                      .arg(target + 1)
                : QString());
  refresh();
}

void SimplexPlot::drawMap(const train::MethodSpec& method, std::int64_t target) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto points = loss::sampleSimplex(method.id, method.params, target, kFine);
  std::vector<double> values(static_cast<size_t>(kFine + 1) * (kFine + 1), kNone);
  for (const auto& point : points) {
    p1_.push_back(point.p[0]);
    p2_.push_back(point.p[1]);
    value_.push_back(point.value);
    const auto i = std::lround(point.p[1] * kFine), j = std::lround(point.p[2] * kFine);
    values[static_cast<size_t>(i * (kFine + 1) + j)] = point.value;
  }
  auto* cells = map_->data();
  cells->setSize(kCells, kCells);
  cells->setRange({0, 1}, {0, kHeight});
  for (int column = 0; column < kCells; ++column)
    for (int row = 0; row < kCells; ++row) {
      double x = 0, y = 0;
      cells->cellToCoord(column, row, &x, &y);
      const double p3 = y / kHeight, p2 = x - 0.5 * p3;
      const bool inside = p2 >= 0 && p2 + p3 <= 1;
      // The nearest point inside: on the border itself a loss may be infinite.
      const auto j = std::clamp<long>(std::lround(p3 * kFine), 1, kFine - 2);
      const auto i = std::clamp<long>(std::lround(p2 * kFine), 1, kFine - 1 - j);
      cells->setCell(column, row,
                     inside ? values[static_cast<size_t>(i * (kFine + 1) + j)] : kNone);
    }
  map_->rescaleDataRange(true);
  map_->setVisible(true);
}

void SimplexPlot::drawArrows(const train::MethodSpec& method, std::int64_t target) {
  const auto points = loss::sampleSimplex(method.id, method.params, target, kCoarse);
  double longest = 0;
  const auto flow = [](const loss::SimplexPoint& point) { return placeOf(point.descent); };
  for (const auto& point : points)
    longest = std::max(longest, std::hypot(flow(point).x, flow(point).y));
  if (!(longest > 0)) return;
  constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
  double order = 0;
  const auto stroke = [&](Place a, Place b) {
    for (const auto& end : {a, b, Place{kGap, kGap}}) arrows_->addData(order++, end.x, end.y);
  };
  for (const auto& point : points) {
    const auto from = placeOf(point.p), step = flow(point);
    const double length = std::hypot(step.x, step.y);
    if (!(length > 0)) continue;
    // The square root keeps the short ones visible.
    const double scale = kArrow * std::sqrt(length / longest) / length;
    const Place by{step.x * scale, step.y * scale};
    const Place tip{from.x + by.x, from.y + by.y};
    stroke(from, tip);
    for (const double side : {0.5, -0.5})
      stroke(tip, {tip.x - kHead * (by.x + side * by.y), tip.y - kHead * (by.y - side * by.x)});
  }
}

void SimplexPlot::restyle(const PlotStyle& style) {
  const auto& colours = plotColours(style.theme);
  QCPColorGradient gradient(style.theme == Theme::dark ? QCPColorGradient::gpCold
                                                       : QCPColorGradient::gpGrayscale);
  gradient.clearColorStops();
  gradient.setColorStopAt(0, QColor(style.theme == Theme::dark ? 0x1d4a6b : 0x9cc3dd));
  gradient.setColorStopAt(1, QColor(style.theme == Theme::dark ? 0x8a7f5e : 0xfdf3d8));
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  map_->setGradient(gradient);
  arrows_->setPen(QPen(colours.text, 1));
  border_->setPen(QPen(colours.axis, 1));
  for (auto* corner : corners_) {
    corner->setColor(colours.text);
    corner->setFont(plot().legend->font());
  }
}

QString SimplexPlot::hint() const {
  if (!problem_.isEmpty()) return problem_;
  return name_.isEmpty() ? tr("Add a loss over classes to see it on the simplex.") : QString();
}

std::vector<Series> SimplexPlot::series() const {
  if (value_.empty()) return {};
  return {{tr("p of class 2"), tr("p of class 1"), p1_, p2_, 0},
          {name_, tr("p of class 1"), p1_, value_, 1}};
}

}  // namespace eq::widgets
