#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "core/balance/row_method.h"
#include "core/balance/two_slots.h"

namespace eq::balance {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Tensors = std::map<std::string, at::Tensor>;

constexpr const char* kOfWeighting = "weighting.";
constexpr const char* kOfGradient = "gradient.";

at::Tensor tensorOf(const MatrixXd& rows) {
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> flat = rows;
  return at::tensor(at::ArrayRef<double>(flat.data(), static_cast<size_t>(flat.size())),
                    at::kDouble)
      .view({rows.rows(), rows.cols()});
}

VectorXd vectorOf(const at::Tensor& numbers) {
  const auto host = numbers.cpu().contiguous();
  return Eigen::Map<const VectorXd>(host.const_data_ptr<double>(), host.numel());
}

/// [K, 1] in the rows' type; nothing where all are 1.
at::Tensor columnOf(const VectorXd& factors, const at::Tensor& rows) {
  return at::tensor(at::ArrayRef<double>(factors.data(), static_cast<size_t>(factors.size())),
                    at::kDouble)
      .to(rows.options())
      .unsqueeze(1);
}

Tensors under(const Tensors& all, const std::string& prefix) {
  Tensors found;
  for (const auto& [name, tensor] : all)
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
  return found;
}

void addUnder(Tensors& all, const std::string& prefix, const RowReader* reader) {
  if (!reader) return;
  for (const auto& [name, tensor] : reader->tensors()) all[prefix + name] = tensor;
}

}  // namespace

at::Tensor TwoSlots::measureRows(const at::Tensor& rows, const std::vector<char>& active) {
  const at::NoGradGuard noGradients;
  return statistic_->measure(rows, active);
}

at::Tensor TwoSlots::direction(const at::Tensor& rows, const at::Tensor& losses,
                               const Weights& weights, const std::vector<char>& active) {
  const at::NoGradGuard noGradients;
  const auto& factors = weights.rowFactors;
  const auto present = presentIn(0, active);
  if ((factors.array() == 1).all()) return rowMethod_->direction(rows, losses, present);
  const auto column = columnOf(factors, rows);
  // 0 times what is not finite is not 0.
  const auto weighted = at::where(column == 0, 0, rows * column);
  return rowMethod_->direction(weighted, losses.to(rows.scalar_type()) * column.squeeze(1),
                               present);
}

VectorXd TwoSlots::measureRows(const MatrixXd& rows, const std::vector<char>& active) {
  return vectorOf(measureRows(tensorOf(rows), active));
}

VectorXd TwoSlots::direction(const MatrixXd& rows, const VectorXd& losses, const Weights& weights,
                             const std::vector<char>& active) {
  const VectorXd given = losses.size() > 0 ? losses : VectorXd::Ones(rows.rows());
  return vectorOf(direction(tensorOf(rows), tensorOf(given).squeeze(1), weights, active));
}

Tensors TwoSlots::tensors() const {
  Tensors all;
  addUnder(all, kOfWeighting, statistic_);
  addUnder(all, kOfGradient, rowMethod_);
  return all;
}

void TwoSlots::restoreTensors(const Tensors& tensors) {
  if (statistic_) statistic_->restoreTensors(under(tensors, kOfWeighting));
  if (rowMethod_) rowMethod_->restoreTensors(under(tensors, kOfGradient));
}

void TwoSlots::takeOverRows(const TwoSlots& other, bool weighting, bool gradient) {
  if (weighting && statistic_ && other.statistic_)
    statistic_->restoreTensors(other.statistic_->tensors());
  if (gradient && rowMethod_ && other.rowMethod_)
    rowMethod_->restoreTensors(other.rowMethod_->tensors());
}

}  // namespace eq::balance
