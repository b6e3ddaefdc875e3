#include "core/balance/weighting/igb_v2.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"
#include "core/balance/weighting/weight_agent.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kUpdates = 25, kBatch = 128;  ///< times 1 to 2, as the buffer fills

/// The newest transitions, one a column: state, action, reward, next state. A ring.
class ReplayBuffer {
 public:
  ReplayBuffer(Index tasks, Index capacity) : tasks_(tasks), capacity_(capacity) {}

  void add(const VectorXd& state, const VectorXd& action, double reward, const VectorXd& next) {
    if (columns_.cols() < capacity_)
      columns_.conservativeResize(3 * tasks_ + 1, columns_.cols() + 1);
    columns_.col(next_) << state, action, next, reward;
    next_ = (next_ + 1) % capacity_;
  }

  double filled() const { return double(columns_.cols()) / double(capacity_); }
  bool isEmpty() const { return columns_.cols() == 0; }

  /// Drawn with replacement.
  Transitions draw(Index count, RandomStream& stream) const {
    MatrixXd drawn(columns_.rows(), count);
    for (Index i = 0; i < count; ++i)
      drawn.col(i) = columns_.col(
          static_cast<Index>(stream.below(static_cast<std::uint64_t>(columns_.cols()))));
    return {drawn.topRows(tasks_), drawn.middleRows(tasks_, tasks_),
            drawn.middleRows(2 * tasks_, tasks_), drawn.bottomRows(1).transpose()};
  }

  nlohmann::json state() const {
    return {{"columns", vectorToJson(columns_.reshaped())}, {"next", next_}};
  }
  void restore(const nlohmann::json& state) {
    const VectorXd all = vectorFromJson(state.at("columns"));
    columns_ = all.reshaped(3 * tasks_ + 1, all.size() / (3 * tasks_ + 1));
    next_ = state.at("next").get<Index>();
  }

 private:
  Index tasks_, capacity_;
  MatrixXd columns_;
  Index next_ = 0;
};

class IgbV2 : public MaskedBalancer {
 public:
  IgbV2(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        startEpoch_(parameters.integer("start_epoch")),
        updateAfter_(parameters.integer("update_after")),
        updateEvery_(parameters.integer("update_every")),
        stream_(deriveSeed(setting.seed, "igb_v2")),
        base_(setting.tasks, parameters.integer("base_epoch")),
        buffer_(setting.tasks, parameters.integer("buffer_size")),
        agent_(setting.tasks, parameters.integer("hidden"), parameters.number("lr"), stream_) {}

  Needs needs() const override { return {.losses = true, .epoch = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override {
    return {{"stream", stream_.state()},
            {"base", base_.state()},
            {"buffer", buffer_.state()},
            {"agent", agent_.state()},
            {"last_state", vectorToJson(lastState_)},
            {"last_action", vectorToJson(lastAction_)},
            {"steps", steps_}};
  }
  void restore(const nlohmann::json& state) override {
    stream_.restore(state.at("stream"));
    base_.restore(state.at("base"));
    buffer_.restore(state.at("buffer"));
    agent_.restore(state.at("agent"));
    lastState_ = vectorFromJson(state.at("last_state"));
    lastAction_ = vectorFromJson(state.at("last_action"));
    steps_ = state.at("steps").get<std::int64_t>();
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    base_.add(inputs, tasks);
    const auto state = stateOf(inputs, tasks);
    remember(state);
    learn(inputs.epoch);
    const VectorXd action = act(state, inputs.epoch);
    lastState_ = state.value_or(VectorXd());
    lastAction_ = action;
    ++steps_;
    const VectorXd own = pick(action, tasks);
    return double(tasks.size()) / own.sum() * own.cwiseQuotient(pick(inputs.losses, tasks));
  }

  /// The losses over their base; nothing while one is not known, or a task is absent.
  std::optional<VectorXd> stateOf(const Inputs& inputs, const Tasks& tasks) const {
    if (std::ssize(tasks) < taskCount()) return std::nullopt;
    VectorXd state(taskCount());
    for (Index k = 0; k < state.size(); ++k) {
      const auto base = base_.of(k, inputs.epoch);
      if (!base) return std::nullopt;
      state[k] = inputs.losses[k] / *base;
    }
    return state;
  }

  void remember(const std::optional<VectorXd>& state) {
    if (state && lastState_.size() > 0)
      buffer_.add(lastState_, lastAction_, (lastState_ - *state).minCoeff(), *state);
  }

  void learn(std::int64_t epoch) {
    if (epoch < updateAfter_ || steps_ % updateEvery_ != 0 || buffer_.isEmpty()) return;
    const double share = 1 + buffer_.filled();
    for (int i = 0; i < static_cast<int>(kUpdates * share); ++i)
      agent_.learn(buffer_.draw(static_cast<Index>(kBatch * share), stream_), stream_);
  }

  VectorXd act(const std::optional<VectorXd>& state, std::int64_t epoch) {
    if (state && epoch >= startEpoch_) return agent_.act(*state, stream_);
    VectorXd logits(taskCount());
    for (double& logit : logits) logit = stream_.normal();
    return static_cast<double>(taskCount()) * softmax(logits);
  }

  std::int64_t startEpoch_, updateAfter_, updateEvery_;
  RandomStream stream_;
  EpochMean base_;
  ReplayBuffer buffer_;
  WeightAgent agent_;
  VectorXd lastState_, lastAction_;  ///< empty without a state
  std::int64_t steps_ = 0;
  LossRefusal refusal_{LossRefusal::Least::aboveZero, "the formula takes its logarithm"};
};

std::vector<ParameterSpec> igbV2Parameters() {
  return {
      ParameterSpec::integer("base_epoch", 1, "The epoch, from 0, whose mean losses are the base")
          .from(0)
          .in("epochs"),
      ParameterSpec::integer("start_epoch", 5, "From which epoch on the agent chooses the weights")
          .from(0)
          .in("epochs"),
      ParameterSpec::integer("update_after", 3, "From which epoch on the agent learns")
          .from(0)
          .in("epochs"),
      ParameterSpec::integer("update_every", 50, "Steps between two lessons of the agent")
          .from(1)
          .in("steps"),
      ParameterSpec::number("lr", 3e-4, "Learning rate of the agent's nets").above(0),
      ParameterSpec::integer("buffer_size", 10000, "Steps that the agent remembers")
          .from(1)
          .in("steps"),
      ParameterSpec::integer("hidden", 128, "Width of the two hidden layers of the agent's nets")
          .from(1)};
}

}  // namespace

CatalogRow<Balancer, const Setting&> igbV2Row() {
  Descriptor descriptor;
  descriptor.id = "igb_v2";
  descriptor.title = "Improvable gap balancing by an agent (IGBv2)";
  descriptor.summary = "An agent learns weights under which even the slowest task improves.";
  descriptor.formula =
      "min Σ_k v_k ln L_k,  v = K softmax(u),  reward min_k (L_k(t−1) − L_k(t))/base_k,  w = v/L";
  descriptor.citation =
      "Dai, Fei, Lu, Improvable Gap Balancing for Multi-Task Learning, UAI 2023; the agent sees "
      "losses over their base, and its entropy is that of u (the code: raw losses, a tanh term)";
  descriptor.parameters = withCommon(igbV2Parameters(), Scale::own, true);
  descriptor.inputs = {lossesInput(), epochInput()};
  descriptor.traits = {{"scale", "own"}, {"random", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<IgbV2>(parameters, setting);
          }};
}

}  // namespace eq::balance
