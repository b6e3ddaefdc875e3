#include "app/preferences_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/script_gate.h"
#include "core/base/error.h"
#include "core/run/end_notice.h"
#include "widgets/session/transport.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/curve_colours.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"

namespace eq::app {
namespace {

using namespace widgets;

constexpr double kMostPreferredThreads = 1024;

/// Why runs or figures cannot go there; empty: they can.
QString againstFolder(const QString& folder) {
  if (folder.isEmpty()) return {};
  const QFileInfo info(folder);
  if (!info.isAbsolute())
    return PreferencesDialog::tr("expected a whole path, such as %1").arg(QDir::homePath());
  QFileInfo nearest = info;
  while (!nearest.exists()) nearest.setFile(nearest.path());
  if (!nearest.isDir())
    return PreferencesDialog::tr("%1 is a file, not a folder").arg(nearest.filePath());
  if (!nearest.isWritable())
    return PreferencesDialog::tr("%1 cannot be written to").arg(nearest.filePath());
  return {};
}

}  // namespace

PreferencesDialog::PreferencesDialog(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Preferences"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  addAppearance(*form);
  addTraining(*form);
  addFolders(*form);
  addNotices(*form);
  addTrust(*form);
  auto* buttons =
      new QDialogButtonBox(QDialogButtonBox::RestoreDefaults | QDialogButtonBox::Close, this);
  for (auto* button : buttons->findChildren<QPushButton*>())
    button->setAutoDefault(false);  // Enter belongs to the fields
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QAbstractButton::clicked, this,
          [this] {
            show({});
            take();
          });
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(form);
  layout->addStretch();
  layout->addWidget(buttons);
  show(kept_);
  resize(560, sizeHint().height());
}

void PreferencesDialog::addAppearance(QFormLayout& form) {
  theme_ = new ChoiceBox(this);
  theme_->addItem(tr("As the desktop"), "system");
  theme_->addItem(tr("Light"), "light");
  theme_->addItem(tr("Dark"), "dark");
  form.addRow(tr("&Theme"), theme_);
  curves_ = new ChoiceBox(this);
  for (const auto& set : curveColourSets()) curves_->addItem(set.title, set.id);
  form.addRow(tr("&Colours of curves"), curves_);
  for (auto* box : {theme_, curves_})
    connect(box, &QComboBox::activated, this, &PreferencesDialog::take);
}

void PreferencesDialog::addTraining(QFormLayout& form) {
  limit_ = makeLimitBox(this);
  limit_->setToolTip(tr("What the tool bar's limit is when the window opens"));
  form.addRow(tr("&Speed limit"), limit_);
  threads_ = new IntegerBox(this);
  threads_->setRange(0, kMostPreferredThreads);
  threads_->setZeroText(tr("one a core"));
  threads_->setToolTip(
      tr("Of experiments that leave it open; each run keeps its own, because another number of "
         "threads gives other last digits"));
  form.addRow(tr("T&hreads of the processor"), threads_);
  for (auto* box : {limit_, static_cast<NumberBox*>(threads_)})
    connect(box, &NumberBox::valueChanged, this, &PreferencesDialog::take);
}

void PreferencesDialog::addFolders(QFormLayout& form) {
  runs_ = addFolder(form, tr("&Runs go to"),
                    tr("Counts when the program starts next; runs that are there stay"),
                    standardRunsFolder(), &Preferences::runsFolder);
  figures_ = addFolder(form, tr("&Figures go to"), tr("The folder that an export begins with"),
                       tr("the last one used"), &Preferences::figuresFolder);
}

QLineEdit* PreferencesDialog::addFolder(QFormLayout& form, const QString& title,
                                        const QString& help, const QString& standard,
                                        QString Preferences::*field) {
  auto* edit = new QLineEdit(this);
  edit->setPlaceholderText(standard);
  edit->setToolTip(help);
  auto* browse = new QPushButton(tr("Choose…"), this);
  browse->setAutoDefault(false);
  browse->setAccessibleName(tr("Choose: %1").arg(QString(title).remove('&')));
  auto* row = new QHBoxLayout;
  row->addWidget(edit, 1);
  row->addWidget(browse);
  form.addRow(title, row);
  static_cast<QLabel*>(form.labelForField(row))->setBuddy(edit);
  connect(edit, &QLineEdit::editingFinished, this,
          [this, edit, field] { takeFolder(*edit, field); });
  connect(browse, &QAbstractButton::clicked, this, [this, edit, field, title] {
    auto* dialog = new QFileDialog(this, QString(title).remove('&'), edit->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this, edit, field](const QString& folder) {
      edit->setText(folder);
      takeFolder(*edit, field);
    });
    dialog->open();
  });
  return edit;
}

