#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

#include "core/base/task.h"
#include "core/train/prediction_survey.h"
#include "widgets/predictions/recorded_look.h"

class QLabel;
class QTableView;

namespace eq::widgets {

class ConfidenceDelegate;
class PredictionChoices;
class PredictionsModel;
class WorkBar;

/// Inputs with targets and predictions of the run that is shown, worst first, a page at a time. Of
/// a run that goes on in the session it asks by liveWanted() while it is visible; a recorded run is
/// evaluated in a thread of its own, at the checkpoint nearest to the cursor.
class PredictionsPage : public QWidget {
  Q_OBJECT

 public:
  explicit PredictionsPage(QWidget* parent = nullptr);

  /// No run. \param why what to do.
  void showNothing(const QString& why);
  /// The run of the session. \param tasks of its experiment.
  void showLive(const std::vector<TaskInfo>& tasks);
  /// A recorded one. \param step of the cursor; nothing: the newest checkpoint.
  void showRecorded(const std::filesystem::path& run, const std::vector<TaskInfo>& tasks,
                    std::optional<std::int64_t> step);
  /// Of a recorded run; does nothing else.
  void setCursorStep(std::optional<std::int64_t> step);
  /// The answers to liveWanted().
  void takePage(const train::PredictionPage& page);
  void takeProblem(const QString& problem);
  /// The examples in a cell of a confusion matrix. \param task of the experiment.
  void choose(std::size_t task, train::SplitName split, std::int64_t target,
              std::int64_t predicted);

  PredictionsModel& model() { return *model_; }
  /// What is said above the table.
  QString words() const;
  bool isBusy() const { return look_->isBusy(); }

 signals:
  /// What the session should tell of; nothing: no more.
  void liveWanted(const std::optional<eq::train::PredictionRequest>& request);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  enum class Source { nothing, live, recorded };

  void makeTable();
  void connectLook();
  void takeTasks(const std::vector<TaskInfo>& tasks);
  void askAnew();
  /// Of what is chosen, where it can be seen.
  void ask();
  void askRecorded();
  void display(const train::PredictionPage& page, const QString& place);
  void say(const QString& text);
  /// The colours of classes, where maps of them are drawn.
  void showLegend();

  Source source_ = Source::nothing;
  std::filesystem::path run_;
  std::optional<std::int64_t> cursor_;
  std::optional<train::PredictionRequest> asked_;  ///< of the session
  bool stale_ = true;                              ///< the recorded run has not been asked
  PredictionChoices* choices_;
  QLabel *words_, *empty_, *legend_;
  WorkBar* bar_;
  QTableView* view_;
  ConfidenceDelegate* bars_;
  PredictionsModel* model_;
  RecordedLook* look_;
  QTimer soon_;  ///< joins the moves of the cursor
};

}  // namespace eq::widgets
