#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/train/scheme_catalog.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/core/train/device/pretend_device.h"
#include "tests/registry.h"

/// Three small tasks of classes, and what schemes cannot do without.
namespace eq::test {

using nlohmann::json;

inline constexpr std::int64_t kSchemeExamples = 48;

/// Tasks a (3 classes, with a teacher), b (2) and c (binary). \param sizes [3] examples that have a
/// target of each of a and b; all have one of c.
inline data::Problem schemeProblem(std::vector<std::int64_t> sizes = {kSchemeExamples,
                                                                      kSchemeExamples}) {
  data::Problem problem;
  problem.inputShape = {2};
  problem.tasks = {{"a", TaskKind::classification, 3, {}, {}, {}, {"teacher"}},
                   {"b", TaskKind::classification, 2, {}, {}, {}},
                   {"c", TaskKind::binary, 1, {}, {}, {}}};
  const auto x = at::linspace(-2, 2, kSchemeExamples);
  const auto places = at::arange(kSchemeExamples, at::kLong);
  auto a = places.remainder(3), b = (x > 0).to(at::kLong);
  const auto c = (at::sin(x * 3) > 0).to(at::kFloat);
  a.narrow(0, sizes[0], kSchemeExamples - sizes[0]).fill_(-100);
  b.narrow(0, sizes[1], kSchemeExamples - sizes[1]).fill_(-100);
  const auto teacher = (at::arange(kSchemeExamples * 3).view({-1, 3}).remainder(7) - 3);
  problem.train = {at::stack({x, at::sin(x * 2)}, 1),
                   {a, b, c},
                   {},
                   {{{"teacher", teacher.to(at::kFloat)}}, {}, {}}};
  problem.validation = problem.test = problem.train;
  return problem;
}

inline train::Experiment schemeExperiment(const json& changes = json::object()) {
  json value = json::parse(R"({
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"}]},
    "model": {"id": "mlp", "hidden": [6], "dropout": 0.2},
    "optimizer": {"id": "sgd", "lr": 0.05},
    "batch_size": 16, "epochs": 10, "threads": 1, "conflict": {"every": 0}
  })");
  value["device"] = deviceOfTests();
  value.merge_patch(changes);
  return train::experimentFromJson(value, inSource("samples"));
}

/// Task a follows its teacher.
inline json withTeacher() {
  return json::parse(R"({"tasks": [{"name": "a", "loss": {"id": "distillation"}}, {"name": "b"},
                                   {"name": "c"}]})");
}

inline json withScheme(const json& scheme, json changes = json::object()) {
  changes["scheme"] = scheme;
  return changes;
}

/// The scheme with what it cannot do without, for the tasks of `schemeProblem`.
inline json schemeJson(const std::string& id) {
  json scheme{{"id", id}};
  if (id == "order_matters") scheme.update({{"first", {"a", "c"}}, {"steps", 5}});
  return scheme;
}

/// The changes, with the model that a scheme cannot do without.
inline json withItsModel(const std::string& id, json changes = json::object()) {
  if (id == "deep_safe_mtl") changes["model"] = {{"id", "deep_safe"}};
  return changes;
}

inline std::vector<train::StepRecord> trainSteps(train::Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

/// [K] in how many of the records each task took part.
inline std::vector<int> partsTaken(const std::vector<train::StepRecord>& records) {
  std::vector<int> counts(records.front().losses.size(), 0);
  for (const auto& record : records)
    for (size_t k = 0; k < counts.size(); ++k) counts[k] += !std::isnan(record.losses[k]);
  return counts;
}

/// Whether counts of n draws are those of probabilities: within five standard deviations.
inline bool agree(const std::vector<int>& counts, const std::vector<double>& p, int n) {
  for (size_t k = 0; k < p.size(); ++k)
    if (std::abs(counts[k] - n * p[k]) > 5 * std::sqrt(n * p[k] * (1 - p[k])) + 1e-9) return false;
  return true;
}

template <typename Work>
std::string errorOf(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace eq::test
