#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "core/run/run_folder.h"
#include "widgets/session/runs_follower.h"

class QTimer;

namespace eq::widgets {

class RunData;

/// One of the runs that the plots show.
struct ShownRun {
  std::filesystem::path folder;  ///< empty: one that is not recorded yet
  QString name;                  ///< unlike those of the others that are shown
  int colour = 0;                ///< index for taskColour(); stays as long as the run is shown
  bool focus = false;            ///< the one that the rest of the window is about
  const RunData* data = nullptr;
  /// Up to this step another one of those shown has recorded the same and draws it: they are parent
  /// and child, or children of one parent. 0: nothing is shared.
  std::int64_t sharedUntil = 0;
  int group = -1;  ///< in ShownRuns::groups(); -1: there are none
};

/// Runs that are shown as one, because their experiments say the same in some fields.
struct ShownGroup {
  QString name;
  int colour = 0;  ///< that of its first run
  int size = 0;    ///< n
};

enum class Grouping {
  none,
  seeds,  ///< experiments that differ in nothing but the seed
  fields  ///< experiments of equal values in chosen fields
};

/// The runs that all plots of a window show: the one in focus, whose records the window has anyway,
/// and those that were chosen to be seen beside it, which are read in a thread and followed while
/// they grow. Lives in the GUI thread, as do all data.
///
/// How to draw them: take runs() anew on changed(), let go at once of all columns of a run that is
/// not among them any more, draw what is new on grew(). What the run in focus gains is told by its
/// RunData, as ever. A curve's colour is its run's where several are shown; PlotLink passes all of
/// this on to the plots, and TimePlot draws it.
class ShownRuns : public QObject {
  Q_OBJECT

 public:
  /// \param focus outlives this.
  explicit ShownRuns(const RunData& focus, QObject* parent = nullptr);
  ~ShownRuns() override;

  /// Where the data of the run in focus are kept; empty: nowhere yet.
  void setFocus(const std::filesystem::path& folder);
  /// Chooses a run to be seen beside the one in focus, or no longer. It appears when it is read.
  void setShown(const std::filesystem::path& folder, bool shown);
  /// Leaves the one in focus alone.
  void hideOthers();
  /// Whether it was chosen, or is in focus.
  bool isShown(const std::filesystem::path& folder) const;
  bool isFocus(const std::filesystem::path& folder) const;
  /// Whether any was chosen.
  bool hasOthers() const { return !chosen_.empty(); }
  /// Of a run that is shown.
  std::optional<int> colourOf(const std::filesystem::path& folder) const;

  /// The one in focus first, then those that were chosen, in that order, as far as they are read.
  const std::vector<ShownRun>& runs() const { return runs_; }
  /// \param fields paths as ExperimentFields has them, for Grouping::fields.
  void setGrouping(Grouping grouping, const std::vector<std::string>& fields = {});
  Grouping grouping() const { return grouping_; }
  const std::vector<std::string>& groupFields() const { return groupFields_; }
  /// Empty without grouping. Every run is in one, alone perhaps.
  const std::vector<ShownGroup>& groups() const { return groups_; }
  /// Paths of the fields in which the runs differ.
  std::vector<std::string> differingFields() const;
  /// Pins a run, with its group where there are groups; empty: none.
  void setBaseline(const std::filesystem::path& folder);
  /// Its folder, also while it is not shown; empty: none.
  const std::filesystem::path& pinned() const { return baseline_; }
  /// Null without one, or while it is not shown.
  const ShownRun* baseline() const;
  /// What it is called: the run's name, or its group's.
  QString baselineName() const;

  /// What is known of runs now: their names may be others.
  void learn(const std::vector<run::RunInfo>& infos);

 signals:
  /// runs() are others, or have other names, colours or data.
  void changed();
  /// One of those beside the focus has more records.
  void grew();
  void problemMet(const QString& problem);

 private:
  struct Chosen {
    std::filesystem::path folder;
    FollowedRun run;  ///< without data until it is read, and while it is in focus
    bool followed = false;
  };
  Chosen* find(const std::filesystem::path& folder);
  void take(const std::filesystem::path& folder, const FollowedRun& run);
  void takeNews(const std::filesystem::path& folder, const run::RunNews& news);
  /// Reads those that are not in focus, and no others.
  void follow();
  const FollowedRun& known(const ShownRun& run) const;
  void assignColours();
  void nameRuns();
  void findShared();
  void groupRuns();
  void update();

  const RunData& focus_;
  std::filesystem::path focusFolder_;
  FollowedRun focusRun_;  ///< without data, which are `focus_`
  std::vector<Chosen> chosen_;
  std::map<std::filesystem::path, int> colours_;
  std::vector<ShownRun> runs_;
  Grouping grouping_ = Grouping::none;
  std::vector<std::string> groupFields_;
  std::vector<ShownGroup> groups_;
  std::filesystem::path baseline_;
  QTimer* later_;  ///< brings what was read to the plots, several at a time
  RunsFollower follower_;
};

/// The last step, at most `until`, up to which both have recorded the same losses at the same
/// steps; 0 without any.
std::int64_t sameUntil(const RunData& one, const RunData& other, std::int64_t until);

}  // namespace eq::widgets
