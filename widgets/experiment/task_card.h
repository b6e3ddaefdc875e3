#pragma once

#include <QFrame>

#include "core/train/experiment.h"

class QCheckBox;
class QLabel;

namespace eq::widgets {

class MethodEditor;
class ParameterField;
struct MethodRules;

/// One task of an experiment: its name in its colour, on or off, its weight, its loss, and how much
/// it counts where a method takes that.
class TaskCard : public QFrame {
  Q_OBJECT

 public:
  /// \param rules of the task's losses (lossRules).
  TaskCard(int task, MethodRules rules, QWidget* parent = nullptr);

  /// Does not emit edited().
  void setSpec(const train::TaskSpec& spec);
  /// The spec that was set, with what the user has changed.
  train::TaskSpec spec() const;
  MethodEditor& loss() const { return *loss_; }
  /// As if the user had clicked the box.
  void switchOn(bool on);
  /// Whether it shows how much the task counts: where a method takes it.
  void setPreferenceShown(bool shown);
  /// It can be looked at, and not changed.
  void setLocked(bool locked);
  /// Why what its loss shows is not in force; empty where it is.
  QString problem() const;
  /// Says what differs from how the run began; null: nothing.
  void setBegun(const train::TaskSpec* begun);

 signals:
  void edited();
  void problemChanged();
  /// Losses of this task are to be compared.
  void compareRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void showColour();

  int task_;
  train::TaskSpec spec_;
  QLabel* swatch_;
  QLabel* name_;
  QLabel* begun_;
  QCheckBox* enabled_;
  ParameterField* weight_;
  ParameterField* preference_;
  QLabel* preferenceLabel_;
  MethodEditor* loss_;
};

}  // namespace eq::widgets
