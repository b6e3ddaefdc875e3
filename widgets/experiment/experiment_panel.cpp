#include "widgets/experiment/experiment_panel.h"

#include <algorithm>
#include <utility>

#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QUndoStack>

#include "core/base/error.h"
#include "core/data/catalog.h"
#include "core/train/known_tasks.h"
#include "core/train/preferences.h"
#include "widgets/experiment/command_slot.h"
#include "widgets/experiment/edit_text.h"
#include "widgets/experiment/method_rules.h"
#include "widgets/experiment/rule_list.h"
#include "widgets/experiment/run_fields.h"
#include "widgets/experiment/scheme_slot.h"
#include "widgets/experiment/task_list.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/fold.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/tab_order.h"

namespace eq::widgets {
namespace {

using train::Experiment;
using train::MethodSpec;

/// "Optimizer, Learning rate".
QString placeOf(const ParameterField& field, const QWidget& panel) {
  QStringList names{labelOf(field.spec().name)};
  for (const auto* part = field.parentWidget(); part != &panel; part = part->parentWidget())
    if (const auto name = part->accessibleName(); !name.isEmpty() && name != names.first())
      names.prepend(name);
  return names.join(", ");
}

/// Another dataset has other tasks, and so has one with other values of what makes its tasks.
bool hasOtherTasks(const MethodSpec& before, const MethodSpec& after) {
  if (before.id != after.id) return true;
  const auto& descriptor = data::catalog().descriptor(after.id);
  const auto names = descriptor.traits.value("tasks_from", std::vector<std::string>());
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return before.params.value(name, nlohmann::json()) !=
           after.params.value(name, nlohmann::json());
  });
}

}  // namespace

/// One edit; undoing it during a run asks for the commands that lead back.
class ExperimentEdit : public QUndoCommand {
 public:
  ExperimentEdit(ExperimentPanel& panel, Experiment before, Experiment after)
      : QUndoCommand(menuText(editText(before, after))),
        panel_(panel),
        before_(std::move(before)),
        after_(std::move(after)) {}

  void undo() override { panel_.become(before_); }
  void redo() override { panel_.become(after_); }
  const Experiment& before() const { return before_; }

 private:
  ExperimentPanel& panel_;
  Experiment before_, after_;
};

void ExperimentPanel::takeKnown(const std::vector<TaskInfo>& tasks,
                                const std::vector<std::vector<std::int64_t>>& classCounts) {
  known_.clear();
  for (const auto& spec : experiment_.tasks) {
    known_.push_back({{}, {}, experiment_.folder});
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].name != spec.name) continue;
      known_.back().info = tasks[i];
      if (i < classCounts.size()) known_.back().classCounts = classCounts[i];
    }
  }
}

void ExperimentPanel::learn(const train::KnownTasks& known) {
  if (experiment_.tasks.empty()) {
    experiment_.tasks = known.specs;
    makeCards(known.tasks, known.classCounts);
    tasks_->setSpecs(experiment_.tasks);
    rules_->setRules(experiment_);
    return updateLocks();
  }
  takeKnown(known.tasks, known.classCounts);
  tasks_->setKnown(known_);
  setBalancerRules(known.tasks);
}

void ExperimentPanel::makeCards(const std::vector<TaskInfo>& tasks,
                                const std::vector<std::vector<std::int64_t>>& classCounts) {
  takeKnown(tasks, classCounts);
  tasks_->make(experiment_.tasks, known_);
  noTasks_->setVisible(experiment_.tasks.empty());
  setBalancerRules(tasks);
  orderTabs(*scroll_->widget());
}

/// Kinds are known where those of all tasks are.
void ExperimentPanel::setBalancerRules(const std::vector<TaskInfo>& tasks) {
  std::vector<TaskKind> kinds;
  for (const auto& spec : experiment_.tasks)
    for (const auto& info : tasks)
      if (info.name == spec.name) kinds.push_back(info.kind);
  const auto count = std::ssize(experiment_.tasks);
  if (std::ssize(kinds) != count) kinds.clear();
  weighting_->setRules(weightingRules(count, kinds));
  gradient_->setRules(gradientRules(count, kinds));
  const auto place = [this] {
    SchemePlace here{experiment_, {}};
    for (const auto& task : known_)
      if (task.info) here.tasks.push_back(*task.info);
    return here;
  };
  who_->setRules(schemeRules("W", place));
  how_->setRules(schemeRules("H", place));
  front_->setRules(frontRules([this] { return experiment_; }));
}

void ExperimentPanel::open(const Experiment& experiment, const std::vector<TaskInfo>& tasks,
                           const std::vector<std::vector<std::int64_t>>& classCounts) {
  undo_.clear();
  const bool imported = experiment.data.id.empty();
  if (imported)
    empty_->setText(
        tr("Another program made this run. What it was trained with is "
           "not known, and it cannot be started here."));
  empty_->setVisible(imported);
  scroll_->setVisible(!imported);
  record_.clear();
  for (const auto& section : sections_) section.editor->setBegun(nullptr);
  arrange();
  experiment_ = experiment;
  makeCards(tasks, classCounts);
  showAll();
  forgetTyped();
}

