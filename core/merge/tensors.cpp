#include "core/merge/tensors.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using metric::quoted;
using nlohmann::json;

std::vector<std::int64_t> readShape(const json& value, const std::string& place) {
  if (!value.is_array()) fail("{}: expected a list of sizes, found {}", place, quoted(value));
  std::vector<std::int64_t> shape;
  double count = 1;
  for (const auto& size : value) {
    if (!size.is_number_integer() || size.get<double>() < 0)
      fail("{}: sizes are integers from 0, found {}", place, quoted(size));
    count *= std::max(size.get<double>(), 1.0);
    if (count > 1e15) fail("{}: {} has too many entries", place, quoted(value));
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

std::int64_t readInteger(const json& value, const std::string& place) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const bool whole = value.is_number_float() && std::abs(value.get<double>()) <= kExact &&
                     std::floor(value.get<double>()) == value.get<double>();
  const bool tooLarge =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if ((!value.is_number_integer() && !whole) || tooLarge)
    fail("{}: expected an integer of 64 bits, found {}", place, quoted(value));
  return value.get<std::int64_t>();
}

bool readIsInteger(const json& tensor, const std::string& place) {
  if (!tensor.contains("dtype")) return false;
  const auto& type = tensor["dtype"];
  if (type == "float64") return false;
  if (type == "int64") return true;
  fail("{}.dtype: expected \"float64\" or \"int64\", found {}", place, quoted(type));
}

const json& partOf(const json& tensor, const char* key, const std::string& place) {
  if (!tensor.is_object())
    fail("{}: expected a tensor {{\"shape\": [..], \"data\": [..]}}, found {}", place,
         quoted(tensor));
  if (!tensor.contains(key)) fail("{}.{}: is required and missing", place, key);
  return tensor[key];
}

}  // namespace

std::int64_t countOf(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const auto size : shape) count *= size;
  return count;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Tensor readTensor(const json& value, const std::string& place) {
  Tensor tensor;
  tensor.shape = readShape(partOf(value, "shape", place), place + ".shape");
  const auto& data = partOf(value, "data", place);
  if (!data.is_array()) fail("{}.data: expected a list of numbers, found {}", place, quoted(data));
  if (static_cast<std::int64_t>(data.size()) != countOf(tensor.shape))
    fail("{}: {} numbers in \"data\", where the shape {} has {}", place, data.size(),
         shapeText(tensor.shape), countOf(tensor.shape));
  tensor.isInteger = readIsInteger(value, place);
  if (!tensor.isInteger) tensor.numbers.resize(static_cast<Eigen::Index>(data.size()));
  for (size_t i = 0; i < data.size(); ++i) {
    // A place for every number would take longer than the numbers.
    if (!tensor.isInteger && data[i].is_number() && std::isfinite(data[i].get<double>()))
      tensor.numbers[static_cast<Eigen::Index>(i)] = data[i].get<double>();
    else if (!tensor.isInteger)
      metric::readNumber(data[i], fmt::format("{}.data[{}]", place, i));
    else
      tensor.integers.push_back(readInteger(data[i], fmt::format("{}.data[{}]", place, i)));
  }
  return tensor;
}

Model readModel(const json& value, const std::string& place) {
  if (!value.is_object())
    fail("{}: expected an object {{NAME: tensor}}, found {}", place, quoted(value));
  Model model;
  for (const auto& [name, tensor] : value.items())
    model.emplace(name, readTensor(tensor, fmt::format("{}.{}", place, name)));
  return model;
}

json toJson(const Tensor& tensor) {
  json out{{"shape", tensor.shape}};
  if (tensor.isInteger) {
    out["dtype"] = "int64";
    out["data"] = tensor.integers;
  } else {
    out["data"] = std::vector<double>(tensor.numbers.begin(), tensor.numbers.end());
  }
  return out;
}

}  // namespace eq::merge
