#include "core/balance/answers.h"

#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/balance/two_slots.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using nlohmann::json;

constexpr std::uint64_t kSeed = 1;

std::unique_ptr<Balancer> makeOf(const Answerer& method, Index tasks) {
  const Setting setting{tasks, kSeed, {}, method.descriptor->id};
  const auto& catalog = method.gradient ? gradientMethods() : weightings();
  return catalog.create(method.descriptor->id, json::object(), method.descriptor->id, setting);
}

/// \param needs may ask for things that this file does not know of.
std::string obstacleOf(const Needs& needs) {
  static_assert(std::is_trivially_copyable_v<Needs>, "it is compared byte by byte");
  if (needs.representation) return "it reads gradients in the trunk's output";
  Needs given;
  given.losses = needs.losses;
  given.rowNorms = needs.rowNorms;
  given.lastRowNorms = needs.lastRowNorms;
  given.gramian = needs.gramian;
  given.epoch = needs.epoch;
  if (std::memcmp(&given, &needs, sizeof(Needs)) != 0)
    return "it reads more than losses and products of gradients";
  return {};
}

Answerer answererOf(const Descriptor& descriptor, bool gradient, Index tasks) {
  Answerer method{&descriptor, gradient, false, {}};
  try {
    const auto made = makeOf(method, tasks);
    method.remembers = !made->state().empty();
    method.obstacle = obstacleOf(made->needs());
  } catch (const Error& error) {
    method.obstacle = error.what();
  }
  return method;
}

}  // namespace

std::vector<Answerer> answerers(Index tasks) {
  std::vector<Answerer> all;
  for (const auto* descriptor : weightings().descriptors())
    all.push_back(answererOf(*descriptor, false, tasks));
  for (const auto* descriptor : gradientMethods().descriptors())
    all.push_back(answererOf(*descriptor, true, tasks));
  return all;
}

VectorXd answer(const Answerer& method, const Eigen::MatrixXd& gramian, const VectorXd& losses) {
  const Index tasks = gramian.rows();
  const Setting setting{tasks, kSeed, {}, "equal"};
  auto weighting = method.gradient ? weightings().create("equal", json::object(), "equal", setting)
                                   : makeOf(method, tasks);
  TwoSlots slots(std::move(weighting), method.gradient ? makeOf(method, tasks) : nullptr);
  Inputs inputs;
  inputs.losses = losses;
  inputs.gramian = gramian;
  inputs.rowNorms = gramian.diagonal().cwiseMax(0).cwiseSqrt();
  inputs.lastRowNorms = inputs.rowNorms;
  const auto found =
      slots.weigh(inputs, VectorXd::Ones(tasks), std::vector<char>(static_cast<size_t>(tasks), 1));
  if (found.nonFinite)
    fail("{}: it has no finite weights for these gradients and losses", method.descriptor->id);
  return found.weights;
}

}  // namespace eq::balance
