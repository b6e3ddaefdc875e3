#include "core/gradient/task_gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "core/gradient/products.h"

namespace eq::gradient {
namespace {

/// dW of every task, [K, out in].
at::Tensor weightRows(const at::Tensor& input, const at::Tensor& outputs) {
  return at::matmul(outputs.transpose(1, 2), input).flatten(1);
}

}  // namespace

bool ghostIsCheaper(std::int64_t rows, std::int64_t inputs, std::int64_t outputs,
                    std::int64_t tasks) {
  const auto n = static_cast<double>(rows);
  const auto in = static_cast<double>(inputs);
  const auto out = static_cast<double>(outputs);
  const auto k = static_cast<double>(tasks);
  return n * n * in + k * n * n * out + k * k * n * out < k * n * in * out + k * k * in * out;
}

TaskGradients::TaskGradients(std::int64_t tasks, Form form, const std::vector<size_t>& uses,
                             const at::TensorOptions& numbers)
    : tasks_(tasks), numbers_(numbers), form_(form) {
  for (const auto index : uses) ++uses_[index];
}

void TaskGradients::losses(const std::vector<std::int64_t>& which) {
  losses_ = which;
  for (auto& loss : losses_) loss += first_;
}

void TaskGradients::linear(size_t weight, size_t bias, const at::Tensor& input,
                           const at::Tensor& outputs) {
  formed(bias, outputs.sum(1));
  const bool ghost = uses_[weight] == 1 &&
                     (form_ == Form::ghost ||
                      (form_ == Form::cheaper && ghostIsCheaper(input.size(0), input.size(1),
                                                                outputs.size(2), outputs.size(0))));
  if (ghost)
    pieces_[weight] = {{}, input, outputs, losses_};
  else
    formed(weight, weightRows(input, outputs));
}

void TaskGradients::formed(size_t parameter, const at::Tensor& rows) {
  const auto flat = rows.flatten(1);
  auto& piece = pieces_[parameter];
  if (flat.size(0) == tasks_) {
    piece.rows = piece.rows.defined() ? piece.rows + flat : flat;
    return;
  }
  if (!piece.rows.defined()) piece.rows = at::zeros({tasks_, flat.size(1)}, flat.options());
  if (losses_.back() - losses_.front() + 1 == flat.size(0)) {
    piece.rows.narrow(0, losses_.front(), flat.size(0)).add_(flat);
    return;
  }
  for (size_t i = 0; i < losses_.size(); ++i)
    piece.rows[losses_[i]].add_(flat[static_cast<std::int64_t>(i)]);
}

/// (X Xᵀ) D, [k, N out] of the ghost's losses.
at::Tensor TaskGradients::mixed(const Piece& ghost) const {
  return at::matmul(ghost.input.mm(ghost.input.t()), ghost.outputs).flatten(1);
}

at::Tensor TaskGradients::gramian() const {
  auto total = at::zeros({tasks_, tasks_}, numbers_.dtype(at::kDouble));
  for (const auto& [parameter, piece] : pieces_) {
    const auto part = piece.rows.defined()
                          ? blockProducts(piece.rows, piece.rows)
                          : spread(blockProducts(piece.outputs.flatten(1), mixed(piece)),
                                   piece.losses, piece.losses, {tasks_, tasks_});
    total.add_(part);
  }
  return symmetrised(total);
}

at::Tensor TaskGradients::products(const TaskGradients& other) const {
  std::vector<size_t> parameters;
  for (const auto& [parameter, piece] : pieces_) parameters.push_back(parameter);
  return products(other, parameters);
}

at::Tensor TaskGradients::products(const TaskGradients& other,
                                   const std::vector<size_t>& parameters) const {
  auto total = at::zeros({tasks_, other.tasks_}, numbers_.dtype(at::kDouble));
  for (const auto parameter : parameters)
    if (pieces_.contains(parameter) && other.pieces_.contains(parameter))
      total.add_(product(parameter, other));
  return total;
}

at::Tensor TaskGradients::product(size_t parameter, const TaskGradients& other) const {
  const auto &one = pieces_.at(parameter), &two = other.pieces_.at(parameter);
  if (one.rows.defined() || two.rows.defined())
    return blockProducts(rows(parameter), other.rows(parameter));
  const auto between = one.input.mm(two.input.t());
  return spread(blockProducts(one.outputs.flatten(1), at::matmul(between, two.outputs).flatten(1)),
                one.losses, two.losses, {tasks_, other.tasks_});
}

at::Tensor TaskGradients::squaredNorms() const {
  auto total = at::zeros({tasks_}, numbers_.dtype(at::kDouble));
  for (const auto& [parameter, piece] : pieces_) {
    const auto part =
        piece.rows.defined()
            ? rowProducts(piece.rows, piece.rows)
            : spreadRows(rowProducts(piece.outputs.flatten(1), mixed(piece)), piece.losses, tasks_);
    total.add_(part);
  }
  return total;
}

at::Tensor TaskGradients::rows(size_t parameter) const {
  const auto found = pieces_.find(parameter);
  if (found == pieces_.end()) return {};
  const auto& piece = found->second;
  return piece.rows.defined()
             ? piece.rows
             : spreadRows(weightRows(piece.input, piece.outputs), piece.losses, tasks_);
}

at::Tensor TaskGradients::combined(const Piece& piece, const at::Tensor& row) {
  if (piece.rows.defined()) return row.mm(piece.rows).squeeze(0);
  const auto direction = entriesOf(row, piece.losses)
                             .mm(piece.outputs.flatten(1))
                             .view({piece.outputs.size(1), piece.outputs.size(2)});
  return direction.t().mm(piece.input);
}

void TaskGradients::combine(const at::Tensor& row, std::vector<at::Tensor>& gradients) const {
  for (const auto& [parameter, piece] : pieces_) gradients[parameter] = combined(piece, row);
}

void TaskGradients::combine(const at::Tensor& row, const std::vector<size_t>& parameters,
                            std::vector<at::Tensor>& gradients) const {
  for (const auto parameter : parameters) {
    const auto found = pieces_.find(parameter);
    if (found == pieces_.end()) continue;
    const auto part = combined(found->second, row).flatten();
    auto& gradient = gradients[parameter];
    gradient = gradient.defined() ? gradient + part : part;
  }
}

void OneGradient::linear(size_t weight, size_t bias, const at::Tensor& input,
                         const at::Tensor& outputs) {
  formed(bias, outputs.sum(1));
  formed(weight, weightRows(input, outputs));
}

void OneGradient::formed(size_t parameter, const at::Tensor& rows) {
  auto& gradient = gradients_[parameter];
  const auto row = rows.flatten(1).squeeze(0);
  gradient = gradient.defined() ? gradient + row : row;
}

}  // namespace eq::gradient
