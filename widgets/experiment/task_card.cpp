#include "widgets/experiment/task_card.h"

#include <QCheckBox>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPixmap>
#include <QVBoxLayout>

#include "core/loss/catalog.h"
#include "core/loss/nesting.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kLongestName = 26;  // characters, in bold at the least width of the panel

/// \param info null: not known before the data are read.
std::vector<const Descriptor*> lossesFor(const TaskInfo* info) {
  const auto fields = info ? info->fields : std::vector<std::string>();
  std::vector<const Descriptor*> fitting;
  for (const auto* descriptor : loss::catalog().descriptors())
    if ((!info || descriptor->accepts(info->kind)) &&
        loss::whyNotInRuns(descriptor->id, nlohmann::json::object(), fields).empty())
      fitting.push_back(descriptor);
  return fitting;
}

const ParameterSpec& weightSpec() {
  for (const auto& spec : train::taskFields())
    if (spec.name == "weight") return spec;
  qFatal("a task has no field weight");
}

}  // namespace

TaskCard::TaskCard(int task, const TaskInfo* info, QWidget* parent) : QFrame(parent), task_(task) {
  setFrameShape(QFrame::StyledPanel);
  swatch_ = new QLabel(this);
  name_ = new QLabel(this);
  name_->setTextFormat(Qt::PlainText);
  auto font = name_->font();
  font.setBold(true);
  name_->setFont(font);
  enabled_ = new QCheckBox(tr("On"), this);
  enabled_->setToolTip(tr("Off: the task is left out of every step and its head stays as it is"));
  weight_ = new ParameterField(weightSpec(), this);
  loss_ = new MethodEditor(tr("Loss of task %1").arg(task + 1), lossesFor(info), {}, this);

  auto* head = new QHBoxLayout;
  head->addWidget(swatch_);
  head->addWidget(name_, 1);
  head->addWidget(enabled_);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->addRow(tr("Weight"), weight_);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(head);
  layout->addWidget(loss_);
  layout->addLayout(form);

  connect(enabled_, &QCheckBox::clicked, this, &TaskCard::edited);
  connect(weight_, &ParameterField::edited, this, &TaskCard::edited);
  connect(loss_, &MethodEditor::edited, this, &TaskCard::edited);
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
  loss_->setMethod(spec.loss);
}

train::TaskSpec TaskCard::spec() const {
  train::TaskSpec spec = spec_;
  spec.enabled = enabled_->isChecked();
  spec.weight = weight_->value().get<double>();
  spec.loss = loss_->method();
  return spec;
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
