#include "widgets/report/report_dialog.h"

#include <algorithm>
#include <chrono>

#include <QCheckBox>
#include <QCloseEvent>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QGridLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/study/comparison_text.h"
#include "widgets/report/report_pdf.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

using study::ReportPart;

QString titleOfPart(ReportPart part) {
  static const QStringList kTitles{ReportDialog::tr("Runs, tags and notes"),
                                   ReportDialog::tr("What differs"),
                                   ReportDialog::tr("Comparison and tests"),
                                   ReportDialog::tr("Losses"),
                                   ReportDialog::tr("Metrics"),
                                   ReportDialog::tr("Weights"),
                                   ReportDialog::tr("Gradient norms"),
                                   ReportDialog::tr("Angles between gradients"),
                                   ReportDialog::tr("Calibration"),
                                   ReportDialog::tr("Events"),
                                   ReportDialog::tr("Versions and data"),
                                   ReportDialog::tr("How to repeat it")};
  return kTitles.value(static_cast<int>(part));
}

/// `study::compare` is asked for a group by its fields.
QStringList assignmentsOf(const study::Group& group) {
  QStringList assignments;
  for (const auto& [path, value] : group.fields)
    assignments << QString::fromStdString(path + "=" + value.dump());
  return assignments;
}

/// As a person would type it, to be repeated.
std::string commandFor(const study::RunReportRequest& request, const QString& file) {
  std::string command = "equipoise-cli report";
  for (const auto& folder : request.folders) command += " " + study::shellWord(folder.string());
  std::string baseline;
  for (const auto& one : request.comparison.baseline)
    baseline += (baseline.empty() ? "" : ",") + one;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) command += std::string(" ") + name + " " + study::shellWord(value);
  };
  add("--baseline", baseline);
  add("--split", toText(request.choice.split));
  if (request.choice.kind == study::ValueChoice::Kind::best) add("--value", "best");
  std::string parts;
  for (const auto part : request.options.parts) parts += (parts.empty() ? "" : ",") + toText(part);
  add("--parts", parts);
  add("--title", request.options.title);
  add("--to", file.toStdString());
  return command;
}

}  // namespace

ReportDialog::ReportDialog(const std::vector<std::filesystem::path>& folders,
                           const std::filesystem::path& baseline, QWidget* parent)
    : QDialog(parent),
      folders_(folders),
      format_(new QComboBox),
      title_(new QLineEdit),
      baseline_(new QComboBox),
      split_(new QComboBox),
      value_(new QComboBox),
      message_(new QLabel) {
  setWindowTitle(folders.size() == 1 ? tr("Report of one run")
                                     : tr("Report of %1 runs").arg(folders.size()));
  setAttribute(Qt::WA_DeleteOnClose);
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(makeForm());
  layout->addWidget(makeParts());
  layout->addWidget(message_);
  layout->addWidget(makeButtons());
  offerBaselines(baseline);
}

ReportDialog::~ReportDialog() = default;

void ReportDialog::closeEvent(QCloseEvent* event) {
  if (!isWriting_) return QDialog::closeEvent(event);
  hide();
  event->ignore();
}

void ReportDialog::reject() {
  if (isWriting_) return hide();
  QDialog::reject();
}

QWidget* ReportDialog::makeForm() {
  format_->addItems({tr("HTML (one file, values on hover)"), tr("PDF (pages)")});
  format_->setCurrentIndex(QSettings().value("report/format", 0).toInt() == 1 ? 1 : 0);
  title_->setPlaceholderText(tr("by the runs"));
  split_->addItems({"test", "validation", "train"});
  value_->addItems({"final", "best"});
  value_->setToolTip(tr("best: where the first metric was best on the validation split"));
  auto* widget = new QWidget;
  auto* form = new QFormLayout(widget);
  form->setContentsMargins(0, 0, 0, 0);
  form->addRow(tr("&Format"), format_);
  form->addRow(tr("&Title"), title_);
  form->addRow(tr("Tested &against"), baseline_);
  form->addRow(tr("&Split compared"), split_);
  form->addRow(tr("&Values compared"), value_);
  baseline_->setMinimumContentsLength(32);
  baseline_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  return widget;
}