void ExperimentPanel::forgetTyped() {
  for (const auto& section : sections_) section.editor->forgetTyped();
  runFields_->forgetTyped();
  conflictFields_->forgetTyped();
  affinityFields_->forgetTyped();
  keepFields_->forgetTyped();
  rules_->forgetTyped();
}

QString ExperimentPanel::settle() {
  QList<QPointer<ParameterField>> fields;
  for (auto* field : findChildren<ParameterField*>()) fields << field;
  for (const auto& field : fields)  // what one takes may do away with others
    if (field && field->isEnabled()) field->settle();
  if (rules_->isEnabled()) rules_->settle();
  for (auto* field : findChildren<ParameterField*>())
    if (!field->valid() && field->isEnabled())
      return demand(
          *field,
          tr("%1: %2. Correct this field first.").arg(placeOf(*field, *this), field->problem()));
  for (auto* editor : findChildren<MethodEditor*>())
    if (!editor->problem().isEmpty() && editor->isEnabled())
      return demand(
          *editor,
          tr("%1: %2. Choose another one first.").arg(editor->accessibleName(), editor->problem()));
  if (!rules_->problem().isEmpty() && rules_->isEnabled())
    return demand(*rules_, tr("Rules, %1. Correct this rule first.").arg(rules_->problem()));
  return {};
}

/// Brings what is to be mended onto the screen.
QString ExperimentPanel::demand(QWidget& field, const QString& text) {
  tasks_->reveal(field);
  unfold(field);
  scroll_->ensureWidgetVisible(&field);
  field.setFocus();
  return text;
}

void ExperimentPanel::showRecord(const Experiment& at, const Experiment& begun,
                                 const QString& line) {
  const bool same = !record_.isEmpty() && lockedFor_.isEmpty() && at == experiment_;
  record_ = line;
  if (same) return locked_->setText(line);  // the cursor moves often
  experiment_ = at;
  arrange();
  showAll();
  Experiment start = begun;
  tasks_->setBegun(start.tasks);
  for (const auto& section : sections_) section.editor->setBegun(&section.part(start));
}

void ExperimentPanel::answered(const Experiment& inForce) {
  if (pending_ > 0) --pending_;
  if (pending_ > 0 || inForce == experiment_) return;
  experiment_ = inForce;
  showAll();
  forgetRefused();
}

MethodEditor* ExperimentPanel::editorOf(const train::Command& command) const {
  using Kind = train::Command::Kind;
  if (command.kind == Kind::setWeighting) return weighting_;
  if (command.kind == Kind::setGradient) return gradient_;
  return command.kind == Kind::setLoss ? tasks_->loss(static_cast<size_t>(command.task)) : nullptr;
}

void ExperimentPanel::refused(const train::Command& command, const QString& reason,
                              const Experiment& inForce) {
  if (command.kind == train::Command::Kind::setRules) rules_->refuse(reason, inForce.rules);
  if (command.kind == train::Command::Kind::setScheme) refuseSchemes(command, reason, inForce);
  auto* editor = editorOf(command);
  if (editor && editor->shown() == command.method)
    editor->refuse(withoutPlace(reason, command), methodOf(inForce, command));
  answered(inForce);
}

/// Of the kinds whose scheme was asked for.
void ExperimentPanel::refuseSchemes(const train::Command& command, const QString& reason,
                                    Experiment inForce) {
  Experiment asked = inForce;
  asked.schemes = command.schemes;
  for (const auto& [kind, editor] : {std::pair{"W", who_}, {"H", how_}}) {
    const auto wanted = schemeOf(asked, kind), before = schemeOf(inForce, kind);
    if (wanted != before && editor->shown() == wanted)
      editor->refuse(withoutSchemePlace(reason, wanted.id), before);
  }
}

void ExperimentPanel::forgetRefused() {
  const int last = undo_.index() - 1;
  if (last < 0) return;
  const auto* edit = dynamic_cast<const ExperimentEdit*>(undo_.command(last));
  if (!edit || edit->before() != experiment_) return;
  const_cast<ExperimentEdit*>(edit)->setObsolete(true);
  undo_.undo();
}

void ExperimentPanel::showAll() {
  tasks_->setPreferencesShown(train::takesPreference(experiment_.balancer));
  tasks_->setSpecs(experiment_.tasks);
  Experiment shown = experiment_;  // a kind without a scheme gets an empty one to be shown
  for (const auto& section : sections_) section.editor->setMethod(section.part(shown));
  runFields_->setValues(runValues(experiment_));
  conflictFields_->setValues({{"every", experiment_.conflict.every},
                              {"source", experiment_.conflict.source},
                              {"layers", experiment_.conflict.layers}});
  affinityFields_->setValues({{"every", experiment_.affinity.every}});
  keepFields_->setValues(train::toJson(experiment_.keep));
  rules_->setRules(experiment_);
  updateLocks();
}

