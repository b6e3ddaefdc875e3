#pragma once

#include <cstddef>
#include <optional>
#include <tuple>

#include <QString>

#include "core/metric/classes/class_report.h"
#include "widgets/plots/plot_panel.h"

class QComboBox;
class QMouseEvent;

namespace eq::widgets {

/// A plot of what one evaluation says of one task with classes. The header chooses task and split;
/// of the split's evaluations the last one at or before the shared cursor is shown, without one the
/// newest. To add one: derive, answer draw() and tipAt().
class ReportPlot : public PlotPanel {
  Q_OBJECT

 public:
  ReportPlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Chooses by name; nothing changes when it is not offered.
  void setTask(const QString& name);
  void setSplit(train::SplitName split);
  QString task() const;
  train::SplitName split() const;
  /// Whether task and split can be chosen here.
  void setChoosable(bool choosable);

 signals:
  /// Another task or split.
  void chosen();

 protected:
  /// Shows this report, or nothing for null. The chosen task is taskIndex().
  virtual void draw(const metric::ClassReport* report) = 0;
  /// What is told of the place under the mouse, in coordinates of the upper plot; empty: nothing.
  virtual QString tipAt(const metric::ClassReport& report, double x, double y) const = 0;
  /// Beside the step and the number of examples; empty: nothing.
  virtual QString remark(const metric::ClassReport& report) const = 0;
  /// Why this report cannot be drawn; empty: it can.
  virtual QString obstacle(const metric::ClassReport& report) const = 0;

  /// The report that is chosen now; null without one.
  const metric::ClassReport* report() const;
  /// Of the chosen task; none where no task has classes.
  std::optional<std::size_t> taskIndex() const;
  /// Its name, or its number where the data names no classes.
  QString className(std::int64_t index) const;
  /// Draws anew with the next refresh().
  void redraw() { drawn_.reset(); }

  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  /// What is drawn: evaluation and task.
  using Choice = std::tuple<std::size_t, std::size_t>;
  std::optional<Choice> choice() const;
  std::optional<std::size_t> newestBefore(std::optional<double> x, std::size_t task) const;
  void offerTasks();
  void describe();
  void followCursor();
  void mouseMoved(const QMouseEvent& event);

  QComboBox* task_;
  QComboBox* split_;
  std::optional<Choice> drawn_;
};

}  // namespace eq::widgets
