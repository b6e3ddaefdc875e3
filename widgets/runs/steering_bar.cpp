#include "widgets/runs/steering_bar.h"

#include <limits>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>

#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {

SteeringBar::SteeringBar(QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 4, 6, 4);
  layout->addWidget(new QLabel(tr("Another process trains this run:"), this));
  pause_ =
      addButton(tr("Pause it"), tr("Ask it to wait after its present step, or to go on"), "pause");
  addButton(tr("Stop it"), tr("Ask it to end the run"), "stop");
  addButton(tr("Checkpoint"), tr("Ask it to write a checkpoint of its present step"), "checkpoint");
  what_ = new QComboBox(this);
  what_->setAccessibleName(tr("What is set in the other process"));
  layout->addWidget(what_);
  value_ = new NumberBox(this);
  value_->setAccessibleName(tr("Its value from the next step on"));
  value_->setToolTip(tr("From the next step on"));
  layout->addWidget(value_);
  note_ = new QLineEdit(this);
  note_->setObjectName("note");
  note_->setAccessibleName(tr("Note for its record"));
  note_->setPlaceholderText(tr("Note, then Enter"));
  layout->addWidget(note_, 1);
  connect(what_, &QComboBox::currentIndexChanged, this, &SteeringBar::showNumber);
  connect(value_, &NumberBox::valueChanged, this, &SteeringBar::ask);
  connect(note_, &QLineEdit::returnPressed, this, &SteeringBar::askForNote);
  hide();
}

QPushButton* SteeringBar::addButton(const QString& text, const QString& help, const char* kind) {
  auto* button = new QPushButton(text, this);
  button->setToolTip(help);
  connect(button, &QPushButton::clicked, this, [this, kind = std::string(kind)] {
    Q_EMIT asked({{"kind", kind == "pause" && paused_ ? "resume" : kind}});
  });
  layout()->addWidget(button);
  return button;
}

void SteeringBar::show(const run::Steerable& inForce, bool paused) {
  const bool others =
      inForce.tasks != inForce_.tasks || inForce.numbers.size() != inForce_.numbers.size();
  inForce_ = inForce;
  paused_ = paused;
  pause_->setText(paused ? tr("Let it go on") : tr("Pause it"));
  if (others) offer();
  if (others || !value_->isHalfTyped()) showNumber();
  setVisible(true);
}

void SteeringBar::offer() {
  const QSignalBlocker blocker(what_);
  what_->clear();
  for (const auto& task : inForce_.tasks)
    what_->addItem(tr("Weight of %1").arg(shortName(QString::fromStdString(task))));
  for (const auto& [name, value] : inForce_.numbers)
    what_->addItem(shortName(QString::fromStdString(name)));
}

void SteeringBar::showNumber() {
  const auto chosen = static_cast<std::size_t>(what_->currentIndex());
  const auto tasks = inForce_.tasks.size();
  if (what_->currentIndex() < 0) return;
  const QSignalBlocker blocker(value_);
  value_->setRange(chosen < tasks ? 0 : std::numeric_limits<double>::lowest(),
                   std::numeric_limits<double>::max());
  value_->setValue(chosen < tasks ? inForce_.weights[chosen]
                                  : inForce_.numbers[chosen - tasks].second);
}

void SteeringBar::ask(double value) {
  const auto chosen = static_cast<std::size_t>(what_->currentIndex());
  const auto tasks = inForce_.tasks.size();
  if (what_->currentIndex() < 0) return;
  Q_EMIT asked(chosen < tasks ? run::weightCommand(chosen, value)
                              : run::numberCommand(inForce_.numbers[chosen - tasks].first, value));
}

void SteeringBar::askForNote() {
  const auto text = note_->text().trimmed();
  if (text.isEmpty()) return;
  note_->clear();
  Q_EMIT asked({{"kind", "note"}, {"text", text.toStdString()}});
}

}  // namespace eq::widgets
