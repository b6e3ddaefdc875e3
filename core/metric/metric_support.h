#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/catalog.h"
#include "core/metric/metric.h"
#include "core/metric/undefined.h"

namespace eq::metric {

/// What rows of the catalog have in common. `direction` is "max" or "min", `unit` "" for shares,
/// "target" for the target's own.
Descriptor describe(std::string id, std::string title, std::string summary, std::string formula,
                    std::string citation, std::string direction, std::string unit = "");

/// The same for metrics of classes, which read logits: inputs and task kinds are filled in.
Descriptor describeClasses(std::string id, std::string title, std::string summary,
                           std::string formula, std::string citation, std::string direction);

/// Optional 0/1 beside a target of the same shape.
InputField maskField(std::string shape);

/// A row whose metric is made from the parameters.
template <typename M>
CatalogRow<Metric> rowOf(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<M>(parameters); }};
}

/// The mean of those that are not NaN; NaN without any.
double meanOfDefined(const std::vector<double>& values);

/// How many examples a mean of shares turns on: what one of its classes can move it by is that
/// class's part of the mean, so that a class of few counts as many times as its part is small.
/// \param sizes examples of each class; those of none do not count. \param parts of each class in
/// the mean, up to a factor.
double decisiveOfMean(const std::vector<double>& sizes, const std::vector<double>& parts);

/// The same for a mean in which all classes that have examples count alike.
double decisiveOfMean(const std::vector<double>& sizes);

/// Adds to a total that may be undefined yet.
void addTo(at::Tensor& total, const at::Tensor& more);

/// A total of two numbers [2], sum and count, as the mean; NaN where nothing was counted.
double meanOf(const at::Tensor& sumAndCount);

}  // namespace eq::metric
