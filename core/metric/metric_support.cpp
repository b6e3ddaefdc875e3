#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/TensorOperators.h>

namespace eq::metric {
Descriptor describe(std::string id, std::string title, std::string summary, std::string formula,
                    std::string citation, std::string direction, std::string unit) {
  Descriptor descriptor;
  descriptor.id = std::move(id);
  descriptor.title = std::move(title);
  descriptor.summary = std::move(summary);
  descriptor.formula = std::move(formula);
  descriptor.citation = std::move(citation);
  descriptor.traits = {{"direction", std::move(direction)}, {"unit", std::move(unit)}};
  return descriptor;
}

Descriptor describeClasses(std::string id, std::string title, std::string summary,
                           std::string formula, std::string citation, std::string direction) {
  auto descriptor = describe(std::move(id), std::move(title), std::move(summary),
                             std::move(formula), std::move(citation), std::move(direction));
  descriptor.traits["range"] = {0, 1};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::multilabel,
                          TaskKind::ordinal};
  descriptor.inputs = {
      {"prediction", "[N, C], [N] or [N, L]", "logits"},
      {"target", "int [N], or 0/1 in the shape of prediction", "classes, -100 = ignored"},
      maskField("as target")};
  return descriptor;
}

InputField maskField(std::string shape) {
  return {"mask", std::move(shape), "0 = does not count", false};
}

double meanOfDefined(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++count;
  return count > 0 ? sum / count : kUndefined;
}

double decisiveOfMean(const std::vector<double>& sizes, const std::vector<double>& parts) {
  double whole = 0;
  for (size_t c = 0; c < sizes.size(); ++c) whole += sizes[c] > 0 ? parts[c] : 0;
  double fewest = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < sizes.size(); ++c)
    if (sizes[c] > 0 && parts[c] > 0) fewest = std::min(fewest, sizes[c] * whole / parts[c]);
  return fewest;
}

double decisiveOfMean(const std::vector<double>& sizes) {
  return decisiveOfMean(sizes, std::vector<double>(sizes.size(), 1));
}

void addTo(at::Tensor& total, const at::Tensor& more) {
  total = total.defined() ? total + more : more;
}

double meanOf(const at::Tensor& sumAndCount) {
  if (!sumAndCount.defined()) return kUndefined;
  const auto host = sumAndCount.to(at::kCPU, at::kDouble).contiguous();
  const auto* values = host.const_data_ptr<double>();
  return values[1] > 0 ? values[0] / values[1] : kUndefined;
}

}  // namespace eq::metric
