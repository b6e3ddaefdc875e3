/// Groups of the runs that are shown, and the baseline.

#include <algorithm>

#include "widgets/session/experiment_fields.h"
#include "widgets/session/folder_place.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_names.h"
#include "widgets/session/shown_runs.h"

namespace eq::widgets {

void ShownRuns::setGrouping(Grouping grouping, const std::vector<std::string>& fields) {
  grouping_ = grouping;
  groupFields_ = fields;
  update();
}

void ShownRuns::setBaseline(const std::filesystem::path& folder) {
  baseline_ = normalFolder(folder);
  emit changed();
}

const ShownRun* ShownRuns::baseline() const {
  for (const ShownRun& run : runs_)
    if (run.folder == baseline_ && !baseline_.empty()) return &run;
  return nullptr;
}

QString ShownRuns::baselineName() const {
  const ShownRun* run = baseline();
  if (!run) return {};
  return run->group < 0 ? run->name : groups_[static_cast<std::size_t>(run->group)].name;
}

std::vector<std::string> ShownRuns::differingFields() const {
  std::vector<const train::Experiment*> experiments;
  for (const ShownRun& run : runs_) experiments.push_back(&run.data->experiment());
  return ExperimentFields(experiments).differing();
}

void ShownRuns::groupRuns() {
  groups_.clear();
  if (grouping_ == Grouping::none) return;
  std::vector<const train::Experiment*> experiments;
  for (const ShownRun& run : runs_) experiments.push_back(&run.data->experiment());
  const ExperimentFields fields(experiments);
  auto by = grouping_ == Grouping::fields ? groupFields_ : fields.differing();
  if (grouping_ == Grouping::seeds) std::erase(by, "/seed");
  std::map<nlohmann::json, int> places;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    nlohmann::json key;
    QStringList texts;
    for (const auto& path : by) {
      key.push_back(fields.value(i, path));
      texts << fieldText(path, key.back());
    }
    const auto [found, fresh] = places.try_emplace(key, static_cast<int>(groups_.size()));
    if (fresh) {
      const QString name = plainName({known(runs_[i]).info, train::toJson(*experiments[i])});
      groups_.push_back({texts.isEmpty() ? name : texts.join(", "), runs_[i].colour, 0});
    }
    runs_[i].group = found->second;
    ++groups_[static_cast<std::size_t>(found->second)].size;
  }
}

}  // namespace eq::widgets
