#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_quantity.h"

class QCPCurve;
class QCPItemRect;
class QCPItemText;
class QLineEdit;
class QMouseEvent;

namespace eq::widgets {

/// Runs as lines across parallel axes, one a quantity, in the colour of their value on the last
/// one. Dragging along an axis brushes it: what is outside of any brush becomes pale, the rest is
/// chosen; a click on an axis takes its brush away.
class ParallelPlot : public PlotPanel {
  Q_OBJECT

 public:
  using Folders = std::vector<std::filesystem::path>;
  struct Brush {
    double low, high;  ///< shares of the axis
    bool operator==(const Brush&) const = default;
  };

  ParallelPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  void setRuns(const std::vector<study::IndexedRunPtr>& runs);
  void setChosen(const Folders& folders);
  /// Expressions apart by semicolons; empty: those in which the runs differ, and a metric.
  void setAxes(const QString& text);
  void setLogarithmic(std::size_t axis, bool logarithmic);
  bool isLogarithmic(std::size_t axis) const { return axes_[axis].logarithmic; }
  void brush(std::size_t axis, const std::optional<Brush>& brush);

  std::size_t axisCount() const { return axes_.size(); }
  QString axisTitle(std::size_t axis) const { return axes_[axis].title; }
  /// Runs that have a value on every axis.
  std::size_t lineCount() const { return drawn_.size(); }
  /// Of those, the ones that every brush holds.
  Folders brushed() const;

  std::vector<Series> series() const override;

 signals:
  void chosen(const std::vector<std::filesystem::path>& folders);

 protected:
  void prepareMenu(const std::optional<QPointF>& place) override;
  void grow() override;
  void restart() override {}
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  struct Axis {
    QString title;
    QuantityValues of;
    bool logarithmic = false;
    double low = 0, high = 1;  ///< ends
    double shareOf(double value) const;
    bool draws(double value) const;
  };
  static constexpr std::size_t kColours = 8;

  void makeMouse();
  void readAxes();
  void measure(Axis& axis) const;
  void drawLines();
  void drawAxes();
  void tell();
  bool isBrushed(std::size_t run) const;
  void addLine(QCPCurve& curve, std::size_t run) const;
  std::optional<std::size_t> axisAt(const QPointF& place) const;
  void pressed(const QMouseEvent& event);
  void moved(const QMouseEvent& event);
  void released(const QMouseEvent& event);
  QString tipAt(const QPointF& place) const;
  double shareAt(double pixel) const;

  QLineEdit* field_;
  QAction* log_;
  std::vector<study::IndexedRunPtr> runs_;
  std::set<std::filesystem::path> chosen_;
  std::map<QString, bool> logarithmic_;  ///< by titles of axes, where a person chose
  QStringList others_;                   ///< fields that have no axis, though the runs differ
  std::map<QString, Brush> brushes_;
  std::vector<Axis> axes_;
  std::vector<std::size_t> drawn_;  ///< places in `runs_`
  std::size_t missing_ = 0;
  std::vector<QCPCurve*> curves_;  ///< by colour
  QCPCurve *pale_, *chosenLines_, *bars_;
  std::vector<QCPItemText*> texts_;
  std::vector<QCPItemRect*> boxes_;
  std::optional<std::size_t> dragged_, menuAxis_;
  double from_ = 0;
};

}  // namespace eq::widgets
