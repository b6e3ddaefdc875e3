#include "widgets/experiment/race_subject.h"

#include <algorithm>

#include <QObject>
#include <QStringList>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/train/field_choices.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using train::Experiment;

constexpr size_t kUsualLanes = 3;

QString raceText(const char* text) {
  return QObject::tr(text);
}

bool sharesKind(const Descriptor& one, const Descriptor& other) {
  return std::any_of(one.taskKinds.begin(), one.taskKinds.end(),
                     [&](TaskKind kind) { return other.accepts(kind); });
}

/// The ones that people compare first, where they fit tasks of the loss in force.
std::vector<json> usualLosses(const train::MethodSpec& inForce) {
  std::vector<json> usual{toJson(inForce)};
  if (!loss::catalog().contains(inForce.id)) return usual;
  const auto& descriptor = loss::catalog().descriptor(inForce.id);
  for (const char* id : {"squentropy", "cross_entropy", "focal", "binary_cross_entropy",
                         "binary_focal", "mse", "huber", "l1"})
    if (usual.size() < kUsualLanes && id != inForce.id &&
        sharesKind(descriptor, loss::catalog().descriptor(id)))
      usual.push_back({{"id", id}});
  return usual;
}

std::vector<json> usualOf(const train::MethodSpec& inForce, const std::vector<std::string>& ids) {
  std::vector<json> usual{inForce.id.empty() ? json() : toJson(inForce)};
  for (const auto& id : ids)
    if (usual.size() < kUsualLanes && id != inForce.id)
      usual.push_back(id.empty() ? json() : json{{"id", id}});
  return usual;
}

RaceSubject lossSubject(const QString& title, const Experiment& experiment,
                        const std::vector<size_t>& tasks, const KnownTask& known) {
  RaceSubject subject{title, {}};
  for (const auto k : tasks) subject.paths.push_back("tasks[" + std::to_string(k) + "].loss");
  subject.methods = loss::catalog().descriptors();
  subject.rules = lossRules(known);
  subject.inForce = experiment.tasks[tasks.front()].loss;
  subject.usual = usualLosses(subject.inForce);
  return subject;
}

void addLosses(std::vector<RaceSubject>& subjects, const Experiment& experiment,
               const std::vector<KnownTask>& known) {
  const auto& tasks = experiment.tasks;
  const auto knownOf = [&](size_t k) {
    return k < known.size() ? known[k] : KnownTask{{}, {}, experiment.folder};
  };
  std::vector<size_t> all;
  for (size_t k = 0; k < tasks.size(); ++k) all.push_back(k);
  const bool alike = std::all_of(tasks.begin(), tasks.end(), [&](const auto& task) {
    return task.loss.id == tasks.front().loss.id;
  });
  if (alike && tasks.size() > 1)
    subjects.push_back(lossSubject(raceText("Loss of every task"), experiment, all, knownOf(0)));
  for (const auto k : all)
    subjects.push_back(lossSubject(raceText("Loss of %1").arg(shortName(shownName(tasks[k].name))),
                                   experiment, {k}, knownOf(k)));
}

void addBalancers(std::vector<RaceSubject>& subjects, const Experiment& experiment,
                  const std::vector<KnownTask>& known) {
  std::vector<TaskKind> kinds;
  for (const auto& task : known)
    if (task.info) kinds.push_back(task.info->kind);
  const auto count = std::ssize(experiment.tasks);
  if (std::ssize(kinds) != count) kinds.clear();
  const auto& balancer = experiment.balancer;
  subjects.push_back({raceText("Loss weighting"),
                      {"balancer.weighting"},
                      balance::weightings().descriptors(),
                      {},
                      weightingRules(count, kinds),
                      {},
                      balancer.weighting,
                      usualOf(balancer.weighting, {"equal", "uncertainty", "gradnorm"})});
  subjects.push_back({raceText("Gradient method"),
                      {"balancer.gradient"},
                      balance::gradientMethods().descriptors(),
                      raceText("None: weighted sum"),
                      gradientRules(count, kinds),
                      {},
                      balancer.gradient,
                      usualOf(balancer.gradient, {"", "pcgrad", "cagrad"})});
}

