#include "core/run/merging/data_fields.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/coefficient_learner.h"

namespace eq::run {
namespace {

using nlohmann::json;
using Estimate = train::ParameterProbe::Estimate;

/// The experiment at the bench, with the losses of a source.
train::Experiment experimentWith(const MergeBench& bench, const MergeSource& source) {
  auto experiment = bench.trainer().experiment();
  for (auto& task : experiment.tasks)
    for (const auto& own : source.experiment.tasks)
      if (own.name == task.name) task.loss = own.loss;
  return experiment;
}

std::vector<char> trainedBy(const MergeSource& source, const train::Experiment& experiment) {
  std::vector<char> trained;
  for (const auto& task : experiment.tasks)
    trained.push_back(
        std::any_of(source.experiment.tasks.begin(), source.experiment.tasks.end(),
                    [&](const auto& own) { return own.name == task.name && own.enabled; }));
  return trained;
}

Estimate estimateOf(const RunMerger& merger, const json& params) {
  const auto name = params.at("estimate").get<std::string>();
  if (name == "adam")
    fail(
        "{}.estimate: moments of Adam are not read from checkpoints yet; take exact, sampled or "
        "labels",
        merger.id());
  if (name == "exact") return Estimate::exact;
  return name == "sampled" ? Estimate::sampled : Estimate::labels;
}

/// At a source's own parameters, in the tasks that it trained.
json fisherOf(const RunMerger& merger, const json& params, const MergeSource& source,
              const MergeTable& table) {
  const auto experiment = experimentWith(table.bench, source);
  train::ParameterProbe probe(experiment);
  auto parameters = parametersOf(source);
  for (const auto& one : parametersOf(table.base)) parameters.insert(one);
  probe.set(parameters);
  return asField(
      probe.fisher(trainedBy(source, experiment), params.at("examples").get<std::int64_t>(),
                   estimateOf(merger, params), merger.seed()),
      merger.question());
}

json fisherFields(const RunMerger& merger, const json& params, const MergeTable& table) {
  json fields{{"fisher", json::array()}};
  for (size_t k = 0; k < table.experts.size(); ++k) {
    table.progress("Fisher information of " + placeOfRun(table.experts, k));
    fields["fisher"].push_back(fisherOf(merger, params, table.experts[k], table));
  }
  if (merger.id() != "gradient_matching") return fields;
  table.progress("Fisher information of the base");
  fields["base_fisher"] = fisherOf(merger, params, table.base, table);
  return fields;
}

json learnedFields(const RunMerger& merger, const json& params, const MergeTable& table) {
  const auto& experiment = table.bench.trainer().experiment();
  train::ParameterProbe probe(experiment);
  std::vector<char> tasks;
  for (const auto& task : experiment.tasks) tasks.push_back(task.enabled ? 1 : 0);
  return learnCoefficients(
      merger.id(), params, merger.seed(),
      {merger.question(), probe, tasks,
       [&](const Eigen::VectorXd& theta) { return merger.parametersWith(theta); },
       [&](const ParameterMap& parameters) {
         return judge(table.scores, table.bench.values(parameters));
       },
       table.progress});
}

}  // namespace

json dataFields(const RunMerger& merger, const MergeTable& table) {
  const auto& specs = merge::catalog().descriptor(merger.id()).parameters;
  const auto params = Parameters(specs, merger.params(), merger.id()).json();
  return learnsCoefficients(merger.id()) ? learnedFields(merger, params, table)
                                         : fisherFields(merger, params, table);
}

}  // namespace eq::run
