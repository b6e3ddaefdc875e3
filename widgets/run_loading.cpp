#include "widgets/run_loading.h"

#include "core/run/run_folder.h"
#include "widgets/run_data.h"

namespace eq::widgets {

void loadRun(RunData& data, const std::filesystem::path& folder) {
  const run::RunReader reader(folder);
  std::vector<TaskInfo> tasks;
  for (const auto& name : reader.tasks()) {
    TaskInfo info;
    info.name = name;
    tasks.push_back(info);
  }
  data.start(train::experimentFromJson(reader.experiment(), reader.dataFolder()), tasks);
  data.append({reader.steps(), reader.evaluations(), reader.events()});
}

}  // namespace eq::widgets
