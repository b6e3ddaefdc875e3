#include "core/run/merging/data_fields.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/coefficient_learner.h"

namespace eq::run {
namespace {

using nlohmann::json;
using Estimate = train::ParameterProbe::Estimate;

Estimate estimateOf(const json& params) {
  const auto name = params.at("estimate").get<std::string>();
  if (name == "exact") return Estimate::exact;
  return name == "sampled" ? Estimate::sampled : Estimate::labels;
}

/// At a source's own parameters, in the tasks that it trained.
json fisherOf(const RunMerger& merger, const json& params, const MergeSource& source,
              const MergeTable& table, const train::ParameterProbe& data) {
  const auto probe = probeOf(table, source, data);
  if (params.at("estimate") == "adam")
    return asField(probe->secondMoments(source.snapshot), merger.question());
  return asField(
      probe->fisher(trainedBy(source, table.bench.trainer().experiment()),
                    params.at("examples").get<std::int64_t>(), estimateOf(params), merger.seed()),
      merger.question());
}

json fisherFields(const RunMerger& merger, const json& params, const MergeTable& table) {
  const auto data = probeOf(table, table.base);
  json fields{{"fisher", json::array()}};
  for (size_t k = 0; k < table.experts.size(); ++k) {
    table.progress({"Fisher information of " + placeOfRun(table.experts, k)});
    fields["fisher"].push_back(fisherOf(merger, params, table.experts[k], table, *data));
  }
  if (merger.id() != "gradient_matching") return fields;
  table.progress({"Fisher information of the base"});
  fields["base_fisher"] = fisherOf(merger, params, table.base, table, *data);
  return fields;
}

json rowsOf(const at::Tensor& matrix) {
  const auto numbers = matrix.to(at::kDouble).contiguous();
  const auto* first = numbers.const_data_ptr<double>();
  return {{"shape", numbers.sizes().vec()},
          {"data", std::vector<double>(first, first + numbers.numel())}};
}

/// Of the merged matrices; of kernels, where they are asked for, as one row an output.
json gramFields(const RunMerger& merger, const json& params, const MergeTable& table) {
  const auto data = probeOf(table, table.base);
  json fields{{"grams", json::array()}};
  for (size_t k = 0; k < table.experts.size(); ++k) {
    table.progress({"Grams of " + placeOfRun(table.experts, k)});
    auto grams = json::object();
    const auto found = probeOf(table, table.experts[k], *data)
                           ->grams(params.at("examples").get<std::int64_t>(),
                                   params.at("convolutions").get<bool>(), merger.seed());
    for (const auto& [name, gram] : found)
      if (merger.question().find(name)) grams[name] = rowsOf(gram);
    fields["grams"].push_back(std::move(grams));
  }
  return fields;
}

/// How well the experts' tasks are forgotten, where the others keep what `negate` asks of them.
double forgetting(const std::vector<TaskScore>& scores, const TaskValues& values) {
  constexpr double kControl = 0.95;  // of task_arithmetic's search
  if (!keepsOthers(scores, values, kControl, "atlas.objective"))
    return -std::numeric_limits<double>::infinity();
  return -judge(scores, values);
}

json learnedFields(const RunMerger& merger, const json& params, const MergeTable& table) {
  const auto& experiment = table.bench.trainer().experiment();
  const auto probe = probeOf(table, merger.parametersWith(merger.question().base));
  std::vector<char> tasks, trained;
  for (const auto& task : experiment.tasks) tasks.push_back(task.enabled ? 1 : 0);
  for (const auto& head : merger.plan().heads) trained.push_back(head ? 1 : 0);
  const bool forgets = params.value("objective", "") == "negate";
  return learnCoefficients(
      merger.id(), params, merger.seed(),
      {merger.question(), *probe, tasks, trained, merger.params().contains("init"),
       [&](const Eigen::VectorXd& theta) { return merger.parametersWith(theta); },
       [&](const ParameterMap& parameters) {
         const auto values = table.bench.values(parameters);
         return forgets ? forgetting(table.scores, values) : judge(table.scores, values);
       },
       table.progress, table.memory});
}

}  // namespace

json dataFields(const RunMerger& merger, const MergeTable& table) {
  const auto& specs = merge::catalog().descriptor(merger.id()).parameters;
  const auto params = Parameters(specs, merger.params(), merger.id()).json();
  if (merger.id() == "regmean") return gramFields(merger, params, table);
  return learnsCoefficients(merger.id()) ? learnedFields(merger, params, table)
                                         : fisherFields(merger, params, table);
}

}  // namespace eq::run
