#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/merge/catalog.h"

/// The sheet's toy, and families of random models.
namespace eq::merge::test {

using nlohmann::json;
using Shape = std::vector<std::int64_t>;

inline json tensorOf(const std::vector<double>& data, Shape shape = {}) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(data.size())};
  return {{"shape", shape}, {"data", data}};
}

inline json modelOf(const std::vector<double>& data, const Shape& shape = {}) {
  return {{"w", tensorOf(data, shape)}};
}

inline json toy() {
  const std::vector<double> base{1, 0, 2, -1, .5, 3};
  const auto expert = [&](std::vector<double> tau) {
    for (size_t i = 0; i < tau.size(); ++i) tau[i] += base[i];
    return modelOf(tau);
  };
  return {{"base", modelOf(base)},
          {"experts", json::array({expert({.6, -.4, .1, .8, -.2, .05}),
                                   expert({-.5, -.3, .7, .9, .02, -.6})})}};
}

inline json computed(const std::string& id, const json& input, const json& params = json::object(),
                     std::uint64_t seed = 0) {
  return createMerge(id, params)->compute(input, seed);
}

/// The largest |a − b| / (1 + |b|) of numbers at equal places; infinite where they are not alike.
inline double distance(const json& a, const json& b) {
  if (a.is_number() && b.is_number())
    return std::abs(a.get<double>() - b.get<double>()) / (1 + std::abs(b.get<double>()));
  if (a.type() != b.type() || a.size() != b.size()) return std::numeric_limits<double>::infinity();
  if (!a.is_structured()) return a == b ? 0 : std::numeric_limits<double>::infinity();
  double largest = 0;
  if (a.is_array())
    for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, distance(a[i], b[i]));
  else
    for (const auto& [key, value] : a.items())
      largest = std::max(largest, b.contains(key) ? distance(value, b[key])
                                                  : std::numeric_limits<double>::infinity());
  return largest;
}

/// Draws of one family.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : stream_(seed) {}

  std::vector<double> numbers(std::int64_t count, double scale = 1) {
    std::vector<double> drawn(static_cast<size_t>(count));
    for (double& number : drawn) number = scale * stream_.normal();
    return drawn;
  }
  json rows(std::int64_t count, std::int64_t width) {
    auto drawn = json::array();
    for (std::int64_t i = 0; i < count; ++i) drawn.push_back(numbers(width));
    return drawn;
  }
  json matrices(size_t count, std::int64_t rows, std::int64_t columns) {
    auto drawn = json::array();
    for (size_t k = 0; k < count; ++k) drawn.push_back(this->rows(rows, columns));
    return drawn;
  }

 private:
  RandomStream stream_;
};

inline const std::vector<std::pair<std::string, Shape>>& trunkShapes() {
  static const std::vector<std::pair<std::string, Shape>> shapes{
      {"trunk.0.bias", {4}},      {"trunk.0.weight", {4, 3}},  {"trunk.1.kernel", {2, 2, 2}},
      {"trunk.2.weight", {3, 5}}, {"trunk.3.nothing", {0, 3}}, {"trunk.4.running_var", {3}},
      {"trunk.5.scale", {}}};
  return shapes;
}

/// What of a model is merged by default.
inline json trunkOf(const json& model) {
  auto trunk = json::object();
  for (const auto& [name, shape] : trunkShapes()) trunk[name] = model.at(name);
  return trunk;
}

inline std::int64_t sizeOf(const Shape& shape) {
  std::int64_t size = 1;
  for (const auto n : shape) size *= n;
  return size;
}

/// Random numbers at the merged tensors' places. \param positive their sizes alone.
inline json randomTrunk(Draws& draws, bool positive = false) {
  auto trunk = json::object();
  for (const auto& [name, shape] : trunkShapes()) {
    auto data = draws.numbers(sizeOf(shape));
    if (positive)
      for (double& number : data) number = std::abs(number) + .01;
    trunk[name] = {{"shape", shape}, {"data", data}};
  }
  return trunk;
}

/// a + scale·b, on the trunk; all else as a has it.
inline json plus(json a, const json& b, double scale = 1) {
  for (const auto& [name, shape] : trunkShapes()) {
    auto& data = a[name]["data"];
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = data[i].get<double>() + scale * b[name]["data"][i].get<double>();
  }
  return a;
}

