#include "core/loss/json_tensor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ops/tensor.h>

#include "core/base/error.h"

namespace eq::loss {
namespace {

using nlohmann::json;

constexpr size_t kMostAxes = 8;

/// Beyond 2^63 - 1 an integer is read as a double: it would wrap to a negative one.
bool isInteger(const json& node) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  return node.is_number_integer() &&
         !(node.is_number_unsigned() && node.get<std::uint64_t>() > kLargest);
}

/// Collects the entries of nested lists of one shape.
class Reader {
 public:
  Reader(const json& value, const std::string& path, bool nullable) : nullable_(nullable) {
    for (const json* node = &value; node->is_array(); node = &node->front()) {
      if (shape_.size() == kMostAxes) fail("{}: lists nest more than {} deep", path, kMostAxes);
      shape_.push_back(static_cast<std::int64_t>(node->size()));
      if (node->empty()) break;
    }
    collect(value, 0, path);
  }

  at::Tensor tensor() const {
    const auto flat =
        integral_ ? at::tensor(integers_, at::kLong) : at::tensor(numbers_, at::kDouble);
    return flat.reshape(shape_);
  }

 private:
  void collect(const json& node, size_t depth, const std::string& path) {
    if (depth < shape_.size()) {
      if (!node.is_array())
        fail("{}: expected a list of {} entries, found {}", path, shape_[depth], node.dump());
      if (static_cast<std::int64_t>(node.size()) != shape_[depth])
        fail("{}: expected {} entries as in the lists before, found {}", path, shape_[depth],
             node.size());
      for (size_t i = 0; i < node.size(); ++i)
        collect(node[i], depth + 1, fmt::format("{}[{}]", path, i));
      return;
    }
    if (node.is_null() && nullable_) {
      integral_ = false;
      numbers_.push_back(std::numeric_limits<double>::quiet_NaN());
      return;
    }
    if (node.is_null())
      fail(
          "{}: expected a number, found null; leave the example out, or give it a mask of 0 where "
          "the method reads one",
          path);
    if (!node.is_number()) fail("{}: expected a number, found {}", path, node.dump());
    integral_ = integral_ && isInteger(node);
    numbers_.push_back(node.get<double>());
    integers_.push_back(integral_ ? node.get<std::int64_t>() : 0);
  }

  std::vector<std::int64_t> shape_;
  std::vector<double> numbers_;
  std::vector<std::int64_t> integers_;
  bool integral_ = true;
  bool nullable_;
};

json listOf(const at::Tensor& tensor) {
  if (tensor.dim() == 0)
    return tensor.is_floating_point() ? json(tensor.item<double>())
                                      : json(tensor.item<std::int64_t>());
  json list = json::array();
  for (std::int64_t i = 0; i < tensor.size(0); ++i) list.push_back(listOf(tensor[i]));
  return list;
}

}  // namespace

at::Tensor tensorFromJson(const json& value, const std::string& path, bool nullable) {
  return Reader(value, path, nullable).tensor();
}

void checkIntegers(const json& value, const std::string& path) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      checkIntegers(value[i], fmt::format("{}[{}]", path, i));
  } else if (!isInteger(value)) {
    const bool large = value.is_number() && std::abs(value.get<double>()) >= 0x1p63;
    fail("{}: must be an integer{}, found {}", path, large ? " of 64 bits" : "", value.dump());
  }
}

json toJson(const at::Tensor& tensor) {
  return listOf(tensor.detach().to(at::kCPU));
}

Batch batchFromJson(const json& value, const std::vector<std::string>& fields,
                    const std::string& method, const std::vector<std::string>& nullable) {
  if (!value.is_object())
    fail("{}: expected an object with \"prediction\" and further fields, found {}", method,
         value.type_name());
  Batch batch;
  for (const auto& name : fields) {
    const auto found = value.find(name);
    if (found == value.end() || found->is_null()) continue;
    const bool mayBeNull = std::find(nullable.begin(), nullable.end(), name) != nullable.end();
    const auto tensor = tensorFromJson(*found, method + "." + name, mayBeNull);
    if (tensor.numel() == 0) fail("{}.{}: is empty, found {}", method, name, found->dump());
    if (name == "prediction")
      batch.prediction = tensor.to(at::kDouble);
    else if (name == "target")
      batch.target = tensor;
    else
      batch.fields[name] = tensor;
  }
  if (!batch.prediction.defined()) fail("{}.prediction: is required and missing", method);
  return batch;
}

}  // namespace eq::loss
