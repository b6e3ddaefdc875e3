#include "widgets/method_editor.h"

#include <utility>

#include <QLabel>
#include <QVBoxLayout>

#include "core/loss/families.h"
#include "core/train/method_text.h"
#include "widgets/parameter_form.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/fold.h"
#include "widgets/style/method_chooser.h"
#include "widgets/style/tab_order.h"

namespace eq::widgets {
namespace {

QString sentence(const std::string& text) {
  QString out = QString::fromStdString(text);
  if (!out.isEmpty()) out[0] = out[0].toUpper();
  return out;
}

MethodEntry entryOf(const Descriptor& descriptor) {
  const auto family = descriptor.traits.value("family", std::string());
  return {QString::fromStdString(descriptor.id),
          QString::fromStdString(descriptor.title),
          QString::fromStdString(descriptor.summary),
          QString::fromStdString(loss::familyTitle(family)),
          {},
          {},
          helpOf(descriptor)};
}

/// Of a message that blames a parameter, `focal.gamma: 12 is above 10`, the parameter's field.
ParameterField* fieldBlamed(const ParameterForm* form, const std::string& id,
                            const QString& problem) {
  if (!form) return nullptr;
  for (auto* field : form->fields()) {
    const auto place = QString::fromStdString(id + "." + field->spec().name);
    if (!problem.startsWith(place)) continue;
    const auto next = problem.mid(place.size(), 1);
    if (next == ":" || next == "[" || next == ".") return field;
  }
  return nullptr;
}

}  // namespace

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
  chooser_ = new MethodChooser(this);
  setName(noun);
  std::vector<MethodEntry> entries;
  if (!none.isEmpty()) entries.push_back({QString(""), none, {}, {}, {}, {}, {}});
  for (const auto* choice : choices_) entries.push_back(entryOf(*choice));
  chooser_->setEntries(std::move(entries));
  chooser_->setRemarks([this](MethodEntry& entry) { remark(entry); });
  summary_ = new QLabel(this);
  summary_->setWordWrap(true);
  summary_->setObjectName("summary");
  summary_->setForegroundRole(QPalette::PlaceholderText);
  instead_ = new ProblemLabel(this);
  instead_->setObjectName("instead");
  begun_ = new QLabel(this);
  begun_->setObjectName("begun");
  begun_->setWordWrap(true);
  begun_->setTextFormat(Qt::PlainText);
  begun_->setForegroundRole(QPalette::Link);
  begun_->hide();
  layout_ = new QVBoxLayout(this);
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(4);
  layout_->addWidget(chooser_);
  layout_->addWidget(instead_);
  layout_->addWidget(begun_);
  layout_->addWidget(summary_);
  connect(chooser_, &QComboBox::activated, this,
          [this](int index) { takeChoice(chooser_->itemData(index).toString().toStdString()); });
  choose(chooser_->itemData(0).toString().toStdString());
  inForce_ = shown();
}

void MethodEditor::setRules(MethodRules rules) {
  rules_ = std::move(rules);
  if (form_) form_->setRules(rules_);
  summarize();
}

void MethodEditor::setName(const QString& noun) {
  chooser_->setAccessibleName(noun);
  setAccessibleName(noun);
}

void MethodEditor::setBegun(const train::MethodSpec* begun) {
  const auto was = begun ? QString::fromStdString(train::inWords(*begun)) : QString();
  begun_->setText(tr("At the beginning: %1").arg(was));
  begun_->setVisible(begun && *begun != inForce_);
}

const Descriptor* MethodEditor::descriptor(const std::string& id) const {
  for (const auto* choice : choices_)
    if (choice->id == id) return choice;
  return nullptr;
}

void MethodEditor::remark(MethodEntry& entry) const {
  const auto id = entry.id.toStdString();
  if (rules_.unfit) entry.unfit = sentence(rules_.unfit(id));
  if (!rules_.notes || id == inForce_.id || !entry.unfit.isEmpty()) return;
  QStringList notes;
  for (const auto& note : rules_.notes(inForce_, {id})) notes << sentence(note);
  entry.note = notes.join("; ");
}

void MethodEditor::choose(const std::string& id) {
  release();
  method_ = {id};
  chooser_->setPlaceholderText(QString::fromStdString(id));
  chooser_->setCurrentIndex(chooser_->findData(QString::fromStdString(id)));
  if (auto* before = std::exchange(form_, nullptr)) discard(*before);
  const auto* chosen = descriptor(id);
  chooser_->setToolTip(chosen ? helpOf(*chosen) : QString());
  summarize();
  if (!chosen || chosen->parameters.empty()) return;
  form_ = new ParameterForm(chosen->parameters, this);
  prepareForm();
  layout_->addWidget(form_);
  orderTabs(*this);
  connect(form_, &ParameterForm::edited, this, &MethodEditor::takeEdit);
}

