#pragma once

#include <optional>
#include <vector>

#include <QColor>
#include <QString>
#include <QWidget>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"
#include "widgets/style/theme.h"

class QAction;
class QCPColorScale;
class QCPTextElement;
class QCustomPlot;
class QHBoxLayout;
class QLabel;
class QMenu;
class QScrollArea;
class QToolButton;

namespace eq::widgets {

/// How a plot looks: on the screen after the palette, in a figure as asked for.
struct PlotStyle {
  Theme theme = Theme::light;
  double fontSize = 9;  ///< points
  bool legend = true;
  QString title;         ///< drawn above the plot; empty: none
  double lineWidth = 1;  ///< pixels
  int width = 0;         ///< pixels of a figure; 0: as wide as the widget
};

/// A curve as it is exported.
struct Series {
  QString name;
  QString xName;
  Column x, y;
  int colour = 0;                  ///< index of the task colour
  const char* mark = "";           ///< of every point, as pgfplots names it; empty: none
  std::optional<int> dashes = {};  ///< index of the line style; none: the colour's
};

/// Where a panel can go among the others.
enum class PlotPlace { right, below, ownWindow, tabs };

/// What a curve has at the cursor.
struct CursorValue {
  QString name;
  double x = 0;  ///< of the nearest point
  double value = 0;
  double smoothed = 0;  ///< NaN where nothing is smoothed
  QColor colour;
};

/// Base class of every plot: a header row, the plot, a hint while there is nothing to show, and
/// what figures and the cursor table ask for. A plot over time derives from TimePlot; the simplest
/// is WeightsPlot: begin there.
class PlotPanel : public QWidget {
  Q_OBJECT

 public:
  /// \param data, link must outlive the panel.
  PlotPanel(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  const QString& title() const { return title_; }
  /// Whether the header says the title: not where a dock's title does.
  void setTitleShown(bool shown);
  /// Drawn above the plot, behind a figure's title: whose plot it is. Empty: nothing.
  void setCaption(const QString& caption);
  const QString& caption() const { return caption_; }
  QCustomPlot& plot() { return *plot_; }
  const PlotStyle& style() const { return style_; }
  /// What the header says: last values, and what of the curves is not shown and why.
  QString countText() const;
  /// What it shows, for a screen reader or to be written down: see summaryOf().
  QString inWords() const;

  /// Draws in another style until the next call, for a figure. Does not replot.
  void setStyle(const PlotStyle& style);
  /// As on the screen: the palette's theme and the widget's font.
  PlotStyle screenStyle() const;

  /// Adds what is new and queues a replot; waits while the panel is hidden.
  void refresh();
  /// The same at once, hidden or not: before a figure is drawn.
  void bringUpToDate();

  /// The curves as they are recorded: all points, no smoothing, the x axis in the link's unit.
  virtual std::vector<Series> series() const = 0;
  /// The values of the curves at the link's cursor; empty without one.
  virtual std::vector<CursorValue> valuesAtCursor() const { return {}; }

 signals:
  /// The user asks for a figure of this panel.
  void exportRequested();
  void moveRequested(eq::widgets::PlotPlace place);

 protected:
  /// Adds what was recorded since the last call; makes everything anew after restart().
  virtual void grow() = 0;
  /// Forgets all graphs: another run, unit or choice.
  virtual void restart() = 0;
  /// What to tell while there is nothing to show; empty as soon as there is something.
  virtual QString hint() const = 0;
  /// Colours and fonts beyond axes, legend and background.
  virtual void restyle(const PlotStyle& style) = 0;

  /// restart() and refresh().
  void startAgain();
  const RunData& data() const { return data_; }
  PlotLink& link() const { return link_; }
  /// A colour scale to the right of the plot, as high as the plot; styled with the axes.
  QCPColorScale* addColourScale(const QString& label);
  /// The menu is about to be shown for a place of the plot, in its pixels; nothing: of the header's
  /// button, or it was closed.
  virtual void prepareMenu(const std::optional<QPointF>& /*place*/) {}
  /// Adds a control to the right of the header.
  void addControl(QWidget* control);
  QToolButton* addToggle(const QString& text, const QString& toolTip);
  /// A plot that needs more height than there is, is scrolled. \param height pixels; 0: any will
  /// do.
  void setLeastHeight(int height);
  /// Of the plot, as far as it is not scrolled away.
  QSize sizeInSight() const;
  /// Puts actions before those that every plot's menu has.
  void addMenuActions(const QList<QAction*>& actions);
  /// Told where fewer points are shown than there are.
  void setCounts(std::size_t shown, std::size_t all);
  /// Says why something is not shown, beside the counts; empty: nothing.
  void setRemark(const QString& remark);

  bool event(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  QHBoxLayout* makeHeader();
  QScrollArea* makeArea();
  void makeMenu();
  void styleAxes();
  void styleTitle();
  void updateHint();
  void updateCounts();

  const QString title_;
  const RunData& data_;
  PlotLink& link_;
  PlotStyle style_;
  QCustomPlot* plot_;
  QScrollArea* area_ = nullptr;
  QCPColorScale* scale_ = nullptr;
  QCPTextElement* figureTitle_ = nullptr;
  QHBoxLayout* header_ = nullptr;
  QMenu* menu_ = nullptr;
  QLabel* titleLabel_ = nullptr;
  QLabel* counts_ = nullptr;
  QLabel* hint_ = nullptr;
  QString countText_, remark_, caption_;
  bool stale_ = true;
};

}  // namespace eq::widgets
