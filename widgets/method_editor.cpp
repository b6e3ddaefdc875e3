#include "widgets/method_editor.h"

#include <utility>

#include <QLabel>
#include <QVBoxLayout>

#include "widgets/parameter_form.h"
#include "widgets/style/choice_box.h"

namespace eq::widgets {

QString helpOf(const Descriptor& descriptor) {
  QString text = QString("<b>%1</b><br>%2")
                     .arg(QString::fromStdString(descriptor.title).toHtmlEscaped(),
                          QString::fromStdString(descriptor.summary).toHtmlEscaped());
  if (!descriptor.formula.empty())
    text += QString("<p>%1</p>").arg(QString::fromStdString(descriptor.formula).toHtmlEscaped());
  if (!descriptor.citation.empty())
    text += QString("<p><i>%1</i></p>")
                .arg(QString::fromStdString(descriptor.citation).toHtmlEscaped());
  return text;
}

MethodEditor::MethodEditor(const QString& noun, std::vector<const Descriptor*> choices,
                           const QString& none, QWidget* parent)
    : QWidget(parent), choices_(std::move(choices)) {
  combo_ = new ChoiceBox(this);
  combo_->setAccessibleName(noun);
  setAccessibleName(noun);
  if (!none.isEmpty()) combo_->addItem(none, QString());
  for (const auto* choice : choices_) {
    combo_->addItem(QString::fromStdString(choice->title), QString::fromStdString(choice->id));
    combo_->setItemData(combo_->count() - 1, helpOf(*choice), Qt::ToolTipRole);
  }
  summary_ = new QLabel(this);
  summary_->setWordWrap(true);
  summary_->setObjectName("summary");
  summary_->setForegroundRole(QPalette::PlaceholderText);
  layout_ = new QVBoxLayout(this);
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(4);
  layout_->addWidget(combo_);
  layout_->addWidget(summary_);
  connect(combo_, &QComboBox::activated, this,
          [this](int index) { takeChoice(combo_->itemData(index).toString().toStdString()); });
  choose(combo_->itemData(0).toString().toStdString());
}

const Descriptor* MethodEditor::descriptor(const std::string& id) const {
  for (const auto* choice : choices_)
    if (choice->id == id) return choice;
  return nullptr;
}

void MethodEditor::choose(const std::string& id) {
  former_.reset();
  method_ = {id};
  combo_->setPlaceholderText(QString::fromStdString(id));
  combo_->setCurrentIndex(combo_->findData(QString::fromStdString(id)));
  if (auto* before = std::exchange(form_, nullptr)) discard(*before);
  const auto* chosen = descriptor(id);
  combo_->setToolTip(chosen ? helpOf(*chosen) : QString());
  summary_->setText(chosen ? QString::fromStdString(chosen->summary) : QString());
  summary_->setVisible(chosen != nullptr);
  if (!chosen || chosen->parameters.empty()) return;
  form_ = new ParameterForm(chosen->parameters, this);
  prepareForm();
  layout_->addWidget(form_);
  connect(form_, &ParameterForm::edited, this, &MethodEditor::takeEdit);
}

void MethodEditor::takeChoice(const std::string& id) {
  if (id == method_.id) return;
  const auto before = method();
  choose(id);
  auto* missing = form_ ? form_->missing() : nullptr;
  if (!missing) {
    emit edited();
    return;
  }
  former_ = before;
  missing->demandValue();
  missing->setFocus();
}

void MethodEditor::takeEdit() {
  if (auto* missing = former_ ? form_->missing() : nullptr) return missing->demandValue();
  former_.reset();
  dropStalePins();
  emit edited();
}

/// Another file has another content than the one that was pinned.
void MethodEditor::dropStalePins() {
  const auto* chosen = descriptor(method_.id);
  const auto files = chosen->traits.value("files", nlohmann::json::object());
  for (const auto& [file, pin] : files.items()) {
    const auto& value = form_->field(file)->value();
    if (value == method_.params.value(file, nlohmann::json())) continue;
    method_.params[file] = value;
    form_->field(pin.get<std::string>())->setValue("");
  }
}

void MethodEditor::setForTrying(std::vector<std::string> hidden) {
  trying_ = true;
  hidden_ = std::move(hidden);
  if (form_) prepareForm();
}

void MethodEditor::prepareForm() {
  for (const auto& name : hidden_) form_->hideField(name);
  if (trying_) form_->addSliders();
}

void MethodEditor::setLocked(bool locked, const QString& reason, const std::string& except) {
  combo_->setEnabled(!locked);
  const auto* chosen = descriptor(method_.id);
  combo_->setToolTip(locked ? reason : chosen ? helpOf(*chosen) : QString());
  if (!form_) return;
  for (auto* field : form_->fields()) field->setEnabled(!locked || field->spec().name == except);
}

void MethodEditor::forgetTyped() {
  if (const auto former = std::exchange(former_, std::nullopt)) setMethod(*former);
  if (form_) form_->forgetTyped();
}

void MethodEditor::setMethod(const train::MethodSpec& method) {
  if (former_ == method) return;  // still in force; the choice goes on
  if (method.id != method_.id) choose(method.id);
  former_.reset();
  method_ = method;
  if (form_) form_->setValues(method.params);
}

train::MethodSpec MethodEditor::method() const {
  if (former_) return *former_;
  train::MethodSpec method = method_;
  if (form_) method.params = form_->values();
  return method;
}

}  // namespace eq::widgets
