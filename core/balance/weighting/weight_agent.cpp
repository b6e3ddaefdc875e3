#include "core/balance/weighting/weight_agent.h"

#include <cmath>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kDiscount = 0.99;
constexpr double kFollow = 0.005;
constexpr double kFirstTemperature = 0.2;
constexpr double kLeastLogDeviation = -20;
constexpr double kLargestLogDeviation = 2;

MatrixXd stacked(const MatrixXd& above, const MatrixXd& below) {
  MatrixXd all(above.rows() + below.rows(), above.cols());
  all << above, below;
  return all;
}

void follow(SmallNet& target, const SmallNet& net) {
  target.parameters() = (1 - kFollow) * target.parameters() + kFollow * net.parameters();
}

}  // namespace

WeightAgent::WeightAgent(Index tasks, Index hidden, double rate, RandomStream& stream)
    : tasks_(tasks),
      actor_({tasks, hidden, hidden, 2 * tasks}, stream),
      first_({2 * tasks, hidden, hidden, 1}, stream),
      second_({2 * tasks, hidden, hidden, 1}, stream),
      firstTarget_(first_),
      secondTarget_(second_),
      logTemperature_(VectorXd::Constant(1, std::log(kFirstTemperature))),
      actorSteps_(rate, actor_.parameters().size()),
      firstSteps_(rate, first_.parameters().size()),
      secondSteps_(rate, second_.parameters().size()),
      temperatureSteps_(rate, 1) {}

VectorXd WeightAgent::act(const VectorXd& state, RandomStream& stream) const {
  return static_cast<double>(tasks_) * draw(state, stream).shares.col(0);
}

WeightAgent::Draw WeightAgent::draw(const MatrixXd& states, RandomStream& stream) const {
  Draw drawn;
  const MatrixXd output = actor_.forward(states, &drawn.trace);
  const MatrixXd logs = output.bottomRows(tasks_);
  drawn.clamped =
      ((logs.array() < kLeastLogDeviation) || (logs.array() > kLargestLogDeviation)).cast<double>();
  const MatrixXd kept = logs.cwiseMax(kLeastLogDeviation).cwiseMin(kLargestLogDeviation);
  drawn.deviations = kept.array().exp();
  drawn.noise.resizeLike(kept);
  for (double& value : drawn.noise.reshaped()) value = stream.normal();
  const MatrixXd logits = output.topRows(tasks_) + drawn.deviations.cwiseProduct(drawn.noise);
  drawn.shares.resizeLike(logits);
  for (Index i = 0; i < logits.cols(); ++i) drawn.shares.col(i) = softmax(logits.col(i));
  const double constant = 0.5 * std::log(2 * 3.141592653589793) * static_cast<double>(tasks_);
  drawn.logDensity =
      (-0.5 * drawn.noise.cwiseAbs2() - kept).colwise().sum().transpose().array() - constant;
  return drawn;
}

MatrixXd WeightAgent::judged(const MatrixXd& states, const MatrixXd& actions) const {
  const MatrixXd inputs = stacked(states, actions);
  return firstTarget_.forward(inputs).cwiseMin(secondTarget_.forward(inputs));
}

void WeightAgent::learn(const Transitions& batch, RandomStream& stream) {
  const double temperature = std::exp(logTemperature_[0]);
  const Draw next = draw(batch.nextStates, stream);
  const VectorXd later = judged(batch.nextStates, double(tasks_) * next.shares).transpose() -
                         temperature * next.logDensity;
  const VectorXd values = batch.rewards + kDiscount * later;
  const Draw drawn = draw(batch.states, stream);
  if (!values.allFinite() || !drawn.logDensity.allFinite()) return;
  learnCritics(batch, values);
  learnActor(batch, drawn);
  const double aim = -static_cast<double>(tasks_);
  temperatureSteps_.step(logTemperature_, VectorXd::Constant(1, -(drawn.logDensity.mean() + aim)));
  follow(firstTarget_, first_);
  follow(secondTarget_, second_);
}

void WeightAgent::learnCritics(const Transitions& batch, const VectorXd& values) {
  const MatrixXd inputs = stacked(batch.states, batch.actions);
  const auto step = [&](SmallNet& critic, VectorAdam& steps) {
    SmallNet::Trace trace;
    const MatrixXd away = critic.forward(inputs, &trace) - values.transpose();
    VectorXd gradient = VectorXd::Zero(critic.parameters().size());
    critic.backward(trace, 2.0 / static_cast<double>(values.size()) * away, gradient);
    steps.step(critic.parameters(), gradient);
  };
  step(first_, firstSteps_);
  step(second_, secondSteps_);
}

void WeightAgent::learnActor(const Transitions& batch, const Draw& drawn) {
  const auto count = static_cast<double>(batch.states.cols());
  const auto tasks = static_cast<double>(tasks_);
  const MatrixXd inputs = stacked(batch.states, tasks * drawn.shares);
  SmallNet::Trace firstTrace, secondTrace;
  const MatrixXd one = first_.forward(inputs, &firstTrace);
  const MatrixXd other = second_.forward(inputs, &secondTrace);
  const MatrixXd isOne = (one.array() <= other.array()).cast<double>();
  // The slopes of -min(Q) in the actions; those of the critics' parameters are not wanted.
  VectorXd unused = VectorXd::Zero(first_.parameters().size());
  const MatrixXd slopes =
      (first_.backward(firstTrace, isOne / -count, unused) +
       second_.backward(secondTrace, (1 - isOne.array()).matrix() / -count, unused))
          .bottomRows(tasks_);
  const MatrixXd scaled = tasks * drawn.shares.cwiseProduct(slopes);
  const MatrixXd logits =
      scaled - drawn.shares.cwiseProduct(scaled.colwise().sum().replicate(tasks_, 1));
  const double temperature = std::exp(logTemperature_[0]);
  const MatrixXd logDeviations =
      (logits.cwiseProduct(drawn.deviations).cwiseProduct(drawn.noise).array() -
       temperature / count) *
      (1 - drawn.clamped.array());
  VectorXd gradient = VectorXd::Zero(actor_.parameters().size());
  actor_.backward(drawn.trace, stacked(logits, logDeviations), gradient);
  actorSteps_.step(actor_.parameters(), gradient);
}

nlohmann::json WeightAgent::state() const {
  return {{"actor", vectorToJson(actor_.parameters())},
          {"critics", {vectorToJson(first_.parameters()), vectorToJson(second_.parameters())}},
          {"targets",
           {vectorToJson(firstTarget_.parameters()), vectorToJson(secondTarget_.parameters())}},
          {"log_temperature", logTemperature_[0]},
          {"steps",
           {actorSteps_.state(), firstSteps_.state(), secondSteps_.state(),
            temperatureSteps_.state()}}};
}

void WeightAgent::restore(const nlohmann::json& state) {
  actor_.parameters() = vectorFromJson(state.at("actor"));
  first_.parameters() = vectorFromJson(state.at("critics").at(0));
  second_.parameters() = vectorFromJson(state.at("critics").at(1));
  firstTarget_.parameters() = vectorFromJson(state.at("targets").at(0));
  secondTarget_.parameters() = vectorFromJson(state.at("targets").at(1));
  logTemperature_[0] = state.at("log_temperature").get<double>();
  const auto& steps = state.at("steps");
  actorSteps_.restore(steps.at(0));
  firstSteps_.restore(steps.at(1));
  secondSteps_.restore(steps.at(2));
  temperatureSteps_.restore(steps.at(3));
}

}  // namespace eq::balance
