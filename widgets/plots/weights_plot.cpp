#include "widgets/plots/weights_plot.h"

#include <algorithm>
#include <cmath>

#include "core/balance/catalog.h"

namespace eq::widgets {
namespace {

bool isDirectionOnly(const std::string& gradient) {
  const auto& methods = balance::gradientMethods();
  return methods.contains(gradient) &&
         methods.descriptor(gradient).traits.value("direction_only", false);
}

/// Whether the run had at any time a method whose update is a direction of its own, without
/// weights.
bool tookDirections(const RunData& run) {
  if (isDirectionOnly(run.experiment().balancer.gradient.id)) return true;
  return std::any_of(run.events().begin(), run.events().end(), [](const auto& event) {
    if (event.kind != "command" || !event.detail.is_object()) return false;
    const auto method = event.detail.value("method", nlohmann::json());
    const auto id = method.is_object() ? method.value("id", nlohmann::json()) : method;
    return event.detail.value("kind", nlohmann::json()) == "set_gradient" && id.is_string() &&
           isDirectionOnly(id.template get<std::string>());
  });
}

}  // namespace

WeightsPlot::WeightsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Weights"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> WeightsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (int task = 0; task < run.taskCount(); ++task)
    out.push_back({run.taskName(task), task, &run.positions(), &run.weights(task)});
  const bool gaps = tookDirections(run);
  for (auto& line : out) line.gaps = gaps;
  return out;
}

QString WeightsPlot::yLabel() const {
  return tr("Effective weight");
}

QString WeightsPlot::emptyText(const RunData& run) const {
  if (run.empty()) return tr("The weights of the tasks appear here with the first step.");
  for (int task = 0; task < run.taskCount(); ++task)
    for (const double weight : run.weights(task))
      if (!std::isnan(weight)) return {};
  if (run.isImported()) return tr("The program that made this run recorded no weights.");
  return tr("The gradient method gives a direction and no weights of the tasks.");
}

}  // namespace eq::widgets
