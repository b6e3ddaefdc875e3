#include "widgets/experiment/task_card.h"

#include <utility>

#include <QCheckBox>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPixmap>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/loss/catalog.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/scrub_label.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kLongestName = 26;  // characters, in bold at the least width of the panel

const ParameterSpec& specNamed(const char* name) {
  for (const auto& spec : train::taskFields())
    if (spec.name == name) return spec;
  qFatal("a task has no field %s", name);
}

nlohmann::json asJson(const std::optional<double>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json();
}

QString preferenceText(const std::optional<double>& preference) {
  return preference ? shortText(*preference) : TaskCard::tr("automatic");
}

}  // namespace

TaskCard::TaskCard(int task, MethodRules rules, QWidget* parent) : QFrame(parent), task_(task) {
  setFrameShape(QFrame::StyledPanel);
  swatch_ = new QLabel(this);
  name_ = new QLabel(this);
  name_->setTextFormat(Qt::PlainText);
  auto font = name_->font();
  font.setBold(true);
  name_->setFont(font);
  enabled_ = new QCheckBox(tr("On"), this);
  enabled_->setToolTip(tr("Off: the task is left out of every step and its head stays as it is"));
  weight_ = new ParameterField(specNamed("weight"), this);
  preference_ = new ParameterField(specNamed("preference"), this);
  loss_ = new MethodEditor(tr("Loss of task %1").arg(task + 1), loss::catalog().descriptors(), {},
                           this);
  loss_->setRules(std::move(rules));

  begun_ = new QLabel(this);
  begun_->setObjectName("begun");
  begun_->setForegroundRole(QPalette::Link);
  begun_->hide();

  auto* head = new QHBoxLayout;
  head->addWidget(swatch_);
  head->addWidget(name_, 1);
  head->addWidget(enabled_);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  auto* label = new ScrubLabel(tr("Weight"), weight_->findChild<NumberBox*>(), this);
  label->setBuddy(weight_);
  form->addRow(label, weight_);
  preferenceLabel_ = new QLabel(tr("Preference"), this);
  preferenceLabel_->setBuddy(preference_);
  form->addRow(preferenceLabel_, preference_);
  setPreferenceShown(false);
  auto* compare = new QPushButton(tr("Compare losses…"), this);
  compare->setObjectName("compare");
  compare->setToolTip(tr("Train variants with other losses of this task side by side: a race"));
  connect(compare, &QPushButton::clicked, this, &TaskCard::compareRequested);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(head);
  layout->addWidget(loss_);
  layout->addWidget(compare, 0, Qt::AlignLeft);
  layout->addLayout(form);
  layout->addWidget(begun_);

  connect(enabled_, &QCheckBox::clicked, this, &TaskCard::edited);
  connect(weight_, &ParameterField::edited, this, &TaskCard::edited);
  connect(preference_, &ParameterField::edited, this, &TaskCard::edited);
  connect(loss_, &MethodEditor::edited, this, &TaskCard::edited);
  connect(loss_, &MethodEditor::problemChanged, this, &TaskCard::problemChanged);
  showColour();
}

void TaskCard::setSpec(const train::TaskSpec& spec) {
  spec_ = spec;
  const auto name = shownName(spec.name);
  name_->setText(shortName(name, kLongestName));
  name_->setToolTip(plainToolTip(name));
  setAccessibleName(name);
  enabled_->setAccessibleName(tr("%1 on").arg(name));
  enabled_->setChecked(spec.enabled);
  weight_->setValue(spec.weight);
  preference_->setValue(asJson(spec.preference));
  loss_->setMethod(spec.loss);
}

train::TaskSpec TaskCard::spec() const {
  train::TaskSpec spec = spec_;
  spec.enabled = enabled_->isChecked();
  spec.weight = weight_->value().get<double>();
  const auto preference = preference_->value();
  spec.preference = preference.is_null() ? std::nullopt : std::optional(preference.get<double>());
  spec.loss = loss_->method();
  return spec;
}

void TaskCard::setPreferenceShown(bool shown) {
  preferenceLabel_->setVisible(shown);
  preference_->setVisible(shown);
}

void TaskCard::switchOn(bool on) {
  if (on != enabled_->isChecked()) enabled_->click();
}

/// Piece by piece, so that the colour and the name stay as they are elsewhere.
void TaskCard::setLocked(bool locked) {
  for (QWidget* part : {static_cast<QWidget*>(enabled_), static_cast<QWidget*>(weight_),
                        static_cast<QWidget*>(preference_), static_cast<QWidget*>(loss_)})
    part->setEnabled(!locked);
}

QString TaskCard::problem() const {
  return loss_->problem();
}

void TaskCard::setBegun(const train::TaskSpec* begun) {
  loss_->setBegun(begun ? &begun->loss : nullptr);
  QStringList was;
  if (begun && begun->weight != spec_.weight) was << tr("weight %1").arg(shortText(begun->weight));
  if (begun && begun->preference != spec_.preference)
    was << tr("preference %1").arg(preferenceText(begun->preference));
  if (begun && begun->enabled != spec_.enabled) was << (begun->enabled ? tr("on") : tr("off"));
  begun_->setText(tr("At the beginning: %1").arg(was.join(", ")));
  begun_->setVisible(!was.isEmpty());
}

void TaskCard::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) showColour();
}

void TaskCard::showColour() {
  const qreal ratio = devicePixelRatioF();
  QPixmap pixmap(QSize(20, 14) * ratio);
  pixmap.setDevicePixelRatio(ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setPen(taskPen(themeOf(*this), task_, 3));
  painter.drawLine(0, 7, 20, 7);
  swatch_->setPixmap(pixmap);
}

}  // namespace eq::widgets
