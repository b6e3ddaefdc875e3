#include "widgets/plots/architecture_drawing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QFontMetricsF>

#include "widgets/plots/flow_painter.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kInsideBox = 5;       // pixels inside a box
constexpr double kBetweenBoxes = 6;    // pixels, one below the other
constexpr double kForArrows = 0.28;    // of the width of a column
constexpr double kRowOfLayer = 1.25;   // of a line of text
constexpr std::size_t kMostRows = 14;  // layers of a box; the last one then counts the others

bool isPartOf(const std::vector<std::size_t>& few, const std::vector<std::size_t>& many) {
  return few.size() < many.size() &&
         std::includes(many.begin(), many.end(), few.begin(), few.end());
}

QColor blended(const QColor& one, const QColor& other, double share) {
  return QColor::fromRgbF(one.redF() * (1 - share) + other.redF() * share,
                          one.greenF() * (1 - share) + other.greenF() * share,
                          one.blueF() * (1 - share) + other.blueF() * share);
}

}  // namespace

QString amountText(double amount) {
  static const QStringList kPrefixes{"", "k", "M", "G", "T", "P"};
  int prefix = 0;
  for (; amount >= 999.5 && prefix + 1 < kPrefixes.size(); ++prefix) amount /= 1000;
  const int digits = prefix == 0 || amount >= 99.95 ? 0 : amount >= 9.995 ? 1 : 2;
  return prefix == 0 ? fixedText(amount, 0)
                     : QString("%1 %2").arg(fixedText(amount, digits), kPrefixes[prefix]);
}

QString flopsText(std::int64_t flops) {
  return QString("%1%2FLOPs").arg(amountText(static_cast<double>(flops)), flops < 1000 ? " " : "");
}

ArchitectureDrawing::ArchitectureDrawing(QCustomPlot& plot) : QCPAbstractItem(&plot) {}

void ArchitectureDrawing::set(std::vector<SharingOwner> owners, const QStringList& tasks,
                              std::map<std::string, double> cosines) {
  owners_ = std::move(owners);
  tasks_ = tasks;
  cosines_ = std::move(cosines);
  makeBoxes();
}

void ArchitectureDrawing::restyle(const QFont& font, Theme theme) {
  font_ = font;
  theme_ = theme;
}

void ArchitectureDrawing::makeBoxes() {
  boxes_.clear();
  rows_.clear();
  for (std::size_t owner = 0; owner < owners_.size(); ++owner) addBox(owner, false);
  const auto middleOf = [this](const Box& box) {
    const auto& tasks = owners_[box.owner].tasks;
    return std::accumulate(tasks.begin(), tasks.end(), 0.0) / static_cast<double>(tasks.size());
  };
  std::stable_sort(boxes_.begin(), boxes_.end(), [&](const Box& one, const Box& other) {
    return middleOf(one) < middleOf(other);
  });
  int columns = 0;
  for (const Box& box : boxes_) columns = std::max(columns, box.column + 1);
  for (std::size_t owner = 0; owner < owners_.size(); ++owner) {
    const auto before = boxes_.size();
    addBox(owner, true);
    if (boxes_.size() > before) boxes_.back().column = columns;
  }
  connectBoxes();
}

void ArchitectureDrawing::addBox(std::size_t owner, bool head) {
  Box box{owner, head};
  const auto& layers = owners_[owner].layers;
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
    if (layers[layer].head == head) box.layers.push_back(layer);
  if (box.layers.empty()) return;
  for (const Box& other : boxes_)
    if (isPartOf(owners_[owner].tasks, owners_[other.owner].tasks))
      box.column = std::max(box.column, other.column + 1);
  boxes_.push_back(std::move(box));
}

/// From the smallest owners of all its tasks, and from its own part below.
void ArchitectureDrawing::connectBoxes() {
  for (Box& box : boxes_) {
    const auto leadsTo = [&](const Box& other) {
      return !other.head && (isPartOf(owners_[box.owner].tasks, owners_[other.owner].tasks) ||
                             (box.head && other.owner == box.owner));
    };
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      if (&boxes_[i] == &box || !leadsTo(boxes_[i])) continue;
      const bool isBehind = std::any_of(boxes_.begin(), boxes_.end(), [&](const Box& other) {
        return &other != &box && leadsTo(other) &&
               isPartOf(owners_[other.owner].tasks, owners_[boxes_[i].owner].tasks);
      });
      if (!isBehind) box.from.push_back(i);
    }
  }
}

