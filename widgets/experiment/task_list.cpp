#include "widgets/experiment/task_list.h"

#include <algorithm>
#include <utility>

#include <QVBoxLayout>

#include "widgets/experiment/task_card.h"
#include "widgets/experiment/task_table.h"
#include "widgets/parameter_form.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kMostCards = 3;

}  // namespace

TaskList::TaskList(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  table_ = new TaskTable(this);
  table_->hide();
  layout->addWidget(table_);
  connect(table_, &TaskTable::taskChosen, this, &TaskList::showCards);
  connect(table_, &TaskTable::switched, this,
          [this](int task, bool on) { cards_[static_cast<std::size_t>(task)]->switchOn(on); });
}

void TaskList::make(const std::vector<train::TaskSpec>& tasks,
                    const std::vector<KnownTask>& known) {
  for (auto* card : std::exchange(cards_, {})) discard(*card);
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    auto* card = new TaskCard(static_cast<int>(k), lossRules(known[k]), this);
    layout()->addWidget(card);
    connect(card, &TaskCard::edited, this, &TaskList::edited);
    connect(card, &TaskCard::problemChanged, this, &TaskList::showTable);
    connect(card, &TaskCard::compareRequested, this,
            [this, k] { emit compareRequested(static_cast<int>(k)); });
    cards_.push_back(card);
  }
  setLocked(locked_);
  setPreferencesShown(preferences_);
  setSpecs(tasks);
  table_->setVisible(cards_.size() > kMostCards);
  showCards();
}

void TaskList::setKnown(const std::vector<KnownTask>& known) {
  for (std::size_t k = 0; k < cards_.size(); ++k) cards_[k]->loss().setRules(lossRules(known[k]));
}

void TaskList::setSpecs(const std::vector<train::TaskSpec>& tasks) {
  for (std::size_t k = 0; k < cards_.size(); ++k) cards_[k]->setSpec(tasks[k]);
  showTable();
}

std::vector<train::TaskSpec> TaskList::specs() const {
  std::vector<train::TaskSpec> specs;
  for (const auto* card : cards_) specs.push_back(card->spec());
  return specs;
}

void TaskList::setBegun(const std::vector<train::TaskSpec>& tasks) {
  for (std::size_t k = 0; k < cards_.size(); ++k)
    cards_[k]->setBegun(k < tasks.size() ? &tasks[k] : nullptr);
}

void TaskList::setPreferencesShown(bool shown) {
  preferences_ = shown;
  for (auto* card : cards_) card->setPreferenceShown(shown);
}

void TaskList::setLocked(bool locked) {
  locked_ = locked;
  table_->setLocked(locked);
  for (auto* card : cards_) card->setLocked(locked);
}

MethodEditor* TaskList::loss(std::size_t task) const {
  return task < cards_.size() ? &cards_[task]->loss() : nullptr;
}

void TaskList::reveal(const QWidget& inner) {
  for (std::size_t k = 0; k < cards_.size(); ++k)
    if (cards_[k]->isAncestorOf(&inner)) table_->setTask(static_cast<int>(k));
}

void TaskList::showCards() {
  const auto focus = static_cast<std::size_t>(std::max(table_->task(), 0));
  for (std::size_t k = 0; k < cards_.size(); ++k)
    cards_[k]->setVisible(cards_.size() <= kMostCards || k == focus);
}

void TaskList::showTable() {
  QStringList problems;
  for (const auto* card : cards_) problems << card->problem();
  table_->showTasks(specs(), problems);
}

}  // namespace eq::widgets
