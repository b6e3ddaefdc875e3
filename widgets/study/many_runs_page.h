#pragma once

#include <filesystem>
#include <vector>

#include <QSplitter>

#include "core/study/indexed_run.h"

namespace eq::widgets {

class ParallelPlot;
class PlotLink;
class PlotPanel;
class RunData;
class ScatterPlot;

/// The runs that the table lists in two pictures: across parallel axes, and two of their values
/// against each other. What is chosen in one is chosen in the other, and in the table.
class ManyRunsPage : public QSplitter {
  Q_OBJECT

 public:
  /// \param data, link of the plots; they outlive the page.
  ManyRunsPage(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  void setRuns(const std::vector<study::IndexedRunPtr>& runs);
  void setChosen(const std::vector<std::filesystem::path>& folders);
  std::vector<PlotPanel*> plots() const;
  ParallelPlot& parallel() const { return *parallel_; }
  ScatterPlot& scatter() const { return *scatter_; }

 signals:
  /// By a person, in one of the pictures.
  void chosen(const std::vector<std::filesystem::path>& folders);

 private:
  ParallelPlot* parallel_;
  ScatterPlot* scatter_;
};

}  // namespace eq::widgets
