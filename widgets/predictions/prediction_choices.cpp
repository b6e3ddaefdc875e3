#include "widgets/predictions/prediction_choices.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/train/predictions/prediction_words.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using train::PredictionFilter;
using train::SplitName;

constexpr int kPage = 50;  // examples
constexpr qlonglong kAnyClass = -1;

}  // namespace

PredictionChoices::PredictionChoices(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  layout->addLayout(makeUpperRow());
  layout->addLayout(makeLowerRow());
}

QComboBox* PredictionChoices::makeBox(const QString& name, const QString& help) {
  auto* box = new ChoiceBox(this);
  box->setAccessibleName(name);
  box->setToolTip(help);
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(box, &QComboBox::activated, this, &PredictionChoices::change);
  return box;
}

QToolButton* PredictionChoices::makeButton(const QString& text, const QString& name) {
  auto* button = new QToolButton(this);
  button->setText(text);
  button->setAccessibleName(name);
  button->setToolTip(name);
  return button;
}

QLayout* PredictionChoices::makeUpperRow() {
  task_ = makeBox(tr("Task"), tr("Whose predictions are shown"));
  split_ = makeBox(tr("Split"), tr("Which part of the data"));
  for (const auto& [text, split] :
       {std::pair(tr("Validation"), SplitName::validation), std::pair(tr("Test"), SplitName::test),
        std::pair(tr("Training"), SplitName::train)})
    split_->addItem(text, static_cast<int>(split));
  again_ = makeButton(tr("Evaluate"), tr("Evaluate the recorded run again"));
  before_ = makeButton(QStringLiteral("◀"), tr("Worse examples"));
  after_ = makeButton(QStringLiteral("▶"), tr("Better examples"));
  connect(again_, &QToolButton::clicked, this, &PredictionChoices::againRequested);
  connect(before_, &QToolButton::clicked, this, [this] { turn(-1); });
  connect(after_, &QToolButton::clicked, this, [this] { turn(1); });
  place_ = new QLabel(this);
  place_->setTextFormat(Qt::PlainText);
  auto* row = new QHBoxLayout;
  row->addWidget(new QLabel(tr("Task")));
  row->addWidget(task_);
  row->addWidget(new QLabel(tr("Split")));
  row->addWidget(split_);
  row->addWidget(again_);
  row->addStretch();
  row->addWidget(place_);
  row->addWidget(before_);
  row->addWidget(after_);
  return row;
}

QLayout* PredictionChoices::makeLowerRow() {
  target_ = makeBox(tr("True class"), tr("Only examples whose target is this class"));
  predicted_ = makeBox(tr("Predicted class"), tr("Only examples that are predicted as this class"));
  outcome_ = makeBox(tr("Right or wrong"), tr("Only wrong ones, or only right ones"));
  outcome_->addItem(tr("All"), static_cast<int>(PredictionFilter::Outcome::any));
  outcome_->addItem(tr("Wrong only"), static_cast<int>(PredictionFilter::Outcome::wrong));
  outcome_->addItem(tr("Right only"), static_cast<int>(PredictionFilter::Outcome::right));
  auto* row = new QHBoxLayout;
  row->addWidget(new QLabel(tr("True")));
  row->addWidget(target_);
  row->addWidget(new QLabel(tr("Predicted")));
  row->addWidget(predicted_);
  row->addWidget(outcome_);
  row->addStretch();
  return row;
}

void PredictionChoices::setRepeatable(bool repeatable) {
  again_->setVisible(repeatable);
}

void PredictionChoices::setTasks(const std::vector<TaskInfo>& tasks) {
  const auto before = task_->currentText();
  tasks_ = tasks;
  task_->clear();
  for (const auto& task : tasks) task_->addItem(shortName(QString::fromStdString(task.name)));
  task_->setCurrentIndex(tasks.empty() ? -1 : std::max(0, task_->findText(before)));
  for (QComboBox* box : {task_, split_}) box->setEnabled(!tasks.empty());
  for (QToolButton* button : {before_, after_}) button->setEnabled(false);
  place_->clear();
  first_ = 0;
  fillClasses();
}

/// Classes of the task that is chosen; those of before stay chosen where it has them.
void PredictionChoices::fillClasses() {
  const auto* task =
      any() ? &tasks_[static_cast<std::size_t>(std::max(0, task_->currentIndex()))] : nullptr;
  for (QComboBox* box : {target_, predicted_}) {
    const auto before = box->currentText();
    box->clear();
    box->addItem(tr("Any class"), kAnyClass);
    box->setEnabled(task && hasClasses(task->kind));
    if (!box->isEnabled()) continue;
    const auto classes = task->kind == TaskKind::binary ? 2 : task->width;
    for (std::int64_t one = 0; one < classes; ++one)
      box->addItem(shortName(QString::fromStdString(train::classText(*task, one))),
                   static_cast<qlonglong>(one));
    box->setCurrentIndex(std::max(0, box->findText(before)));
  }
  outcome_->setEnabled(task && task->kind != TaskKind::regression);
  if (!outcome_->isEnabled()) outcome_->setCurrentIndex(0);
}

void PredictionChoices::change() {
  first_ = 0;
  if (sender() == task_) {
    for (QComboBox* box : {target_, predicted_}) box->setCurrentIndex(0);
    fillClasses();
  }
  emit changed();
}

void PredictionChoices::turn(std::int64_t pages) {
  first_ = std::max<std::int64_t>(0, first_ + pages * kPage);
  emit changed();
}

train::PredictionRequest PredictionChoices::request() const {
  train::PredictionRequest request;
  request.task = static_cast<std::size_t>(task_->currentIndex());
  request.split = static_cast<SplitName>(split_->currentData().toInt());
  const auto chosen = [](const QComboBox& box) {
    const auto number = box.currentData().toLongLong();
    return number == kAnyClass ? std::nullopt : std::optional<std::int64_t>(number);
  };
  request.filter.target = chosen(*target_);
  request.filter.predicted = chosen(*predicted_);
  request.filter.outcome = static_cast<PredictionFilter::Outcome>(outcome_->currentData().toInt());
  request.first = first_;
  request.count = kPage;
  return request;
}

bool PredictionChoices::choose(std::size_t task, SplitName split, std::int64_t target,
                               std::int64_t predicted) {
  if (task >= tasks_.size()) return false;
  task_->setCurrentIndex(static_cast<int>(task));
  split_->setCurrentIndex(split_->findData(static_cast<int>(split)));
  fillClasses();
  target_->setCurrentIndex(target_->findData(static_cast<qlonglong>(target)));
  predicted_->setCurrentIndex(predicted_->findData(static_cast<qlonglong>(predicted)));
  outcome_->setCurrentIndex(0);
  first_ = 0;
  return true;
}

void PredictionChoices::showPlace(const train::PredictionPage& page) {
  const auto last = page.request.first + static_cast<std::int64_t>(page.rows.size());
  place_->setText(page.rows.empty() ? QString()
                                    : tr("%1–%2 of %3")
                                          .arg(countText(page.request.first + 1), countText(last),
                                               countText(page.matching)));
  before_->setEnabled(page.request.first > 0);
  after_->setEnabled(last < page.matching);
}

}  // namespace eq::widgets
