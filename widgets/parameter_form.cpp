#include "widgets/parameter_form.h"

#include <algorithm>

#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "widgets/style/fold.h"

namespace eq::widgets {
namespace {

void arrange(QFormLayout& rows) {
  rows.setContentsMargins(0, 0, 0, 0);
  rows.setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  rows.setRowWrapPolicy(QFormLayout::WrapLongRows);
}

}  // namespace

ParameterForm::ParameterForm(std::vector<ParameterSpec> specs, QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  auto* rows = new QFormLayout;
  arrange(*rows);
  column->addLayout(rows);
  std::vector<ParameterSpec> advanced;
  for (const auto& spec : specs)
    if (isAdvanced(spec.name))
      advanced.push_back(spec);
    else
      addRow(*rows, spec);
  if (!advanced.empty()) addAdvanced(advanced);
}

void ParameterForm::addRow(QFormLayout& rows, const ParameterSpec& spec) {
  auto* field = new ParameterField(spec, this);
  auto* label = new QLabel(labelOf(spec.name), this);
  label->setToolTip(parameterHelp(spec));
  label->setBuddy(field);
  if (spec.type == ParameterType::object || spec.type == ParameterType::objectList) {
    rows.addRow(label);
    rows.addRow(field);
  } else {
    rows.addRow(label, field);
  }
  connect(field, &ParameterField::edited, this, &ParameterForm::countChanged);
  connect(field, &ParameterField::edited, this, &ParameterForm::edited);
  fields_.push_back(field);
}

void ParameterForm::addAdvanced(const std::vector<ParameterSpec>& specs) {
  auto* content = new QWidget(this);
  auto* rows = new QFormLayout(content);
  arrange(*rows);
  for (const auto& spec : specs) addRow(*rows, spec);
  advanced_ = new Fold(tr("Advanced"), content, Fold::Rank::detail, this);
  layout()->addWidget(advanced_);
}

void ParameterForm::countChanged() {
  if (!advanced_) return;
  const auto changed = std::count_if(fields_.begin(), fields_.end(), [](const auto* field) {
    return isAdvanced(field->spec().name) && !field->isDefault();
  });
  advanced_->setNote(changed == 0 ? QString() : tr("%1 changed").arg(changed));
}

void ParameterForm::hideField(const std::string& name) {
  auto* hidden = field(name);
  if (!hidden) return;
  auto* holder = hidden->parentWidget();
  auto* rows = qobject_cast<QFormLayout*>(holder->layout());
  if (!rows) rows = holder->layout()->findChild<QFormLayout*>();
  rows->setRowVisible(hidden, false);
  const bool all = std::all_of(fields_.begin(), fields_.end(), [](const auto* one) {
    return !isAdvanced(one->spec().name) || one->isHidden();
  });
  if (advanced_ && all) advanced_->hide();
}

void ParameterForm::setRules(const MethodRules& rules) {
  for (auto* field : fields_) field->setRules(rules);
}

void ParameterForm::addSliders() {
  for (auto* field : fields_) field->addSlider();
}

void ParameterForm::setValues(const nlohmann::json& values) {
  given_ = values;
  for (auto* field : fields_) {
    const auto& spec = field->spec();
    field->setValue(values.contains(spec.name) ? values[spec.name] : spec.defaultValue);
  }
  countChanged();
}

void ParameterForm::forgetTyped() {
  for (auto* field : fields_) field->forgetTyped();
}

nlohmann::json ParameterForm::values() const {
  auto values = nlohmann::json::object();
  for (const auto* field : fields_) {
    const auto& spec = field->spec();
    if (spec.required || given_.contains(spec.name) || field->value() != spec.defaultValue)
      values[spec.name] = field->value();
  }
  return values;
}

bool ParameterForm::valid() const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [](const ParameterField* field) { return field->valid(); });
}

ParameterField* ParameterForm::missing() const {
  for (auto* field : fields_)
    if (field->isMissing()) return field;
  return nullptr;
}

ParameterField* ParameterForm::field(const std::string& name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const ParameterField* field) {
    return field->spec().name == name;
  });
  return found == fields_.end() ? nullptr : *found;
}

void discard(QWidget& widget) {
  for (auto* child : widget.findChildren<QWidget*>()) child->blockSignals(true);
  widget.blockSignals(true);
  widget.hide();
  widget.setParent(nullptr);
  widget.deleteLater();
}

}  // namespace eq::widgets
