#pragma once

#include <QFrame>

#include "core/base/task.h"
#include "core/train/experiment.h"

class QCheckBox;
class QLabel;

namespace eq::widgets {

class MethodEditor;
class ParameterField;

/// One task of an experiment: its name in its colour, on or off, its weight, its loss.
class TaskCard : public QFrame {
  Q_OBJECT

 public:
  /// \param info limits the losses to those that fit the task; null where it is not known yet.
  TaskCard(int task, const TaskInfo* info, QWidget* parent = nullptr);

  /// Does not emit edited().
  void setSpec(const train::TaskSpec& spec);
  /// The spec that was set, with what the user has changed.
  train::TaskSpec spec() const;

 signals:
  void edited();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void showColour();

  int task_;
  train::TaskSpec spec_;
  QLabel* swatch_;
  QLabel* name_;
  QCheckBox* enabled_;
  ParameterField* weight_;
  MethodEditor* loss_;
};

}  // namespace eq::widgets
