#include "core/base/parameter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace eq {
namespace {

using nlohmann::json;

ParameterSpec make(std::string name, ParameterType type, json value, std::string doc) {
  ParameterSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.defaultValue = std::move(value);
  spec.doc = std::move(doc);
  return spec;
}

void checkRange(const ParameterSpec& spec, const json& value, const std::string& path) {
  const double x = value.get<double>();
  if (!std::isfinite(x)) fail("{}: must be a finite number, found {}", path, value.dump());
  if (spec.minimum && (x < *spec.minimum || (spec.minimumOpen && x == *spec.minimum)))
    fail("{}: {} is {} {}", path, x, spec.minimumOpen ? "not above" : "below", *spec.minimum);
  if (spec.maximum && (x > *spec.maximum || (spec.maximumOpen && x == *spec.maximum)))
    fail("{}: {} is {} {}", path, x, spec.maximumOpen ? "not below" : "above", *spec.maximum);
}

void checkNumber(const ParameterSpec& spec, const json& value, const std::string& path,
                 bool integer) {
  if (!value.is_number())
    fail("{}: expected {}, found {}", path, integer ? "an integer" : "a number", value.dump());
  if (integer && !value.is_number_integer())
    fail("{}: expected an integer, found {}", path, value.dump());
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  if (integer && value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(kLargest))
    fail("{}: {} is above {}", path, value.dump(), kLargest);  // it would be read as below zero
  checkRange(spec, value, path);
}

void checkList(const ParameterSpec& spec, const json& value, const std::string& path,
               bool integers) {
  if (!value.is_array()) fail("{}: expected a list, found {}", path, value.dump());
  for (size_t i = 0; i < value.size(); ++i)
    checkNumber(spec, value[i], fmt::format("{}[{}]", path, i), integers);
}

void checkChoice(const ParameterSpec& spec, const json& value, const std::string& path) {
  const bool known = value.is_string() && std::find(spec.choices.begin(), spec.choices.end(),
                                                    value.get<std::string>()) != spec.choices.end();
  if (!known)
    fail("{}: expected one of {}, found {}", path, fmt::join(spec.choices, ", "), value.dump());
}

void checkMethod(const json& value, const std::string& path) {
  if (!value.is_object() || !value.contains("id") || !value["id"].is_string())
    fail("{}: expected an object with an \"id\", found {}", path, value.dump());
}

}  // namespace

ParameterSpec ParameterSpec::boolean(std::string name, bool value, std::string doc) {
  return make(std::move(name), ParameterType::boolean, value, std::move(doc));
}
ParameterSpec ParameterSpec::integer(std::string name, std::int64_t value, std::string doc) {
  return make(std::move(name), ParameterType::integer, value, std::move(doc));
}
ParameterSpec ParameterSpec::number(std::string name, double value, std::string doc) {
  return make(std::move(name), ParameterType::number, value, std::move(doc));
}
ParameterSpec ParameterSpec::text(std::string name, std::string value, std::string doc) {
  return make(std::move(name), ParameterType::text, std::move(value), std::move(doc));
}
ParameterSpec ParameterSpec::file(std::string name, std::string doc) {
  return make(std::move(name), ParameterType::file, "", std::move(doc));
}
ParameterSpec ParameterSpec::choice(std::string name, std::string value,
                                    std::vector<std::string> choices, std::string doc) {
  auto spec = make(std::move(name), ParameterType::choice, std::move(value), std::move(doc));
  spec.choices = std::move(choices);
  return spec;
}
ParameterSpec ParameterSpec::numberList(std::string name, json value, std::string doc) {
  return make(std::move(name), ParameterType::numberList, std::move(value), std::move(doc));
}
ParameterSpec ParameterSpec::integerList(std::string name, json value, std::string doc) {
  return make(std::move(name), ParameterType::integerList, std::move(value), std::move(doc));
}
ParameterSpec ParameterSpec::numberOrList(std::string name, json value, std::string doc) {
  return make(std::move(name), ParameterType::numberOrList, std::move(value), std::move(doc));
}
ParameterSpec ParameterSpec::object(std::string name, json value, std::string doc) {
  return make(std::move(name), ParameterType::object, std::move(value), std::move(doc));
}
ParameterSpec ParameterSpec::objectList(std::string name, json value, std::string doc) {
  return make(std::move(name), ParameterType::objectList, std::move(value), std::move(doc));
}

void check(const ParameterSpec& spec, const json& value, const std::string& path) {
  if (spec.nullable && value.is_null()) return;
  switch (spec.type) {
    case ParameterType::boolean:
      if (!value.is_boolean()) fail("{}: expected true or false, found {}", path, value.dump());
      return;
    case ParameterType::integer:
      return checkNumber(spec, value, path, true);
    case ParameterType::number:
      return checkNumber(spec, value, path, false);
    case ParameterType::text:
    case ParameterType::file:
      if (!value.is_string()) fail("{}: expected a text, found {}", path, value.dump());
      return;
    case ParameterType::choice:
      return checkChoice(spec, value, path);
    case ParameterType::numberList:
      return checkList(spec, value, path, false);
    case ParameterType::integerList:
      return checkList(spec, value, path, true);
    case ParameterType::numberOrList:
      return value.is_array() ? checkList(spec, value, path, false)
                              : checkNumber(spec, value, path, false);
    case ParameterType::object:
      return checkMethod(value, path);
    case ParameterType::objectList:
      if (!value.is_array()) fail("{}: expected a list, found {}", path, value.dump());
      for (size_t i = 0; i < value.size(); ++i)
        checkMethod(value[i], fmt::format("{}[{}]", path, i));
      return;
    case ParameterType::any:
      return;
  }
}

Parameters::Parameters(const std::vector<ParameterSpec>& specs, const nlohmann::json& given,
                       const std::string& path) {
  const std::string prefix = path.empty() ? "" : path + ".";
  if (!given.is_null() && !given.is_object())
    fail("{}: expected an object of parameters, found {}", path.empty() ? "parameters" : path,
         given.dump());
  for (const auto& [key, value] : given.items()) {
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&name = key](const auto& s) { return s.name == name; });
    if (spec == specs.end()) {
      std::vector<std::string> names;
      for (const auto& s : specs) names.push_back(s.name);
      fail("{}{}: unknown parameter; known: {}", prefix, key,
           names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
    }
    check(*spec, value, prefix + key);
  }
  for (const auto& spec : specs) {
    if (given.is_object() && given.contains(spec.name)) {
      values_[spec.name] = given[spec.name];
    } else if (spec.required) {
      fail("{}{}: is required and missing ({})", prefix, spec.name, spec.doc);
    } else {
      values_[spec.name] = spec.defaultValue;
    }
  }
}

const nlohmann::json& Parameters::at(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    throw Error("no parameter \"" + name + "\" is described", ErrorKind::failure);
  return *found;
}

std::vector<double> Parameters::numbers(const std::string& name) const {
  const auto& value = at(name);
  if (value.is_null()) return {};
  if (value.is_number()) return {value.get<double>()};
  return value.get<std::vector<double>>();
}

std::vector<std::int64_t> Parameters::integers(const std::string& name) const {
  const auto& value = at(name);
  if (value.is_null()) return {};
  if (value.is_number()) return {value.get<std::int64_t>()};
  return value.get<std::vector<std::int64_t>>();
}

}  // namespace eq
