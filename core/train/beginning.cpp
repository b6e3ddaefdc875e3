#include "core/train/beginning.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/pattern.h"

namespace eq::train {
namespace {

constexpr size_t kMostNamed = 3;

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

const at::Tensor* tensorIn(const Snapshot& source, const std::string& name) {
  const auto found = source.tensors.find("model." + name);
  return found == source.tensors.end() ? nullptr : &found->second;
}

/// What it is called in the other model: the same, or as what it is a copy of.
std::string nameIn(const Snapshot& source, const std::string& name, const model::Origins& origins) {
  const auto others = origins.find(name);
  const bool isCopy = !tensorIn(source, name) && others != origins.end() &&
                      others->second.size() == 1 && tensorIn(source, others->second.front());
  return isCopy ? others->second.front() : name;
}

std::vector<std::string> namesIn(const model::Model& network) {
  std::vector<std::string> names;
  for (const auto& info : network.parameters().infos()) names.push_back(info.name);
  return names;
}

/// What became of the model's parameters and buffers that the patterns name, here or there.
struct Taking {
  std::vector<std::string> taken;
  std::vector<std::string> names;       ///< of what was taken, here and there
  std::vector<std::string> missing;     ///< in the other model
  std::vector<std::string> otherShape;  ///< there
};

Taking take(const InitSpec& init, const Snapshot& source, model::Model& network) {
  const at::NoGradGuard noGradients;
  Taking taking;
  const auto origins = network.origins();
  const auto takeOne = [&](const std::string& name, const at::Tensor& into) {
    const auto there = nameIn(source, name, origins);
    if (!fitsAny(name, init.take) && !fitsAny(there, init.take)) return;
    const auto* found = tensorIn(source, there);
    if (!found) {
      taking.missing.push_back(name);
    } else if (found->sizes() != into.sizes()) {
      taking.otherShape.push_back(name);
    } else {
      into.copy_(*found);
      taking.taken.push_back(name);
      taking.names.insert(taking.names.end(), {name, there});
    }
  };
  const auto& parameters = network.parameters();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    takeOne(parameters.infos()[i].name, parameters.tensor(i));
  for (const auto& [name, numbers] : network.buffers()) takeOne(name, numbers);
  return taking;
}

void requireAllTake(const InitSpec& init, const Taking& taking) {
  for (size_t i = 0; i < init.take.size(); ++i) {
    const auto& pattern = init.take[i];
    const auto fits = [&](const auto& name) { return fitsPattern(name, pattern); };
    if (std::any_of(taking.names.begin(), taking.names.end(), fits)) continue;
    const auto isOther = std::find_if(taking.otherShape.begin(), taking.otherShape.end(), fits);
    fail("init.take[{}]: \"{}\" takes nothing of {}: {}", i, pattern, init.run,
         isOther != taking.otherShape.end()
             ? fmt::format("{} has another shape there", *isOther)
             : std::string("no parameter of this model has a name that fits and is there"));
  }
}

}  // namespace

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

EventRecord takeParameters(const InitSpec& init, const Snapshot& source, model::Model& network) {
  const auto taking = take(init, source, network);
  requireAllTake(init, taking);
  const auto total = network.parameters().infos().size() + network.buffers().size();
  EventRecord event;
  event.kind = "note";
  event.text =
      fmt::format("begins with {} of {} parameters of {}", taking.taken.size(), total, init.run);
  if (!taking.missing.empty()) event.text += "; not there: " + someOf(taking.missing);
  if (!taking.otherShape.empty())
    event.text += "; of another shape there: " + someOf(taking.otherShape);
  event.detail = {
      {"taken", taking.taken}, {"missing", taking.missing}, {"other_shape", taking.otherShape}};
  return event;
}

}  // namespace eq::train
