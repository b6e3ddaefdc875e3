#include "core/train/front/widths.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include "core/model/catalog.h"
#include "core/train/run_parts.h"

namespace eq::train {
namespace {

/// Of "trunk.3.weight" below "trunk" 3; -1 where what follows is no number.
std::int64_t layerNumber(const model::ParameterInfo& info) {
  const auto& prefix = info.block.name;
  if (!info.name.starts_with(prefix + ".")) return -1;
  const auto rest = info.name.substr(prefix.size() + 1);
  const auto end = rest.find('.');
  const auto digits = rest.substr(0, end);
  const bool isNumber =
      end != std::string::npos && !digits.empty() &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return isNumber ? std::stoll(digits) : -1;
}

/// The trunk's last layer.
std::int64_t lastOfTrunk(const model::Model& network) {
  std::int64_t last = -1;
  for (const auto& info : network.parameters().infos())
    if (info.block.part == model::Part::trunk) last = std::max(last, layerNumber(info));
  return last;
}

/// The widths of a list of layers, the last `kept` as they are.
nlohmann::json narrowed(const nlohmann::json& list, double width, size_t kept) {
  auto found = list;
  for (size_t i = 0; i + kept < found.size(); ++i)
    found[i] = outputsAt(width, found[i].get<std::int64_t>());
  return found;
}

/// Multiply-adds of what is done with a pass.
template <typename Work>
double counted(const Work& work) {
  std::int64_t count = 0;
  model::Pass pass;
  pass.multiplyAdds = &count;
  work(pass);
  return static_cast<double>(count);
}

}  // namespace

/// A width of 0.3 of 10 is 3, not what rounding makes of 0.3 * 10.
std::int64_t outputsAt(double width, std::int64_t outputs) {
  constexpr double kRounding = 1e-9;
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(width * static_cast<double>(outputs) - kRounding)));
}

Widths::Choice Widths::whole(size_t tasks) const {
  return {lists_.trunk.size() - 1, std::vector<size_t>(tasks, lists_.heads.size() - 1)};
}

Widths::Choice Widths::smallest(size_t tasks) const {
  return {0, std::vector<size_t>(tasks, 0)};
}

Widths::Choice Widths::serving(const metric::Point& preference, size_t trunk) const {
  const double most = *std::max_element(preference.begin(), preference.end());
  Choice choice{trunk, {}};
  for (const double share : preference) {
    const auto away = [&](size_t index) { return std::abs(lists_.heads[index] - share / most); };
    size_t nearest = 0;
    for (size_t i = 1; i < lists_.heads.size(); ++i)
      if (away(i) <= away(nearest) + 1e-12) nearest = i;
    choice.heads.push_back(nearest);
  }
  return choice;
}

at::Tensor Widths::mask(const model::Model& network, const Choice& choice) const {
  const at::NoGradGuard noGradients;
  const auto& parameters = network.parameters();
  auto mask = at::ones_like(parameters.values());
  const auto last = lastOfTrunk(network);
  for (const auto& info : parameters.infos()) {
    const auto layer = layerNumber(info);
    const bool ofTrunk = info.block.part == model::Part::trunk;
    if (layer < 0 || (ofTrunk && layer == last)) continue;
    const double width = ofTrunk
                             ? lists_.trunk[choice.trunk]
                             : lists_.heads[choice.heads.at(static_cast<size_t>(info.block.owner))];
    const auto outputs = info.shape.front();
    const auto each = info.count / outputs;
    const auto kept = outputsAt(width, outputs) * each;
    mask.narrow(0, info.offset + kept, info.count - kept).zero_();
  }
  return mask;
}

WidthCosts::WidthCosts(const Widths::Lists& lists, const RunParts& parts) {
  const at::NoGradGuard noGradients;
  const auto& model = parts.experiment.model;
  const Parameters parameters(model::catalog().descriptor(model.id, "model.id").parameters,
                              model.params, "model");
  const auto narrow = [&](const char* name, double width, size_t kept) {
    auto experiment = parts.experiment;
    experiment.model.params[name] = narrowed(parameters.at(name), width, kept);
    return makeModel(experiment, parts.problem, parts.tasks);
  };
  auto shape = parts.problem.inputShape;
  shape.insert(shape.begin(), 1);
  const auto example = at::zeros(shape);
  const bool ofImages = model.id == "cnn";
  for (const double width : lists.trunk) {
    const auto network = ofImages ? narrow("channels", width, 0) : narrow("hidden", width, 1);
    trunks_.push_back(counted([&](const model::Pass& pass) { network->represent(example, pass); }));
  }
  for (const double width : lists.heads) {
    const auto network = narrow("head_hidden", width, 0);
    const auto read = network->represent(example, {});
    heads_.emplace_back();
    for (size_t k = 0; k < network->taskCount(); ++k)
      heads_.back().push_back(counted(
          [&](const model::Pass& pass) { network->head(k, network->readBy(k, read), pass); }));
  }
}

double WidthCosts::of(const Widths::Choice& choice) const {
  double cost = trunks_[choice.trunk];
  for (size_t k = 0; k < choice.heads.size(); ++k) cost += heads_[choice.heads[k]][k];
  return cost;
}

}  // namespace eq::train
