#include "core/train/experiment_files.h"

#include "core/base/descriptor.h"
#include "core/data/catalog.h"
#include "core/data/fingerprint.h"
#include "core/data/problem.h"
#include "core/loss/custom/scripts.h"
#include "core/model/script/scripts.h"
#include "core/train/weight_map.h"

namespace eq::train {

std::vector<std::string> dataFiles(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const auto& spec : data::catalog().descriptor(experiment.data.id).parameters) {
    if (spec.type != ParameterType::file && spec.name != "folder") continue;
    const auto found = experiment.data.params.find(spec.name);
    if (found != experiment.data.params.end() && found->is_string() &&
        !found->get<std::string>().empty())
      names.push_back(spec.name);
  }
  return names;
}

void replaceFiles(Experiment& experiment,
                  const std::function<std::string(const std::string&)>& replace) {
  for (const auto& name : dataFiles(experiment)) {
    auto& path = experiment.data.params[name];
    path = replace(path.get<std::string>());
  }
  auto& [id, params] = experiment.model;
  params = model::scripts().at(id, params, replace);
  auto& init = experiment.init;
  if (!init.file.empty()) init.file = replace(init.file);
  if (isMapFile(init.map)) init.map = replace(init.map);
  for (auto& task : experiment.tasks)
    if (!task.loss.id.empty())
      task.loss.params = loss::scripts().at(task.loss.id, task.loss.params, replace);
}

std::vector<std::string> changedSplits(const nlohmann::json& before, const nlohmann::json& now) {
  return data::changedSplits(before, now);
}

}  // namespace eq::train
