#include "core/model/observations.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>

namespace eq::model {

void Observations::add(std::string name, std::int64_t task, std::string place,
                       const at::Tensor& values) {
  all_.push_back({std::move(name), task, std::move(place), values.detach()});
  parts_.push_back(1);
}

void Observations::addPart(const std::string& name, const std::string& place,
                           const at::Tensor& values) {
  const auto known = std::find_if(all_.begin(), all_.end(), [&](const Observation& one) {
    return one.name == name && one.task < 0 && one.place == place;
  });
  if (known == all_.end()) return add(name, -1, place, values);
  const auto count = static_cast<double>(++parts_[static_cast<size_t>(known - all_.begin())]);
  known->values = known->values + (values.detach() - known->values) / count;
}

}  // namespace eq::model
