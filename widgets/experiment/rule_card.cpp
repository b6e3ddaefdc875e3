#include "widgets/experiment/rule_card.h"

#include <algorithm>
#include <array>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/name_completion.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr double kMostLooks = 1e9;

/// What a rule can do, and the one thing that has to be said with it.
struct RuleDeed {
  const char* title;
  const char* kind;      ///< of the command
  const char* key;       ///< of its argument; empty: it has none
  const char* argument;  ///< what to type
};

constexpr std::array<RuleDeed, 9> kDeeds{{
    {QT_TRANSLATE_NOOP("RuleCard", "Learning rate times"), "set_learning_rate", "factor", "0.5"},
    {QT_TRANSLATE_NOOP("RuleCard", "Learning rate to"), "set_learning_rate", "value", "0.001"},
    {QT_TRANSLATE_NOOP("RuleCard", "Stop"), "stop", "", ""},
    {QT_TRANSLATE_NOOP("RuleCard", "Write a checkpoint"), "checkpoint", "", ""},
    {QT_TRANSLATE_NOOP("RuleCard", "Back to the best of"), "restore_best", "series",
     "validation.left.loss"},
    {QT_TRANSLATE_NOOP("RuleCard", "Gradient method to"), "set_gradient", "method", "pcgrad"},
    {QT_TRANSLATE_NOOP("RuleCard", "Loss weighting to"), "set_weighting", "method", "uncertainty"},
    {QT_TRANSLATE_NOOP("RuleCard", "Note"), "note", "text", "what happened"},
    {QT_TRANSLATE_NOOP("RuleCard", "Command"), "", "",
     R"({"kind": "set_weight", "task": 0, "value": 2})"},
}};

/// Place of the last, for all that has no line of its own.
constexpr int kAnyDeed = static_cast<int>(kDeeds.size()) - 1;

/// Place of the deed that an action is, whose argument a line can show.
int deedOf(const json& then) {
  for (int i = 0; i < kAnyDeed; ++i) {
    const auto& deed = kDeeds[static_cast<std::size_t>(i)];
    const std::string key = deed.key;
    if (!then.is_object() || then.value("kind", json()) != deed.kind) continue;
    if (then.size() != (key.empty() ? 1u : 2u) || (!key.empty() && !then.contains(key))) continue;
    if (key == "method" && (!then[key].is_object() || then[key].size() != 1)) continue;
    return i;
  }
  return kAnyDeed;
}

QString argumentText(const json& then, int place) {
  const std::string key = kDeeds[static_cast<std::size_t>(place)].key;
  if (place == kAnyDeed) return then.is_null() ? QString() : QString::fromStdString(then.dump());
  if (key.empty()) return {};
  const auto& value = key == "method" ? then[key].value("id", json("")) : then[key];
  return QString::fromStdString(value.is_string() ? value.get<std::string>() : value.dump());
}

/// A number where it is one, else the text, which the check refuses.
json numberOrText(const QString& text) {
  const auto number = readNumber(text);
  return number.value ? json(*number.value) : json(text.toStdString());
}

}  // namespace

RuleCard::RuleCard(QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  makeFields();
  auto* remove = new QToolButton(this);
  remove->setText("×");
  remove->setAutoRaise(true);
  remove->setToolTip(tr("Take this rule out"));
  remove->setAccessibleName(tr("Take this rule out"));
  connect(remove, &QToolButton::clicked, this, &RuleCard::removeRequested);
  auto* first = new QHBoxLayout;
  first->addWidget(new QLabel(tr("When"), this), 1);
  first->addWidget(once_);
  first->addWidget(remove);
  auto* second = new QHBoxLayout;
  second->addWidget(new QLabel(tr("for"), this));
  second->addWidget(looks_);
  second->addWidget(new QLabel(tr("looks in a row:"), this), 1);
  auto* third = new QHBoxLayout;
  third->addWidget(kind_);
  third->addWidget(argument_, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 6, 8, 6);
  layout->setSpacing(4);
  layout->addLayout(first);
  layout->addWidget(when_);
  layout->addLayout(second);
  layout->addLayout(third);
  layout->addWidget(problem_);
  showArgument();
}

