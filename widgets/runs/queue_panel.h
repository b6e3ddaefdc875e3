#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <QWidget>

#include "widgets/runs/queue_watch.h"

class QAction;
class QKeySequence;
class QToolBar;
class QTreeWidget;
class QTreeWidgetItem;

namespace eq::widgets {

class NumberBox;
class ProblemLabel;

/// The sweeps and races of the workspace, each with its runs: how they stand, and what a person
/// wants of them. That is kept in their folders, so that whoever trains them obeys, also when the
/// window is closed.
class QueuePanel : public QWidget {
  Q_OBJECT

 public:
  explicit QueuePanel(const std::filesystem::path& workspace, QWidget* parent = nullptr);

  /// Looks soon at what has changed.
  void look();
  QTreeWidget& tree() const { return *tree_; }
  const QueueWatch::Standings& standings() const { return standings_; }

 signals:
  /// Somebody must train it on.
  void continueRequested(const std::filesystem::path& folder);
  void openRequested(const std::filesystem::path& run);
  /// All runs of a sweep that have a folder, side by side in the plots.
  void showRequested(const std::vector<std::filesystem::path>& runs);
  /// One has come to its end since it was looked at last, finished or failed.
  void sweepEnded(const eq::study::SweepStanding& sweep);
  /// A lane that is trained.
  void cloneRequested(const std::filesystem::path& run);
  void problemMet(const QString& text);

 private:
  /// A row of the tree.
  struct Place {
    const study::SweepStanding* sweep = nullptr;  ///< null: nothing is chosen
    int run = -1;                                 ///< of the sweep, then its clones; -1: the whole
  };

  QAction* add(const QString& text, const QKeySequence& key, const QString& help,
               void (QueuePanel::*act)(const Place&));
  void makeBar();
  void take(const QueueWatch::Standings& standings, const std::vector<std::string>& problems);
  void tellEnded();
  void showSweep(QTreeWidgetItem& row, const study::SweepStanding& sweep);
  Place chosen() const;
  static const run::RunInfo* infoOf(const Place& place);
  void updateActions();
  void change(const Place& place, const std::function<void(study::SweepControl&)>& change,
              bool goesOn);
  void goOn(const Place& place);
  void pause(const Place& place);
  void cancel(const Place& place);
  void retry(const Place& place);
  void first(const Place& place);
  void showChosen(const Place& place);
  void clone(const Place& place);
  void setWorkers(double workers);
  void setWaits(bool waits);

  QueueWatch::Standings standings_;
  /// Whether they had come to their end, as it was looked at last; none: nobody has looked.
  std::optional<std::map<std::filesystem::path, bool>> ended_;
  QTreeWidget* tree_;
  QToolBar* bar_;
  ProblemLabel* problem_;
  NumberBox* workers_;
  QAction *continue_, *pause_, *cancel_, *retry_, *first_, *show_, *clone_, *waits_;
  QueueWatch* watch_;
};

}  // namespace eq::widgets