Experiment ExperimentPanel::edited() const {
  Experiment experiment = experiment_;
  experiment.tasks = tasks_->specs();
  for (const auto& section : sections_) section.part(experiment) = section.editor->method();
  dropEmptySchemes(experiment);
  takeRunValues(experiment, *runFields_);
  experiment.conflict.every = conflictFields_->field("every")->value().get<std::int64_t>();
  experiment.conflict.source = conflictFields_->field("source")->value().get<std::string>();
  experiment.conflict.layers = conflictFields_->field("layers")->value().get<bool>();
  experiment.affinity.every = affinityFields_->field("every")->value().get<std::int64_t>();
  experiment.keep = train::keepFromJson(keepFields_->values());
  experiment.rules = rules_->rules();
  return experiment;
}

void ExperimentPanel::takeEdit() {
  const Experiment after = edited();
  if (after == experiment_) return;
  Experiment next = after;
  if (hasOtherTasks(experiment_.data, after.data)) next.tasks.clear();
  undo_.push(new ExperimentEdit(*this, experiment_, next));
}

void ExperimentPanel::changeData(const Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  if (experiment == experiment_) return;
  undo_.push(new ExperimentEdit(*this, experiment_, experiment));
  makeCards(tasks, {});
  showAll();
}

void ExperimentPanel::chooseSampling(const train::ConflictSpec& conflict,
                                     const train::AffinitySpec& affinity) {
  if (!lockedFor_.isEmpty() || !record_.isEmpty()) return;
  Experiment next = edited();
  next.conflict = conflict;
  next.affinity = affinity;
  if (next != experiment_) undo_.push(new ExperimentEdit(*this, experiment_, next));
}

void ExperimentPanel::chooseLoss(size_t task, const train::MethodSpec& loss) {
  auto& editor = *tasks_->loss(task);
  editor.offer(loss);
  if (!editor.problem().isEmpty()) demand(editor, {});
}

void ExperimentPanel::become(const Experiment& experiment) {
  if (!running_) {
    const Experiment before = std::exchange(experiment_, experiment);
    const bool others = hasOtherTasks(before.data, experiment_.data);
    if (others || before.tasks.size() != experiment_.tasks.size()) makeCards({}, {});
    showAll();
    emit experimentEdited(before);
    return;
  }
  std::vector<train::Command> commands;
  try {
    commands = train::requireCommandsBetween(experiment_, experiment);
    experiment_ = experiment;
  } catch (const Error& error) {
    emit editRefused(QString::fromUtf8(error.what()));
    QMetaObject::invokeMethod(this, &ExperimentPanel::forgetRefused, Qt::QueuedConnection);
  }
  showAll();
  if (commands.empty()) return;
  pending_ += commands.size();
  emit commandsRequested(commands);
}

void ExperimentPanel::setRunning(bool running) {
  running_ = running;
  pending_ = 0;
  arrange();
  updateLocks();
}

void ExperimentPanel::lock(const QString& why) {
  lockedFor_ = why;
  updateLocks();
}

void ExperimentPanel::updateLocks() {
  const QString why = lockedFor_.isEmpty() ? record_ : lockedFor_;
  const bool free = why.isEmpty();
  undo_.setActive(free);
  const auto reason = tr("Fixed while the run exists; stop it to change this for a new run");
  locked_->setText(
      free ? tr("Grey fields are fixed while the run exists; stop it to change them for a new run.")
           : why);
  locked_->setVisible(running_ || !free);
  recordRow_->setVisible(!record_.isEmpty() && lockedFor_.isEmpty());
  tasks_->setLocked(!free);
  conflictFields_->setEnabled(free);
  affinityFields_->setEnabled(free);
  rules_->setEnabled(free);
  for (const auto& section : sections_) {
    section.editor->setEnabled(free);
    Experiment probe;
    const auto* part = &section.part(probe);
    const bool live = part == &probe.balancer.weighting || part == &probe.balancer.gradient ||
                      !probe.schemes.empty();
    section.editor->setLocked(running_ && !live, reason,
                              part == &probe.optimizer ? "lr" : std::string());
  }
  table_->setVisible(experiment_.data.id == "table");
  table_->setEnabled(!running_ && free);
  table_->setToolTip(running_ ? reason
                              : tr("How the file is read, what each column is for, how rows are "
                                   "divided"));
  for (auto* form : {runFields_, keepFields_}) {
    form->setEnabled(!running_ && free);
    form->setToolTip(running_ ? reason : QString());
  }
}

}  // namespace eq::widgets
