#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <QSharedPointer>
#include <QStringList>

#include "widgets/plots/plot_panel.h"

class QCPColorMap;
class QCPColorScale;

namespace eq::widgets {

class ClassTicker;
class HeatCells;

/// Named rows and columns in the colours of their values, with the numbers where they have room.
class HeatMap {
 public:
  /// How values are seen.
  struct Scale {
    QString label;
    double least = 0, most = 1;
    std::function<QColor(Theme, double)> colourOf;  ///< of a value
  };
  struct Names {
    QStringList rows, columns;
  };
  /// What stands in the map.
  struct Content {
    Names names;
    Scale scale;
    std::function<double(int row, int column)> value;  ///< NaN: nothing
    std::function<QString(double)> text;               ///< in a cell that has room for it
  };

  /// \param scale of the plot's panel; both outlive the map.
  HeatMap(QCustomPlot& plot, QCPColorScale& scale);

  void clear();
  void draw(const Content& content, const PlotStyle& style);
  void restyle(const QFont& font, const PlotStyle& style);
  /// Row and column at a place in pixels of the plot; nothing outside.
  std::optional<std::pair<int, int>> cellAt(const QPointF& place) const;

 private:
  void drawScale(const Scale& scale, const PlotStyle& style);

  QCustomPlot& plot_;
  QCPColorScale& scale_;
  QSharedPointer<ClassTicker> xNames_, yNames_;
  QCPColorMap* map_;
  HeatCells* cells_;
  int rows_ = 0, columns_ = 0;
};

}  // namespace eq::widgets
