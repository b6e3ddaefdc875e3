#include "widgets/experiment/rule_list.h"

#include <algorithm>
#include <string>
#include <utility>

#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "core/train/rule.h"
#include "core/train/rule_catalog.h"
#include "core/train/series_name.h"
#include "widgets/experiment/rule_card.h"
#include "widgets/parameter_form.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

using train::RuleSpec;

std::string placeOfRule(std::size_t i) {
  return "rules[" + std::to_string(i) + "]";
}

/// `when: line 1, ...` of `rules[0].when: line 1, ...`.
QString withoutRule(const QString& reason, std::size_t i) {
  const auto prefix = QString::fromStdString(placeOfRule(i)) + '.';
  return reason.startsWith(prefix) ? reason.mid(prefix.size()) : reason;
}

/// Whether all series of a run are known before it begins.
bool isSpelledOut(const train::Experiment& experiment) {
  const auto& tasks = experiment.tasks;
  return !tasks.empty() && std::all_of(tasks.begin(), tasks.end(),
                                       [](const auto& task) { return !task.metrics.empty(); });
}

/// What can stand in a condition.
std::vector<std::string> namesFor(const train::Experiment& experiment) {
  train::SeriesSource source;
  for (const auto& task : experiment.tasks) {
    source.tasks.push_back(task.name);
    auto& metrics = source.metrics.emplace_back();
    metrics.emplace_back("loss");
    for (const auto& metric : task.metrics) metrics.push_back(metric.id);
  }
  auto names = train::seriesNames(source);
  for (const char* function : {"no_better(", "not_finite(", "best(", "mean(", "slope(", "last(",
                               "smoothed(", "conflict.frequency("})
    names.emplace_back(function);
  return names;
}

/// What a shipped rule looks at before somebody says so.
std::string usualSeries(const train::Experiment& experiment, const std::string& id) {
  const std::string task =
      experiment.tasks.empty() ? std::string("TASK") : experiment.tasks.front().name;
  if (id == "stop_at_nan") return train::seriesName({"loss", task});
  return train::seriesName({"validation", task, "loss"});
}

}  // namespace

RuleList::RuleList(QWidget* parent)
    : QWidget(parent), layout_(new QVBoxLayout(this)), add_(new QToolButton(this)) {
  layout_->setContentsMargins(0, 0, 0, 0);
  add_->setText(tr("Add a rule"));
  add_->setPopupMode(QToolButton::InstantPopup);
  add_->setToolTip(tr("While it trains, a rule looks at the run's series and acts"));
  auto* menu = new QMenu(add_);
  menu->setToolTipsVisible(true);
  for (const auto* descriptor : train::shippedRules().descriptors()) {
    auto* action = menu->addAction(menuText(QString::fromStdString(descriptor->title)));
    action->setToolTip(QString::fromStdString(descriptor->summary));
    connect(action, &QAction::triggered, this, [this, id = descriptor->id] { addShipped(id); });
  }
  menu->addSeparator();
  connect(menu->addAction(tr("Empty rule")), &QAction::triggered, this, [this] {
    addCard({});
    take();
  });
  add_->setMenu(menu);
  layout_->addWidget(add_, 0, Qt::AlignLeft);
}

RuleCard* RuleList::addCard(const RuleSpec& rule) {
  auto* card = new RuleCard(this);
  card->setNames(namesFor(experiment_));
  card->setRule(rule);
  layout_->insertWidget(static_cast<int>(cards_.size()), card);
  cards_.push_back(card);
  connect(card, &RuleCard::edited, this, &RuleList::take);
  connect(card, &RuleCard::typed, this, [this] {
    std::vector<RuleSpec> ignored;
    read(ignored);
  });
  connect(card, &RuleCard::removeRequested, this, [this, card] { remove(card); });
  return card;
}

void RuleList::remove(RuleCard* card) {
  std::erase(cards_, card);
  discard(*card);
  take();
}

void RuleList::addShipped(const std::string& id) {
  nlohmann::json value{{"id", id}};
  for (const auto& spec : train::shippedRules().descriptor(id).parameters)
    if (spec.name == "series") value["series"] = usualSeries(experiment_, id);
  addCard(train::ruleFromJson(value, "rule"));
  take();
}

bool RuleList::read(std::vector<RuleSpec>& rules) {
  bool fine = true;
  const bool whole = isSpelledOut(experiment_);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    QString problem;
    try {
      auto one = experiment_;
      one.rules = {train::ruleFromJson(cards_[i]->rule(), placeOfRule(0))};
      if (whole) train::requireRulesFit(one);
      rules.push_back(one.rules.front());
    } catch (const Error& error) {
      problem = withoutRule(QString::fromUtf8(error.what()), 0);
    }
    cards_[i]->setProblem(problem);
    fine = fine && problem.isEmpty();
  }
  return fine;
}

void RuleList::take() {
  std::vector<RuleSpec> rules;
  const bool counts = read(rules);
  if (counts && !refusal_.isEmpty() && rules == refused_) return showRefusal();
  refusal_.clear();
  held_ = !counts;
  if (held_ || rules == inForce_) return;
  inForce_ = std::move(rules);
  emit edited();
}

void RuleList::setRules(const train::Experiment& experiment) {
  const bool same = experiment.rules == inForce_;
  experiment_ = experiment;
  for (auto* card : cards_) card->setNames(namesFor(experiment_));
  if (same && held_) return;
  inForce_ = experiment.rules;
  held_ = false;
  refusal_.clear();
  showRules();
}

/// Cards that show what they should are left alone: somebody may be typing in one.
void RuleList::showRules() {
  while (cards_.size() > inForce_.size()) {
    discard(*cards_.back());
    cards_.pop_back();
  }
  while (cards_.size() < inForce_.size()) addCard(inForce_[cards_.size()]);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    if (cards_[i]->rule() != train::toJson(inForce_[i])) cards_[i]->setRule(inForce_[i]);
  }
  std::vector<RuleSpec> ignored;
  read(ignored);  // a rule in force may look at what the tasks, known meanwhile, do not have
}

void RuleList::forgetTyped() {
  held_ = false;
  refusal_.clear();
  showRules();
}

void RuleList::settle() {
  for (auto* card : cards_) card->settle();
  take();
}

QString RuleList::problem() const {
  for (const auto* card : cards_)
    if (!card->problem().isEmpty()) return card->problem();
  return {};
}

void RuleList::refuse(const QString& reason, const std::vector<RuleSpec>& inForce) {
  refused_.clear();
  read(refused_);
  refusal_ = reason;
  inForce_ = inForce;
  held_ = true;
  showRefusal();
}

/// At the rule that it names, or at all.
void RuleList::showRefusal() {
  bool named = false;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    const auto text = withoutRule(refusal_, i);
    if (text == refusal_) continue;
    cards_[i]->setProblem(text);
    named = true;
  }
  if (named) return;
  for (auto* card : cards_) card->setProblem(refusal_);
}

}  // namespace eq::widgets
