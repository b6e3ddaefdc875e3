#include "app/file_dialogs.h"

#include <utility>

#include <QCoreApplication>
#include <QFileDialog>

#include "core/run/run_folder.h"

namespace eq::app {
namespace {

constexpr const char* kTables = "*.csv *.tsv *.tab *.txt *.csv.gz *.tsv.gz *.tab.gz *.txt.gz";

QString tr(const char* text) {
  return QCoreApplication::translate("FileDialogs", text);
}

void show(QFileDialog* dialog, const QString& filter, FileTaker take) {
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setNameFilter(filter + tr(";;All files (*)"));
  QObject::connect(dialog, &QFileDialog::fileSelected, dialog,
                   [take = std::move(take)](const QString& file) { take(file.toStdString()); });
  dialog->open();
}

}  // namespace

void askForExperiment(QWidget* parent, FileTaker take) {
  auto* dialog =
      new QFileDialog(parent, tr("Open an experiment, a table, or the experiment.json of a run"));
  const auto filter = tr("Experiments and tables, CSV (*.json %1)").arg(kTables);
  show(dialog, filter, [take = std::move(take)](const std::filesystem::path& file) {
    take(run::isRun(file.parent_path()) ? file.parent_path() : file);
  });
}

void askForTable(QWidget* parent, FileTaker take) {
  show(new QFileDialog(parent, tr("Choose a table (CSV), with one example a row")),
       tr("Tables, CSV (%1)").arg(kTables), std::move(take));
}

void askForFolder(QWidget* parent, const QString& title, FileTaker take) {
  auto* dialog = new QFileDialog(parent, title);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(dialog, &QFileDialog::fileSelected, dialog,
                   [take = std::move(take)](const QString& folder) { take(folder.toStdString()); });
  dialog->open();
}

void askForSaving(QWidget* parent, FileTaker take) {
  auto* dialog = new QFileDialog(parent, tr("Save the experiment"));
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix("json");
  show(dialog, tr("Experiments (*.json)"), std::move(take));
}

void askForModelFile(QWidget* parent, FileTaker take) {
  auto* dialog = new QFileDialog(parent, tr("Export the model of the preference"));
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix("safetensors");
  show(dialog, tr("Models (*.safetensors)"), std::move(take));
}

}  // namespace eq::app