/// Lines of text that a box needs.
double ArchitectureDrawing::linesOf(const Box& box) const {
  return 1 + static_cast<double>(countsOf(box).size()) +
         kRowOfLayer * static_cast<double>(std::min(box.layers.size(), kMostRows));
}

int ArchitectureDrawing::heightWanted() const {
  const double line = QFontMetricsF(font_).height();
  std::map<int, double> columns;
  for (const Box& box : boxes_)
    columns[box.column] += linesOf(box) * line + 2 * kInsideBox + kBetweenBoxes;
  double most = 0;
  for (const auto& [column, height] : columns) most = std::max(most, height);
  return static_cast<int>(std::ceil(most)) + 24;
}

/// Boxes of a column one below the other, each as high as its part of all lines.
void ArchitectureDrawing::arrange() {
  const QFontMetricsF metrics(font_);
  const QRectF all = parentPlot()->axisRect()->rect();
  const double inputs = metrics.horizontalAdvance(QObject::tr("inputs")) + 2 * kInsideBox;
  int columns = 1;
  for (const Box& box : boxes_) columns = std::max(columns, box.column + 1);
  inputs_ = QRectF(all.left(), all.center().y() - metrics.height(), inputs, 2 * metrics.height());
  const double width = (all.width() - inputs) / columns;
  for (int column = 0; column < columns; ++column) {
    double lines = 0;
    std::vector<Box*> inColumn;
    for (Box& box : boxes_)
      if (box.column == column) {
        lines += linesOf(box);
        inColumn.push_back(&box);
      }
    const double room =
        all.height() -
        kBetweenBoxes * static_cast<double>(std::max<std::size_t>(inColumn.size(), 1) - 1);
    double top = all.top();
    for (Box* box : inColumn) {
      const double height = room * linesOf(*box) / lines;
      const double wanted = std::min(height, linesOf(*box) * metrics.height() + 2 * kInsideBox);
      box->place = QRectF(all.left() + inputs + (column + kForArrows) * width,
                          top + (height - wanted) / 2, (1 - kForArrows) * width, wanted);
      top += height + kBetweenBoxes;
    }
  }
}

void ArchitectureDrawing::draw(QCPPainter* painter) {
  rows_.clear();
  if (boxes_.empty()) return;
  arrange();
  const PlotColours& colours = plotColours(theme_);
  const auto leftOf = [](const QRectF& place) { return QPointF(place.left(), place.center().y()); };
  const auto rightOf = [](const QRectF& place) {
    return QPointF(place.right(), place.center().y());
  };
  for (const Box& box : boxes_) {
    const QColor colour = edgeOf(box);
    if (box.from.empty()) drawArrow(*painter, rightOf(inputs_), leftOf(box.place), colour);
    for (const auto from : box.from)
      drawArrow(*painter, rightOf(boxes_[from].place), leftOf(box.place), colour);
  }
  painter->setFont(font_);
  drawBox(*painter, inputs_, colours.background, colours.axis);
  drawTextIn(*painter, inputs_, QObject::tr("inputs"), colours.text, Qt::AlignHCenter);
  for (const Box& box : boxes_) drawBoxOf(*painter, box);
}

/// A task's own is in its colour.
QColor ArchitectureDrawing::edgeOf(const Box& box) const {
  const auto& tasks = owners_[box.owner].tasks;
  return tasks.size() == 1 && tasks_.size() > 1 ? taskColour(theme_, static_cast<int>(tasks[0]))
                                                : plotColours(theme_).axis;
}

