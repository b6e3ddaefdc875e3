#pragma once

#include <functional>
#include <vector>

#include <QString>
#include <QWidget>

#include "core/base/descriptor.h"
#include "core/base/task.h"
#include "core/train/command.h"
#include "core/train/experiment.h"

class QLabel;
class QScrollArea;
class QUndoStack;
class QVBoxLayout;

namespace eq::widgets {

class MethodEditor;
class ParameterForm;
class TaskCard;

/// Shows an experiment and edits it, from descriptors alone. Without a run every field is free;
/// with one, a change becomes commands (commandsRequested), and what cannot change while a run
/// exists is locked and says so. Every edit can be undone.
class ExperimentPanel : public QWidget {
  Q_OBJECT

 public:
  /// \param undo outlives the panel.
  explicit ExperimentPanel(QUndoStack& undo, QWidget* parent = nullptr);

  /// Another experiment: forgets the undo history and what is half typed. \param tasks kinds of its
  /// tasks where they are known, else empty.
  void open(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks = {});
  /// A command took effect or was refused. Shows what is in force once nothing more is under way.
  void answered(const train::Experiment& inForce);
  const train::Experiment& experiment() const { return experiment_; }
  /// Takes what is half typed, as leaving the fields does: before something is done with the
  /// experiment. \returns which field does not count and why, after showing it; empty without one.
  QString settle();

  /// As if the user chose the loss in the task's card: undoable, a command with a run.
  void chooseLoss(size_t task, const train::MethodSpec& loss);

  /// With a run, changes are asked for by commands.
  void setRunning(bool running);
  bool running() const { return running_; }
  /// Locks every field, and Undo with them, and says why; an empty text unlocks.
  void lock(const QString& why);

 signals:
  /// Edited without a run, or by undo.
  void experimentEdited(const eq::train::Experiment& before);
  void commandsRequested(const std::vector<eq::train::Command>& commands);

 private:
  friend class ExperimentEdit;

  struct Section {
    MethodEditor* editor;
    std::function<train::MethodSpec&(train::Experiment&)> part;
  };

  QWidget* makeTitle(const QString& text);
  MethodEditor* addMethod(const QString& title, std::vector<const Descriptor*> choices,
                          const QString& none,
                          std::function<train::MethodSpec&(train::Experiment&)> part);
  ParameterForm* addFields(const QString& title, std::vector<ParameterSpec> specs);
  void makeCards(const std::vector<TaskInfo>& tasks);
  /// The experiment as the widgets stand.
  train::Experiment edited() const;
  void takeEdit();
  /// Shows and, with a run, asks for `experiment`.
  void become(const train::Experiment& experiment);
  void showAll();
  /// Takes an edit that a run did not accept off the undo stack.
  void forgetRefused();
  void forgetTyped();
  void updateLocks();

  QUndoStack& undo_;
  train::Experiment experiment_;
  bool running_ = false;
  QString lockedFor_;        ///< why every field is locked; empty: none is
  std::size_t pending_ = 0;  ///< commands asked for and not answered yet
  QVBoxLayout* layout_;
  QVBoxLayout* cardsLayout_;
  QScrollArea* scroll_;  ///< hidden until there is an experiment
  QLabel* empty_;
  QLabel* locked_;
  QLabel* noTasks_;
  std::vector<Section> sections_;
  std::vector<TaskCard*> cards_;
  ParameterForm* runFields_;
  ParameterForm* conflictFields_;
};

}  // namespace eq::widgets
