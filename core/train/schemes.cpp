#include "core/train/schemes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/loss/attack_fields.h"
#include "core/train/run_parts.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using Lines = std::vector<std::string>;

void addLines(Lines& all, const std::string& title, Lines further) {
  for (auto& line : further) all.push_back(fmt::format("{}: {}", title, line));
}

/// Whether a scheme attacks the examples of the task: the trait "attacks" names its parameter of
/// tasks, "all", one or a list of names or places.
bool isAttacked(const SchemeSetting& setting, size_t k) {
  for (const auto& [id, params] : setting.experiment.schemes) {
    const auto& descriptor = schemeCatalog().descriptor(id);
    const auto name = descriptor.traits.find("attacks");
    if (name == descriptor.traits.end()) continue;
    const auto tasks = Parameters(descriptor.parameters, params, id).at(name->get<std::string>());
    if (tasks == "all") return true;
    for (const auto& one : tasks.is_array() ? tasks : nlohmann::json::array({tasks}))
      if (one == setting.tasks[k].name || one == nlohmann::json(k)) return true;
  }
  return false;
}

/// Refuses losses that read what only an attack tells, where there is none.
void requireAttacks(const SchemeSetting& setting) {
  for (size_t k = 0; k < setting.tasks.size(); ++k) {
    const auto& [id, params] = setting.experiment.tasks[k].loss;
    const auto& brought = setting.tasks[k].fields;
    for (const auto& field : loss::attackFields(id, params))
      if (std::find(brought.begin(), brought.end(), field) == brought.end() &&
          !isAttacked(setting, k))
        fail(
            "tasks[{}].loss.id: {} also reads {}, which the data of this run do not bring; the "
            "scheme adversarial makes it where the task {} is among those that it attacks",
            k, id, field, setting.tasks[k].name);
  }
}

std::string tensorPrefix(const MethodSpec& spec) {
  return "scheme." + spec.id + ".";
}

}  // namespace

void Scheme::step(RunParts& parts, const gradient::Gradients& gradients, double rate,
                  const at::Tensor& skip) {
  parts.optimizer->step(gradients, rate, parts.frozen, skip);
}

std::int64_t Scheme::scheduleSteps(const RunParts& parts) const {
  return parts.totalSteps() - scheduleStart();
}

Schemes::Schemes(const Experiment& experiment, const std::vector<TaskRuntime>& tasks,
                 const data::Problem& problem) {
  SchemeSetting setting{experiment, {}, {}, problem.validation.size()};
  for (const auto& task : tasks) {
    setting.tasks.push_back(task.info());
    setting.sizes.push_back(task.trainingTargets(problem.train.size()));
  }
  auto made = makeSchemes(setting);
  for (size_t i = 0; i < made.size(); ++i) {
    const auto& spec = experiment.schemes[i];
    entries_.push_back({spec, schemeCatalog().descriptor(spec.id).title,
                        kindOfScheme(spec.id) == "H", std::move(made[i])});
  }
  requireAttacks(setting);
}

void Schemes::requirePlaceForPenalties(const model::Model& network) const {
  const bool movesNumbers = !network.isPlain() && !network.buffers().empty();
  for (const auto& entry : entries_)
    if (movesNumbers && entry.spec.id == "fork_merge")
      fail(
          "scheme: fork_merge trains copies of the parameters, and this model moves numbers beside "
          "them (running statistics), of which it would keep one for all; take another scheme");
  if (!network.hasPenalties()) return;
  for (const auto& entry : entries_)
    if (!entry.scheme->takesPenalties())
      fail(
          "scheme: {} trains on the tasks' losses alone, and this model has penalties beside them; "
          "take another scheme, or a model without (model.regularisers, or selectors, give some)",
          entry.spec.id);
}

void Schemes::takeOver(Schemes& other, bool how) {
  for (auto& entry : entries_)
    for (auto& former : other.entries_)
      if (former.spec == entry.spec && (how || !entry.how)) std::swap(former.scheme, entry.scheme);
}

