#pragma once

#include <vector>

#include <qcustomplot.h>

namespace eq::widgets {

class ClassTicker;

/// What lies on the cells of a heat map, whose centres are whole numbers: lines between them, and
/// numbers in them where the widest has room.
class HeatCells : public QCPAbstractItem {
 public:
  struct Cell {
    int column = 0, row = 0;
    QString text;
    QColor colour;
  };

  explicit HeatCells(QCustomPlot& plot) : QCPAbstractItem(&plot) {}

  void setCells(int columns, int rows, std::vector<Cell> cells);
  void restyle(const QFont& font, const QColor& line);

  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  void drawLines(QCPPainter& painter) const;
  void drawTexts(QCPPainter& painter) const;
  /// Pixels of the cell around a centre.
  QRectF rectOf(double column, double row) const;

  int columns_ = 0, rows_ = 0;
  std::vector<Cell> cells_;
  QFont font_;
  QColor line_;
};

/// A map over the plot's axes whose cells have names: nothing between them, the first row at the
/// top. \param columns, rows the names.
QCPColorMap* makeNamedMap(QCustomPlot& plot, const QSharedPointer<ClassTicker>& columns,
                          const QSharedPointer<ClassTicker>& rows);

}  // namespace eq::widgets
