#include "widgets/explorer/loss_set.h"

#include <algorithm>

#include <QSettings>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/curve.h"

namespace eq::widgets {
namespace {

constexpr auto kLossSetting = "explorer/losses";
constexpr size_t kMostLosses = 8;  // as many colours as there are

auto drawableCount(const std::vector<train::MethodSpec>& losses, const std::string& axis) {
  return std::count_if(losses.begin(), losses.end(), [&](const train::MethodSpec& loss) {
    return loss::drawableOn(loss.id, axis);
  });
}

LossSet readSet(const nlohmann::json& value) {
  LossSet set{{}, value.at("axis").get<std::string>()};
  loss::curveAxis(set.axis);
  for (const auto& one : value.at("losses")) {
    train::MethodSpec method{one.at("id").get<std::string>(), one};
    method.params.erase("id");
    loss::catalog().descriptor(method.id);
    set.losses.push_back(std::move(method));
  }
  return set;
}

}  // namespace

std::optional<LossSet> lossesOfRun(const train::Experiment& experiment, const std::string& axis) {
  LossSet set{{}, axis};
  for (const auto& task : experiment.tasks)
    if (!task.loss.id.empty() && set.losses.size() < kMostLosses &&
        std::find(set.losses.begin(), set.losses.end(), task.loss) == set.losses.end())
      set.losses.push_back(task.loss);
  auto most = drawableCount(set.losses, axis);
  for (const auto& other : loss::curveAxes()) {
    const auto count = drawableCount(set.losses, other.id);
    if (count <= most) continue;
    most = count;
    set.axis = other.id;
  }
  if (most == 0) return std::nullopt;
  return set;
}

std::string whyNotOver(const std::string& loss, const std::string& axis) {
  if (loss::drawableOn(loss, axis)) return {};
  std::vector<std::string> titles;
  for (const auto& other : loss::curveAxes())
    if (loss::drawableOn(loss, other.id)) titles.push_back(other.title);
  if (titles.empty()) return "This loss has no curve: it compares examples or reads more than one";
  return fmt::format("Has no curve over {}; it has one over: {}", loss::curveAxis(axis).title,
                     fmt::join(titles, ", "));
}

void keepLossSet(const LossSet& set) {
  auto losses = nlohmann::json::array();
  for (const auto& loss : set.losses) losses.push_back(train::toJson(loss));
  const nlohmann::json value{{"axis", set.axis}, {"losses", losses}};
  QSettings().setValue(kLossSetting, QString::fromStdString(value.dump()));
}

void forgetLossSet() {
  QSettings().remove(kLossSetting);
}

std::optional<LossSet> keptLossSet() {
  const auto text = QSettings().value(kLossSetting).toString().toStdString();
  if (text.empty()) return std::nullopt;
  try {
    return readSet(nlohmann::json::parse(text));
  } catch (const Error&) {
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace eq::widgets
