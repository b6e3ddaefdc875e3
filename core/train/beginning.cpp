#include "core/train/beginning.h"

#include <algorithm>
#include <optional>
#include <set>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/pattern.h"

namespace eq::train {
namespace {

using nlohmann::json;

constexpr size_t kMostNamed = 3;
constexpr std::string_view kModelPrefix = "model.";

bool fitsAny(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return fitsPattern(name, pattern); });
}

std::string someOf(const std::vector<std::string>& names) {
  const auto shown = std::min(names.size(), kMostNamed);
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(shown);
  const auto text = fmt::format("{}", fmt::join(names.begin(), end, ", "));
  return shown == names.size() ? text : fmt::format("{} and {} more", text, names.size() - shown);
}

std::string shapeText(const at::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

std::vector<std::string> namesIn(const model::Model& network) {
  std::vector<std::string> names;
  for (const auto& info : network.parameters().infos()) names.push_back(info.name);
  return names;
}

/// A tensor of the weights that a parameter may take.
struct Source {
  Reading reading;
  at::Tensor tensor;
};

std::optional<Source> sourceFor(const Weights& weights, const std::string& name) {
  for (auto& reading : weights.map.readingsOf(name))
    if (const auto found = weights.tensors.find(reading.name); found != weights.tensors.end())
      return Source{std::move(reading), found->second};
  return std::nullopt;
}

/// The tensor as it is to be read, in the shape that is wanted; undefined where it has another.
at::Tensor readAs(const Source& source, at::IntArrayRef shape) {
  const auto& [reading, whole] = source;
  auto tensor = whole;
  if (!reading.permute.empty()) {
    if (std::ssize(reading.permute) != tensor.dim()) return {};
    tensor = tensor.permute(reading.permute);
  }
  if (reading.parts > 1) {
    if (tensor.dim() == 0 || tensor.size(0) % reading.parts != 0) return {};
    const auto size = tensor.size(0) / reading.parts;
    tensor = tensor.narrow(0, reading.part * size, size);
  }
  if (reading.reshape && tensor.numel() == c10::multiply_integers(shape))
    tensor = tensor.reshape(shape);
  return tensor.sizes() == shape ? tensor : at::Tensor();
}

/// What became of the model's parameters and buffers that the patterns name, here or there.
struct Taking {
  std::vector<std::string> taken;
  std::vector<std::string> names;       ///< of what was taken, here and there
  std::vector<std::string> missing;     ///< in the weights
  std::vector<std::string> otherShape;  ///< there
  std::vector<std::string> shapes;      ///< of those, for texts: "fc.weight [3, 2] instead of [3]"
  std::vector<std::string> rounded;     ///< to fewer digits
  std::set<std::string> used;           ///< of the weights
  json kept = json::object();           ///< shapes of what was not taken, named or not
};

/// Takes one parameter after the other.
class Taker {
 public:
  Taker(const InitSpec& init, const Weights& weights, model::Origins origins)
      : init_(init), weights_(weights), origins_(std::move(origins)) {}

  void offer(const std::string& name, const at::Tensor& into) {
    const auto size = taking_.taken.size();
    const auto there = nameThere(name);
    if (fitsAny(name, init_.take) || fitsAny(there, init_.take)) take(name, there, into);
    if (taking_.taken.size() == size) taking_.kept[name] = into.sizes().vec();
  }
  const Taking& taking() const { return taking_; }

 private:
  /// What it is called in the other model: the same, or as what it is a copy of.
  std::string nameThere(const std::string& name) const {
    const auto others = origins_.find(name);
    const bool isCopy = others != origins_.end() && others->second.size() == 1 &&
                        !sourceFor(weights_, name) && sourceFor(weights_, others->second.front());
    return isCopy ? others->second.front() : name;
  }

  void take(const std::string& name, const std::string& there, const at::Tensor& into) {
    const auto source = sourceFor(weights_, there);
    if (!source) return taking_.missing.push_back(name);
    const auto tensor = readAs(*source, into.sizes());
    if (!tensor.defined()) {
      taking_.otherShape.push_back(name);
      taking_.shapes.push_back(fmt::format("{} {} instead of {}", source->reading.name,
                                           shapeText(source->tensor), shapeText(into)));
      return;
    }
    requireNumbers(name, *source, into);
    if (tensor.is_floating_point() && tensor.element_size() > into.element_size())
      taking_.rounded.push_back(name);
    into.copy_(tensor);
    taking_.taken.push_back(name);
    taking_.names.insert(taking_.names.end(), {name, there});
    taking_.used.insert(source->reading.name);
  }

  void requireNumbers(const std::string& name, const Source& source, const at::Tensor& into) const {
    const auto& tensor = source.tensor;
    if (tensor.is_floating_point() != into.is_floating_point())
      fail("{}: {} has numbers of the type {}, and {} needs {}", weights_.name, source.reading.name,
           c10::toString(tensor.scalar_type()), name, c10::toString(into.scalar_type()));
    if (!weights_.file.is_null() && tensor.is_floating_point() &&
        !tensor.isfinite().all().item<bool>())
      fail("{}: {} has numbers that are not finite, with which {} could not be trained",
           weights_.name, source.reading.name, name);
  }

  const InitSpec& init_;
  const Weights& weights_;
  model::Origins origins_;
  Taking taking_;
};

Taking take(const InitSpec& init, const Weights& weights, model::Model& network) {
  const at::NoGradGuard noGradients;
  Taker taker(init, weights, network.origins());
  const auto& parameters = network.parameters();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    taker.offer(parameters.infos()[i].name, parameters.tensor(i));
  for (const auto& [name, numbers] : network.buffers()) taker.offer(name, numbers);
  return taker.taking();
}

/// What a person can do about names that do not meet.
std::string namesThere(const Weights& weights) {
  if (weights.file.is_null()) return {};
  std::vector<std::string> names;
  for (const auto& [name, tensor] : weights.tensors) names.push_back(name);
  return fmt::format("; there are {}, and init.map says what they are called here", someOf(names));
}

void requireAllTake(const InitSpec& init, const Weights& weights, const Taking& taking) {
  for (size_t i = 0; i < init.take.size(); ++i) {
    const auto& pattern = init.take[i];
    const auto fits = [&](const auto& name) { return fitsPattern(name, pattern); };
    if (std::any_of(taking.names.begin(), taking.names.end(), fits)) continue;
    const auto isOther = std::find_if(taking.otherShape.begin(), taking.otherShape.end(), fits);
    if (isOther != taking.otherShape.end())
      fail("init.take[{}]: \"{}\" takes nothing of {}: {} has another shape there: {}", i, pattern,
           weights.name, *isOther,
           taking.shapes[static_cast<size_t>(isOther - taking.otherShape.begin())]);
    fail(
        "init.take[{}]: \"{}\" takes nothing of {}: no parameter of this model has a name that "
        "fits and is there{}",
        i, pattern, weights.name, namesThere(weights));
  }
}

/// What of the file no parameter took, with shapes.
json unusedOf(const Weights& weights, const Taking& taking) {
  auto unused = json::object();
  for (const auto& [name, tensor] : weights.tensors)
    if (!taking.used.contains(name)) unused[name] = tensor.sizes().vec();
  return unused;
}

std::string shapesIn(const json& tensors) {
  std::vector<std::string> texts;
  for (const auto& [name, shape] : tensors.items())
    texts.push_back(
        fmt::format("{} [{}]", name, fmt::join(shape.get<std::vector<std::int64_t>>(), ", ")));
  return someOf(texts);
}

/// Adds to the record what is said of files alone.
void describeFile(const Weights& weights, const Taking& taking, EventRecord& event) {
  const auto unused = unusedOf(weights, taking);
  if (!taking.kept.empty()) event.text += "; begins as without the file: " + shapesIn(taking.kept);
  if (!unused.empty()) event.text += "; not used of the file: " + shapesIn(unused);
  if (!taking.rounded.empty())
    event.text += "; rounded to the model's type: " + someOf(taking.rounded);
  event.detail.update({{"unused", unused}, {"kept", taking.kept}, {"rounded", taking.rounded}});
  event.detail.update(weights.file);
}

}  // namespace