Lines Schemes::between(RunParts& parts) {
  Lines lines;
  for (auto& entry : entries_) addLines(lines, entry.title, entry.scheme->between(parts));
  return lines;
}

StepChoice Schemes::choose(const RunParts& parts, std::vector<char> available) {
  StepChoice choice{std::move(available)};
  for (auto& entry : entries_) choice = entry.scheme->beforeForward(parts, std::move(choice));
  return choice;
}

double Schemes::rateFactor(const RunParts& parts) const {
  std::int64_t start = 0, steps = parts.totalSteps();
  for (const auto& entry : entries_) {
    start = std::max(start, entry.scheme->scheduleStart());
    steps = std::min(steps, entry.scheme->scheduleSteps(parts));
  }
  return parts.schedule->factor(parts.progress.steps - start, std::max<std::int64_t>(1, steps));
}

Scheme* Schemes::how() const {
  for (const auto& entry : entries_)
    if (entry.how) return entry.scheme.get();
  return nullptr;
}

void Schemes::ahead(RunParts& parts, double rate) {
  if (how()) how()->ahead(parts, rate);
}

gradient::Purpose Schemes::purpose() const {
  return how() ? how()->purpose() : gradient::Purpose::sum;
}

bool Schemes::replays() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.how || entry.scheme->readsAgain(); });
}

bool Schemes::readsExamples() const {
  return how() && how()->readsExamples();
}

at::Tensor Schemes::lossOf(const RunParts& parts, size_t task, const loss::Batch& batch,
                           const loss::Value& value) {
  return how() ? how()->lossOf(parts, task, batch, value) : value.value;
}

std::optional<TaskRows> Schemes::rows(RunParts& parts, BatchPass& pass, double rate) {
  return how() ? how()->rows(parts, pass, rate) : std::nullopt;
}

std::optional<balance::Weights> Schemes::weigh(RunParts& parts, const balance::Inputs& inputs,
                                               const Eigen::VectorXd& factors,
                                               const std::vector<char>& active,
                                               StepMeasurement& measurement) {
  return how() ? how()->weigh(parts, inputs, factors, active, measurement) : std::nullopt;
}

void Schemes::beforeOptimizer(RunParts& parts, const StepWork& work,
                              gradient::Gradients& gradients) {
  if (how()) how()->beforeOptimizer(parts, work, gradients);
}

void Schemes::step(RunParts& parts, const gradient::Gradients& gradients, double rate,
                   const at::Tensor& skip) {
  if (how())
    how()->step(parts, gradients, rate, skip);
  else
    parts.optimizer->step(gradients, rate, parts.frozen, skip);
}

void Schemes::afterOptimizer(RunParts& parts, const BatchPass& pass) {
  for (auto& entry : entries_) entry.scheme->afterOptimizer(parts, pass);
}

Lines Schemes::look(const RunParts& parts, const EvaluationRecord& evaluation) {
  Lines lines;
  for (auto& entry : entries_) addLines(lines, entry.title, entry.scheme->look(parts, evaluation));
  return lines;
}

void Schemes::addState(Snapshot& snapshot) const {
  for (const auto& entry : entries_) {
    snapshot.meta["schemes"][entry.spec.id] = entry.scheme->state();
    for (const auto& [name, tensor] : entry.scheme->tensors())
      snapshot.tensors[tensorPrefix(entry.spec) + name] = tensor.to(at::kCPU, false, true);
  }
}

void Schemes::restore(const Snapshot& snapshot, const at::Device& device) {
  const auto states = snapshot.meta.find("schemes");
  if (states == snapshot.meta.end()) return;
  for (auto& entry : entries_) {
    const auto state = states->find(entry.spec.id);
    if (state == states->end()) continue;
    entry.scheme->restore(*state);
    const auto prefix = tensorPrefix(entry.spec);
    std::map<std::string, at::Tensor> own;
    for (const auto& [name, tensor] : snapshot.tensors)
      if (name.starts_with(prefix))
        own[name.substr(prefix.size())] = tensor.to(device, tensor.scalar_type(), false, true);
    entry.scheme->restoreTensors(own);
  }
}

}  // namespace eq::train
