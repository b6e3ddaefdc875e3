#include "core/run/lab/validation_sample.h"

#include <algorithm>

#include <ATen/ops/tensor.h>

#include "core/base/random.h"
#include "core/data/problem.h"

namespace eq::run {
namespace {

at::Tensor rowsOf(const at::Tensor& tensor, const at::Tensor& rows) {
  return tensor.defined() ? tensor.index_select(0, rows) : tensor;
}

data::Split rowsOf(const data::Split& split, const at::Tensor& rows) {
  data::Split part{rowsOf(split.inputs, rows), {}, {}, {}, split.source};
  for (const auto& target : split.targets) part.targets.push_back(rowsOf(target, rows));
  for (const auto& mask : split.masks) part.masks.push_back(rowsOf(mask, rows));
  for (const auto& fields : split.fields) {
    auto& own = part.fields.emplace_back();
    for (const auto& [name, field] : fields) own[name] = rowsOf(field, rows);
  }
  return part;
}

std::vector<std::int64_t> drawnRows(std::int64_t of, std::int64_t count, std::uint64_t seed) {
  auto rows = RandomStream(deriveSeed(seed, "merge lab")).permutation(of);
  rows.resize(static_cast<size_t>(count));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::int64_t validationExamples(const MergeSource& base) {
  return base.snapshot.meta.at("data").at("validation").get<std::int64_t>();
}

bool canSample(const MergeSource& base, std::int64_t examples) {
  const auto& tasks = base.experiment.tasks;
  return examples < validationExamples(base) &&
         std::all_of(tasks.begin(), tasks.end(),
                     [](const auto& task) { return task.teacher.empty(); });
}

std::unique_ptr<train::Trainer> sampledBase(const MergeSource& base,
                                            const train::Experiment& experiment,
                                            std::int64_t examples, std::uint64_t seed) {
  auto problem = train::loadProblem(experiment);
  const auto drawn = drawnRows(problem.validation.size(), examples, seed);
  problem.validation = rowsOf(problem.validation, at::tensor(drawn, at::kLong));
  problem.test = rowsOf(problem.test, at::tensor(std::vector<std::int64_t>(), at::kLong));
  auto trainer = std::make_unique<train::Trainer>(experiment, std::move(problem));
  trainer->restore(base.snapshot);
  return trainer;
}

}  // namespace eq::run
