#include "core/train/front/posteriors.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/normal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/zeros_like.h>

#include "core/train/task_rows.h"

namespace eq::train {
namespace {

constexpr double kFirstShare = 0.1;  // σ of the first task at the beginning, of its prior's

/// A model whose values are all one number.
std::unique_ptr<model::Model> filled(std::unique_ptr<model::Model> network, double value) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < network->parameters().infos().size(); ++i)
    network->parameters().tensor(i).fill_(value);
  return network;
}

/// ρ of a σ.
double spreadFor(double sigma) {
  return std::log(std::expm1(sigma));
}

}  // namespace

Posteriors::Posteriors(size_t tasks, std::vector<double> priors,
                       const std::function<std::unique_ptr<model::Model>(size_t prior)>& start,
                       at::ScalarType type)
    : tasks_(tasks),
      priors_(std::move(priors)),
      members_(
          2 * tasks * priors_.size(),
          [&](size_t member) {
            const auto prior = member / 2 % priors_.size();
            auto network = start(prior);
            return member % 2 == 0
                       ? std::move(network)
                       : filled(std::move(network), spreadFor(kFirstShare * priors_[prior]));
          },
          type) {}

Posteriors::Place Posteriors::placeOf(size_t task, size_t prior) const {
  return task < begun_ ? places_[task][prior] : Place{begun_, prior};
}

at::Tensor Posteriors::rowIn(const model::Range& range, size_t member) const {
  return members_.stretch(range).select(0, static_cast<std::int64_t>(member));
}

at::Tensor Posteriors::spreadIn(const model::Range& range, const Place& at) const {
  return at::softplus(rowIn(range, meanOf(at) + 1));
}

double Posteriors::distanceOf(const Place& one, const Place& other) const {
  double means = 0, spreads = 0;
  std::int64_t count = 0;
  const auto squared = [](const at::Tensor& difference) {
    return difference.to(at::kDouble).square().sum().item<double>();
  };
  for (const auto& range : members_.stretches()) {
    if (!isTrained(range)) continue;
    means += squared(rowIn(range, meanOf(one)) - rowIn(range, meanOf(other)));
    spreads += squared(spreadIn(range, one) - spreadIn(range, other));
    count += range.size();
  }
  return (std::sqrt(means) + std::sqrt(spreads)) / static_cast<double>(count);
}

void Posteriors::beginNext(double distance) {
  const at::NoGradGuard noGradients;
  places_.emplace_back();
  for (size_t e = 0; e < priors_.size(); ++e) {
    const Place own{begun_, e};
    auto& place = places_.back().emplace_back(own);
    for (size_t t = 0; t <= begun_ && place == own; ++t)
      for (size_t i = 0; i < (t < begun_ ? priors_.size() : e) && place == own; ++i)
        if (places_[t][i] == Place{t, i} && distanceOf(own, {t, i}) < distance) place = {t, i};
  }
  ++begun_;
  for (const auto& range : members_.stretches())
    for (size_t e = 0; e < priors_.size(); ++e)
      for (const size_t part : {0U, 1U})
        rowIn(range, meanOf({begun_, e}) + part)
            .copy_(rowIn(range, meanOf(places_.back()[e]) + part));
}

/// What is not trained has no spread.
bool Posteriors::isTrained(const model::Range& range) const {
  return static_cast<std::int64_t>(members_.count()) * range.begin <
         members_.parameters().trained().end;
}

at::Tensor Posteriors::drawInto(model::Model& network, size_t prior, std::uint64_t seed) const {
  const at::NoGradGuard noGradients;
  const auto& values = network.parameters().values();
  auto generator = model::generatorOn(values.device(), seed);
  const auto epsilon = at::zeros_like(values).normal_(0, 1, generator);
  const Place own{begun_, prior};
  for (const auto& range : members_.stretches()) {
    const auto drawn = epsilon.narrow(0, range.begin, range.size());
    const auto to = values.narrow(0, range.begin, range.size());
    to.copy_(rowIn(range, meanOf(own)));
    if (isTrained(range)) to.add_(spreadIn(range, own) * drawn);
  }
  return epsilon;
}

