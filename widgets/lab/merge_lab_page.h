#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

#include "core/run/lab/lab_answers.h"

class QLabel;
class QPushButton;
class QSplitter;
class QTableView;

namespace eq::widgets {

class CoefficientRows;
class LabWork;
class LayerBars;
class PlotLink;
class PlotPanel;
class RunData;
class ScoresModel;
class VectorMap;

/// Experts of one base with a λ each: what the merged model is worth follows the sliders, on a
/// sample of the validation split while they move and on all of it when they rest; beside it, what
/// the task vectors have in common. What is found can be kept as a run.
class MergeLabPage : public QWidget {
  Q_OBJECT

 public:
  /// \param data, link of the plots; they outlive the page. \param workspace of the kept runs.
  MergeLabPage(const RunData& data, PlotLink& link, const std::filesystem::path& workspace,
               QWidget* parent = nullptr);

  /// Experts, and their base or not.
  void open(const std::vector<std::filesystem::path>& runs);
  std::vector<PlotPanel*> plots() const;

  ScoresModel& model() const { return *model_; }
  /// What is said above the table, or in its place.
  QString words() const;
  bool isBusy() const;

 signals:
  /// The runs that are chosen in the table of runs are to be opened.
  void runsWanted();
  /// A run was written. \param trains it is to be trained on.
  void saved(const std::filesystem::path& folder, const QString& remarks, bool trains);
  void problemMet(const QString& text);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QWidget* makeBar();
  QWidget* makeLeft();
  void makeTable();
  void connectWork();
  /// \param text in the place of everything.
  void showNothing(const QString& text);
  void take(const run::LabFacts& facts);
  void take(const run::LabScores& scores);
  void ask();
  void askWhole();
  void save(bool trains);
  void updateActions();
  QStringList names() const;

  std::filesystem::path workspace_;
  std::optional<run::LabFacts> facts_;
  bool trains_ = false;  ///< what is being saved
  QLabel *words_, *notes_, *empty_;
  QPushButton *take_, *save_, *train_;
  CoefficientRows* rows_;
  QTableView* table_;
  ScoresModel* model_;
  VectorMap* map_;
  LayerBars* bars_;
  QSplitter* content_;
  LabWork* work_;
  QTimer rest_;  ///< until the whole split is evaluated
};

}  // namespace eq::widgets
