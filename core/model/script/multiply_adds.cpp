#include "core/model/script/multiply_adds.h"

#include <map>
#include <memory>
#include <string>

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

namespace eq::model {
namespace {

using Inputs = c10::ArrayRef<const c10::IValue>;
using Count = std::int64_t (*)(Inputs inputs);

std::int64_t productOf(c10::IntArrayRef sizes) {
  std::int64_t product = 1;
  for (const auto size : sizes) product *= size;
  return product;
}

/// [..., n, k] times [..., k, m].
std::int64_t ofProduct(const at::Tensor& left, const at::Tensor& right) {
  return left.numel() * (right.dim() > 1 ? right.size(-1) : 1);
}

std::int64_t ofFirstTwo(Inputs inputs) {
  return ofProduct(inputs[0].toTensor(), inputs[1].toTensor());
}

/// After what is added.
std::int64_t ofNextTwo(Inputs inputs) {
  return ofProduct(inputs[1].toTensor(), inputs[2].toTensor());
}

/// (input, weight, bias, stride, padding, dilation, transposed, ...).
std::int64_t ofConvolution(Inputs inputs) {
  const auto input = inputs[0].toTensor(), weight = inputs[1].toTensor();
  auto sides = input.sizes().slice(2).vec();
  const auto at = [&](size_t argument, size_t i) {
    const auto list = inputs[argument].toIntVector();
    return list.size() == 1 ? list[0] : list.at(i);
  };
  if (!inputs[6].toBool())
    for (size_t i = 0; i < sides.size(); ++i) {
      const auto filter = at(5, i) * (weight.size(static_cast<std::int64_t>(i) + 2) - 1) + 1;
      sides[i] = (sides[i] + 2 * at(4, i) - filter) / at(3, i) + 1;
    }
  return input.size(0) * productOf(sides) * weight.numel();
}

/// (query [..., T, E], key [..., S, E], value [..., S, V], ...).
std::int64_t ofAttention(Inputs inputs) {
  const auto query = inputs[0].toTensor(), key = inputs[1].toTensor(), value = inputs[2].toTensor();
  return query.numel() * key.size(-2) +
         query.numel() / query.size(-1) * value.size(-2) * value.size(-1);
}

const std::map<std::string, Count>& counted() {
  static const std::map<std::string, Count> table{
      {"aten::mm", ofFirstTwo},
      {"aten::bmm", ofFirstTwo},
      {"aten::mv", ofFirstTwo},
      {"aten::addmm", ofNextTwo},
      {"aten::baddbmm", ofNextTwo},
      {"aten::addmv", ofNextTwo},
      {"aten::convolution", ofConvolution},
      {"aten::scaled_dot_product_attention", ofAttention}};
  return table;
}

thread_local std::int64_t multiplied = 0;
thread_local int insideCounted = 0;  ///< in operations that are counted as a whole

/// Of an operation that is on its way.
struct Inside : at::ObserverContext {
  Inside() { ++insideCounted; }
  ~Inside() override { --insideCounted; }
};

std::unique_ptr<at::ObserverContext> beginCounted(const at::RecordFunction& function) {
  const auto known = counted().find(function.name());
  if (known == counted().end()) return nullptr;
  if (insideCounted == 0) multiplied += known->second(function.inputs());
  return std::make_unique<Inside>();
}

}  // namespace

MultiplyAdds::MultiplyAdds() {
  multiplied = 0;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(beginCounted)
                                           .needsInputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

MultiplyAdds::~MultiplyAdds() {
  at::removeCallback(handle_);
}

std::int64_t MultiplyAdds::count() const {
  return multiplied;
}

}  // namespace eq::model
