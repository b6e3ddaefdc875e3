#include "core/train/bench_subjects.h"

#include <utility>

#include <ATen/ops/_fused_adam.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional.h>
#include <torch/optim/adam.h>

#include "core/train/plain_network.h"

namespace eq::train {
namespace {

/// The network of the bench in plain LibTorch, and its batches.
class PlainNetwork {
 public:
  PlainNetwork(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : split_(problem.train.to(device)), batch_(spec.batch) {
    const auto [trunk, width] = plainTrunk(spec.model);
    trunk_ = trunk;
    for (std::int64_t k = 0; k < spec.tasks; ++k) {
      heads_.emplace_back(width, kBenchClasses);
      heads_.back()->to(device);
    }
    trunk_->to(device);
    order_ = torch::randperm(split_.size(), torch::TensorOptions(torch::kLong).device(device));
  }

  /// Of the next batch.
  std::vector<at::Tensor> losses() {
    const auto rows = order_.narrow(0, batch_ * (step_++ % kBenchBatches), batch_);
    const auto representation = trunk_->forward(split_.inputs.index_select(0, rows));
    std::vector<at::Tensor> losses;
    for (size_t k = 0; k < heads_.size(); ++k)
      losses.push_back(torch::nn::functional::cross_entropy(
          heads_[k]->forward(representation), split_.targets[k].index_select(0, rows)));
    return losses;
  }
  std::vector<at::Tensor> ofTrunk() const { return trunk_->parameters(); }
  std::vector<at::Tensor> ofHeads() const {
    std::vector<at::Tensor> all;
    for (const auto& head : heads_)
      for (const auto& tensor : head->parameters()) all.push_back(tensor);
    return all;
  }

 private:
  data::Split split_;
  std::int64_t batch_;
  torch::nn::Sequential trunk_;
  std::vector<torch::nn::Linear> heads_;
  at::Tensor order_;
  std::int64_t step_ = 0;
};

class BareLoop : public BenchSubject {
 public:
  BareLoop(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : network_(spec, problem, device) {
    auto parameters = network_.ofTrunk();
    for (const auto& tensor : network_.ofHeads()) parameters.push_back(tensor);
    adam_ = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }

  void step() override {
    adam_->zero_grad();
    at::Tensor total;
    for (const auto& loss : network_.losses()) total = total.defined() ? total + loss : loss;
    total.backward();
    adam_->step();
  }

 private:
  PlainNetwork network_;
  std::unique_ptr<torch::optim::Adam> adam_;
};

class LoopOverTasks : public BenchSubject {
 public:
  LoopOverTasks(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : network_(spec, problem, device), trunk_(network_.ofTrunk()), all_(trunk_) {
    std::int64_t columns = 0;
    for (const auto& tensor : trunk_) columns += tensor.numel();
    for (const auto& tensor : network_.ofHeads()) all_.push_back(tensor);
    const auto options = torch::TensorOptions(torch::kFloat).device(device);
    jacobian_ = torch::zeros({spec.tasks, columns}, options);
    for (const auto& tensor : all_) {
      mean_.push_back(torch::zeros_like(tensor).detach());
      square_.push_back(torch::zeros_like(tensor).detach());
    }
    steps_.assign(all_.size(), torch::zeros({}, options));
  }

  void step() override {
    const auto losses = network_.losses();
    for (size_t k = 0; k < losses.size(); ++k)
      takeRow(torch::autograd::grad({losses[k]}, trunk_, {}, true), static_cast<std::int64_t>(k));
    const auto heads = torch::autograd::grad(losses, network_.ofHeads());
    const torch::NoGradGuard noGradients;
    gramian_ = jacobian_.mm(jacobian_.t()).to(torch::kDouble).cpu();
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
    for (const auto& gradient : gradients) {
      jacobian_[task].narrow(0, begin, gradient.numel()).copy_(gradient.reshape({-1}));
      begin += gradient.numel();
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

  PlainNetwork network_;
  std::vector<at::Tensor> trunk_, all_, mean_, square_, steps_;
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
  if (spec.model == "point") return std::make_unique<BarePoint>(problem);
  return std::make_unique<BareLoop>(spec, problem, device);
}

std::unique_ptr<BenchSubject> loopSubject(const StepBenchSpec& spec, const data::Problem& problem,
                                          const at::Device& device) {
  return std::make_unique<LoopOverTasks>(spec, problem, device);
}

}  // namespace eq::train