std::pair<at::Tensor, at::Tensor> Posteriors::priorIn(const model::Range& range,
                                                      size_t prior) const {
  if (begun_ > 0) {
    const auto& before = places_.back()[prior];
    return {rowIn(range, meanOf(before)), spreadIn(range, before)};
  }
  const auto like = rowIn(range, 0);
  return {at::zeros_like(like), at::full_like(like, priors_[prior])};
}

void Posteriors::addGradients(const model::Model& network, size_t prior,
                              const gradient::Gradients& loss, const at::Tensor& epsilon,
                              std::int64_t examples, gradient::Gradients& gradients) const {
  const at::NoGradGuard noGradients;
  const auto slopes = flat(network, loss);
  auto ofMeans = at::zeros_like(slopes), ofSpreads = at::zeros_like(slopes);
  const Place own{begun_, prior};
  const double share = 1 / static_cast<double>(examples);
  for (const auto& range : members_.stretches()) {
    const auto in = [&range](const at::Tensor& row) {
      return row.narrow(0, range.begin, range.size());
    };
    const auto mean = rowIn(range, meanOf(own)), spread = rowIn(range, meanOf(own) + 1);
    const auto sigma = at::softplus(spread);
    const auto [priorMean, priorSigma] = priorIn(range, prior);
    const auto precision = priorSigma.square().reciprocal();
    in(ofMeans).copy_(in(slopes) + share * (mean - priorMean) * precision);
    in(ofSpreads).copy_(
        (in(slopes)*in(epsilon) + share * (sigma * precision - sigma.reciprocal())) *
        at::sigmoid(spread));
  }
  const auto& infos = network.parameters().infos();
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i].block.trainable) continue;
    const auto put = [&](size_t member, const at::Tensor& row) {
      gradients[members_.indexOf(member, i)] =
          row.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
    };
    put(meanOf(own), ofMeans);
    put(meanOf(own) + 1, ofSpreads);
  }
}

metric::Point Posteriors::weightsOf(const metric::Point& shares) const {
  metric::Point weights(members_.count(), 0.0);
  for (size_t t = 0; t < tasks_; ++t)
    for (size_t e = 0; e < priors_.size(); ++e)
      weights[meanOf(placeOf(t, e))] += shares[t] / static_cast<double>(priors_.size());
  return weights;
}

void Posteriors::mixInto(model::Model& network, const metric::Point& shares) const {
  members_.mixInto(network, weightsOf(shares));
}

void Posteriors::boxInto(model::Model& network, const metric::Point& shares, double reach,
                         std::uint64_t seed) const {
  const at::NoGradGuard noGradients;
  const auto weights = weightsOf(shares);
  members_.mixInto(network, weights);
  const auto& values = network.parameters().values();
  auto generator = model::generatorOn(values.device(), seed);
  const auto draws = at::zeros_like(values).uniform_(-reach, reach, generator);
  for (const auto& range : members_.stretches()) {
    if (!isTrained(range)) continue;
    auto sigma = at::zeros_like(rowIn(range, 0));
    for (size_t member = 0; member < weights.size(); member += 2)
      if (weights[member] > 0) sigma.add_(at::softplus(rowIn(range, member + 1)), weights[member]);
    values.narrow(0, range.begin, range.size())
        .add_(sigma * draws.narrow(0, range.begin, range.size()));
  }
}

nlohmann::json Posteriors::state() const {
  auto places = nlohmann::json::array();
  for (const auto& task : places_) {
    places.push_back(nlohmann::json::array());
    for (const auto& place : task) places.back().push_back({place.task, place.prior});
  }
  return {{"begun", begun_}, {"places", places}};
}

void Posteriors::restore(const nlohmann::json& state) {
  begun_ = state.at("begun").get<size_t>();
  places_.clear();
  for (const auto& task : state.at("places")) {
    places_.emplace_back();
    for (const auto& place : task)
      places_.back().push_back({place.at(0).get<size_t>(), place.at(1).get<size_t>()});
  }
}

}  // namespace eq::train
