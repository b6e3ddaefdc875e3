/// What a MainWindow opens, starts and saves.

#include "app/file_dialogs.h"
#include "app/import_link.h"
#include "app/interrupted_run.h"
#include "app/main_window.h"
#include "app/preferences.h"
#include "app/recent_files.h"
#include "app/recorded_run.h"
#include "app/run_controller.h"
#include "app/run_view.h"
#include "app/script_gate.h"
#include "app/study_link.h"
#include "app/sweep_opening.h"
#include "app/table_opening.h"
#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/data/image_folder.h"
#include "core/data/map_folder.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/study/sweep/sweep_file.h"
#include "core/train/image_experiment.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

bool MainWindow::openPath(const std::filesystem::path& path, const std::function<void()>& then) {
  if (run::isRun(path)) {
    view_->showRun(path.has_filename() ? path : path.parent_path());  // a slash names nothing
    then();
    return true;
  }
  if (findChild<ImportLink*>()->take(path)) {
    then();
    return true;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    if (data::isMapFolder(path) || data::isImageFolder(path))
      return tried([&] { openImages(path, then); });
    return tried([&] { run::requireRun(path); });  // which says what is missing
  }
  return tried([&] {
    const auto opened = [this, path, then] {
      recent_->add(path);
      then();
    };
    if (data::isTableName(path)) return openTable(*this, path, opened);
    if (study::isSweepFile(path))
      return openSweep(path, *this, [this, opened](const nlohmann::ordered_json& sweep) {
        opened();
        studies_->askForSweep(sweep);
      });
    openExperiment(train::readExperiment(path), opened);
  });
}

void MainWindow::openImages(const std::filesystem::path& folder,
                            const std::function<void()>& then) {
  std::vector<std::string> notes;
  const auto experiment = data::isMapFolder(folder) ? train::mapExperiment(folder, notes)
                                                    : train::imageExperiment(folder, notes);
  openExperiment(experiment, [this, folder, notes, then] {
    recent_->add(folder);
    then();
    QStringList lines;
    for (const auto& note : notes) lines << QString::fromStdString(note);
    messages_->add(lines.join("; "));
  });
}

void MainWindow::openExperiment(const train::Experiment& experiment,
                                const std::function<void()>& then) {
  gate_->pass(run::untrustedScripts(experiment), [this, experiment, then] {
    if (!controller_->leave()) return;
    view_->showExperiment(withPreferred(experiment, Preferences::kept()));
    then();
  });
}

void MainWindow::startExperiment(bool paused) {
  messages_->clear();
  const auto start = [this, paused](const train::Experiment& experiment) {
    controller_->start(experiment, paused);
  };
  if (recorded_->isOpen()) return recorded_->start(this, start);
  if (settled()) start(experiment_->experiment());
}

void MainWindow::offerInterrupted() {
  if (controller_->active() || !messages_->text().isEmpty()) return;
  runsPanel_->refresh();
  offerInterruptedRun(*runsPanel_, *controller_, *messages_);
}

void MainWindow::browse() {
  askForExperiment(this, [this](const std::filesystem::path& path) { openPath(path); });
}

void MainWindow::browseTables() {
  askForTable(this, [this](const std::filesystem::path& path) { openPath(path); });
}

void MainWindow::browseImages() {
  askForFolder(
      this, tr("Choose a folder of images, with a folder a class, or with train and val of maps"),
      [this](const std::filesystem::path& path) { openPath(path); });
}

void MainWindow::saveExperiment() {
  if (!settled()) return;
  askForSaving(this, [this](const std::filesystem::path& file) {
    tried([&] {
      run::writeAtomically(file, train::toJson(experiment_->experiment()).dump(2) + "\n");
      recent_->add(file);
    });
  });
}

}  // namespace eq::app