QWidget* ReportDialog::makeParts() {
  auto* box = new QGroupBox(tr("What stands in it"));
  auto* grid = new QGridLayout(box);
  int place = 0;
  for (const auto part : study::allReportParts()) {
    auto* check = new QCheckBox(titleOfPart(part));
    check->setChecked(true);
    check->setObjectName(QString::fromStdString(toText(part)));
    parts_[part] = check;
    grid->addWidget(check, place / 2, place % 2);
    ++place;
    connect(check, &QCheckBox::toggled, this, [this] {
      save_->setEnabled(std::any_of(parts_.begin(), parts_.end(),
                                    [](const auto& one) { return one.second->isChecked(); }));
    });
  }
  return box;
}

QWidget* ReportDialog::makeButtons() {
  auto* buttons = new QDialogButtonBox;
  save_ = buttons->addButton(tr("Save…"), QDialogButtonBox::AcceptRole);
  save_->setDefault(true);
  buttons->addButton(QDialogButtonBox::Close);
  connect(save_, &QPushButton::clicked, this, &ReportDialog::chooseFile);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  return buttons;
}

void ReportDialog::offerBaselines(const std::filesystem::path& baseline) {
  baseline_->addItem(tr("nothing"), QStringList());
  try {
    std::vector<study::ComparedRun> runs;
    for (const auto& folder : folders_) runs.push_back(study::readComparedRun(folder, {}));
    const auto comparison = study::compare(runs, {}, {});
    if (comparison.groups.size() < 2) return baseline_->setEnabled(false);
    for (const auto& group : comparison.groups) {
      const auto name = QString::fromStdString(study::fieldsInWords(group));
      baseline_->addItem(shortName(name), assignmentsOf(group));
      baseline_->setItemData(baseline_->count() - 1, plainToolTip(name), Qt::ToolTipRole);
      const bool pinned = std::any_of(group.runs.begin(), group.runs.end(),
                                      [&](const auto* run) { return run->folder == baseline; });
      if (pinned || baseline_->count() == 2) baseline_->setCurrentIndex(baseline_->count() - 1);
    }
  } catch (const Error& error) {
    baseline_->setEnabled(false);
    say(QString::fromUtf8(error.what()), true);
  }
}

study::RunReportRequest ReportDialog::request() const {
  study::RunReportRequest request;
  request.folders = folders_;
  request.choice =
      study::valueChoice(value_->currentText().toStdString(), split_->currentText().toStdString());
  for (const auto& assignment : baseline_->currentData().toStringList())
    request.comparison.baseline.push_back(assignment.toStdString());
  for (const auto& [part, check] : parts_)
    if (check->isChecked()) request.options.parts.insert(part);
  request.options.title = title_->text().trimmed().toStdString();
  request.options.version = EQUIPOISE_VERSION;
  request.options.made =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return request;
}

bool ReportDialog::isPdf() const {
  return format_->currentIndex() == 1;
}

void ReportDialog::chooseFile() {
  const QString ending = isPdf() ? "pdf" : "html";
  auto* dialog = new QFileDialog(this, tr("Save the report"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(ending);
  dialog->setNameFilter(isPdf() ? tr("PDF (*.pdf)") : tr("HTML (*.html)"));
  dialog->selectFile("report." + ending);
  connect(dialog, &QFileDialog::fileSelected, this, &ReportDialog::save);
  dialog->open();
}

void ReportDialog::save(const QString& file) {
  QSettings().setValue("report/format", format_->currentIndex());
  auto request = this->request();
  request.options.command = commandFor(request, file);
  save_->setEnabled(false);
  isWriting_ = true;
  say(tr("Reading the runs…"), false);
  writing_ = std::jthread([this, request, file, pdf = isPdf()] {
    QString problem;
    try {
      const auto report = study::reportOfRuns(request);
      run::writeAtomically(file.toStdString(),
                           pdf ? reportAsPdf(report) : study::reportAsHtml(report));
    } catch (const std::exception& error) {
      problem = QString::fromUtf8(error.what());
    }
    QMetaObject::invokeMethod(this, [this, file, problem] { finish(file, problem); });
  });
}

void ReportDialog::finish(const QString& file, const QString& problem) {
  save_->setEnabled(true);
  isWriting_ = false;
  if (!problem.isEmpty()) {
    show();
    return say(problem, true);
  }
  emit saved(file);
  accept();
  if (testAttribute(Qt::WA_DeleteOnClose)) deleteLater();  // one that is hidden closes no more
}

void ReportDialog::say(const QString& text, bool wrong) {
  message_->setText(shownText(text));
  QPalette palette = this->palette();
  if (wrong) palette.setColor(QPalette::WindowText, plotColours(themeOf(*this)).alarm);
  message_->setPalette(palette);
}

}  // namespace eq::widgets