void RuleCard::makeFields() {
  when_ = new QLineEdit(this);
  when_->setPlaceholderText("no_better(validation.left.loss, 3)");
  when_->setAccessibleName(tr("When"));
  completion_ = new NameCompletion(*when_);
  looks_ = new IntegerBox(this);
  looks_->setRange(1, kMostLooks);
  looks_->setAccessibleName(tr("Looks in a row"));
  looks_->setToolTip(tr("So many evaluations, or steps, in a row must find it true"));
  once_ = new QCheckBox(tr("Once"), this);
  once_->setToolTip(tr("The first time only"));
  kind_ = new ChoiceBox(this);
  kind_->setAccessibleName(tr("What is done"));
  for (const auto& deed : kDeeds) kind_->addItem(tr(deed.title));
  kind_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  kind_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  argument_ = new QLineEdit(this);
  argument_->setAccessibleName(tr("With what"));
  problem_ = new ProblemLabel(this);
  for (auto* line : {when_, argument_}) {
    connect(line, &QLineEdit::editingFinished, this, &RuleCard::edited);
    connect(line, &QLineEdit::textChanged, this, &RuleCard::typed);
  }
  connect(looks_, &NumberBox::valueChanged, this, &RuleCard::edited);
  connect(once_, &QCheckBox::clicked, this, &RuleCard::edited);
  connect(kind_, &QComboBox::activated, this, [this] {
    showArgument();
    emit edited();
  });
}

void RuleCard::showArgument() {
  const auto& deed = kDeeds[static_cast<std::size_t>(kind_->currentIndex())];
  argument_->setPlaceholderText(deed.argument);
  argument_->setVisible(*deed.argument != '\0');
}

void RuleCard::setNames(const std::vector<std::string>& names) {
  completion_->setNames(names);
}

void RuleCard::setRule(const train::RuleSpec& rule) {
  const QSignalBlocker quiet(this);
  const auto deed = deedOf(rule.then);
  when_->setText(QString::fromStdString(rule.when));
  when_->setCursorPosition(0);
  looks_->setValue(static_cast<double>(rule.looks));
  once_->setChecked(rule.once);
  kind_->setCurrentIndex(rule.then.is_null() ? 0 : deed);
  argument_->setText(argumentText(rule.then, deed));
  argument_->setCursorPosition(0);
  showArgument();
}

json RuleCard::action() const {
  const int place = kind_->currentIndex();
  const auto& deed = kDeeds[static_cast<std::size_t>(place)];
  const auto text = argument_->text().trimmed();
  if (place == kAnyDeed) {
    const auto typed = json::parse(text.toStdString(), nullptr, false);
    return typed.is_discarded() ? json(text.toStdString()) : typed;
  }
  json then{{"kind", deed.kind}};
  const std::string key = deed.key;
  if (key == "factor" || key == "value") then[key] = numberOrText(text);
  if (key == "series" || key == "text") then[key] = text.toStdString();
  if (key == "method") then[key] = {{"id", text.toStdString()}};
  return then;
}

json RuleCard::rule() const {
  return {{"when", when_->text().toStdString()},
          {"for", static_cast<std::int64_t>(looks_->value())},
          {"then", action()},
          {"once", once_->isChecked()}};
}

void RuleCard::setProblem(const QString& problem) {
  shown_ = problem;
  problem_->setProblem(problem);
  markProblem(*when_, problem.startsWith("when") ? problem : QString());
  markProblem(*argument_, problem.startsWith("then") ? problem : QString());
}

void RuleCard::settle() {
  looks_->settle();
}

}  // namespace eq::widgets