Weights weightsOf(const Snapshot& checkpoint, const std::string& name) {
  Weights weights{name, {}};
  for (const auto& [key, tensor] : checkpoint.tensors)
    if (key.starts_with(kModelPrefix)) weights.tensors[key.substr(kModelPrefix.size())] = tensor;
  return weights;
}

void requireFreezable(const InitSpec& init, const model::Model& network) {
  const auto names = namesIn(network);
  for (size_t i = 0; i < init.freeze.size(); ++i)
    if (std::none_of(names.begin(), names.end(),
                     [&](const auto& name) { return fitsPattern(name, init.freeze[i]); }))
      fail("init.freeze[{}]: no parameter is called {}; there are {}", i, init.freeze[i],
           someOf(names));
  std::vector<char> trains(network.taskCount());
  for (const auto& info : network.parameters().infos()) {
    if (!info.block.trainable) continue;
    const auto reached = network.reach(info.block.owner);
    for (size_t k = 0; k < trains.size(); ++k) trains[k] |= reached[k];
  }
  const auto idle = std::find(trains.begin(), trains.end(), 0);
  if (!init.freeze.empty() && idle != trains.end())
    fail("init.freeze: nothing is left that could be trained for {}",
         network.taskNames()[static_cast<size_t>(idle - trains.begin())]);
}

EventRecord takeParameters(const InitSpec& init, const Weights& weights, model::Model& network) {
  const auto taking = take(init, weights, network);
  requireAllTake(init, weights, taking);
  const auto total = network.parameters().infos().size() + network.buffers().size();
  EventRecord event;
  event.kind = "note";
  event.text = fmt::format("begins with {} of {} parameters of {}", taking.taken.size(), total,
                           weights.name);
  if (!taking.missing.empty()) event.text += "; not there: " + someOf(taking.missing);
  if (!taking.shapes.empty()) event.text += "; of another shape there: " + someOf(taking.shapes);
  event.detail = {
      {"taken", taking.taken}, {"missing", taking.missing}, {"other_shape", taking.otherShape}};
  if (!weights.file.is_null()) describeFile(weights, taking, event);
  return event;
}

}  // namespace eq::train
