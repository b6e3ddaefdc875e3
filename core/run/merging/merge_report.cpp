#include "core/run/merging/merge_report.h"

#include <fmt/ranges.h>

#include "core/merge/catalog.h"
#include "core/run/run_start.h"
#include "core/run/runner_state.h"
#include "core/run/whereabouts.h"

namespace eq::run {

using nlohmann::json;

json geometryAsJson(const merge::Question& question, const Eigen::VectorXd& theta) {
  json geometry;
  merge::addGeometry(question.taus, geometry);
  geometry["merged_norm"] = (theta - question.base).stableNorm();
  auto& layers = geometry["layers"] = json::object();
  for (const auto& place : question.places) {
    merge::Vectors parts;
    for (const auto& tau : question.taus) parts.emplace_back(tau.segment(place.begin, place.size));
    merge::addGeometry(parts, layers[place.name]);
  }
  return geometry;
}

train::EventRecord mergeEvent(const MergeRequest& request, const MergeSource& base,
                              const json& report, const train::Trainer& trainer,
                              const std::string& further) {
  json detail{{"base_step", base.step}};
  for (const char* key : {"id", "params", "base", "runs", "seed", "lambda", "coefficients"})
    detail[key] = report.at(key);
  detail.update(machineryOf(trainer));
  return {base.step, base.snapshot.meta.at("seconds").get<double>(), "merge",
          fmt::format("merged by {} from {} on {} at step {}{}", request.id,
                      fmt::join(report.at("runs").get<std::vector<std::string>>(), ", "),
                      request.base, base.step, further),
          detail};
}

RunWriter::ForkStart forkOf(const MergeSource& base, const train::Trainer& trainer,
                            const MergePlan& plan) {
  const RunReader parent(base.folder);
  auto began = Whereabouts(parent).locate(parent.experiment()).experiment;
  began.device = trainer.experiment().device;
  for (size_t t = 0; t < began.tasks.size(); ++t)
    began.tasks[t].enabled = began.tasks[t].enabled || plan.experiment.tasks.at(t).enabled;
  RunWriter::ForkStart start;
  start.parent = base.folder;
  start.parentId = idOf(base.folder);
  start.step = base.step;
  start.experiment = train::toJson(began);
  start.dataFolder = trainer.experiment().folder.string();
  start.totalSteps = trainer.totalSteps();
  return start;
}

json lambdaOf(const std::string& id, const json& params) {
  if (params.contains("lambda")) return params["lambda"];
  for (const auto& spec : merge::catalog().descriptor(id).parameters)
    if (spec.name == "lambda") return spec.defaultValue;
  return nullptr;
}

}  // namespace eq::run
