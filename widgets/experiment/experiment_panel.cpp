#include "widgets/experiment/experiment_panel.h"

#include <algorithm>
#include <utility>

#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QUndoStack>
#include <QVBoxLayout>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/model/catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "core/train/trainer.h"
#include "widgets/experiment/edit_text.h"
#include "widgets/experiment/task_card.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

using train::Experiment;
using train::MethodSpec;

/// The plain fields that the panel shows; the device as a choice of those that are there.
std::vector<ParameterSpec> runSpecs() {
  std::vector<ParameterSpec> specs;
  for (auto spec : train::experimentFields()) {
    if (spec.name == "device") {
      spec.type = ParameterType::choice;
      spec.choices = train::availableDevices();
    }
    for (const char* name : {"name", "batch_size", "epochs", "seed", "device", "threads",
                             "evaluate_every", "checkpoint_every"})
      if (spec.name == name) specs.push_back(spec);
  }
  return specs;
}

nlohmann::json runValues(const Experiment& experiment) {
  return {{"name", experiment.name},
          {"batch_size", experiment.batchSize},
          {"epochs", experiment.epochs},
          {"seed", experiment.seed},
          {"device", experiment.device},
          {"threads", experiment.threads},
          {"evaluate_every", experiment.evaluateEvery},
          {"checkpoint_every", experiment.checkpointEvery}};
}

