#pragma once

#include <functional>

#include <QWidget>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"

class QTabWidget;

namespace eq::widgets {

class PlotPanel;

/// How the tasks' gradients disagree, in tabs: an overview, what else is measured of the pairs, the
/// geometry, and what the tasks do for each other. Below them what sampling costs.
class ConflictPage : public QWidget {
  Q_OBJECT

 public:
  /// Is told every panel, and gives it back.
  using Keep = std::function<PlotPanel*(PlotPanel*)>;

  /// \param data, link outlive the page.
  ConflictPage(const RunData& data, PlotLink& link, const Keep& keep, QWidget* parent = nullptr);

  QStringList tabTitles() const;
  /// Turns to a tab by its title, in any case. \returns whether there is one.
  bool turnTo(const QString& title);
  /// The title of the tab in front.
  QString turnedTo() const;

 signals:
  /// The user wants to sample so from now on.
  void samplingRequested(const eq::train::ConflictSpec& conflict,
                         const eq::train::AffinitySpec& affinity);

 private:
  void addPairs(const RunData& data, PlotLink& link, const Keep& keep);

  QTabWidget* tabs_;
};

}  // namespace eq::widgets
