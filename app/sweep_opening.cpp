#include "app/sweep_opening.h"

#include "app/main_window.h"
#include "core/base/error.h"
#include "core/study/sweep/sweep_file.h"

namespace eq::app {

void openSweep(const std::filesystem::path& file, MainWindow& window,
               const std::function<void(const nlohmann::ordered_json&)>& then) {
  const auto sweep = study::readSweepFile(file);
  if (sweep.sweep.method == "lanes")
    fail("{}: holds the lanes of a race; the tab Queue goes on with those of the workspace",
         file.string());
  const auto key = nlohmann::ordered_json::parse(sweep.text).at("sweep");
  window.openExperiment(sweep.base, [then, key] { then(key); });
}

}  // namespace eq::app
