#include "widgets/plots/count_marks.h"

#include <cmath>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr std::size_t kMostChanges = 8;

/// Rows at which another number of values begins.
std::vector<std::size_t> changesOf(const std::vector<int>& count) {
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < count.size(); ++row)
    if (row == 0 || count[row] != count[row - 1]) out.push_back(row);
  return out;
}

}  // namespace

CountMarks::~CountMarks() = default;  // the plot has them

void CountMarks::add(const PaneAxes& axes, const LineSpec& line) {
  if (!line.made || line.made->count.empty()) return;
  const auto changes = changesOf(line.made->count);
  if (changes.size() < 2 || changes.size() > kMostChanges) return;
  for (const std::size_t row : changes) {
    const double y = (*line.y)[row] / line.unit;
    if (!std::isfinite(y)) continue;
    auto* text = new QCPItemText(axes.x->parentPlot());
    text->setLayer("marks");
    text->setClipAxisRect(axes.x->axisRect());
    text->position->setAxes(axes.x, axes.y);
    text->position->setAxisRect(axes.x->axisRect());
    text->position->setType(QCPItemPosition::ptPlotCoords);
    text->position->setCoords((*line.x)[row], y);
    text->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    text->setPadding({3, 0, 3, 1});
    text->setText(QString("n %1").arg(line.made->count[row]));
    texts_.push_back(text);
  }
}

void CountMarks::clear() {
  for (QCPItemText* text : texts_) text->parentPlot()->removeItem(text);
  texts_.clear();
}

void CountMarks::restyle(const PlotStyle& style, const QFont& font) {
  QFont small = font;
  small.setPointSizeF(style.fontSize);
  for (QCPItemText* text : texts_) {
    text->setColor(plotColours(style.theme).text);
    text->setFont(small);
  }
}

}  // namespace eq::widgets
