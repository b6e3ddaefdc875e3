#include "core/train/scheme/weigh_and_select.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/small_net.h"
#include "core/base/random.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/last_losses.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/scheme/task_softmax.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using balance::SmallNet;
using balance::VectorAdam;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kFeatures = 3, kHiddenUnits = 16;
constexpr double kNetRate = 1e-3;
constexpr double kFollow = 0.01;     ///< of a net's way that its slow copy goes a step
constexpr double kNewestLoss = 0.1;  ///< in a task's running mean

/// A net of one number a task, and a copy that follows it slowly and decides.
struct SlowNet {
  SlowNet(std::uint64_t seed, std::uint64_t number)
      : stream(deriveSeed(seed, "weigh and select", number)),
        net({kFeatures, kHiddenUnits, 1}, stream),
        slow(net),
        adam(kNetRate, net.parameters().size()) {}

  VectorXd decides(const MatrixXd& features) const { return slow.forward(features).row(0); }

  /// \param slopes of what is to fall, in the outputs of the tasks. \param outputs of the net.
  void learn(const SmallNet::Trace& trace, const VectorXd& slopes) {
    VectorXd gradient = VectorXd::Zero(net.parameters().size());
    net.backward(trace, slopes.transpose(), gradient);
    adam.step(net.parameters(), gradient);
    slow.parameters() += kFollow * (net.parameters() - slow.parameters());
  }

  nlohmann::json state() const {
    return {{"net", balance::vectorToJson(net.parameters())},
            {"slow", balance::vectorToJson(slow.parameters())},
            {"adam", adam.state()}};
  }
  void restore(const nlohmann::json& state) {
    net.parameters() = balance::vectorFromJson(state.at("net"));
    slow.parameters() = balance::vectorFromJson(state.at("slow"));
    adam.restore(state.at("adam"));
  }

  RandomStream stream;
  SmallNet net, slow;
  VectorAdam adam;
};

double sigmoid(double value) {
  return 1 / (1 + std::exp(-value));
}

