#pragma once

#include <vector>

#include <QMainWindow>
#include <QString>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"

class QAction;
class QDockWidget;

namespace eq::widgets {

class PlotPanel;

/// The plots of one run, each in a dock of this inner window: Losses, Weights, Gradient norms,
/// Conflict, Metrics, Confusion, Calibration, Trajectory, and the pages that the window adds. They
/// start as tabs; dragging a tab or a title splits, floats or joins them; saveState() and
/// restoreState() keep that.
class PlotArea : public QMainWindow {
  Q_OBJECT

 public:
  /// \param data, link must outlive the area.
  PlotArea(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Every panel, hidden ones too.
  const std::vector<PlotPanel*>& panels() const { return panels_; }
  /// The panels on the screen.
  std::vector<PlotPanel*> visiblePanels() const;
  /// By id, as on the command line: "losses", "weights", "gradient-norms", "cosines", "angles",
  /// "conflict-frequency", "condition-number", "metrics", "confusion", "calibration", "trajectory";
  /// null for another text.
  PlotPanel* panel(const QString& id) const;
  /// The docks, for a View menu: QDockWidget::toggleViewAction().
  const std::vector<QDockWidget*>& docks() const { return docks_; }
  /// A further page beside the plots. \param plots those of its panels that can be exported.
  void addPage(const QString& title, QWidget* content, const std::vector<PlotPanel*>& plots);
  /// Brings a dock to the front by its title.
  void showDock(const QString& title);
  /// What the tool bar holds, for menus: one action a unit of the x axis.
  const std::vector<QAction*>& unitActions() const { return unitActions_; }
  /// Shows all of the run again and goes on with it; enabled while a range is fixed.
  QAction* followAction() const { return follow_; }
  /// Asks for a figure of all plots on the screen.
  QAction* exportAction() const { return export_; }
  /// All as tabs again.
  void resetLayout();

 signals:
  /// The user asks for a figure of these panels.
  void exportRequested(const std::vector<eq::widgets::PlotPanel*>& panels);

 private:
  void makeActions(PlotLink& link);
  void makeToolBar(PlotLink& link);
  QDockWidget* addDock(const QString& title, QWidget* content);
  /// \returns the panel, after connecting and keeping it.
  PlotPanel* keep(PlotPanel* panel);
  QDockWidget* addSingle(PlotPanel* panel);
  QWidget* makeConflict(const RunData& data, PlotLink& link);
  /// A dock among tabs needs no title beside its tab's.
  void updateTitles();
  void updateTrajectory();

  const RunData& data_;
  std::vector<PlotPanel*> panels_;
  QDockWidget* trajectory_ = nullptr;
  std::vector<QDockWidget*> docks_;
  std::vector<QAction*> unitActions_;
  QAction* follow_ = nullptr;
  QAction* export_ = nullptr;
};

}  // namespace eq::widgets
