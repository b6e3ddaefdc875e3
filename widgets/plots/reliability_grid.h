#pragma once

#include <map>

#include <QWidget>

class QGridLayout;
class QLabel;
class QScrollArea;

namespace eq::widgets {

class PlotLink;
class PlotPanel;
class ReliabilityPlot;
class RunData;

/// The reliability diagrams of all runs that are shown, side by side, that of the run in focus
/// first: it chooses task and split for all.
class ReliabilityGrid : public QWidget {
  Q_OBJECT

 public:
  ReliabilityGrid(const RunData& data, PlotLink& link, QWidget* parent = nullptr);
  ~ReliabilityGrid() override;

  /// Of the run in focus.
  ReliabilityPlot& lead() const { return *lead_; }
  /// Of the others that are shown.
  std::size_t besideCount() const { return beside_.size(); }

 signals:
  void added(eq::widgets::PlotPanel* panel);
  /// It is deleted after this.
  void gone(eq::widgets::PlotPanel* panel);
  /// There may be another number of them.
  void arranged();

 private:
  void follow();
  void choose(ReliabilityPlot& plot) const;
  void arrange();
  void resizeEvent(QResizeEvent* event) override;
  /// That have room beside each other, of so many.
  int columnsFor(int count) const;

  PlotLink& link_;
  ReliabilityPlot* lead_;
  std::map<const RunData*, ReliabilityPlot*> beside_;
  QScrollArea* area_;
  QGridLayout* grid_;
  QLabel* more_;
  int columns_ = 1;
};

}  // namespace eq::widgets
