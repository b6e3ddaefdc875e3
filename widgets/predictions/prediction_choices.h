#pragma once

#include <cstdint>
#include <vector>

#include <QWidget>

#include "core/base/task.h"
#include "core/train/prediction_survey.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace eq::widgets {

/// What predictions are shown: task, split, classes, right or wrong, and which page of the list.
class PredictionChoices : public QWidget {
  Q_OBJECT

 public:
  explicit PredictionChoices(QWidget* parent = nullptr);

  /// Of another run; none: nothing can be chosen. The task of before stays where it is there.
  void setTasks(const std::vector<TaskInfo>& tasks);
  bool any() const { return !tasks_.empty(); }
  /// Whether the run can be evaluated again by hand.
  void setRepeatable(bool repeatable);
  /// \pre any().
  train::PredictionRequest request() const;
  /// The examples of a cell of a confusion matrix. \returns whether the task is there.
  bool choose(std::size_t task, train::SplitName split, std::int64_t target,
              std::int64_t predicted);
  /// Where in the list the page is that is shown.
  void showPlace(const train::PredictionPage& page);

 signals:
  /// By the user.
  void changed();
  void againRequested();

 private:
  QComboBox* makeBox(const QString& name, const QString& help);
  QToolButton* makeButton(const QString& text, const QString& name);
  QLayout* makeUpperRow();
  QLayout* makeLowerRow();
  void fillClasses();
  void change();
  void turn(std::int64_t pages);

  std::vector<TaskInfo> tasks_;
  std::int64_t first_ = 0;
  QComboBox *task_, *split_, *outcome_, *target_, *predicted_;
  QToolButton *before_, *after_, *again_;
  QLabel* place_;
};

}  // namespace eq::widgets
