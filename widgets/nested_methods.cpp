#include "widgets/nested_methods.h"

#include <algorithm>
#include <utility>

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/loss/catalog.h"
#include "core/loss/nesting.h"
#include "widgets/parameter_form.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/scrub_label.h"
#include "widgets/style/tab_order.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr const char* kUsualTerm = "cross_entropy";

/// What fits inside: of a wrapper, what has a value a sample.
MethodRules rulesInside(bool isTerm, const MethodRules& outer) {
  MethodRules rules = outer;
  if (isTerm) return rules;
  rules.unfit = [outer](const std::string& id) {
    const auto reason = outer.unfit ? outer.unfit(id) : std::string();
    return reason.empty() ? loss::whyNotWrapped(id, json::object()) : reason;
  };
  return rules;
}

}  // namespace

NestedMethod::NestedMethod(bool isTerm, QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 4, 6, 4);
  editor_ = new MethodEditor(tr("Loss inside"), loss::catalog().descriptors(), {}, this);
  if (isTerm) addTermRow(*column);
  column->addWidget(editor_);
  connect(editor_, &MethodEditor::edited, this, &NestedMethod::edited);
}

void NestedMethod::setRules(const MethodRules& rules) {
  editor_->setRules(rulesInside(weight_ != nullptr, rules));
}

void NestedMethod::addTermRow(QVBoxLayout& column) {
  weight_ = new NumberBox(this);
  weight_->setValue(1);
  auto* label = new ScrubLabel(tr("Factor"), weight_, this);
  label->setBuddy(weight_);
  remove_ = new QToolButton(this);
  remove_->setText(tr("✕"));
  remove_->setAutoRaise(true);
  auto* row = new QHBoxLayout;
  row->addWidget(label);
  row->addWidget(weight_, 1);
  row->addWidget(remove_);
  column.addLayout(row);
  connect(weight_, &NumberBox::valueChanged, this, &NestedMethod::edited);
  connect(remove_, &QToolButton::clicked, this, &NestedMethod::removeRequested);
}

void NestedMethod::setName(const QString& name) {
  editor_->setName(name);
  if (!weight_) return;
  weight_->setAccessibleName(tr("Factor of %1").arg(name.toLower()));
  remove_->setAccessibleName(tr("Remove %1").arg(name.toLower()));
  remove_->setToolTip(remove_->accessibleName());
}

void NestedMethod::setRemovable(bool removable) {
  if (remove_) remove_->setEnabled(removable);
}

void NestedMethod::setValue(const json& value) {
  given_ = value;
  editor_->setMethod({value.value("id", std::string()), value.value("params", json::object())});
  if (!weight_) return;
  const QSignalBlocker blocker(weight_);
  weight_->setValue(value.value("weight", 1.0));
}

json NestedMethod::value() const {
  json value = given_;
  const auto method = editor_->method();
  value["id"] = method.id;
  if (value.contains("params") || !method.params.empty()) value["params"] = method.params;
  if (weight_ && (value.contains("weight") || weight_->value() != 1))
    value["weight"] = weight_->value();
  return value;
}

NestedMethods::NestedMethods(bool terms, QWidget* parent) : QWidget(parent), terms_(terms) {
  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(4);
  if (!terms_) return;
  add_ = new QPushButton(tr("Add a term"), this);
  column_->addWidget(add_, 0, Qt::AlignLeft);
  connect(add_, &QPushButton::clicked, this, &NestedMethods::addTerm);
}

void NestedMethods::setRules(const MethodRules& rules) {
  rules_ = rules;
  for (auto* row : rows_) row->setRules(rules_);
}

/// Editors of the same losses stay, with the focus and what is half typed in them.
void NestedMethods::setValue(const json& value) {
  const json list = terms_ ? value : json::array({value});
  const bool same = std::equal(
      list.begin(), list.end(), rows_.begin(), rows_.end(),
      [](const json& one, const NestedMethod* row) { return one.value("id", "") == row->id(); });
  if (!same)
    for (auto* row : std::exchange(rows_, {})) discard(*row);
  for (size_t i = 0; i < list.size(); ++i)
    if (same)
      rows_[i]->setValue(list[i]);
    else
      add(list[i]);
  rename();
}

json NestedMethods::value() const {
  json list = json::array();
  for (const auto* row : rows_) list.push_back(row->value());
  return terms_ ? list : list.empty() ? json() : list[0];
}

NestedMethod* NestedMethods::add(const json& value) {
  auto* row = new NestedMethod(terms_, this);
  row->setRules(rules_);
  row->setValue(value);
  column_->insertWidget(static_cast<int>(rows_.size()), row);
  rows_.push_back(row);
  connect(row, &NestedMethod::edited, this, &NestedMethods::edited);
  connect(row, &NestedMethod::removeRequested, this, [this, row] { remove(row); });
  return row;
}

/// Another of the same kind as the last one, which fits the task.
void NestedMethods::addTerm() {
  const std::string id = rows_.empty() ? kUsualTerm : rows_.back()->id();
  auto* row = add({{"id", id}});
  rename();
  orderTabs(*this);
  row->setFocus();
  emit edited();
}

void NestedMethods::remove(NestedMethod* row) {
  std::erase(rows_, row);
  discard(*row);
  rename();
  emit edited();
}

void NestedMethods::rename() {
  for (size_t i = 0; i < rows_.size(); ++i) {
    rows_[i]->setName(terms_ ? tr("Term %1").arg(i + 1) : tr("Loss inside"));
    rows_[i]->setRemovable(rows_.size() > 1);
  }
}

}  // namespace eq::widgets