void ArchitectureDrawing::drawBoxOf(QCPPainter& painter, const Box& box) {
  const PlotColours& colours = plotColours(theme_);
  const QColor edge = edgeOf(box);
  drawBox(painter, box.place, blended(colours.background, edge, 0.12), edge, 1.5);
  const double line = QFontMetricsF(font_).height();
  QRectF rest = box.place.adjusted(kInsideBox, kInsideBox, -kInsideBox, -kInsideBox);
  QStringList whole{titleOf(box)};
  whole << countsOf(box);
  rows_.push_back({box.place, whole.join('\n')});
  const auto next = [&rest](double height) {
    const QRectF row(rest.left(), rest.top(), rest.width(), std::min(height, rest.height()));
    rest.setTop(rest.top() + row.height());
    return row;
  };
  QFont bold = font_;
  bold.setBold(true);
  painter.setFont(bold);
  drawTextIn(painter, next(line), titleOf(box), colours.text, Qt::AlignLeft);
  painter.setFont(font_);
  for (const QString& text : countsOf(box))
    drawTextIn(painter, next(line), text, colours.text, Qt::AlignLeft);
  const auto& layers = owners_[box.owner].layers;
  const QString block = QString::fromStdString(owners_[box.owner].block);
  const bool cut = box.layers.size() > kMostRows;
  for (std::size_t i = 0; i < std::min(box.layers.size(), kMostRows - (cut ? 1 : 0)); ++i) {
    const QRectF row = next(kRowOfLayer * line).adjusted(0, 1, 0, -1);
    const SharingLayer& layer = layers[box.layers[i]];
    if (row.height() < 3) return;
    drawLayer(painter, row, layer, block);
    const auto cosine = cosines_.find(layer.name);
    QString text = QObject::tr("%1\n%2 numbers, %3 trained")
                       .arg(shownName(layer.name), widgets::countText(layer.parameters),
                            widgets::countText(layer.trainable));
    if (cosine != cosines_.end())
      text +=
          QObject::tr("\nmean cosine of its tasks' gradients %1").arg(fixedText(cosine->second, 3));
    rows_.push_back({row, text});
  }
  if (cut)
    drawTextIn(painter, next(kRowOfLayer * line),
               QObject::tr("and %1 layers more").arg(box.layers.size() - kMostRows + 1),
               colours.text, Qt::AlignLeft);
}

/// In the colour of the cosine where it was measured.
void ArchitectureDrawing::drawLayer(QCPPainter& painter, const QRectF& row,
                                    const SharingLayer& layer, const QString& block) const {
  const PlotColours& colours = plotColours(theme_);
  const auto cosine = cosines_.find(layer.name);
  const QColor fill = cosine == cosines_.end() || std::isnan(cosine->second)
                          ? colours.background
                          : cosineColour(theme_, cosine->second);
  drawBox(painter, row, fill, colours.grid);
  const QColor text = fill.lightness() > 125 ? QColor(0x1f2328) : QColor(0xffffff);
  const QString count = amountText(static_cast<double>(layer.parameters));
  const QRectF inner = row.adjusted(kInsideBox, 0, -kInsideBox, 0);
  const double wide = QFontMetricsF(font_).horizontalAdvance(count) + kInsideBox;
  drawTextIn(painter, inner.adjusted(0, 0, -wide, 0), shortNameOf(layer, block), text,
             Qt::AlignLeft);
  drawTextIn(painter, inner, count, text, Qt::AlignRight);
}

/// Without the block that it is in.
QString ArchitectureDrawing::shortNameOf(const SharingLayer& layer, const QString& block) const {
  const QString name = QString::fromStdString(layer.name);
  if (layer.head) return shownName(name.section('.', -1));
  return shownName(name.startsWith(block + ".") ? name.mid(block.size() + 1) : name);
}

QString ArchitectureDrawing::titleOf(const Box& box) const {
  const auto& tasks = owners_[box.owner].tasks;
  if (box.head) return QObject::tr("%1, head").arg(tasks_.value(static_cast<int>(tasks[0])));
  if (static_cast<qsizetype>(tasks.size()) == tasks_.size()) return QObject::tr("shared by all");
  QStringList names;
  for (const auto task : tasks) names << tasks_.value(static_cast<int>(task));
  return names.join(", ");
}

/// Operations stand once for an owner, in its last box.
QStringList ArchitectureDrawing::countsOf(const Box& box) const {
  const SharingOwner& owner = owners_[box.owner];
  std::int64_t numbers = 0;
  bool hasHead = false;
  for (const auto layer : box.layers) numbers += owner.layers[layer].parameters;
  for (const SharingLayer& layer : owner.layers) hasHead = hasHead || layer.head;
  const double width = box.place.width() - 2 * kInsideBox;
  const QString whole = QObject::tr("%1 parameters").arg(widgets::countText(numbers));
  const bool fits = box.place.isNull() || QFontMetricsF(font_).horizontalAdvance(whole) <= width;
  QStringList out{fits ? whole
                       : QObject::tr("%1 par.").arg(amountText(static_cast<double>(numbers)))};
  if (owner.flops > 0 && box.head == hasHead) out << flopsText(owner.flops);
  return out;
}

QString ArchitectureDrawing::textAt(const QPointF& pixel) const {
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row)
    if (row->place.contains(pixel)) return row->text;
  return {};
}

}  // namespace eq::widgets