/// With variances of 1e-8 at least, as merged ones are.
inline json raised(json trunk) {
  for (auto& variance : trunk["trunk.4.running_var"]["data"])
    variance = std::max(variance.get<double>(), 1e-8);
  return trunk;
}

/// Base and experts: a trunk with a counter, and every expert's own head.
inline json family(size_t experts, std::uint64_t seed) {
  Draws draws(seed);
  auto base = randomTrunk(draws, true);
  base["trunk.steps"] = {{"shape", {1}}, {"data", {7}}, {"dtype", "int64"}};
  base["head.0.weight"] = tensorOf({1, 2});
  auto list = json::array();
  for (size_t k = 0; k < experts; ++k) {
    auto expert = plus(base, randomTrunk(draws), .25);
    expert["trunk.steps"]["data"] = {100 + k};
    expert.erase("head.0.weight");
    expert[fmt::format("head.{}.weight", k)] = tensorOf({10. + static_cast<double>(k)});
    list.push_back(std::move(expert));
  }
  return {{"base", base}, {"experts", list}};
}

/// Symmetric and positive.
inline json randomGram(Draws& draws, std::int64_t width) {
  const auto x = draws.rows(width + 2, width);
  auto gram = json::array();
  for (std::int64_t i = 0; i < width; ++i) {
    auto row = json::array();
    for (std::int64_t j = 0; j < width; ++j) {
      double sum = 0;
      for (const auto& sample : x)
        sum += sample[static_cast<size_t>(i)].get<double>() *
               sample[static_cast<size_t>(j)].get<double>();
      row.push_back(sum);
    }
    gram.push_back(std::move(row));
  }
  return gram;
}

/// The further fields of all methods that merge a family.
inline void addFields(json& input, std::uint64_t seed) {
  Draws draws(seed + 1000);
  const auto count = input["experts"].size();
  input["fisher"] = input["grams"] = json::array();
  for (size_t k = 0; k < count; ++k) {
    input["fisher"].push_back(randomTrunk(draws, true));
    input["grams"].push_back({{"trunk.0.weight", randomGram(draws, 3)}});
  }
  input["similarity"] = input["scores"] = draws.numbers(static_cast<std::int64_t>(count), 100);
  input["base_fisher"] = randomTrunk(draws, true);
  input["validation"] = {{"kind", "quadratic"}, {"target", randomTrunk(draws)}};
}

inline json adapters(size_t count, std::uint64_t seed) {
  Draws draws(seed);
  auto list = json::array();
  for (size_t k = 0; k < count; ++k)
    list.push_back({{"lora_a", tensorOf(draws.numbers(8), {2, 4})},
                    {"lora_b", tensorOf(draws.numbers(12), {6, 2})}});
  return {{"experts", list}, {"routing", draws.rows(1, static_cast<std::int64_t>(count))}};
}

/// Whether it merges models of any names.
inline bool mergesModels(const std::string& id) {
  const auto method = createMerge(id, json::object());
  return id != "adapter_routing" && dynamic_cast<const TensorMerge*>(method.get()) != nullptr;
}

/// All that a method reads.
inline json inputOf(const std::string& id, size_t experts, std::uint64_t seed) {
  if (id == "adapter_routing") return adapters(experts, seed);
  if (mergesModels(id)) {
    auto input = family(experts, seed);
    addFields(input, seed);
    return input;
  }
  Draws draws(seed);
  if (id == "logits_fusion")
    return {{"large", draws.rows(3, 4)},
            {"small", draws.rows(3, 4)},
            {"experts", draws.matrices(experts, 3, 4)}};
  if (id == "scalearn")
    return {{"outputs", draws.matrices(experts, 3, 2)},
            {"omega", draws.rows(static_cast<std::int64_t>(experts), 2)},
            {"gradients", draws.rows(3, 2)}};
  if (id == "tinting")
    return {{"merged_logits", draws.matrices(experts, 3, 4)},
            {"expert_logits", draws.matrices(experts, 3, 4)}};
  return {{"representations", draws.matrices(experts, 5, 4)},
          {"down", draws.matrices(experts, 2, 4)},
          {"up", draws.matrices(experts, 4, 2)},
          {"targets", draws.matrices(experts, 5, 4)}};
}

}  // namespace eq::merge::test
