#include "core/train/task_rows.h"

#include <numeric>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/train/passes.h"
#include "core/train/run_parts.h"

namespace eq::train {
namespace {

/// [1, K] in the type of the rows.
at::Tensor rowOfWeights(const Eigen::VectorXd& weights, const at::Tensor& rows) {
  return at::tensor(at::ArrayRef<double>(weights.data(), static_cast<size_t>(weights.size())),
                    at::kDouble)
      .to(rows.options())
      .unsqueeze(0);
}

}  // namespace

TaskRows takeRows(const RunParts& parts, BatchPass& pass) {
  TaskRows rows{parts.engine->jacobian(pass.forward)};
  const std::vector<double> ones(parts.tasks.size(), 1);
  rows.own = parts.engine->backward(pass.forward, rows.shared[0], ones);
  for (size_t i = 0; i < rows.own.size(); ++i)
    if (parts.model->parameters().infos()[i].offset < rows.shared.size(1)) rows.own[i].reset();
  return rows;
}

at::Tensor gramianOf(const at::Tensor& rows) {
  const at::NoGradGuard noGradients;
  const auto precise = rows.to(at::kDouble);
  return precise.mm(precise.t());
}

std::vector<at::Tensor> gramiansOfParts(const model::Model& network,
                                        const std::vector<TrunkPart>& parts,
                                        const at::Tensor& rows) {
  std::vector<at::Tensor> found;
  for (const auto& part : parts) {
    auto sum = at::zeros({rows.size(0), rows.size(0)}, rows.options().dtype(at::kDouble));
    for (const auto index : part.parameters) {
      const auto& info = network.parameters().infos()[index];
      sum = sum + gramianOf(rows.narrow(1, info.offset, info.count));
    }
    found.push_back(sum);
  }
  return found;
}

std::vector<Eigen::MatrixXd> gramiansOf(const RunParts& parts, const at::Tensor& rows) {
  auto tensors = gramiansOfParts(*parts.model, parts.parts, rows);
  if (tensors.empty()) tensors.push_back(gramianOf(rows));
  std::vector<Eigen::MatrixXd> found;
  for (const auto& tensor : tensors) {
    const auto host = tensor.to(at::kCPU).contiguous();
    found.emplace_back(Eigen::Map<const Eigen::MatrixXd>(host.const_data_ptr<double>(),
                                                         host.size(0), host.size(1)));
  }
  return found;
}

at::Tensor lastSquaresOf(const RunParts& parts, const at::Tensor& rows) {
  return gramiansOfParts(*parts.model, {*lastSharedLayer(*parts.model)}, rows).front().diagonal();
}

std::int64_t sharedColumns(const RunParts& parts) {
  return parts.model->parameters().columns().end;
}

at::Tensor flat(const model::Model& network, const gradient::Gradients& gradients) {
  const at::NoGradGuard noGradients;
  auto all = at::zeros_like(network.parameters().values());
  const auto& infos = network.parameters().infos();
  for (size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].defined())
      all.narrow(0, infos[i].offset, infos[i].count).copy_(gradients[i].reshape({-1}));
  return all;
}

at::Tensor combined(const RunParts& parts, const at::Tensor& rows,
                    const balance::Weights& weights) {
  const at::NoGradGuard noGradients;
  if (weights.parts.empty()) return rowOfWeights(weights.weights, rows).mm(rows).squeeze(0);
  auto direction = at::zeros({rows.size(1)}, rows.options());
  for (size_t part = 0; part < weights.parts.size(); ++part) {
    const auto factors = rowOfWeights(weights.parts[part], rows);
    for (const auto index : parts.parts[part].parameters) {
      const auto& info = parts.model->parameters().infos()[index];
      direction.narrow(0, info.offset, info.count)
          .copy_(factors.mm(rows.narrow(1, info.offset, info.count)).squeeze(0));
    }
  }
  return direction;
}

gradient::Gradients updateOf(const RunParts& parts, const TaskRows& rows,
                             const at::Tensor& direction, const Eigen::VectorXd& heads) {
  const at::NoGradGuard noGradients;
  const auto& infos = parts.model->parameters().infos();
  gradient::Gradients update(infos.size());
  std::vector<char> active(parts.tasks.size());
  for (size_t i = 0; i < rows.own.size(); ++i)
    if (rows.own[i].defined()) active[static_cast<size_t>(infos[i].block.owner)] = 1;
  const auto isReached = [&](model::Owner owner) {
    const auto reach = parts.model->reach(owner);
    return std::inner_product(reach.begin(), reach.end(), active.begin(), 0) > 0;
  };
  for (size_t i = 0; i < infos.size(); ++i) {
    const auto owner = infos[i].block.owner;
    if (!infos[i].block.trainable) continue;
    if (owner < 0 && isReached(owner))
      update[i] = direction.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
    else if (rows.own[i].defined())
      update[i] = rows.own[i] * heads[owner];
  }
  return update;
}

}  // namespace eq::train
