#include "core/model/regulariser.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/pdist.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/model/observations.h"
#include "core/model/parameters.h"
#include "core/model/penalty.h"
#include "core/model/task_lists.h"

namespace eq::model {
namespace {

constexpr std::int64_t kWithoutProducts = 2;  // of cdist, whose products of matrices round more

using nlohmann::json;
using Stacks = std::vector<Regulariser::Stack>;

/// [tasks, numbers].
at::Tensor rowsOf(const ParameterBuffer& parameters, const Regulariser::Stack& stack) {
  std::vector<at::Tensor> rows;
  for (const auto index : stack) rows.push_back(parameters.tensor(index).flatten());
  return at::stack(rows);
}

/// Those of several tasks alone.
void keepPairs(Stacks& stacks) {
  std::erase_if(stacks, [](const Regulariser::Stack& stack) { return stack.size() < 2; });
}

/// The stages of networks a task, a stack a tensor.
Stacks stagesOf(const Compared& compared, const std::string& path) {
  const auto& infos = compared.parameters.infos();
  std::map<std::string, Regulariser::Stack> byPlace;
  for (size_t i = 0; i < infos.size(); ++i) {
    const auto& [owner, part, name, trainable] = infos[i].block;
    if (part == Part::trunk)
      fail(
          "{}.id: soft_sharing compares networks that share nothing, and this model shares {}; "
          "take single_task",
          path, infos[i].name);
    if (part == Part::task) byPlace[infos[i].name.substr(name.size())].push_back(i);
  }
  Stacks stacks;
  for (auto& [place, stack] : byPlace) stacks.push_back(std::move(stack));
  keepPairs(stacks);
  return stacks;
}

/// Last layers of equal shape in one group of tasks.
Stacks alikeIn(const json& group, const Compared& compared, const std::string& path) {
  std::map<std::vector<std::int64_t>, Regulariser::Stack> byShape;
  std::vector<size_t> seen;
  for (const auto& name : listAt(group, path, "tasks")) {
    const auto task = taskNamed(name, compared.tasks, path);
    if (std::find(seen.begin(), seen.end(), task) != seen.end())
      fail("{}: task {} is there twice", path, compared.tasks[task]);
    seen.push_back(task);
    for (const auto index : compared.last[task])
      byShape[compared.parameters.infos()[index].shape].push_back(index);
  }
  Stacks stacks;
  for (auto& [shape, stack] : byShape) stacks.push_back(std::move(stack));
  keepPairs(stacks);
  if (stacks.empty())
    fail("{}: no two of these tasks have last layers of equal shape, found {}", path, group.dump());
  return stacks;
}

Stacks alikeOf(const json& groups, const Compared& compared, const std::string& path) {
  Stacks stacks;
  size_t number = 0;
  for (const auto& group : listAt(groups, path, "groups of tasks")) {
    const auto found = alikeIn(group, compared, fmt::format("{}[{}]", path, number++));
    stacks.insert(stacks.end(), found.begin(), found.end());
  }
  if (stacks.empty()) fail("{}: needs at least one group, found []", path);
  return stacks;
}

ParameterSpec idSpec() {
  return ParameterSpec::choice("id", "", {"soft_sharing", "head_similarity"}, "Which it is")
      .needed();
}

ParameterSpec weightSpec() {
  return ParameterSpec::number("weight", 0, "Factor on the distances").needed().from(0).to(1e38);
}

ParameterSpec groupsSpec() {
  ParameterSpec groups;
  groups.name = "groups";
  groups.type = ParameterType::any;
  groups.doc = "Groups of tasks that name the same concept, such as [[\"a\", \"b\"]]";
  return groups.needed();
}

Regulariser regulariserFrom(const json& given, const Compared& compared, const std::string& name,
                            const std::string& path) {
  if (given.value("id", json()) == "head_similarity") {
    const Parameters own({idSpec(), weightSpec(), groupsSpec()}, given, path);
    return {name, own.number("weight"), false,
            alikeOf(own.at("groups"), compared, path + ".groups")};
  }
  const Parameters own({idSpec(), weightSpec()}, given, path);
  return {name, own.number("weight"), true, stagesOf(compared, path)};
}

}  // namespace

at::Tensor Regulariser::value(const ParameterBuffer& parameters) const {
  at::Tensor sum = at::zeros({}, parameters.values().options());
  for (const auto& stack : stacks_) {
    const auto rows = rowsOf(parameters, stack);
    // Σ_{a<b} ‖θ_a − θ_b‖² = n Σ_a ‖θ_a − mean‖².
    const auto count = static_cast<double>(stack.size());
    sum = sum +
          (squared_ ? (rows - rows.mean(0, true)).square().sum() * count : at::pdist(rows).sum());
  }
  return sum * weight_;
}

at::Tensor Regulariser::distances(const ParameterBuffer& parameters, std::int64_t tasks) const {
  const at::NoGradGuard noGradients;
  auto squares = at::zeros({tasks, tasks}, parameters.values().options());
  auto times = at::zeros({tasks, tasks}, parameters.values().options());
  for (const auto& stack : stacks_) {
    const auto rows = rowsOf(parameters, stack);
    const auto found = at::cdist(rows, rows, 2, kWithoutProducts).square();
    std::vector<std::int64_t> owners;
    for (const auto index : stack) owners.push_back(parameters.infos()[index].block.owner);
    const auto places = at::tensor(owners, at::kLong).to(found.device());
    const c10::List<std::optional<at::Tensor>> pairs({places.unsqueeze(1), places.unsqueeze(0)});
    squares.index_put_(pairs, found, /*accumulate=*/true);
    times.index_put_(pairs, at::ones_like(found), /*accumulate=*/true);
  }
  return squares.sqrt().masked_fill(times == 0, std::numeric_limits<double>::quiet_NaN());
}

void Regulariser::penalise(const ParameterBuffer& parameters, size_t tasks,
                           const Pass& pass) const {
  addPenalty(pass, name_, [&] { return value(parameters); });
  if (pass.seen)
    pass.seen->add("distance", -1, name_, distances(parameters, static_cast<std::int64_t>(tasks)));
}

std::vector<Regulariser> regularisersFrom(const json& given, const Compared& compared) {
  const std::string path = "model.regularisers";
  std::vector<Regulariser> found;
  std::map<std::string, int> count;
  for (const auto& one : listAt(given, path, "regularisers")) {
    const auto place = fmt::format("{}[{}]", path, found.size());
    if (!one.is_object()) fail("{}: expected an object, found {}", place, one.dump());
    auto name = one.value("id", json()).is_string() ? one["id"].get<std::string>() : std::string();
    if (const int number = ++count[name]; number > 1) name += fmt::format("_{}", number);
    found.push_back(regulariserFrom(one, compared, name, place));
  }
  return found;
}

ParameterSpec regularisersSpec() {
  ParameterSpec spec;
  spec.name = "regularisers";
  spec.type = ParameterType::any;
  spec.defaultValue = json::array();
  spec.doc =
      "Penalties on how far tasks lie apart: {\"id\": \"soft_sharing\", \"weight\": 1e-3}, "
      "{\"id\": \"head_similarity\", \"weight\": 1e-2, \"groups\": [[\"a\", \"b\"]]}";
  return spec;
}

json regulariserSeries() {
  return {{"series", "distance"},
          {"draw", "matrix"},
          {"axes", {"task", "task"}},
          {"label", "Distance of the parameters"}};
}

}  // namespace eq::model
