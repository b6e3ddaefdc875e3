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

std::vector<std::string> namesIn(const model::Model& network) {
  std::vector<std::string> names;
  for (const auto& info : network.parameters().infos()) names.push_back(info.name);
  return names;
}

/// What became of the model's parameters, and numbers beside them, that the patterns name.
struct Taking {
  std::vector<std::string> taken;
  std::vector<std::string> missing;     ///< in the other model
  std::vector<std::string> otherShape;  ///< there
};

void takeOne(const InitSpec& init, const Snapshot& source, const std::string& name,
             at::Tensor numbers, Taking& taking) {
  if (!fitsAny(name, init.take)) return;
  const auto found = source.tensors.find("model." + name);
  if (found == source.tensors.end()) {
    taking.missing.push_back(name);
  } else if (found->second.sizes() != numbers.sizes()) {
    taking.otherShape.push_back(name);
  } else {
    numbers.copy_(found->second);
    taking.taken.push_back(name);
  }
}

Taking take(const InitSpec& init, const Snapshot& source, model::Model& network) {
  const at::NoGradGuard noGradients;
  Taking taking;
  const auto& parameters = network.parameters();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    takeOne(init, source, parameters.infos()[i].name, parameters.tensor(i), taking);
  for (const auto& [name, numbers] : network.buffers())
    takeOne(init, source, name, numbers, taking);
  return taking;
}

void requireAllTake(const InitSpec& init, const Taking& taking) {
  for (size_t i = 0; i < init.take.size(); ++i) {
    const auto& pattern = init.take[i];
    const auto fits = [&](const auto& name) { return fitsPattern(name, pattern); };
    if (std::any_of(taking.taken.begin(), taking.taken.end(), fits)) continue;
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
