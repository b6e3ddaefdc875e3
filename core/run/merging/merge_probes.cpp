#include "core/run/merging/merge_probes.h"

#include <algorithm>

namespace eq::run {
namespace {

/// The experiment at the bench, with the losses of a source.
train::Experiment experimentWith(const MergeBench& bench, const MergeSource& source) {
  auto experiment = bench.trainer().experiment();
  for (auto& task : experiment.tasks)
    for (const auto& own : source.experiment.tasks)
      if (own.name == task.name) task.loss = own.loss;
  return experiment;
}

using ProbePointer = std::unique_ptr<train::ParameterProbe>;

ProbePointer setTo(ProbePointer probe, const MergeTable& table, const MergeSource& source) {
  auto parameters = parametersOf(source);
  for (const auto& one : parametersOf(table.base)) parameters.insert(one);
  probe->set(parameters);
  return probe;
}

}  // namespace

ProbePointer probeOf(const MergeTable& table, const ParameterMap& parameters) {
  auto probe = std::make_unique<train::ParameterProbe>(table.bench.trainer().experiment());
  probe->set(parameters);
  return probe;
}

ProbePointer probeOf(const MergeTable& table, const MergeSource& source) {
  return setTo(std::make_unique<train::ParameterProbe>(experimentWith(table.bench, source)), table,
               source);
}

ProbePointer probeOf(const MergeTable& table, const MergeSource& source,
                     const train::ParameterProbe& data) {
  return setTo(std::make_unique<train::ParameterProbe>(experimentWith(table.bench, source), data),
               table, source);
}

std::vector<char> trainedBy(const MergeSource& source, const train::Experiment& experiment) {
  std::vector<char> trained;
  for (const auto& task : experiment.tasks)
    trained.push_back(
        std::any_of(source.experiment.tasks.begin(), source.experiment.tasks.end(),
                    [&](const auto& own) { return own.name == task.name && own.enabled; }));
  return trained;
}

}  // namespace eq::run
