#include "core/train/bench_subjects.h"

#include <utility>

#include <ATen/ops/_fused_adam.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional.h>
#include <torch/optim/adam.h>

#include "core/model/catalog.h"
#include "core/model/model.h"
#include "core/train/plain_network.h"

namespace eq::train {
namespace {

/// A network of the bench, and its batches.
class BenchNetwork {
 public:
  BenchNetwork(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : split_(problem.train.to(device)),
        batch_(spec.batch),
        order_(torch::randperm(split_.size(), torch::TensorOptions(torch::kLong).device(device))) {}
  virtual ~BenchNetwork() = default;

  /// Of the next batch.
  std::vector<at::Tensor> losses() {
    const auto rows = order_.narrow(0, batch_ * (step_++ % kBenchBatches), batch_);
    auto predictions = forward(split_.inputs.index_select(0, rows));
    std::vector<at::Tensor> losses;
    for (size_t k = 0; k < predictions.size(); ++k) {
      const auto targets = split_.targets[k].index_select(0, rows);
      at::Tensor total;
      for (const auto& place : predictions[k]) {
        const auto loss = torch::nn::functional::cross_entropy(place, targets);
        total = total.defined() ? total + loss : loss;
      }
      losses.push_back(total / static_cast<double>(predictions[k].size()));
    }
    return losses;
  }
  /// What two tasks or more reach.
  virtual std::vector<at::Tensor> shared() const = 0;
  virtual std::vector<at::Tensor> ofTasks() const = 0;

 private:
  /// [task][place] logits.
  virtual std::vector<std::vector<at::Tensor>> forward(const at::Tensor& inputs) = 0;

  data::Split split_;
  std::int64_t batch_;
  at::Tensor order_;
  std::int64_t step_ = 0;
};

/// In plain LibTorch.
class PlainNetwork : public BenchNetwork {
 public:
  PlainNetwork(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : BenchNetwork(spec, problem, device) {
    const auto [trunk, width] = plainTrunk(spec.model.id);
    trunk_ = trunk;
    for (std::int64_t k = 0; k < spec.tasks; ++k) {
      heads_.emplace_back(width, kBenchClasses);
      heads_.back()->to(device);
    }
    trunk_->to(device);
  }

  std::vector<at::Tensor> shared() const override { return trunk_->parameters(); }
  std::vector<at::Tensor> ofTasks() const override {
    std::vector<at::Tensor> all;
    for (const auto& head : heads_)
      for (const auto& tensor : head->parameters()) all.push_back(tensor);
    return all;
  }

 private:
  std::vector<std::vector<at::Tensor>> forward(const at::Tensor& inputs) override {
    const auto representation = trunk_->forward(inputs);
    std::vector<std::vector<at::Tensor>> predictions;
    for (auto& head : heads_) predictions.push_back({head->forward(representation)});
    return predictions;
  }

  torch::nn::Sequential trunk_;
  std::vector<torch::nn::Linear> heads_;
};

/// A model of the catalog, by autograd alone and without its penalties.
class OwnNetwork : public BenchNetwork {
 public:
  OwnNetwork(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : BenchNetwork(spec, problem, device), model_(made(spec, problem)) {
    model_->to(device);
  }

  std::vector<at::Tensor> shared() const override {
    return tensors([&](const model::ParameterInfo& info) {
      return model_->parameters().columns().begin <= info.offset &&
             info.offset < model_->parameters().columns().end;
    });
  }
  std::vector<at::Tensor> ofTasks() const override {
    return tensors([&](const model::ParameterInfo& info) {
      return info.offset >= model_->parameters().columns().end;
    });
  }

 private:
  static std::unique_ptr<model::Model> made(const StepBenchSpec& spec,
                                            const data::Problem& problem) {
    model::Setting setting;
    setting.inputShape = problem.inputShape;
    setting.tasks = problem.tasks;
    setting.seed = 1;
    setting.trainingInputs = problem.train.inputs;
    return model::catalog().create(spec.model.id, spec.model.params, "--params", setting);
  }

  template <typename Fits>
  std::vector<at::Tensor> tensors(const Fits& fits) const {
    const auto& parameters = model_->parameters();
    std::vector<at::Tensor> all;
    for (const auto index : parameters.order()) {
      const auto& info = parameters.infos()[index];
      if (info.block.trainable && fits(info)) all.push_back(parameters.tensor(index));
    }
    return all;
  }

  std::vector<std::vector<at::Tensor>> forward(const at::Tensor& inputs) override {
    model::Pass pass;
    pass.training = true;
    const auto representations = model_->represent(inputs, pass);
    std::vector<std::vector<at::Tensor>> predictions;
    for (size_t k = 0; k < model_->taskCount(); ++k) {
      const auto output = model_->head(k, model_->readBy(k, representations), pass);
      auto& places = predictions.emplace_back();
      for (const auto& earlier : output.earlier) places.push_back(earlier.prediction);
      places.push_back(output.prediction);
    }
    return predictions;
  }

  std::unique_ptr<model::Model> model_;
};

std::unique_ptr<BenchNetwork> networkOf(const StepBenchSpec& spec, const data::Problem& problem,
                                        const at::Device& device) {
  if (spec.isPlain()) return std::make_unique<PlainNetwork>(spec, problem, device);
  return std::make_unique<OwnNetwork>(spec, problem, device);
}

class BareLoop : public BenchSubject {
 public:
  BareLoop(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : network_(networkOf(spec, problem, device)) {
    auto parameters = network_->shared();
    for (const auto& tensor : network_->ofTasks()) parameters.push_back(tensor);
    adam_ = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }

  void step() override {
    adam_->zero_grad();
    at::Tensor total;
    for (const auto& loss : network_->losses()) total = total.defined() ? total + loss : loss;
    total.backward();
    adam_->step();
  }

 private:
  std::unique_ptr<BenchNetwork> network_;
  std::unique_ptr<torch::optim::Adam> adam_;
};

class LoopOverTasks : public BenchSubject {
 public:
  LoopOverTasks(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : network_(networkOf(spec, problem, device)),
        trunk_(network_->shared()),
        own_(network_->ofTasks()),
        all_(trunk_) {
    std::int64_t columns = 0;
    for (const auto& tensor : trunk_) columns += tensor.numel();
    all_.insert(all_.end(), own_.begin(), own_.end());
    const auto options = torch::TensorOptions(torch::kFloat).device(device);
    jacobian_ = torch::zeros({spec.tasks, columns}, options);
    for (const auto& tensor : all_) {
      mean_.push_back(torch::zeros_like(tensor).detach());
      square_.push_back(torch::zeros_like(tensor).detach());
    }
    steps_.assign(all_.size(), torch::zeros({}, options));
  }

  void step() override {
    const auto losses = network_->losses();
    for (size_t k = 0; k < losses.size() && !trunk_.empty(); ++k)
      takeRow(torch::autograd::grad({losses[k]}, trunk_, {}, true, false, true),
              static_cast<std::int64_t>(k));
    auto heads = torch::autograd::grad(losses, own_, {}, std::nullopt, false, true);
    const torch::NoGradGuard noGradients;
    gramian_ = jacobian_.mm(jacobian_.t()).to(torch::kDouble).cpu();
    for (size_t i = 0; i < heads.size(); ++i)
      if (!heads[i].defined()) heads[i] = torch::zeros_like(own_[i]).detach();
    auto gradients = split(jacobian_.sum(0));
    gradients.insert(gradients.end(), heads.begin(), heads.end());
    steps_[0].add_(1);
    std::vector<at::Tensor> parameters;
    for (const auto& tensor : all_) parameters.push_back(tensor.detach());
    at::_fused_adam_(parameters, gradients, mean_, square_, {}, steps_, 1e-3, 0.9, 0.999, 0, 1e-8,
                     false, false);
  }

 private:
  void takeRow(const std::vector<at::Tensor>& gradients, std::int64_t task) {
    const torch::NoGradGuard noGradients;
    std::int64_t begin = 0;
    for (size_t i = 0; i < gradients.size(); ++i) {
      const auto place = jacobian_[task].narrow(0, begin, trunk_[i].numel());
      gradients[i].defined() ? place.copy_(gradients[i].reshape({-1})) : place.zero_();
      begin += trunk_[i].numel();
    }
  }

  /// A row of J by the trunk's parameters.
  std::vector<at::Tensor> split(const at::Tensor& row) const {
    std::vector<at::Tensor> parts;
    std::int64_t begin = 0;
    for (const auto& tensor : trunk_) {
      parts.push_back(row.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
      begin += tensor.numel();
    }
    return parts;
  }

  std::unique_ptr<BenchNetwork> network_;
  std::vector<at::Tensor> trunk_, own_, all_, mean_, square_, steps_;
  at::Tensor jacobian_, gramian_;
};

/// The losses of an analytic problem by autograd, as one would write them.
class BarePoint : public BenchSubject {
 public:
  explicit BarePoint(const data::Problem& problem)
      : objective_(problem.objective),
        point_(torch::tensor(objective_->start, torch::kFloat).requires_grad_()),
        adam_({point_}, torch::optim::AdamOptions(1e-3)) {}

  void step() override {
    adam_.zero_grad();
    objective_->losses(point_).sum().backward();
    adam_.step();
  }

 private:
  std::shared_ptr<const data::Objective> objective_;
  at::Tensor point_;
  torch::optim::Adam adam_;
};

}  // namespace

std::unique_ptr<BenchSubject> bareSubject(const StepBenchSpec& spec, const data::Problem& problem,
                                          const at::Device& device) {
  if (spec.model.id == "point") return std::make_unique<BarePoint>(problem);
  return std::make_unique<BareLoop>(spec, problem, device);
}

std::unique_ptr<BenchSubject> loopSubject(const StepBenchSpec& spec, const data::Problem& problem,
                                          const at::Device& device) {
  return std::make_unique<LoopOverTasks>(spec, problem, device);
}

}  // namespace eq::train
