#include "app/run_question.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/style/number_boxes.h"

namespace eq::app {
namespace {

constexpr double kMostEpochs = 1e6;
constexpr int kTextWidth = 380;  // pixels, so that the text wraps

QString inRunQuestion(const char* text) {
  return QCoreApplication::translate("RunQuestion", text);
}

QLabel* labelOf(const QString& text) {
  auto* label = new QLabel(text);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setMinimumWidth(kTextWidth);
  return label;
}

class RunDialog : public QDialog {
 public:
  RunDialog(const RunQuestion& question, QWidget* parent) : QDialog(parent) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(question.title);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(labelOf(question.text));
    auto* form = new QFormLayout;
    layout->addLayout(form);
    if (question.name) addName(*form, *question.name);
    if (question.step) addStep(*form, *question.step);
    if (question.epochs) addEpochs(*form, *question.epochs);
    if (question.step && question.epochs) {
      const auto show = [this, form, from = question.epochsFrom] {
        form->setRowVisible(epochs_, stepTyped() >= from);
      };
      connect(step_, &widgets::NumberBox::valueChanged, this, show);
      show();
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    buttons->addButton(question.accept, QDialogButtonBox::AcceptRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
  }

  void accept() override {
    const bool asked = epochs_ && epochs_->isVisible();
    if (step_ && !isSettled(*step_)) return;
    if (epochs_ && epochs_->isVisible() && !asked) return epochs_->setFocus();  // not seen yet
    if (epochs_ && epochs_->isVisible() && !isSettled(*epochs_)) return;
    QDialog::accept();
  }

  RunAnswer answer() const {
    RunAnswer answer;
    if (name_) answer.name = name_->text().simplified();
    if (epochs_) answer.epochs = epochs_->value();
    if (step_) answer.step = stepTyped();
    return answer;
  }

 private:
  /// Takes what is typed; where that does not count the keyboard goes there.
  static bool isSettled(widgets::NumberBox& box) {
    box.settle();
    if (box.problem().isEmpty()) return true;
    box.setFocus();
    return false;
  }

  void addName(QFormLayout& form, const QString& name) {
    name_ = new QLineEdit(name);
    name_->setAccessibleName(inRunQuestion("Name of the run"));
    name_->selectAll();
    form.addRow(inRunQuestion("&Name"), name_);
  }

  void addStep(QFormLayout& form, const StepQuestion& step) {
    step_ = new widgets::IntegerBox;
    step_->setRange(0, static_cast<double>(step.last));
    step_->setValue(static_cast<double>(step.proposed));
    step_->setAccessibleName(inRunQuestion("Step at which the fork begins"));
    form.addRow(inRunQuestion("&Step"), step_);
    auto* remark = labelOf(step.remark(step.proposed));
    remark->setObjectName("stepRemark");
    remark->setForegroundRole(QPalette::PlaceholderText);
    form.addRow(QString(), remark);
    connect(step_, &widgets::NumberBox::valueChanged, remark,
            [this, remark, tell = step.remark] { remark->setText(tell(stepTyped())); });
  }

  std::int64_t stepTyped() const { return static_cast<std::int64_t>(step_->value()); }

  void addEpochs(QFormLayout& form, double epochs) {
    epochs_ = new widgets::NumberBox;
    epochs_->setRange(1e-3, kMostEpochs);
    epochs_->setSuffix(inRunQuestion(" epochs"));
    epochs_->setValue(epochs);
    epochs_->setAccessibleName(inRunQuestion("Epochs to train"));
    form.addRow(inRunQuestion("&Train on for"), epochs_);
  }

  QLineEdit* name_ = nullptr;
  widgets::NumberBox* epochs_ = nullptr;
  widgets::IntegerBox* step_ = nullptr;
};

}  // namespace

void askAboutRun(QWidget* parent, const RunQuestion& question,
                 const std::function<void(const RunAnswer&)>& then) {
  auto* dialog = new RunDialog(question, parent);
  QObject::connect(dialog, &QDialog::accepted, parent, [dialog, then] { then(dialog->answer()); });
  dialog->open();
}

}  // namespace eq::app
