#include "widgets/plots/export_dialog.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTimer>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/style/number_boxes.h"

namespace eq::widgets {
namespace {

constexpr int kPreviewWidth = 560, kPreviewHeight = 400;  // pixels
constexpr int kPreviewDelay = 150;                        // ms after the last change

NumberBox* numberField(double least, double most, double step, const QString& unit) {
  auto* field = new NumberBox;
  field->setRange(least, most);
  field->setSingleStep(step);
  field->setSuffix(unit);
  return field;
}

}  // namespace

ExportDialog::ExportDialog(const std::vector<PlotPanel*>& panels, QWidget* parent)
    : QDialog(parent),
      panels_(panels),
      format_(new QComboBox),
      width_(numberField(20, 1000, 5, tr(" mm"))),
      height_(numberField(20, 1000, 5, tr(" mm"))),
      dpi_(new IntegerBox),
      fontSize_(numberField(4, 40, 0.5, tr(" pt"))),
      lineWidth_(numberField(0.5, 6, 0.5, tr(" px"))),
      legend_(new QCheckBox(tr("Legend"))),
      title_(new QLineEdit),
      theme_(new QComboBox),
      preview_(new QLabel),
      message_(new QLabel),
      delay_(new QTimer(this)) {
  setWindowTitle(panels.size() == 1 ? tr("Export “%1”").arg(panels.front()->title())
                                    : tr("Export %1 plots").arg(panels.size()));
  setAttribute(Qt::WA_DeleteOnClose);
  makePreview();
  auto* upper = new QHBoxLayout;
  upper->addWidget(preview_, 1);
  upper->addWidget(makeForm());
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(upper, 1);
  layout->addWidget(message_);
  layout->addWidget(makeButtons());
  for (PlotPanel* panel : panels_) connect(panel, &QObject::destroyed, this, &QDialog::reject);
  readSettings();
  connectFields();
  updatePreview();
}

QWidget* ExportDialog::makeButtons() {
  auto* buttons = new QDialogButtonBox;
  auto* saveButton = buttons->addButton(tr("Save…"), QDialogButtonBox::AcceptRole);
  auto* copyButton = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
  buttons->addButton(QDialogButtonBox::Close);
  saveButton->setDefault(true);
  connect(saveButton, &QPushButton::clicked, this, &ExportDialog::chooseFile);
  connect(copyButton, &QPushButton::clicked, this, &ExportDialog::copy);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  return buttons;
}

QWidget* ExportDialog::makeForm() {
  format_->addItems({tr("PDF (vector)"), tr("SVG (vector)"), tr("PNG (pixels)"), tr("CSV (data)"),
                     tr("pgfplots (data)")});
  theme_->addItems({tr("Light"), tr("Dark")});
  dpi_->setRange(36, 1200);
  dpi_->setSuffix(tr(" dpi"));
  title_->setPlaceholderText(tr("none"));
  title_->setEnabled(panels_.size() == 1);
  auto* widget = new QWidget;
  auto* form = new QFormLayout(widget);
  form->addRow(tr("&Format"), format_);
  form->addRow(tr("&Width"), width_);
  form->addRow(panels_.size() == 1 ? tr("&Height") : tr("&Height of each"), height_);
  form->addRow(tr("&Resolution"), dpi_);
  form->addRow(tr("&Title"), title_);
  form->addRow(tr("Font &size"), fontSize_);
  form->addRow(tr("&Line width"), lineWidth_);
  form->addRow(tr("The&me"), theme_);
  form->addRow(QString(), legend_);
  widget->setMaximumWidth(widget->sizeHint().width() + 40);
  return widget;
}

void ExportDialog::makePreview() {
  preview_->setMinimumSize(kPreviewWidth, kPreviewHeight);
  preview_->setAlignment(Qt::AlignCenter);
  preview_->setAccessibleName(tr("Preview"));
  preview_->setFrameShape(QFrame::StyledPanel);
  message_->setWordWrap(true);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  delay_->setSingleShot(true);
  delay_->setInterval(kPreviewDelay);
  connect(delay_, &QTimer::timeout, this, &ExportDialog::updatePreview);
}

void ExportDialog::connectFields() {
  const auto changed = [this] { delay_->start(); };
  for (QComboBox* field : {format_, theme_})
    connect(field, &QComboBox::currentIndexChanged, this, changed);
  for (NumberBox* field : {width_, height_, static_cast<NumberBox*>(dpi_), fontSize_, lineWidth_})
    connect(field, &NumberBox::valueChanged, this, changed);
  connect(legend_, &QCheckBox::toggled, this, changed);
  connect(title_, &QLineEdit::textChanged, this, changed);
}

FigureFormat ExportDialog::format() const {
  return static_cast<FigureFormat>(format_->currentIndex());
}

FigureOptions ExportDialog::options() const {
  FigureOptions options;
  options.width = width_->value();
  options.height = height_->value();
  options.dpi = static_cast<int>(dpi_->value());
  options.fontSize = fontSize_->value();
  options.lineWidth = lineWidth_->value();
  options.legend = legend_->isChecked();
  options.title = title_->text();
  options.theme = theme_->currentIndex() == 1 ? Theme::dark : Theme::light;
  return options;
}

void ExportDialog::readSettings() {
  const FigureOptions defaults;
  QSettings settings;
  settings.beginGroup("figure");
  format_->setCurrentIndex(
      std::clamp(settings.value("format", 0).toInt(), 0, format_->count() - 1));
  width_->setValue(settings.value("width", defaults.width).toDouble());
  height_->setValue(settings.value("height", defaults.height).toDouble());
  dpi_->setValue(settings.value("dpi", defaults.dpi).toInt());
  fontSize_->setValue(settings.value("fontSize", defaults.fontSize).toDouble());
  lineWidth_->setValue(settings.value("lineWidth", defaults.lineWidth).toDouble());
  legend_->setChecked(settings.value("legend", defaults.legend).toBool());
}

void ExportDialog::writeSettings() const {
  const FigureOptions now = options();
  QSettings settings;
  settings.beginGroup("figure");
  settings.setValue("format", format_->currentIndex());
  settings.setValue("width", now.width);
  settings.setValue("height", now.height);
  settings.setValue("dpi", now.dpi);
  settings.setValue("fontSize", now.fontSize);
  settings.setValue("lineWidth", now.lineWidth);
  settings.setValue("legend", now.legend);
}

void ExportDialog::updatePreview() {
  FigureOptions preview = options();
  const double height = preview.height * static_cast<double>(panels_.size());
  const double scale = std::min(kPreviewWidth / preview.width, kPreviewHeight / height);
  preview.dpi = std::max(static_cast<int>(scale * 25.4 * devicePixelRatioF()), 10);
  QImage image = figureImage(panels_, preview);
  image.setDevicePixelRatio(devicePixelRatioF());
  preview_->setPixmap(QPixmap::fromImage(image));
  const bool data = format() == FigureFormat::csv || format() == FigureFormat::pgfplots;
  dpi_->setEnabled(format() == FigureFormat::png);
  preview_->setEnabled(!data);
  say(data ? tr("The file holds the numbers of every recorded point.") : QString(), false);
}

void ExportDialog::chooseFile() {
  const QString extension = extensionOf(format());
  QString name = panels_.size() == 1 ? panels_.front()->title() : tr("plots");
  name = name.toLower().replace(' ', '-') + "." + extension;
  auto* files = new QFileDialog(this, tr("Save the figure"),
                                QSettings().value("figure/folder").toString(), "*." + extension);
  files->setAttribute(Qt::WA_DeleteOnClose);
  files->setAcceptMode(QFileDialog::AcceptSave);
  files->setDefaultSuffix(extension);
  files->selectFile(name);
  connect(files, &QFileDialog::fileSelected, this, &ExportDialog::save);
  files->open();
}

bool ExportDialog::save(const QString& file) {
  try {
    exportFigure(panels_, file.toStdString(), options());
  } catch (const Error& error) {
    say(QString::fromStdString(error.what()), true);
    return false;
  }
  writeSettings();
  QSettings().setValue("figure/folder", QFileInfo(file).absolutePath());
  emit saved(file);
  say(tr("Saved as %1. Another format can be chosen.").arg(QFileInfo(file).fileName()), false);
  return true;
}

void ExportDialog::copy() {
  copyFigure(panels_, options());
  writeSettings();
  say(tr("Copied as image and SVG."), false);
}

void ExportDialog::say(const QString& text, bool wrong) {
  QPalette colours = palette();
  if (wrong) colours.setColor(QPalette::WindowText, plotColours(themeOf(*this)).alarm);
  message_->setPalette(colours);
  message_->setText(text);
}

}  // namespace eq::widgets
