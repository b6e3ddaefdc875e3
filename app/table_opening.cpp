#include "app/table_opening.h"

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/base/error.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/table_dialog.h"

namespace eq::app {

void openTable(MainWindow& window, const std::filesystem::path& file,
               const std::function<void()>& then) {
  if (!std::filesystem::is_regular_file(file)) fail("{}: there is no such file", file.string());
  if (window.runs().active()) {
    window.runs().leave();  // it refuses, and says why, before anything was chosen
    return;
  }
  auto* dialog = new widgets::TableDialog(file, &window);
  QObject::connect(dialog, &widgets::TableDialog::chosen, &window,
                   [&window, then](const train::Experiment& experiment,
                                   const std::vector<TaskInfo>& tasks, bool start) {
                     window.openExperiment(experiment, [&window, then, experiment, tasks, start] {
                       window.experimentPanel().open(experiment, tasks);
                       then();
                       if (start) window.startExperiment();
                     });
                   });
  dialog->open();
}

void changeTable(MainWindow& window) {
  auto& panel = window.experimentPanel();
  auto* dialog = new widgets::TableDialog(panel.experiment(), &window);
  QObject::connect(dialog, &widgets::TableDialog::chosen, &window,
                   [&window, &panel](const train::Experiment& experiment,
                                     const std::vector<TaskInfo>& tasks, bool start) {
                     panel.changeData(experiment, tasks);
                     if (start) window.startExperiment();
                   });
  dialog->open();
}

}  // namespace eq::app
