#include "core/study/report/report_run.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "core/base/error.h"
#include "core/run/safetensors.h"
#include "core/run/series_export.h"
#include "core/train/complete_experiment.h"
#include "core/train/series_name.h"

namespace eq::study {
namespace {

using train::seriesName;

void addPoint(ReportRun& run, const std::string& name, std::int64_t step, double value,
              bool absent) {
  auto& series = run.series[name];
  if (absent) return series.absent.push_back(static_cast<double>(step));
  series.step.push_back(static_cast<double>(step));
  series.value.push_back(value);
}

double degreesOf(double cosine) {
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

void addConflicts(ReportRun& run, const train::StepRecord& record) {
  const auto& conflict = *record.conflict;
  const auto count = std::min(conflict.norms.size(), run.tasks.size());
  for (std::size_t i = 0; i < count; ++i) {
    addPoint(run, seriesName({"norm", run.tasks[i]}), record.step, conflict.norms[i], false);
    for (std::size_t j = i + 1; j < count; ++j) {
      const double cosine = conflict.cosines[i * conflict.norms.size() + j];
      addPoint(run, seriesName({"angle", run.tasks[i], run.tasks[j]}), record.step,
               degreesOf(cosine), std::isnan(cosine));
    }
  }
}

/// A task that was off, or had no target in the batch, has no loss and no weight there.
void addStep(ReportRun& run, const train::StepRecord& record) {
  const auto count = std::min(record.losses.size(), run.tasks.size());
  for (std::size_t k = 0; k < count; ++k) {
    const double loss = record.losses[k];
    const bool absent = std::isnan(loss) && k < record.weights.size() && record.weights[k] == 0;
    addPoint(run, seriesName({"loss", run.tasks[k]}), record.step, loss, absent);
    if (k < record.weights.size())
      // A direction of its own has no weights.
      addPoint(run, seriesName({"weight", run.tasks[k]}), record.step, record.weights[k],
               std::isnan(record.weights[k]));
  }
  if (record.conflict) addConflicts(run, record);
}

void addEvaluation(ReportRun& run, const train::EvaluationRecord& record) {
  const auto count = std::min(record.tasks.size(), run.tasks.size());
  for (std::size_t k = 0; k < count; ++k)
    for (const auto& [metric, value] : record.tasks[k])
      addPoint(run, seriesName({toText(record.split), run.tasks[k], metric}), record.step, value,
               false);
}

nlohmann::json machineryIn(const std::vector<train::EventRecord>& events) {
  nlohmann::json machinery;
  for (const auto& event : events)
    if (event.detail.is_object() && event.detail.contains("torch"))
      machinery = {{"torch", event.detail.value("torch", nlohmann::json())},
                   {"device", event.detail.value("device", nlohmann::json())},
                   {"threads", event.detail.value("threads", nlohmann::json())}};
  return machinery;
}

nlohmann::json fingerprintIn(const run::RunReader& reader) {
  const auto checkpoints = reader.checkpoints();
  if (checkpoints.empty()) return nullptr;
  try {
    return run::readSnapshotMeta(checkpoints.back().path).value("data", nlohmann::json());
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

ReportRun readReportRun(const std::filesystem::path& folder) {
  const run::RunReader reader(folder);
  ReportRun run;
  reader.inOneMoment([&] {
    run.info = reader.info();
    run.tasks = reader.tasks();
    run.experiment = reader.experiment();
    run.dataFolder = reader.dataFolder();
    for (const auto& record : reader.steps()) addStep(run, record);
    run.evaluations = reader.evaluations();
    run.events = reader.events();
    run.commands = run::commandsAsJson(reader);
  });
  for (const auto& record : run.evaluations) addEvaluation(run, record);
  run.complete = train::completeExperiment(run.experiment);
  run.labels = run::labelsOf(folder);
  run.machinery = machineryIn(run.events);
  run.data = fingerprintIn(reader);
  return run;
}

std::vector<std::string> reportNames(const std::vector<ReportRun>& runs) {
  std::map<std::string, int> count;
  for (const auto& run : runs) ++count[run.info.shown()];
  std::vector<std::string> names;
  for (const auto& run : runs) {
    const auto& shown = run.info.shown();
    const auto folder = std::filesystem::absolute(run.info.folder).lexically_normal();
    const auto name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
    if (shown.empty())
      names.push_back(name);
    else
      names.push_back(count[shown] > 1 ? shown + " (" + name + ")" : shown);
  }
  return names;
}

}  // namespace eq::study
