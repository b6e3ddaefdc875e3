#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/exchange/event_file.h"
#include "core/run/run_folder.h"

namespace eq::run {

/// What another program recorded of a run.
struct ImportedRun {
  std::string name;
  std::string source;                                ///< "TensorBoard"
  std::filesystem::path place;                       ///< the file or folder that it was read from
  nlohmann::json fields = nlohmann::json::object();  ///< its settings by name
  std::vector<ScalarEvent> scalars;                  ///< of one series in order of time
  std::vector<std::string> remarks;                  ///< what was left out, and why
  RunState state = RunState::finished;
};

/// Where a series stands among those of a run.
struct SeriesPlace {
  enum class Kind { step, sampled, evaluation, unknown } kind = Kind::unknown;
  std::vector<std::string> parts;  ///< as train::seriesName writes them
};
/// A name as this program exports it is that series. Of others what names a split is one, in any
/// place of the name (`val/acc`, `train_loss`, `loss/validation`; without any: train); its last
/// part is the metric (by this program's name where it has such a one, `acc` is accuracy), those
/// before it are the task ("all" without any).
SeriesPlace placeOfSeries(const std::string& name);

struct WrittenImport {
  std::filesystem::path folder;
  std::vector<std::string> remarks;  ///< what was left out, and why; they are notes of the run too
};

/// Makes a run folder below `workspace` that can be looked at and compared, and not trained: its
/// experiment says where it came from, under "imported". The newest of several values at one step
/// counts. \throws Error when there is nothing in it, or it cannot be written.
WrittenImport writeImported(const ImportedRun& run, const std::filesystem::path& workspace);

}  // namespace eq::run