/// "Optimizer, Learning rate".
QString placeOf(const ParameterField& field, const QWidget& panel) {
  QStringList names{labelOf(field.spec().name)};
  for (const auto* part = field.parentWidget(); part != &panel; part = part->parentWidget())
    if (!part->accessibleName().isEmpty()) names.prepend(part->accessibleName());
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

void takeRunValues(Experiment& experiment, const ParameterForm& form) {
  const auto value = [&](const char* name) { return form.field(name)->value(); };
  experiment.name = value("name").get<std::string>();
  experiment.batchSize = value("batch_size").get<std::int64_t>();
  experiment.epochs = value("epochs").get<double>();
  experiment.seed = value("seed").get<std::uint64_t>();
  experiment.device = value("device").get<std::string>();
  experiment.threads = value("threads").get<std::int64_t>();
  experiment.evaluateEvery = value("evaluate_every").get<std::int64_t>();
  experiment.checkpointEvery = value("checkpoint_every").get<std::int64_t>();
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

ExperimentPanel::ExperimentPanel(QUndoStack& undo, QWidget* parent) : QWidget(parent), undo_(undo) {
  auto* content = new QWidget;
  layout_ = new QVBoxLayout(content);
  layout_->setContentsMargins(10, 8, 10, 10);
  layout_->setSpacing(6);

  locked_ = new QLabel(this);
  locked_->setWordWrap(true);
  layout_->addWidget(locked_);

  layout_->addWidget(makeTitle(tr("Tasks")));
  noTasks_ = new QLabel(tr("All tasks of the data, each with its usual loss. They appear here when "
                           "the run starts."),
                        this);
  noTasks_->setWordWrap(true);
  layout_->addWidget(noTasks_);
  cardsLayout_ = new QVBoxLayout;
  layout_->addLayout(cardsLayout_);

  addMethod(tr("Loss weighting"), balance::weightings().descriptors(), {},
            [](Experiment& e) -> MethodSpec& { return e.balancer.weighting; });
  addMethod(tr("Gradient method"), balance::gradientMethods().descriptors(),
            tr("None: weighted sum"),
            [](Experiment& e) -> MethodSpec& { return e.balancer.gradient; });
  addMethod(tr("Optimizer"), train::optimizers().descriptors(), {},
            [](Experiment& e) -> MethodSpec& { return e.optimizer; });
  conflictFields_ = addFields(tr("Conflict measurement"), train::conflictFields());
  addMethod(tr("Schedule"), train::schedules().descriptors(), {},
            [](Experiment& e) -> MethodSpec& { return e.schedule; });
  addMethod(tr("Data"), data::catalog().descriptors(), {},
            [](Experiment& e) -> MethodSpec& { return e.data; });
  addMethod(tr("Model"), model::catalog().descriptors(), {},
            [](Experiment& e) -> MethodSpec& { return e.model; });
  runFields_ = addFields(tr("Run"), runSpecs());
  layout_->addStretch(1);

  empty_ = new QLabel(tr("Start or open a sample, or open an experiment file: its data, model, "
                         "tasks and balancer then stand here."),
                      this);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  empty_->setMargin(12);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* scroll = new QScrollArea(this);
  scroll_ = scroll;
  scroll_->hide();
  scroll->setWidget(content);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(empty_);
  outer->addWidget(scroll);
  setMinimumWidth(300);
  updateLocks();
}

QWidget* ExperimentPanel::makeTitle(const QString& text) {
  auto* title = new QLabel(text, this);
  auto font = title->font();
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.1);
  title->setFont(font);
  title->setContentsMargins(0, 8, 0, 0);
  return title;
}

MethodEditor* ExperimentPanel::addMethod(const QString& title,
                                         std::vector<const Descriptor*> choices,
                                         const QString& none,
                                         std::function<MethodSpec&(Experiment&)> part) {
  layout_->addWidget(makeTitle(title));
  auto* editor = new MethodEditor(title, std::move(choices), none, this);
  layout_->addWidget(editor);
  sections_.push_back({editor, std::move(part)});
  connect(editor, &MethodEditor::edited, this, &ExperimentPanel::takeEdit);
  return editor;
}

ParameterForm* ExperimentPanel::addFields(const QString& title, std::vector<ParameterSpec> specs) {
  layout_->addWidget(makeTitle(title));
  auto* form = new ParameterForm(std::move(specs), this);
  form->setAccessibleName(title);
  layout_->addWidget(form);
  connect(form, &ParameterForm::edited, this, &ExperimentPanel::takeEdit);
  return form;
}

void ExperimentPanel::makeCards(const std::vector<TaskInfo>& tasks) {
  for (auto* card : std::exchange(cards_, {})) discard(*card);
  for (size_t k = 0; k < experiment_.tasks.size(); ++k) {
    const auto info = std::find_if(tasks.begin(), tasks.end(), [&](const TaskInfo& one) {
      return one.name == experiment_.tasks[k].name;
    });
    auto* card = new TaskCard(static_cast<int>(k), info == tasks.end() ? nullptr : &*info, this);
    cardsLayout_->addWidget(card);
    connect(card, &TaskCard::edited, this, &ExperimentPanel::takeEdit);
    cards_.push_back(card);
  }
  noTasks_->setVisible(cards_.empty());
}

void ExperimentPanel::open(const Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  undo_.clear();
  empty_->hide();
  scroll_->show();
  experiment_ = experiment;
  makeCards(tasks);
  showAll();
  forgetTyped();
}

void ExperimentPanel::forgetTyped() {
  for (const auto& section : sections_) section.editor->forgetTyped();
  runFields_->forgetTyped();
  conflictFields_->forgetTyped();
}

QString ExperimentPanel::settle() {
  QList<QPointer<ParameterField>> fields;
  for (auto* field : findChildren<ParameterField*>()) fields << field;
  for (const auto& field : fields)  // what one takes may do away with others
    if (field && field->isEnabled()) field->settle();
  for (auto* field : findChildren<ParameterField*>()) {
    if (field->valid() || !field->isEnabled()) continue;
    scroll_->ensureWidgetVisible(field);
    field->setFocus();
    return tr("%1: %2. Correct this field first.").arg(placeOf(*field, *this), field->problem());
  }
  return {};
}

void ExperimentPanel::answered(const Experiment& inForce) {
  if (pending_ > 0) --pending_;
  if (pending_ > 0 || inForce == experiment_) return;
  experiment_ = inForce;
  showAll();
  forgetRefused();
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
  for (size_t k = 0; k < cards_.size(); ++k) cards_[k]->setSpec(experiment_.tasks[k]);
  for (const auto& section : sections_) section.editor->setMethod(section.part(experiment_));
  runFields_->setValues(runValues(experiment_));
  conflictFields_->setValues(
      {{"every", experiment_.conflict.every}, {"source", experiment_.conflict.source}});
  updateLocks();
}

Experiment ExperimentPanel::edited() const {
  Experiment experiment = experiment_;
  for (size_t k = 0; k < cards_.size(); ++k) experiment.tasks[k] = cards_[k]->spec();
  for (const auto& section : sections_) section.part(experiment) = section.editor->method();
  takeRunValues(experiment, *runFields_);
  experiment.conflict.every = conflictFields_->field("every")->value().get<std::int64_t>();
  experiment.conflict.source = conflictFields_->field("source")->value().get<std::string>();
  return experiment;
}

void ExperimentPanel::takeEdit() {
  const Experiment after = edited();
  if (after == experiment_) return;
  Experiment next = after;
  if (hasOtherTasks(experiment_.data, after.data)) next.tasks.clear();
  undo_.push(new ExperimentEdit(*this, experiment_, next));
}

void ExperimentPanel::chooseLoss(size_t task, const train::MethodSpec& loss) {
  Experiment next = experiment_;
  next.tasks.at(task).loss = loss;
  if (next != experiment_) undo_.push(new ExperimentEdit(*this, experiment_, next));
}

void ExperimentPanel::become(const Experiment& experiment) {
  if (!running_) {
    const Experiment before = std::exchange(experiment_, experiment);
    if (before.tasks.size() != experiment_.tasks.size()) makeCards({});
    showAll();
    emit experimentEdited(before);
    return;
  }
  const auto commands = train::commandsBetween(experiment_, experiment);
  if (commands) experiment_ = experiment;
  showAll();
  if (!commands || commands->empty()) return;
  pending_ += commands->size();
  emit commandsRequested(*commands);
}

void ExperimentPanel::setRunning(bool running) {
  running_ = running;
  pending_ = 0;
  updateLocks();
}

void ExperimentPanel::lock(const QString& why) {
  lockedFor_ = why;
  undo_.setActive(why.isEmpty());
  updateLocks();
}

void ExperimentPanel::updateLocks() {
  const bool free = lockedFor_.isEmpty();
  const auto reason = tr("Fixed while the run exists; stop it to change this for a new run");
  locked_->setText(
      free ? tr("Grey fields are fixed while the run exists; stop it to change them for a new run.")
           : lockedFor_);
  locked_->setVisible(running_ || !free);
  for (auto* card : cards_) card->setEnabled(free);
  for (const auto& section : sections_) section.editor->setEnabled(free);
  conflictFields_->setEnabled(free);
  for (const auto& section : sections_) {
    Experiment probe;
    const auto* part = &section.part(probe);
    const bool live = part == &probe.balancer.weighting || part == &probe.balancer.gradient;
    section.editor->setLocked(running_ && !live, reason,
                              part == &probe.optimizer ? "lr" : std::string());
  }
  runFields_->setEnabled(!running_ && free);
  runFields_->setToolTip(running_ ? reason : QString());
}

}  // namespace eq::widgets
