#include "core/model/penalty.h"

#include <algorithm>

#include <ATen/TensorOperators.h>

namespace eq::model {

void addPenalty(const Pass& pass, const std::string& name,
                const std::function<at::Tensor()>& value) {
  if (!pass.penalties) return;
  const auto known = std::find_if(pass.penalties->begin(), pass.penalties->end(),
                                  [&](const Penalty& one) { return one.name == name; });
  if (known == pass.penalties->end())
    pass.penalties->push_back({name, value()});
  else
    known->value = known->value + value();
}

}  // namespace eq::model