void PreferencesDialog::addNotices(QFormLayout& form) {
  desktop_ = new QCheckBox(tr("say so on the &desktop"), this);
  desktop_->setToolTip(tr("Where no window of this program is in front, and the desktop can"));
  form.addRow(tr("When a run ends"), desktop_);
  command_ = new QLineEdit(this);
  command_->setPlaceholderText(tr("none, or for one: notify-send Equipoise"));
  command_->setToolTip(
      tr("A program and its arguments, started without a shell (with one: sh -c '...'). It finds "
         "EQUIPOISE_RUN, EQUIPOISE_NAME, EQUIPOISE_STATE, EQUIPOISE_REASON and EQUIPOISE_STEPS in "
         "its environment"));
  form.addRow(tr("and start the co&mmand"), command_);
  connect(desktop_, &QCheckBox::clicked, this, &PreferencesDialog::take);
  connect(command_, &QLineEdit::editingFinished, this, &PreferencesDialog::takeCommand);
}

void PreferencesDialog::takeCommand() {
  const auto command = command_->text().trimmed();
  QString problem;
  try {
    if (!command.isEmpty()) run::commandWords(command.toStdString());
  } catch (const Error& error) {
    problem = QString::fromUtf8(error.what());
  }
  markProblem(*command_, problem);
  if (!problem.isEmpty() || kept_.notifyCommand == command) return;
  kept_.notifyCommand = command;
  take();
}

void PreferencesDialog::addTrust(QFormLayout& form) {
  auto* forget = new QPushButton(this);
  forget->setAutoDefault(false);
  forget->setToolTip(tr("The program asks again when it starts next"));
  const auto count = [forget] {
    const auto files = ScriptGate::remembered();
    forget->setText(files == 0   ? tr("No file is trusted for good")
                    : files == 1 ? tr("Forget the file trusted for good")
                                 : tr("Forget the %1 files trusted for good").arg(files));
    forget->setEnabled(files > 0);
  };
  count();
  connect(forget, &QAbstractButton::clicked, this, [count] {
    ScriptGate::forget();
    count();
  });
  form.addRow(tr("Losses from files"), forget);
}

void PreferencesDialog::takeFolder(QLineEdit& edit, QString Preferences::*field) {
  const auto folder = edit.text().trimmed();
  const auto problem = againstFolder(folder);
  markProblem(edit, problem);
  if (!problem.isEmpty() || kept_.*field == folder) return;
  kept_.*field = folder;
  take();
}

void PreferencesDialog::take() {
  auto now = kept_;
  now.theme = theme_->currentData().toString();
  now.curves = curves_->currentData().toString();
  now.speedLimit = limit_->value();
  now.threads = static_cast<std::int64_t>(threads_->value());
  now.notifyDesktop = desktop_->isChecked();
  now.keep();
  kept_ = now;
  emit changed(now);
}

void PreferencesDialog::show(const Preferences& preferences) {
  const QSignalBlocker limit(limit_), threads(threads_);
  kept_ = preferences;
  theme_->setCurrentIndex(std::max(theme_->findData(preferences.theme), 0));
  curves_->setCurrentIndex(std::max(curves_->findData(preferences.curves), 0));
  limit_->setValue(preferences.speedLimit);
  threads_->setValue(static_cast<double>(preferences.threads));
  desktop_->setChecked(preferences.notifyDesktop);
  for (auto [edit, text] :
       {std::pair{runs_, preferences.runsFolder}, std::pair{figures_, preferences.figuresFolder},
        std::pair{command_, preferences.notifyCommand}}) {
    edit->setText(text);
    markProblem(*edit, {});
  }
}

}  // namespace eq::app
