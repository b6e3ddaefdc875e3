#include "widgets/experiment/clone_dialog.h"

#include <algorithm>

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "widgets/experiment/race_lanes.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

/// What a running job can change.
bool isLive(const RaceSubject& subject) {
  const auto& path = subject.paths.front();
  const auto ends = [&](const char* text) { return path.ends_with(text); };
  return path.starts_with("balancer.") || path.starts_with("optimizer") || ends(".loss") ||
         path.find(".loss.") != std::string::npos || ends(".weight") || ends(".preference") ||
         ends(".enabled");
}

}  // namespace

CloneDialog::CloneDialog(const train::Experiment& experiment, const QString& name, QWidget* parent)
    : QDialog(parent),
      subjects_(raceSubjects(experiment, {})),
      subject_(new ChoiceBox(this)),
      pages_(new QStackedWidget(this)),
      title_(new QLineEdit(tr("%1, clone").arg(name), this)),
      problem_(new ProblemLabel(this)),
      clone_(new QPushButton(tr("C&lone"), this)) {
  std::erase_if(subjects_, [](const RaceSubject& subject) { return !isLive(subject); });
  variants_.resize(subjects_.size());
  setWindowTitle(tr("Clone %1 with a change").arg(titleText(name)));
  auto* hint = new QLabel(tr("The clone has the lane's past up to the step where that stands, and "
                             "goes on beside it with one thing changed."),
                          this);
  hint->setWordWrap(true);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  title_->setAccessibleName(tr("Name of the clone"));
  form->addRow(tr("&Name"), title_);
  subject_->setAccessibleName(tr("What is changed"));
  subject_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  subject_->setMinimumContentsLength(kNameInBox);
  form->addRow(tr("Chan&ge"), subject_);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  auto* foot = new QHBoxLayout;
  foot->addStretch(1);
  for (auto* button : {clone_, cancel}) {
    button->setAutoDefault(false);
    foot->addWidget(button);
  }
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(hint);
  layout->addLayout(form);
  layout->addWidget(pages_, 1);
  layout->addWidget(problem_);
  layout->addLayout(foot);
  for (const auto& subject : subjects_) {
    subject_->addItem(subject.title);
    auto* scroll = new QScrollArea(pages_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    pages_->addWidget(scroll);
  }
  connect(subject_, &QComboBox::currentIndexChanged, this, &CloneDialog::choose);
  connect(clone_, &QPushButton::clicked, this, &CloneDialog::clone);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  choose(0);
  resize(480, 420);
}

VariantEditor& CloneDialog::variant() const {
  return *variants_[static_cast<std::size_t>(subject_->currentIndex())];
}

void CloneDialog::choose(int subject) {
  const auto place = static_cast<std::size_t>(subject);
  auto*& variant = variants_[place];
  auto* page = static_cast<QScrollArea*>(pages_->widget(subject));
  if (!variant) {
    variant = new VariantEditor(subjects_[place], subjects_[place].title);
    variant->setValue(subjects_[place].usual.front());
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(variant);
    column->addStretch(1);
    page->setWidget(content);
    connect(variant, &VariantEditor::edited, this, &CloneDialog::showState);
  }
  pages_->setCurrentWidget(page);
  showState();
}

void CloneDialog::showState() {
  const auto text = variant().problem();
  problem_->setProblem(text);
  clone_->setEnabled(text.isEmpty() && !asked_);
  clone_->setText(asked_ ? tr("Cloning…") : tr("C&lone"));
}

void CloneDialog::clone() {
  variant().settle();
  showState();
  if (!variant().problem().isEmpty()) return;
  asked_ = true;
  showState();
  const auto& subject = subjects_[static_cast<std::size_t>(subject_->currentIndex())];
  emit cloneRequested(subject.settings(variant().value()), title_->text().simplified());
}

void CloneDialog::refuse(const QString& reason) {
  asked_ = false;
  showState();
  problem_->setProblem(reason);
}

}  // namespace eq::widgets