void addOthers(std::vector<RaceSubject>& subjects, const Experiment& experiment) {
  subjects.push_back({raceText("Optimizer"),
                      {"optimizer"},
                      train::optimizers().descriptors(),
                      {},
                      {},
                      {},
                      experiment.optimizer,
                      usualOf(experiment.optimizer, {"adam", "sgd"})});
  subjects.push_back({raceText("Schedule"),
                      {"schedule"},
                      train::schedules().descriptors(),
                      {},
                      {},
                      {},
                      experiment.schedule,
                      usualOf(experiment.schedule, {"constant", "cosine"})});
  for (const auto& field : train::fieldChoices(experiment)) {
    if (field.path.ends_with(".id")) continue;  // the methods above
    const auto title =
        QString("%1: %2").arg(shownName(field.place), QString::fromStdString(field.path));
    subjects.push_back({title,
                        {field.path},
                        {},
                        {},
                        {},
                        field.spec,
                        {},
                        {field.spec.defaultValue, field.spec.defaultValue}});
  }
}

std::vector<std::vector<train::Setting>> lanesOf(const std::vector<std::string>& paths,
                                                 const std::vector<json>& values) {
  std::vector<std::vector<train::Setting>> lanes;
  for (const auto& value : values) {
    auto& lane = lanes.emplace_back();
    for (const auto& path : paths) lane.push_back({path, value});
  }
  return lanes;
}

/// Paths of the tasks' losses that are of this id.
std::vector<std::string> pathsOfLoss(const Experiment& experiment, const std::string& id) {
  std::vector<std::string> paths;
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (experiment.tasks[k].loss.id == id) paths.push_back("tasks[" + std::to_string(k) + "].loss");
  return paths;
}

}  // namespace

std::vector<train::Setting> RaceSubject::settings(const json& value) const {
  return lanesOf(paths, {value}).front();
}

std::vector<RaceSubject> raceSubjects(const Experiment& experiment,
                                      const std::vector<KnownTask>& known) {
  std::vector<RaceSubject> subjects;
  addLosses(subjects, experiment, known);
  addBalancers(subjects, experiment, known);
  addOthers(subjects, experiment);
  return subjects;
}

int placeOfSubject(const std::vector<RaceSubject>& subjects, const std::string& path) {
  const auto found = std::find_if(subjects.begin(), subjects.end(), [&](const auto& subject) {
    return subject.paths == std::vector<std::string>{path};
  });
  return found == subjects.end() ? 0 : static_cast<int>(found - subjects.begin());
}

QuickRace quickRaceOf(const Experiment& experiment) {
  const auto losses = pathsOfLoss(experiment, "cross_entropy");
  const auto& data = data::catalog();
  const auto accepts = [&](TaskKind kind) {
    return data.contains(experiment.data.id) && data.descriptor(experiment.data.id).accepts(kind);
  };
  const bool hasClasses = accepts(TaskKind::classification);
  if (!losses.empty() && !hasClasses && accepts(TaskKind::ordinal))
    return {
        raceText("Race cross-entropy, CORAL, squared EMD"),
        lanesOf(losses, {{{"id", "cross_entropy"}}, {{"id", "coral"}}, {{"id", "squared_emd"}}})};
  if (!losses.empty() && hasClasses)
    return {
        raceText("Race squentropy, cross-entropy, focal"),
        lanesOf(losses, {{{"id", "squentropy"}}, {{"id", "cross_entropy"}}, {{"id", "focal"}}})};
  // Networks that share nothing have no gradients to be balanced.
  if (const auto numbers = pathsOfLoss(experiment, "mse");
      !numbers.empty() && experiment.model.id == "single_task")
    return {raceText("Race MSE, Huber, L1"),
            lanesOf(numbers, {{{"id", "mse"}}, {{"id", "huber"}}, {{"id", "l1"}}})};
  if (data.contains(experiment.data.id) &&
      data.descriptor(experiment.data.id).traits.value("analytic", false))
    return {raceText("Race no method, PCGrad, CAGrad"),
            lanesOf({"balancer.gradient"}, {json(), {{"id", "pcgrad"}}, {{"id", "cagrad"}}})};
  return {raceText("Race equal weights, uncertainty, GradNorm"),
          lanesOf({"balancer.weighting"},
                  {{{"id", "equal"}}, {{"id", "uncertainty"}}, {{"id", "gradnorm"}}})};
}

}  // namespace eq::widgets
