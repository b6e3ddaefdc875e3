#include "widgets/session/run_loading.h"

#include "core/run/run_folder.h"
#include "core/run/whereabouts.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

void loadRun(RunData& data, const std::filesystem::path& folder) {
  const run::RunReader reader(folder);
  data.start(run::Whereabouts(reader).locate(reader.experiment()).experiment, reader.taskInfos());
  data.append({reader.steps(), reader.evaluations(), reader.events()});
}

}  // namespace eq::widgets
