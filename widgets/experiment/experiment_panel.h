#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <QString>
#include <QWidget>

#include "core/base/descriptor.h"
#include "core/base/task.h"
#include "core/train/command.h"
#include "core/train/experiment.h"
#include "widgets/experiment/method_rules.h"

class QLabel;
class QPushButton;
class QScrollArea;
class QUndoStack;
class QVBoxLayout;

namespace eq::train {
struct KnownTasks;
}

namespace eq::widgets {

class Fold;
class MethodEditor;
class ParameterForm;
class RuleList;
class TaskList;

/// Shows an experiment and edits it, from descriptors alone. Without a run every field is free;
/// with one, a change becomes commands (commandsRequested), and what cannot change while a run
/// exists is locked and says so. Every edit can be undone. Sections fold; what can be changed
/// stands first: data and model without a run, tasks and balancer with one.
class ExperimentPanel : public QWidget {
  Q_OBJECT

 public:
  /// \param undo outlives the panel.
  explicit ExperimentPanel(QUndoStack& undo, QWidget* parent = nullptr);

  /// Another experiment: forgets the undo history and what is half typed. \param tasks kinds of its
  /// tasks where they are known, else empty.
  /// \param classCounts training examples of each class, one list a task of `tasks`; or empty.
  void open(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks = {},
            const std::vector<std::vector<std::int64_t>>& classCounts = {});
  /// What the data say of the tasks, found meanwhile; what is typed stays. An experiment that
  /// names no tasks gets theirs.
  void learn(const train::KnownTasks& known);
  /// A command took effect or was taken back. Shows what is in force once nothing more is under
  /// way.
  void answered(const train::Experiment& inForce);
  /// A command was refused: what was chosen stays, marked, with the reason and what is in force.
  void refused(const train::Command& command, const QString& reason,
               const train::Experiment& inForce);
  const train::Experiment& experiment() const { return experiment_; }
  /// Commands asked for that were not answered yet.
  std::size_t waiting() const { return pending_; }
  /// Takes what is half typed, as leaving the fields does: before something is done with the
  /// experiment. \returns which field does not count and why, after showing it; empty without one.
  QString settle();

  /// One a task, as far as the tasks are known.
  const std::vector<KnownTask>& known() const { return known_; }

  /// As if the user chose the loss in the task's card: undoable, a command with a run.
  void chooseLoss(size_t task, const train::MethodSpec& loss);

  /// As if the user had edited how often conflict is measured; nothing while it is locked.
  void chooseSampling(const train::ConflictSpec& conflict, const train::AffinitySpec& affinity);

  /// As if the user had edited the data: undoable. \param tasks of the new data. \pre no run.
  void changeData(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks);

  /// With a run, changes are asked for by commands.
  void setRunning(bool running);
  bool running() const { return running_; }
  /// Locks every field, and Undo with them, and says why; an empty text unlocks.
  void lock(const QString& why);
  /// Shows what was in force at a place of a recorded run, until open(): all is locked, what
  /// differs from its beginning is marked, and two buttons offer a copy. \param line says what is
  /// seen. \pre both have the tasks of the experiment that was opened.
  void showRecord(const train::Experiment& at, const train::Experiment& begun, const QString& line);

 signals:
  /// Edited without a run, or by undo.
  void experimentEdited(const eq::train::Experiment& before);
  void commandsRequested(const std::vector<eq::train::Command>& commands);
  /// An edit that a run cannot take was not made. \param reason a sentence that names the place.
  void editRefused(const QString& reason);
  /// Variants of what stands here are to be raced. \param path what they differ in.
  void raceRequested(const std::string& path);
  /// What the columns of the experiment's table are for is to be chosen.
  void tableRequested();
  /// Of a recorded run, to be edited.
  void copyAsBegunRequested();
  void copyAsShownRequested();

 private:
  friend class ExperimentEdit;

  struct Section {
    Fold* fold;
    MethodEditor* editor;
    std::function<train::MethodSpec&(train::Experiment&)> part;
  };

  Fold* addSection(const QString& title, QWidget* content);
  QPushButton* raceButton(const QString& text, const std::string& path);
  /// \param below stands under the editor. \returns its section.
  const Section& addMethod(const QString& title, std::vector<const Descriptor*> choices,
                           const QString& none,
                           std::function<train::MethodSpec&(train::Experiment&)> part,
                           QPushButton* below = nullptr);
  Fold* addFields(const QString& title, ParameterForm*& form, std::vector<ParameterSpec> specs);
  void makeSections();
  void makeRecordRow();
  void arrange();
  QString demand(QWidget& field, const QString& text);
  void takeKnown(const std::vector<TaskInfo>& tasks,
                 const std::vector<std::vector<std::int64_t>>& classCounts);
  void makeCards(const std::vector<TaskInfo>& tasks,
                 const std::vector<std::vector<std::int64_t>>& classCounts);
  void setBalancerRules(const std::vector<TaskInfo>& tasks);
  MethodEditor* editorOf(const train::Command& command) const;
  void refuseSchemes(const train::Command& command, const QString& reason,
                     train::Experiment inForce);
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
  QString record_;           ///< what is seen of a recorded run; empty: none is shown
  QVBoxLayout* layout_;
  QVBoxLayout* sectionsLayout_;
  QScrollArea* scroll_;  ///< hidden until there is an experiment
  QLabel* empty_;
  QLabel* locked_;
  QWidget* recordRow_;
  QPushButton* table_;  ///< of data that is a table
  QLabel* noTasks_;
  std::vector<Section> sections_;
  std::vector<Fold*> free_, live_;  ///< all sections, in their orders without and with a run
  MethodEditor* weighting_;
  MethodEditor* gradient_;
  MethodEditor* who_;  ///< of the schemes that say who trains in a step
  MethodEditor* how_;  ///< of those that say how it is made
  MethodEditor* front_;
  TaskList* tasks_;
  std::vector<KnownTask> known_;
  RuleList* rules_;
  ParameterForm* runFields_;
  ParameterForm* conflictFields_;
  ParameterForm* affinityFields_;
  ParameterForm* keepFields_;
};

}  // namespace eq::widgets
