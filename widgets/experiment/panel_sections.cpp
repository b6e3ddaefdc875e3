// What the experiment panel is made of, and the order of its sections.

#include <utility>

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/model/catalog.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/method_rules.h"
#include "widgets/experiment/rule_list.h"
#include "widgets/experiment/run_fields.h"
#include "widgets/experiment/scheme_slot.h"
#include "widgets/experiment/task_list.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/fold.h"
#include "widgets/style/tab_order.h"

namespace eq::widgets {

using train::Experiment;
using train::MethodSpec;

ExperimentPanel::ExperimentPanel(QUndoStack& undo, QWidget* parent) : QWidget(parent), undo_(undo) {
  auto* content = new QWidget;
  layout_ = new QVBoxLayout(content);
  layout_->setContentsMargins(10, 8, 10, 10);
  layout_->setSpacing(6);
  locked_ = new QLabel(this);
  locked_->setWordWrap(true);
  locked_->setTextFormat(Qt::PlainText);
  layout_->addWidget(locked_);
  makeRecordRow();
  sectionsLayout_ = new QVBoxLayout;
  layout_->addLayout(sectionsLayout_);
  makeSections();
  layout_->addStretch(1);

  empty_ =
      new QLabel(tr("Start or open a sample, choose data of your own (a CSV file, "
                    "a folder of images), or open an experiment file: its data, model, tasks and "
                    "balancer then stand here."),
                 this);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  empty_->setMargin(12);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  scroll_ = new QScrollArea(this);
  scroll_->hide();
  scroll_->setWidget(content);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(empty_);
  outer->addWidget(scroll_);
  setMinimumWidth(300);
  arrange();
  updateLocks();
}

void ExperimentPanel::makeRecordRow() {
  recordRow_ = new QWidget(this);
  auto* row = new QVBoxLayout(recordRow_);
  row->setContentsMargins(0, 0, 0, 0);
  auto* begun = new QPushButton(tr("Edit a copy as it began"), recordRow_);
  auto* shown = new QPushButton(tr("Edit a copy as it is seen here"), recordRow_);
  row->addWidget(begun);
  row->addWidget(shown);
  recordRow_->hide();
  layout_->addWidget(recordRow_);
  connect(begun, &QPushButton::clicked, this, &ExperimentPanel::copyAsBegunRequested);
  connect(shown, &QPushButton::clicked, this, &ExperimentPanel::copyAsShownRequested);
}

void ExperimentPanel::makeSections() {
  auto* content = new QWidget(this);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  noTasks_ = new QLabel(tr("All tasks of the data, each with its usual loss. They appear here as "
                           "soon as the data have been read."),
                        content);
  noTasks_->setWordWrap(true);
  tasks_ = new TaskList(content);
  column->addWidget(noTasks_);
  column->addWidget(tasks_);
  connect(tasks_, &TaskList::edited, this, &ExperimentPanel::takeEdit);
  connect(tasks_, &TaskList::compareRequested, this,
          [this](int task) { emit raceRequested("tasks[" + std::to_string(task) + "].loss"); });
  auto* tasks = addSection(tr("Tasks"), content);

  const auto& weighting = addMethod(
      tr("Loss weighting"), balance::weightings().descriptors(), {},
      [](Experiment& e) -> MethodSpec& { return e.balancer.weighting; },
      raceButton(tr("Compare loss weightings…"), "balancer.weighting"));
  weighting_ = weighting.editor;
  auto* weights = weighting.fold;
  const auto& gradient = addMethod(
      tr("Gradient method"), balance::gradientMethods().descriptors(), tr("None: weighted sum"),
      [](Experiment& e) -> MethodSpec& { return e.balancer.gradient; },
      raceButton(tr("Compare gradient methods…"), "balancer.gradient"));
  gradient_ = gradient.editor;
  auto* directions = gradient.fold;
  const auto addScheme = [this](const QString& title, const QString& none, const char* kind) {
    return addMethod(title, schemesOfKind(kind), none,
                     [kind](Experiment& e) -> MethodSpec& { return schemeOf(e, kind); });
  };
  const auto who = addScheme(tr("Who trains in a step"), tr("All tasks"), "W");
  const auto how = addScheme(tr("How a step is made"), tr("As the balancer says"), "H");
  who_ = who.editor;
  how_ = how.editor;
  const auto front =
      addMethod(tr("Front of models"), train::paretoMethods().descriptors(), tr("None: one model"),
                [](Experiment& e) -> MethodSpec& { return e.pareto; });
  front_ = front.editor;
  rules_ = new RuleList(this);
  connect(rules_, &RuleList::edited, this, &ExperimentPanel::takeEdit);
  auto* rules = addSection(tr("Rules"), rules_);
  auto* optimizer = addMethod(tr("Optimizer"), train::optimizers().descriptors(), {},
                              [](Experiment& e) -> MethodSpec& { return e.optimizer; })
                        .fold;
  auto* schedule = addMethod(tr("Schedule"), train::schedules().descriptors(), {},
                             [](Experiment& e) -> MethodSpec& { return e.schedule; })
                       .fold;
  auto* data =
      addMethod(tr("Data"), data::catalog().descriptors(), {}, [](Experiment& e) -> MethodSpec& {
        return e.data;
      }).fold;
  table_ = new QPushButton(tr("Columns and split…"), this);
  sections_.back().editor->layout()->addWidget(table_);
  connect(table_, &QPushButton::clicked, this, &ExperimentPanel::tableRequested);
  auto* model =
      addMethod(tr("Model"), model::catalog().descriptors(), {}, [](Experiment& e) -> MethodSpec& {
        return e.model;
      }).fold;
  sections_.back().editor->setRules(modelRules([this] { return experiment_.data.id; }));
  auto* conflict = addFields(tr("Conflict measurement"), conflictFields_, train::conflictFields());
  auto* affinity = addFields(tr("Look-ahead affinity"), affinityFields_, train::affinityFields());
  affinityFields_->hideField("form");  // there is one
  auto* run = addFields(tr("Run"), runFields_, runSpecs());
  auto* keep = addFields(tr("Checkpoints that stay"), keepFields_, train::keepFields());
  free_ = {data,      model,    tasks, weights,  directions, who.fold, how.fold, front.fold,
           optimizer, schedule, run,   conflict, affinity,   keep,     rules};
  live_ = {tasks,    weights,  directions, who.fold,   how.fold, rules, optimizer, conflict,
           affinity, schedule, data,       front.fold, model,    run,   keep};
}

/// What can be changed comes first.
void ExperimentPanel::arrange() {
  const auto& order = running_ || !record_.isEmpty() ? live_ : free_;
  const auto* first = sectionsLayout_->count() > 0 ? sectionsLayout_->itemAt(0)->widget() : nullptr;
  if (first == order.front()) return;
  for (auto* fold : order) sectionsLayout_->removeWidget(fold);
  for (auto* fold : order) sectionsLayout_->addWidget(fold);
  orderTabs(*scroll_->widget());
}

Fold* ExperimentPanel::addSection(const QString& title, QWidget* content) {
  return new Fold(title, content, Fold::Rank::section, this);
}

/// Works while the editor above it is locked.
QPushButton* ExperimentPanel::raceButton(const QString& text, const std::string& path) {
  auto* button = new QPushButton(text, this);
  button->setToolTip(tr("Train variants side by side: a race"));
  connect(button, &QPushButton::clicked, this, [this, path] { emit raceRequested(path); });
  return button;
}

const ExperimentPanel::Section& ExperimentPanel::addMethod(
    const QString& title, std::vector<const Descriptor*> choices, const QString& none,
    std::function<MethodSpec&(Experiment&)> part, QPushButton* below) {
  auto* editor = new MethodEditor(title, std::move(choices), none, this);
  connect(editor, &MethodEditor::edited, this, &ExperimentPanel::takeEdit);
  QWidget* content = editor;
  if (below) {
    content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(editor);
    column->addWidget(below, 0, Qt::AlignLeft);
  }
  sections_.push_back({addSection(title, content), editor, std::move(part)});
  return sections_.back();
}

Fold* ExperimentPanel::addFields(const QString& title, ParameterForm*& form,
                                 std::vector<ParameterSpec> specs) {
  form = new ParameterForm(std::move(specs), this);
  form->setAccessibleName(title);
  connect(form, &ParameterForm::edited, this, &ExperimentPanel::takeEdit);
  return addSection(title, form);
}

}  // namespace eq::widgets
