#include "widgets/run_data.h"

#include <algorithm>
#include <array>
#include <set>

namespace eq::widgets {
namespace {

double valueAt(const std::vector<double>& values, std::size_t index) {
  return index < values.size() ? values[index] : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

QString toText(XUnit unit) {
  static const std::array<QString, 4> kTexts{"Step", "Epoch", "Examples", "Wall time (s)"};
  return kTexts[static_cast<std::size_t>(unit)];
}

RunData::RunData(QObject* parent) : QObject(parent) {}

void RunData::start(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  experiment_ = experiment;
  tasks_ = tasks;
  for (Column& column : x_) column.clear();
  losses_.assign(tasks.size(), {});
  weights_.assign(tasks.size(), {});
  learningRates_.clear();
  conflicts_.clear();
  evaluations_.clear();
  events_.clear();
  way_ = {};
  emit restarted();
}

void RunData::setExperiment(const train::Experiment& experiment) {
  experiment_ = experiment;
  emit experimentChanged();
}

void RunData::append(const run::Records& records) {
  for (const auto& step : records.steps) appendStep(step);
  evaluations_.insert(evaluations_.end(), records.evaluations.begin(), records.evaluations.end());
  events_.insert(events_.end(), records.events.begin(), records.events.end());
  emit changed();
}

void RunData::appendStep(const train::StepRecord& step) {
  x_[0].push_back(static_cast<double>(step.step));
  x_[1].push_back(step.epoch);
  x_[2].push_back(static_cast<double>(step.examples));
  x_[3].push_back(step.seconds);
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    losses_[task].push_back(valueAt(step.losses, task));
    weights_[task].push_back(valueAt(step.weights, task));
  }
  learningRates_.push_back(step.learningRate);
  if (step.conflict) conflicts_.push_back({step.step, *step.conflict});
}

void RunData::addPoint(std::int64_t step, double x1, double x2) {
  way_.steps.push_back(static_cast<double>(step));
  way_.x1.push_back(x1);
  way_.x2.push_back(x2);
}

QString RunData::taskName(int task) const {
  return QString::fromStdString(tasks_[static_cast<std::size_t>(task)].name);
}

QStringList RunData::metricIds(int task) const {
  std::set<std::string> ids;
  for (const auto& evaluation : evaluations_)
    if (static_cast<std::size_t>(task) < evaluation.tasks.size())
      for (const auto& [id, value] : evaluation.tasks[static_cast<std::size_t>(task)])
        ids.insert(id);
  QStringList out;
  if (ids.erase("loss") > 0) out << "loss";
  for (const auto& id : ids) out << QString::fromStdString(id);
  return out;
}

double RunData::xAt(std::int64_t step, XUnit unit) const {
  const auto row = rowAt(static_cast<double>(step), XUnit::step);
  return row ? x(unit)[*row] : 0.0;
}

std::optional<std::size_t> RunData::rowAt(double position, XUnit unit) const {
  const Column& column = x(unit);
  const auto after = std::upper_bound(column.begin(), column.end(), position);
  if (after == column.begin()) return std::nullopt;
  return static_cast<std::size_t>(after - column.begin()) - 1;
}

}  // namespace eq::widgets
