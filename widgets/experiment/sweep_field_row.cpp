#include "widgets/experiment/sweep_field_row.h"

#include <algorithm>

#include <QCheckBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/descriptor.h"
#include "widgets/experiment/sweep_check.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kMostInMenu = 200;
constexpr double kMostValues = 100000;

QCompleter* makeCompleter(const std::vector<train::FieldChoice>& choices, QWidget* parent) {
  QStringList paths;
  for (const auto& choice : choices) paths << QString::fromStdString(choice.path);
  auto* completer = new QCompleter(paths, parent);
  completer->setFilterMode(Qt::MatchContains);
  completer->setCaseSensitivity(Qt::CaseInsensitive);
  return completer;
}

/// What a field can be, where that is a short list.
std::vector<json> possibleValues(const ParameterSpec& spec) {
  if (spec.type == ParameterType::boolean) return {true, false};
  std::vector<json> values;
  for (const auto& choice : spec.choices) values.push_back(choice);
  return values;
}

QString valueTitle(const json& value) {
  if (value.is_null() || value == "") return QObject::tr("none");
  return QString::fromStdString(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

SweepFieldRow::SweepFieldRow(const std::vector<train::FieldChoice>& choices, QWidget* parent)
    : QFrame(parent), choices_(choices) {
  setFrameShape(QFrame::StyledPanel);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 6, 8, 6);
  layout->setSpacing(4);
  layout->addWidget(makeHead());
  hint_ = new QLabel(this);
  hint_->setTextFormat(Qt::PlainText);
  hint_->setWordWrap(true);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(hint_);
  pages_ = new QStackedWidget(this);
  pages_->addWidget(makeList());
  pages_->addWidget(makeRange());
  pages_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  layout->addWidget(pages_);
  layout->addWidget(makeCondition());
  problem_ = new ProblemLabel(this);
  layout->addWidget(problem_);
  showField();
  showKind();
}

QWidget* SweepFieldRow::makeHead() {
  auto* head = new QWidget(this);
  path_ = new QLineEdit(head);
  path_->setPlaceholderText(tr("Field, by a part of its name: lr, loss.id, weight"));
  path_->setAccessibleName(tr("Field"));
  path_->setCompleter(makeCompleter(choices_, path_));
  kind_ = new ChoiceBox(head);
  kind_->addItems({tr("List"), tr("Range"), tr("Range, log"), tr("Range, integers")});
  kind_->setAccessibleName(tr("Kind of values"));
  auto* remove = new QToolButton(head);
  remove->setText("×");
  remove->setAutoRaise(true);
  remove->setToolTip(tr("Take this field out"));
  remove->setAccessibleName(tr("Take this field out"));
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(path_, 1);
  row->addWidget(kind_);
  row->addWidget(remove);
  connect(path_, &QLineEdit::textChanged, this, [this] {
    showField();
    emit edited();
  });
  connect(kind_, &QComboBox::currentIndexChanged, this, [this] {
    showKind();
    emit edited();
  });
  connect(remove, &QToolButton::clicked, this, &SweepFieldRow::removeRequested);
  return head;
}

QWidget* SweepFieldRow::makeList() {
  auto* page = new QWidget(this);
  values_ = new QLineEdit(page);
  values_->setPlaceholderText(tr("Values, apart by commas"));
  values_->setAccessibleName(tr("Values"));
  menu_ = new QToolButton(page);
  menu_->setText(tr("Choose"));
  menu_->setPopupMode(QToolButton::InstantPopup);
  menu_->setMenu(new QMenu(menu_));
  connect(menu_->menu(), &QMenu::aboutToShow, this, &SweepFieldRow::fillMenu);
  auto* row = new QHBoxLayout(page);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(values_, 1);
  row->addWidget(menu_);
  connect(values_, &QLineEdit::textChanged, this, &SweepFieldRow::edited);
  return page;
}

QWidget* SweepFieldRow::makeRange() {
  auto* page = new QWidget(this);
  low_ = new NumberBox(page);
  high_ = new NumberBox(page);
  count_ = new IntegerBox(page);
  low_->setAccessibleName(tr("Least value"));
  high_->setAccessibleName(tr("Largest value"));
  count_->setAccessibleName(tr("How many values"));
  high_->setValue(1);
  count_->setRange(1, kMostValues);
  count_->setValue(3);
  auto* row = new QHBoxLayout(page);
  row->setContentsMargins(0, 0, 0, 0);
  for (const auto& [text, box] : {std::pair<QString, NumberBox*>{tr("from"), low_},
                                  {tr("to"), high_},
                                  {tr("values"), count_}}) {
    row->addWidget(new QLabel(text, page));
    row->addWidget(box, 1);
    connect(box, &NumberBox::valueChanged, this, &SweepFieldRow::edited);
    connect(box, &NumberBox::problemChanged, this, &SweepFieldRow::edited);
  }
  return page;
}

QWidget* SweepFieldRow::makeCondition() {
  auto* line = new QWidget(this);
  only_ = new QCheckBox(tr("Only where"), line);
  condition_ = new QWidget(line);
  other_ = new QLineEdit(condition_);
  other_->setPlaceholderText(tr("another field"));
  other_->setAccessibleName(tr("Field of the condition"));
  other_->setCompleter(makeCompleter(choices_, other_));
  otherValues_ = new QLineEdit(condition_);
  otherValues_->setPlaceholderText(tr("one of these values"));
  otherValues_->setAccessibleName(tr("Values of the condition"));
  auto* inner = new QHBoxLayout(condition_);
  inner->setContentsMargins(0, 0, 0, 0);
  inner->addWidget(other_, 1);
  inner->addWidget(new QLabel(tr("is"), condition_));
  inner->addWidget(otherValues_, 1);
  auto* row = new QHBoxLayout(line);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(only_);
  row->addWidget(condition_, 1);
  row->addStretch(0);
  condition_->hide();
  connect(only_, &QCheckBox::toggled, condition_, &QWidget::setVisible);
  connect(only_, &QCheckBox::toggled, this, &SweepFieldRow::edited);
  for (auto* field : {other_, otherValues_})
    connect(field, &QLineEdit::textChanged, this, &SweepFieldRow::edited);
  return line;
}

const train::FieldChoice* SweepFieldRow::choice() const {
  const auto found = std::find_if(choices_.begin(), choices_.end(),
                                  [&](const auto& one) { return one.path == path(); });
  return found == choices_.end() ? nullptr : &*found;
}

void SweepFieldRow::showField() {
  const auto* field = choice();
  menu_->setVisible(field && !possibleValues(field->spec).empty());
  if (!field) return hint_->hide();
  auto text = tr("%1: %2. Now %3")
                  .arg(shownName(field->place), QString::fromStdString(field->spec.doc),
                       valueTitle(field->spec.defaultValue));
  const bool listed = !field->spec.choices.empty();  // which the menu shows
  const auto range = listed ? QString() : QString::fromStdString(rangeText(field->spec));
  if (!range.isEmpty()) text += tr("; can be %1").arg(range);
  hint_->setText(text);
  hint_->show();
}

void SweepFieldRow::showKind() {
  pages_->setCurrentIndex(kind_->currentIndex() == list ? 0 : 1);
}

/// Checked values are those of the line.
void SweepFieldRow::fillMenu() {
  auto* menu = menu_->menu();
  menu->clear();
  const auto* field = choice();
  if (!field) return;
  auto possible = possibleValues(field->spec);
  if (possible.size() > kMostInMenu) possible.resize(kMostInMenu);
  for (const auto& value : possible) {
    auto* action = menu->addAction(menuText(valueTitle(value)));
    action->setCheckable(true);
    const auto now = sweepValuesFrom(values_->text());
    action->setChecked(std::find(now.begin(), now.end(), value) != now.end());
    connect(action, &QAction::toggled, this, [this, value](bool on) {
      auto chosen = sweepValuesFrom(values_->text());
      std::erase(chosen, value);
      if (on) chosen.push_back(value);
      values_->setText(sweepValuesText(chosen));
    });
  }
}

std::string SweepFieldRow::path() const {
  return path_->text().trimmed().toStdString();
}

ordered_json SweepFieldRow::values() const {
  const auto kind = static_cast<Kind>(kind_->currentIndex());
  if (kind == list) return ordered_json(json(sweepValuesFrom(values_->text())));
  constexpr const char* kScales[]{"", "linear", "log", "integer"};
  return {{"low", low_->value()},
          {"high", high_->value()},
          {"scale", kScales[kind]},
          {"count", static_cast<std::int64_t>(count_->value())}};
}

json SweepFieldRow::condition() const {
  if (!only_->isChecked()) return nullptr;
  auto condition = further_;
  condition[other_->text().trimmed().toStdString()] = sweepValuesFrom(otherValues_->text());
  return condition;
}

void SweepFieldRow::setField(const std::string& path, const std::vector<json>& values) {
  path_->setText(QString::fromStdString(path));
  kind_->setCurrentIndex(list);
  values_->setText(sweepValuesText(values));
}

void SweepFieldRow::load(const std::string& path, const json& values, const json& condition) {
  if (values.is_array()) {
    setField(path, values.get<std::vector<json>>());
  } else {
    setField(path, {});
    const auto scale = values.value("scale", std::string("linear"));
    kind_->setCurrentIndex(scale == "log" ? logarithmic : scale == "integer" ? integer : linear);
    low_->setValue(values.at("low").get<double>());
    high_->setValue(values.at("high").get<double>());
    if (values.contains("count")) count_->setValue(values["count"].get<double>());
  }
  if (!condition.is_object() || condition.empty()) return;
  only_->setChecked(true);
  further_ = condition;
  const auto first = condition.begin();
  other_->setText(QString::fromStdString(first.key()));
  otherValues_->setText(sweepValuesText(first.value().get<std::vector<json>>()));
  further_.erase(first.key());
  if (!further_.empty())
    only_->setToolTip(
        plainToolTip(tr("And, as the file says: %1").arg(QString::fromStdString(further_.dump()))));
}

void SweepFieldRow::setProblem(const QString& problem) {
  problem_->setProblem(problem);
}

QString SweepFieldRow::settle() {
  if (kind_->currentIndex() == list) return {};
  for (NumberBox* box : {low_, high_, static_cast<NumberBox*>(count_)}) {
    box->settle();
    if (!box->problem().isEmpty())
      return QString("%1: %2").arg(box->accessibleName(), box->problem());
  }
  return {};
}

void SweepFieldRow::focusPath() {
  path_->setFocus();
}

}  // namespace eq::widgets
