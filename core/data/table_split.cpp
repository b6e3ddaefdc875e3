#include "core/data/table_split.h"

#include <cmath>
#include <map>
#include <string>
#include <type_traits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

namespace eq::data {
namespace {

using Rows = std::span<const std::int64_t>;

constexpr std::int64_t kIgnored = -100;

at::Tensor inputTensor(const TableInputs& inputs, Rows rows) {
  const auto width = static_cast<std::int64_t>(inputs.features.size());
  auto tensor = at::empty({std::ssize(rows), width}, at::kFloat);
  float* out = tensor.mutable_data_ptr<float>();
  for (const auto row : rows)
    for (const auto& feature : inputs.features) *out++ = feature[static_cast<size_t>(row)];
  return tensor;
}

/// Adds the target's values of these rows to the split, with a mask where numbers are missing.
void addTarget(Split& split, const TableTarget& target, Rows rows) {
  const bool classes =
      target.info.kind == TaskKind::classification || target.info.kind == TaskKind::ordinal;
  auto values = at::empty({std::ssize(rows)}, classes ? at::kLong : at::kFloat);
  auto mask = at::ones({std::ssize(rows)}, at::kFloat);
  bool complete = true;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
    const double value = target.values[static_cast<size_t>(rows[static_cast<size_t>(i)])];
    const bool missing = std::isnan(value);
    if (classes) {
      values.mutable_data_ptr<std::int64_t>()[i] =
          missing ? kIgnored : static_cast<std::int64_t>(value);
    } else {
      values.mutable_data_ptr<float>()[i] = missing ? 0.0F : static_cast<float>(value);
      if (missing) mask.mutable_data_ptr<float>()[i] = 0.0F;
      complete = complete && !missing;
    }
  }
  split.targets.push_back(values);
  split.masks.push_back(complete ? at::Tensor() : mask);
}

/// \param columns [column][row]. \returns [N], [N, M] or [N, groups, M].
template <typename Number>
at::Tensor fieldTensor(const std::vector<std::vector<Number>>& columns, std::int64_t groups,
                       Rows rows) {
  using Value = std::conditional_t<std::is_integral_v<Number>, Number, float>;
  at::Tensor tensor = at::empty({std::ssize(rows), std::ssize(columns)},
                                std::is_integral_v<Number> ? at::kLong : at::kFloat);
  auto* out = tensor.mutable_data_ptr<Value>();
  for (const auto row : rows)
    for (const auto& column : columns)
      *out++ = static_cast<Value>(column[static_cast<size_t>(row)]);
  if (groups > 0) return tensor.view({std::ssize(rows), groups, std::ssize(columns) / groups});
  return columns.size() == 1 ? tensor.squeeze(1) : tensor;
}

std::map<std::string, at::Tensor> fieldTensors(const TableTarget& target, Rows rows) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, field] : target.fields)
    tensors[name] = field.whole.empty() ? fieldTensor(field.numbers, field.groups, rows)
                                        : fieldTensor(field.whole, field.groups, rows);
  return tensors;
}

}  // namespace

Split makeSplit(const TableInputs& inputs, const std::vector<TableTarget>& targets,
                std::span<const std::int64_t> rows) {
  auto split = targetSplit(targets, rows);
  split.inputs = inputTensor(inputs, rows);
  return split;
}

Split targetSplit(const std::vector<TableTarget>& targets, Rows rows) {
  Split split;
  for (const auto& target : targets) {
    addTarget(split, target, rows);
    split.fields.push_back(fieldTensors(target, rows));
  }
  return split;
}

}  // namespace eq::data
