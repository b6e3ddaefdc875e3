#pragma once

#include <filesystem>
#include <vector>

#include <QDialog>

#include "widgets/experiment/race_subject.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace eq::widgets {

class ChoiceBox;
class NumberBox;
class ProblemLabel;
class RaceLanes;

/// What a person wants to race.
struct RaceRequest {
  train::Experiment experiment;  ///< what all lanes have alike
  std::vector<std::vector<train::Setting>> lanes;
  QString name;
  std::filesystem::path workspace;  ///< where the race's folder is made
};

/// Asks what the lanes of a race differ in, and how far they go. What was typed for one subject
/// stays while another is looked at. Does not block, and stays open until somebody says how the
/// start went.
class RaceDialog : public QDialog {
  Q_OBJECT

 public:
  /// \param known one a task, or empty. \param path what the lanes differ in to begin with,
  /// "tasks[0].loss".
  RaceDialog(const train::Experiment& experiment, const std::vector<KnownTask>& known,
             const std::string& path, const std::filesystem::path& workspace,
             QWidget* parent = nullptr);

  /// Why nothing can be started; empty: it can.
  QString problem() const;
  /// It was asked for and could not be begun: all stays as it was typed.
  void refuse(const QString& reason);

 signals:
  /// Answer with accept() or refuse().
  void startRequested(const eq::widgets::RaceRequest& request);

 private:
  QWidget* makeFields();
  QWidget* makeFoot();
  void choose(int subject);
  void chooseFolder();
  void showFolder();
  void showState();
  void start();
  RaceLanes& lanes() const;

  train::Experiment experiment_;
  std::vector<RaceSubject> subjects_;
  std::filesystem::path workspace_;
  ChoiceBox* subject_;
  QStackedWidget* pages_;
  std::vector<RaceLanes*> lanes_;  ///< one a subject; null until that is looked at
  QLineEdit* name_;
  NumberBox* epochs_;
  QLabel* folder_;
  ProblemLabel* problem_;
  QPushButton* start_;
  bool starting_ = false;
};

}  // namespace eq::widgets