class WeighAndSelect : public SecondBatch {
 public:
  explicit WeighAndSelect(const SchemeSetting& setting)
      : SecondBatch(setting),
        seed_(setting.experiment.seed),
        select_(seed_, 0),
        weigh_(seed_, 1),
        losses_(VectorXd::Zero(std::ssize(setting.tasks))),
        first_(losses_),
        means_(losses_) {}

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    read();
    features_ = featuresOf(parts);
    noise_ = noiseOf(parts);
    const VectorXd logits = select_.decides(features_) + noise_;
    available_ = choice.tasks;
    Index best = -1;
    for (Index k = 0; k < logits.size(); ++k)
      if (available_[static_cast<size_t>(k)] && (best < 0 || logits[k] > logits[best])) best = k;
    for (Index k = 0; k < logits.size(); ++k)
      choice.tasks[static_cast<size_t>(k)] &= logits[k] > 0 || k == best;
    return choice;
  }

  void ahead(RunParts& parts, double rate) override {
    const auto& active = parts.choice.tasks;
    weights_ = softmaxOf(weigh_.decides(features_), active);
    const auto batches = deal(parts);
    const at::NoGradGuard noGradients;
    const VectorXd weights = factorsOf(parts, active).cwiseProduct(weights_);
    const auto gradient = gradientOfSum(parts, batches.first, active, weights);
    at::Tensor v;
    {
      const Perturbed further(*parts.model, virtualStep(parts, gradient, rate));
      const auto& judged = batches.second.active;
      v = gradientOfSum(parts, batches.second, judged, factorsOf(parts, judged));
    }
    learn(slopesAlong(parts, batches.first, available_, v, rate));
  }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const VectorXd& factors, const std::vector<char>& active,
                                        StepMeasurement& measurement) override {
    return parts.balancer->weigh(inputs, factors.cwiseProduct(weights_), active,
                                 measurement.parts());
  }

  void afterOptimizer(RunParts&, const BatchPass& pass) override { last_.take(pass); }

  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  std::map<std::string, at::Tensor> tensors() const override { return last_.tensors(); }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    last_.restoreTensors(tensors);
  }

 private:
  /// The losses of the step before.
  void read() {
    last_.read([this](size_t task, double loss) {
      const auto k = static_cast<Index>(task);
      if (first_[k] == 0) first_[k] = means_[k] = loss;
      losses_[k] = loss;
      means_[k] += kNewestLoss * (loss - means_[k]);
    });
  }

  /// [3, K] the loss as a share of its first value, its move against its running mean, and how far
  /// the run is.
  MatrixXd featuresOf(const RunParts& parts) const {
    MatrixXd features = MatrixXd::Zero(kFeatures, losses_.size());
    const double share =
        static_cast<double>(parts.progress.steps) / static_cast<double>(parts.totalSteps());
    for (Index k = 0; k < losses_.size(); ++k) {
      const double first = std::abs(first_[k]), mean = std::abs(means_[k]);
      features(0, k) = first > 0 ? std::clamp(losses_[k] / first, -10.0, 10.0) : 1;
      features(1, k) = mean > 0 ? std::clamp((losses_[k] - means_[k]) / mean, -10.0, 10.0) : 0;
      features(2, k) = std::min(1.0, share);
    }
    return features;
  }

  /// The difference of two Gumbel draws: a sigmoid above a half is then drawn with that chance.
  VectorXd noiseOf(const RunParts& parts) const {
    RandomStream stream(
        deriveSeed(seed_, "scheme", static_cast<std::uint64_t>(parts.progress.steps)));
    VectorXd noise(losses_.size());
    for (auto& value : noise) {
      const double u = std::clamp(stream.uniform(), 1e-12, 1 - 1e-12);
      value = std::log(u / (1 - u));
    }
    return noise;
  }

  /// Each net apart: the weights as the tasks were chosen, the choice as the tasks would weigh.
  void learn(const VectorXd& slopes) {
    SmallNet::Trace ofWeights, ofChoice;
    const VectorXd scores = weigh_.net.forward(features_, &ofWeights).row(0);
    const VectorXd w = softmaxOf(scores, chosen());
    weigh_.learn(ofWeights, jacobianOfSoftmax(w) * slopes);
    const VectorXd logits = select_.net.forward(features_, &ofChoice).row(0);
    const VectorXd alike = softmaxOf(scores, available_);
    VectorXd ofLogits = VectorXd::Zero(logits.size());
    for (Index k = 0; k < logits.size(); ++k) {
      const double open = sigmoid(logits[k] + noise_[k]);
      ofLogits[k] = slopes[k] * alike[k] * open * (1 - open);
    }
    select_.learn(ofChoice, ofLogits);
  }

  std::vector<char> chosen() const {
    std::vector<char> found;
    for (const double weight : weights_) found.push_back(weight > 0);
    return found;
  }

  std::uint64_t seed_;
  SlowNet select_, weigh_;
  VectorXd losses_, first_, means_;  ///< [K] of the newest, the first and all steps; 0 before
  LastLosses last_;
  // Of the step.
  MatrixXd features_;
  VectorXd noise_, weights_;
  std::vector<char> available_;
};

nlohmann::json WeighAndSelect::state() const {
  auto state = SecondBatch::state();
  state.update({{"select", select_.state()},
                {"weigh", weigh_.state()},
                {"losses", balance::vectorToJson(losses_)},
                {"first", balance::vectorToJson(first_)},
                {"means", balance::vectorToJson(means_)},
                {"trained", last_.trained()}});
  return state;
}

void WeighAndSelect::restore(const nlohmann::json& state) {
  SecondBatch::restore(state);
  select_.restore(state.at("select"));
  weigh_.restore(state.at("weigh"));
  losses_ = balance::vectorFromJson(state.at("losses"));
  first_ = balance::vectorFromJson(state.at("first"));
  means_ = balance::vectorFromJson(state.at("means"));
  last_.restoreTrained(state.at("trained").get<std::vector<char>>());
}

}  // namespace

SchemeRow weighAndSelectRow() {
  Descriptor descriptor;
  descriptor.id = "weigh_and_select";
  descriptor.title = "Weigh and select";
  descriptor.summary =
      "Two small networks read how each task's loss stands: one draws which tasks take part in the "
      "step, the other weighs those that do. Slow copies decide; the networks learn apart, by what "
      "a "
      "virtual step on the batch does to a second batch, as Auto-Lambda's weights do. Weights sum "
      "to "
      "1 and multiply those of the loss weighting.";
  descriptor.formula =
      "k takes part if s(f_k) + log u/(1 − u) > 0, the best one always; w = softmax(z(f_k)) over "
      "those; slopes −η ∇L_k · v through the softmax, and through σ(s + noise) times the weight";
  descriptor.citation =
      "After the design in the sheet of schemes (83); the networks' inputs, sizes "
      "and rates are this program's choice";
  descriptor.traits = {{"kind", "H"}, {"random", true}};
  return {descriptor, [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<WeighAndSelect>(setting);
          }};
}

}  // namespace eq::train
