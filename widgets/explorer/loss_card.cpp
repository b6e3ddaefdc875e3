#include "widgets/explorer/loss_card.h"

#include <QCheckBox>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QPixmap>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/loss/catalog.h"
#include "widgets/explorer/loss_set.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kCardColours = 8;

QToolButton* flatButton(const QString& text, const QString& toolTip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setToolTip(toolTip);
  button->setAccessibleName(text);
  button->setAutoRaise(true);
  return button;
}

QString valueText(const ParameterSpec& spec, const nlohmann::json& value) {
  if (spec.type == ParameterType::file && value.is_string())
    return shortName(QFileInfo(QString::fromStdString(value.get<std::string>())).fileName());
  if (value.is_number_float()) return shortText(value.get<double>());
  return QString::fromStdString(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

LossCard::LossCard(const train::MethodSpec& method, const std::string& axis, int colour,
                   QWidget* parent)
    : QFrame(parent), axis_(axis), colour_(colour) {
  setFrameShape(QFrame::StyledPanel);
  swatch_ = flatButton(tr("Colour"), tr("Another colour"), this);
  shown_ = new QCheckBox(tr("Show"), this);
  shown_->setChecked(true);
  auto* pin = flatButton(tr("Pin"), tr("Keep the curve as it is now, pale, to compare with"), this);
  pin->setCheckable(true);
  use_ = flatButton(tr("Use"), {}, this);
  auto* remove = flatButton(tr("✕"), tr("Remove this loss from the explorer"), this);
  remove->setAccessibleName(tr("Remove"));
  editor_ = new MethodEditor(tr("Loss"), loss::catalog().descriptors(), {}, this);
  editor_->setRules({.unfit = [this](const std::string& id) { return whyNotOver(id, axis_); }});
  editor_->setForTrying({"ignore_index", "reduction"});
  editor_->setMethod(method);
  problem_ = new ProblemLabel(this);

  auto* head = new QHBoxLayout;
  head->addWidget(swatch_);
  head->addWidget(shown_, 1);
  for (auto* button : {pin, use_, remove}) head->addWidget(button);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(head);
  layout->addWidget(editor_);
  layout->addWidget(problem_);

  connect(swatch_, &QToolButton::clicked, this, &LossCard::nextColour);
  connect(shown_, &QCheckBox::toggled, this, &LossCard::edited);
  connect(pin, &QToolButton::toggled, this, &LossCard::togglePin);
  connect(use_, &QToolButton::clicked, this, [this] { emit useRequested(editor_->method()); });
  connect(remove, &QToolButton::clicked, this, &LossCard::removeRequested);
  connect(editor_, &MethodEditor::edited, this, &LossCard::edited);
  connect(this, &LossCard::edited, this, [this] { setAccessibleName(name()); });
  setAccessibleName(name());
  setUsable(false, tr("Starts to work with a run whose task takes this loss"));
  showColour();
}

train::MethodSpec LossCard::method() const {
  return editor_->method();
}

QString LossCard::nameOf(const train::MethodSpec& method) {
  const auto& descriptor = loss::catalog().descriptor(method.id);
  QStringList changed;
  for (const auto& spec : descriptor.parameters)
    if (method.params.contains(spec.name) && method.params[spec.name] != spec.defaultValue)
      changed << labelOf(spec.name).toLower() + " " + valueText(spec, method.params[spec.name]);
  const auto title = QString::fromStdString(descriptor.title);
  return changed.isEmpty() ? title : QString("%1 (%2)").arg(title, changed.join(", "));
}

QString LossCard::name() const {
  return nameOf(method());
}

bool LossCard::shown() const {
  return shown_->isChecked();
}

void LossCard::showProblem(const QString& problem) {
  problem_->setProblem(problem);
}

void LossCard::setUsable(bool usable, const QString& why) {
  use_->setEnabled(usable);
  use_->setToolTip(usable ? tr("Use this loss in the run, from the next step") : plainToolTip(why));
}

void LossCard::togglePin(bool on) {
  pinned_ = on ? std::optional(method()) : std::nullopt;
  emit edited();
}

void LossCard::nextColour() {
  colour_ = (colour_ + 1) % kCardColours;
  showColour();
  emit edited();
}

void LossCard::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) showColour();
}

void LossCard::showColour() {
  QPixmap pixmap(QSize(16, 16) * devicePixelRatioF());
  pixmap.setDevicePixelRatio(devicePixelRatioF());
  pixmap.fill(taskColour(themeOf(*this), colour_));
  swatch_->setIcon(pixmap);
}

}  // namespace eq::widgets
