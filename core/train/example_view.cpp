#include "core/train/example_view.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/axis_positions.h"
#include "core/train/evaluator.h"

namespace eq::train {
namespace {

/// One loss against the others' examples.
class Pull {
 public:
  Pull(const TaskRuntime& task, const MethodSpec& spec) : task_(task) {
    try {
      task_.setLoss(spec, "losses");
      if (task_.readouts() != task.readouts())
        fail("{} reads other predictions ({}) than the run makes now ({})", spec.id,
             task_.readouts().front().name(), task.readouts().front().name());
    } catch (const Error& error) {
      problem_ = error.what();
    }
  }

  void add(const loss::Batch& batch) {
    if (!problem_.empty()) return;
    try {
      measure(batch);
    } catch (const Error& error) {
      problem_ = error.what();
      norms_.clear();
    }
  }

  const std::string& problem() const { return problem_; }
  const std::vector<at::Tensor>& norms() const { return norms_; }

 private:
  void measure(loss::Batch batch) {
    batch.prediction = batch.prediction.detach().requires_grad_(true);
    const auto value = task_.loss().evaluate(batch, true);
    const auto sum = value.perSample.defined()
                         ? value.perSample.sum()
                         : value.value * static_cast<double>(batch.prediction.size(0));
    if (sum.requires_grad()) sum.backward();
    const auto& slope = batch.prediction.grad();
    norms_.push_back((slope.defined() ? slope : at::zeros_like(batch.prediction))
                         .reshape({batch.prediction.size(0), -1})
                         .norm(2, 1));
  }

  TaskRuntime task_;
  std::string problem_;
  std::vector<at::Tensor> norms_;
};

std::vector<double> toHost(const std::vector<at::Tensor>& parts) {
  if (parts.empty()) return {};
  const auto numbers = at::cat(parts).to(at::kCPU, at::kDouble).contiguous();
  const auto* first = numbers.const_data_ptr<double>();
  return {first, first + numbers.numel()};
}

}  // namespace

ExampleView viewExamples(const data::Split& split, const TaskRuntime& task,
                         const ExampleRequest& request, const Predict& predict) {
  std::vector<Pull> pulls;
  for (const auto& spec : request.losses) pulls.emplace_back(task, spec);
  std::vector<at::Tensor> positions;
  forEachChunk(split, predict, [&](const at::Tensor& rows, const auto& outputs) {
    const auto batch = task.batch(split, rows, outputs[request.task]);
    positions.push_back(loss::axisPositions(request.axis, batch));
    const at::AutoGradMode withGradients(true);
    for (auto& pull : pulls) pull.add(batch);
  });
  ExampleView view;
  view.request = request;
  view.positions = toHost(positions);
  for (const auto& pull : pulls) {
    view.pulls.push_back(toHost(pull.norms()));
    view.problems.push_back(pull.problem());
  }
  return view;
}

}  // namespace eq::train
