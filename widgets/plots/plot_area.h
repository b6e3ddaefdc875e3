#pragma once

#include <functional>
#include <set>
#include <vector>

#include <QMainWindow>
#include <QString>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"

class QAction;
class QDockWidget;
class QToolBar;

namespace eq::widgets {

class ConflictPage;
class PlotPanel;
enum class PlotPlace;

/// The plots of one run, each in a dock of this inner window: Losses, Weights, Gradient norms,
/// Training rates, Conflict, Sharing, Metrics, Pareto, Confusion, Calibration, Trajectory, and the
/// pages that the window adds. The standard layout shows as many at once as the size allows, the
/// others as tabs behind them; dragging a tab or a title, or a plot's menu, splits, floats or joins
/// them. What does not apply to the run is not there. Pages of several plots take the whole area
/// while their tab is chosen.
class PlotArea : public QMainWindow {
  Q_OBJECT

 public:
  /// \param data, link must outlive the area.
  PlotArea(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  const RunData& data() const { return data_; }
  /// Every panel, hidden ones too.
  const std::vector<PlotPanel*>& panels() const { return panels_; }
  /// The panels on the screen.
  std::vector<PlotPanel*> visiblePanels() const;
  /// By id, as on the command line: "losses", "weights", "gradient-norms", "cosines", "angles",
  /// "conflict-frequency", "pair-map", "magnitude-similarity", "curvature-bound",
  /// "condition-number", "geometry", "task-affinity", "training-rates", "metrics", "pareto",
  /// "confusion", "calibration", "trajectory", and as the run's model has series: "gate",
  /// "penalties" ...; null for another text.
  PlotPanel* panel(const QString& id) const;
  /// The docks, for a View menu: QDockWidget::toggleViewAction().
  const std::vector<QDockWidget*>& docks() const { return docks_; }
  /// A further page beside the plots. \param plots those of its panels that can be exported.
  void addPage(const QString& title, QWidget* content, const std::vector<PlotPanel*>& plots);
  /// Brings a dock to the front by one of titles(), in any case of the letters. \returns whether it
  /// is there, and applies to the run.
  bool showDock(const QString& title);
  /// Of the docks, and of the tabs of Conflict.
  QStringList titles() const;
  /// What the tool bar holds, for menus: one action a unit of the x axis.
  const std::vector<QAction*>& unitActions() const { return unitActions_; }
  /// Shows all of the run again and goes on with it; enabled while a range is fixed.
  QAction* followAction() const { return follow_; }
  /// Asks for a figure of all plots on the screen.
  QAction* exportAction() const { return export_; }
  /// The standard layout for this run and size.
  void resetLayout();
  /// Does what a person asked for to the layout, so that it can be undone.
  /// \param text what was done, after "Undo".
  void arrange(const QString& text, const std::function<void()>& work);
  /// Where the docks are, to be kept.
  QByteArray layoutState();
  /// As it was kept. \returns whether it could be read; else nothing changes.
  bool setLayoutState(const QByteArray& state);

 signals:
  /// The user asks for a figure of these panels.
  void exportRequested(const std::vector<eq::widgets::PlotPanel*>& panels);
  /// The user wants conflict to be sampled so from now on.
  void samplingRequested(const eq::train::ConflictSpec& conflict,
                         const eq::train::AffinitySpec& affinity);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void makeActions(PlotLink& link);
  void makeToolBar(PlotLink& link);
  QAction* makeGroupAction(PlotLink& link, QToolBar& bar);
  QDockWidget* addDock(const QString& title, QWidget* content);
  void addPageDock(const QString& title, QWidget* content);
  /// \returns the panel, after connecting and keeping it.
  PlotPanel* keep(PlotPanel* panel);
  QDockWidget* addSingle(PlotPanel* panel);
  void makeSharing(const RunData& data, PlotLink& link);
  void makePareto(const RunData& data, PlotLink& link);
  void makeCalibration(const RunData& data, PlotLink& link);
  QDockWidget* dock(const QString& title) const;
  QDockWidget* dockOf(const PlotPanel* panel) const;
  void move(const PlotPanel* panel, PlotPlace place);
  void place(const std::vector<std::vector<QString>>& groups, bool twoRows);
  bool applies(const QDockWidget* dock) const;
  void showWhatApplies();
  void docksMoved();
  /// A dock among tabs needs no title beside its tab's.
  void updateTitles();
  /// Makes room for a page of several plots, and gives it back.
  void updateRoom();
  void giveRoomBack();

  const RunData& data_;
  PlotLink& link_;
  ConflictPage* conflict_ = nullptr;
  std::vector<PlotPanel*> panels_;
  std::vector<QDockWidget*> docks_;
  std::set<QDockWidget*> pages_;  ///< of several plots
  std::set<QDockWidget*> away_;   ///< hidden: they do not apply to the run
  struct Aside {
    QDockWidget* dock;
    bool inFront;  ///< of its tabs
  };
  std::vector<Aside> aside_;  ///< hidden while a page takes the whole area
  bool placed_ = false;       ///< the layout suits the size on the screen, or was kept
  QString wanted_;            ///< to be in front as soon as it is placed
  std::vector<QAction*> unitActions_;
  QAction* follow_ = nullptr;
  QAction* export_ = nullptr;
};

}  // namespace eq::widgets
