#pragma once

#include <filesystem>
#include <vector>

#include <QWidget>

#include "widgets/study/comparison_view.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QTabWidget;
class QTimer;

namespace eq::widgets {

class DifferencesView;
class GroupsModel;
class IntegerBox;
class NewestWork;
class ProblemLabel;
class ShownRuns;
class SingleTaskBar;
class TestsModel;

/// Several runs compared: in groups, with intervals, against a baseline with paired tests, against
/// single-task runs; and what differs between two of them. All numbers are those of
/// `equipoise-cli compare`. Runs are read in a thread of their own, again when they grow.
class ComparePanel : public QWidget {
  Q_OBJECT

 public:
  /// Which runs are compared.
  enum Source { kShown, kChosen, kListed };

  /// \param workspace below which single-task runs are made. \param shown says which runs the plots
  /// show, and has the pinned baseline; outlives the panel.
  ComparePanel(const std::filesystem::path& workspace, ShownRuns& shown, QWidget* parent = nullptr);

  /// Those of the table of runs that are chosen, and those that it lists.
  void setChosen(const std::vector<std::filesystem::path>& folders);
  void setListed(const std::vector<std::filesystem::path>& folders);
  void setSource(Source source);

  /// The newest; null before the first.
  const ComparisonPtr& comparison() const { return view_; }
  /// What is told below the choices: a problem, or what a person should know.
  QString remarks() const;
  /// Whether it shows what was asked for.
  bool isUpToDate() const;

 signals:
  void problemMet(const QString& text);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeChoices();
  QWidget* makeGroupChoices();
  QTabWidget* makeTabs();
  void connectWork();
  void askAgain();
  void compareNow();
  void take(const ComparisonPtr& view);
  void offerBaselines();
  void offerFields();
  void offerSource();
  ComparisonQuestion question() const;
  std::vector<std::filesystem::path> folders() const;
  void showRemarks();

  ShownRuns& shown_;
  std::vector<std::filesystem::path> chosen_, listed_;
  QComboBox *source_, *value_, *split_, *baseline_;
  QList<std::pair<QString, QString>> offeredBaselines_;  ///< texts and folders
  IntegerBox* count_;
  QLineEdit* by_;
  QMenu* fields_;
  QCheckBox* differences_;
  SingleTaskBar* single_;
  ProblemLabel* problem_;
  QLabel* notes_;
  GroupsModel* groups_;
  TestsModel* tests_;
  DifferencesView* what_;
  QTabWidget* tabs_;
  NewestWork* work_;
  QTimer* later_;
  ComparisonPtr view_;
  bool stale_ = true;
};

}  // namespace eq::widgets
