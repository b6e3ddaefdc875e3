#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <QList>
#include <QObject>
#include <QStringList>

#include "app/lane_link.h"
#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_file.h"

class QAction;

namespace eq::widgets {
class ExperimentPanel;
class Gallery;
struct RaceRequest;
struct SweepRequest;
}  // namespace eq::widgets

namespace eq::app {

class ScriptGate;

/// What races and sweeps have to do with; all outlive the link.
struct StudyParts {
  LaneParts lanes;
  std::filesystem::path workspace;
  widgets::ExperimentPanel& experiment;
  widgets::Gallery& gallery;
  ScriptGate& gate;
  std::function<bool()> settled;  ///< as MainWindow has it
};

/// Begins races and sweeps of what stands in the experiment, and goes on with those of the
/// workspace: in processes that outlive the window.
class StudyLink : public QObject {
  Q_OBJECT

 public:
  explicit StudyLink(const StudyParts& parts, QObject* parent = nullptr);

  /// For the menu Run.
  const QList<QAction*>& actions() const { return actions_; }
  /// Lanes of what stands in the experiment. \param path what they differ in to begin with.
  void askForRace(const std::string& path);
  /// \param sweep the key of a file to begin with; null: none.
  void askForSweep(const nlohmann::ordered_json& sweep = nullptr);
  /// The window is closed: what was to wait without it does.
  void pauseWaiting();

 private:
  /// Is told how a start went: empty when it began.
  using Answer = std::function<void(const QString&)>;

  using Begun = std::function<void(const std::filesystem::path& folder)>;

  /// A sweep or race that is to begin.
  struct Fresh {
    std::string text;            ///< of its file
    std::filesystem::path data;  ///< where relative paths of it start
    std::filesystem::path workspace;
    QString name;
    QStringList more;  ///< arguments of the command line
    study::SweepControl control;
  };

  QAction* add(const QString& text, const QKeySequence& key, const std::function<void()>& act);
  /// Whether an experiment stands there whose fields all count; says so where not.
  bool isReady();
  void race(const widgets::RaceRequest& request, const Answer& answer);
  void sweep(const widgets::SweepRequest& request, const Answer& answer);
  void begin(const Fresh& fresh, const Answer& answer, const Begun& begun);
  /// Does `then` once all files of losses that the runs name are trusted; what throws is told.
  void gated(const std::function<study::SweepFile()>& read, const std::function<void()>& then,
             const Answer& answer);
  void launch(const std::filesystem::path& folder, const QStringList& more, const Answer& answer);
  void goOn(const std::filesystem::path& folder);
  void tellError(const QString& problem);

  StudyParts at_;
  LaneLink* lanes_;
  QList<QAction*> actions_;
};

}  // namespace eq::app
