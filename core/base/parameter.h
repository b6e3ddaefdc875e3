#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq {

enum class ParameterType {
  boolean,
  integer,
  number,
  text,
  file,          ///< a text: path of a file
  choice,        ///< one of `choices`
  numberList,    ///< a list of numbers
  integerList,   ///< a list of integers
  numberOrList,  ///< a number, or a list of numbers
  object,        ///< an object {"id": ..., "params": {...}} that names another method
  objectList,    ///< a list of such objects
  any            ///< checked by the method itself
};

/// One parameter of a method: enough to read it from a file, to check it, to document it and to
/// build a form for it.
struct ParameterSpec {
  std::string name;  ///< snake_case, never changed once released
  ParameterType type = ParameterType::number;
  nlohmann::json defaultValue;
  std::string doc;  ///< one sentence

  std::optional<double> minimum = std::nullopt;  ///< of a number, or of every entry of a list
  std::optional<double> maximum = std::nullopt;
  bool minimumOpen = false;  ///< the minimum itself is out of range
  bool maximumOpen = false;
  std::vector<std::string> choices = {};
  std::string unit = {};
  bool nullable = false;  ///< null is a value of its own
  bool required = false;  ///< there is no default

  // Short forms for the tables of descriptors: number("gamma", 2, "Focusing
  // strength").from(0).to(10).
  ParameterSpec& from(double value) { return minimum = value, *this; }
  ParameterSpec& above(double value) { return minimum = value, minimumOpen = true, *this; }
  ParameterSpec& to(double value) { return maximum = value, *this; }
  ParameterSpec& below(double value) { return maximum = value, maximumOpen = true, *this; }
  ParameterSpec& in(std::string value) { return unit = std::move(value), *this; }
  ParameterSpec& orNull() { return nullable = true, *this; }
  ParameterSpec& needed() { return required = true, *this; }

  static ParameterSpec boolean(std::string name, bool value, std::string doc);
  static ParameterSpec integer(std::string name, std::int64_t value, std::string doc);
  static ParameterSpec number(std::string name, double value, std::string doc);
  static ParameterSpec text(std::string name, std::string value, std::string doc);
  static ParameterSpec file(std::string name, std::string doc);
  static ParameterSpec choice(std::string name, std::string value, std::vector<std::string> choices,
                              std::string doc);
  static ParameterSpec numberList(std::string name, nlohmann::json value, std::string doc);
  static ParameterSpec integerList(std::string name, nlohmann::json value, std::string doc);
  static ParameterSpec numberOrList(std::string name, nlohmann::json value, std::string doc);
  static ParameterSpec object(std::string name, nlohmann::json value, std::string doc);
  static ParameterSpec objectList(std::string name, nlohmann::json value, std::string doc);
};

/// Checks one value. \param path place for the message, e.g. `tasks[1].loss.gamma`.
/// \throws Error `tasks[1].loss.gamma: 12 is above 10`.
void check(const ParameterSpec& spec, const nlohmann::json& value, const std::string& path);

/// Values of a method's parameters: every parameter of the description, checked, defaults filled
/// in.
class Parameters {
 public:
  Parameters() = default;

  /// \param given an object with some of the parameters; unknown keys, wrong types and values out
  /// of range are errors that name `path` and the key.
  Parameters(const std::vector<ParameterSpec>& specs, const nlohmann::json& given,
             const std::string& path);

  bool boolean(const std::string& name) const { return at(name).get<bool>(); }
  std::int64_t integer(const std::string& name) const { return at(name).get<std::int64_t>(); }
  double number(const std::string& name) const { return at(name).get<double>(); }
  std::string text(const std::string& name) const { return at(name).get<std::string>(); }
  bool isNull(const std::string& name) const { return at(name).is_null(); }
  /// A list of numbers; a plain number is a list of one, null is an empty list.
  std::vector<double> numbers(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  const nlohmann::json& at(const std::string& name) const;

  /// All values, defaults included.
  const nlohmann::json& json() const { return values_; }
  bool operator==(const Parameters& other) const = default;

 private:
  nlohmann::json values_ = nlohmann::json::object();
};

}  // namespace eq