void MethodEditor::summarize() {
  const auto* chosen = descriptor(method_.id);
  QString text = chosen ? QString::fromStdString(chosen->summary) : QString();
  if (chosen && rules_.changeNote)
    if (const auto note = rules_.changeNote({method_.id}); !note.empty())
      text += "\n" + sentence(note) + ".";
  summary_->setText(text);
  summary_->setVisible(chosen != nullptr);
}

void MethodEditor::takeChoice(const std::string& id) {
  if (id == method_.id) return;
  if (id == inForce_.id) return showMethod(inForce_);
  offer({id});
}

void MethodEditor::offer(const train::MethodSpec& method) {
  if (method.id != method_.id) choose(method.id);
  method_.params = rules_.known ? rules_.known(method.id, inForce_) : nlohmann::json::object();
  for (const auto& [name, value] : method.params.items())
    if (!value.is_null()) method_.params[name] = value;
  if (form_ && !method_.params.empty()) form_->setValues(method_.params);
  takeEdit();
  auto* missing = form_ ? form_->missing() : nullptr;
  if (missing) unfold(*missing);
  if (missing) missing->setFocus();
}

void MethodEditor::takeEdit() {
  dropStalePins();
  release();
  if (auto* missing = form_ ? form_->missing() : nullptr) {
    missing->demandValue();
    return hold(tr("A value is missing"));
  }
  const auto wanted = shown();
  const auto problem = rules_.problem ? QString::fromStdString(rules_.problem(wanted)) : QString();
  if (!problem.isEmpty()) return hold(problem);
  inForce_ = wanted;
  emit edited();
}

/// Marks what is at fault, a parameter or the choice as such, and says what is in force instead.
void MethodEditor::hold(const QString& problem) {
  problem_ = problem;
  auto* blamed = fieldBlamed(form_, method_.id, problem);
  const bool missing = form_ && form_->missing();
  if (blamed) blamed->showProblem(problem.mid(static_cast<int>(method_.id.size()) + 1));
  if (!blamed && !missing) markProblem(*chooser_, problem);
  const auto inForce = QString::fromStdString(train::inWords(inForce_));
  instead_->setProblem(
      blamed || missing
          ? tr("In force instead: %1").arg(inForce)
          : tr("%1\nIn force instead: %2").arg(sentence(problem.toStdString()), inForce));
  emit problemChanged();
}

void MethodEditor::release() {
  const bool held = !std::exchange(problem_, {}).isEmpty();
  instead_->setProblem({});
  markProblem(*chooser_, {});
  if (form_)
    for (auto* field : form_->fields()) field->forgetProblem();
  if (held) emit problemChanged();
}

void MethodEditor::refuse(const QString& reason, const train::MethodSpec& inForce) {
  release();
  inForce_ = inForce;
  hold(reason);
}

/// Another file has another content than the one that was pinned.
void MethodEditor::dropStalePins() {
  const auto* chosen = descriptor(method_.id);
  if (!chosen || !form_) return;
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
  form_->setRules(rules_);
  for (const auto& name : hidden_) form_->hideField(name);
  if (trying_) form_->addSliders();
}

void MethodEditor::setLocked(bool locked, const QString& reason, const std::string& except) {
  chooser_->setEnabled(!locked);
  const auto* chosen = descriptor(method_.id);
  chooser_->setToolTip(locked ? reason : chosen ? helpOf(*chosen) : QString());
  if (!form_) return;
  for (auto* field : form_->fields()) field->setEnabled(!locked || field->spec().name == except);
}

void MethodEditor::forgetTyped() {
  if (!problem_.isEmpty()) showMethod(inForce_);
  if (form_) form_->forgetTyped();
}

void MethodEditor::setMethod(const train::MethodSpec& method) {
  if (!problem_.isEmpty() && inForce_ == method) return;  // what is shown waits for its mending
  showMethod(method);
}

void MethodEditor::showMethod(const train::MethodSpec& method) {
  release();
  if (method.id != method_.id) choose(method.id);
  method_ = method;
  if (form_) form_->setValues(method.params);
  inForce_ = method;
}

train::MethodSpec MethodEditor::method() const {
  return problem_.isEmpty() ? shown() : inForce_;
}

train::MethodSpec MethodEditor::shown() const {
  train::MethodSpec method = method_;
  if (form_) method.params = form_->values();
  return method;
}

}  // namespace eq::widgets
