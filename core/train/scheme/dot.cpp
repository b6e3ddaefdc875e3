#include "core/train/scheme/dot.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

bool distils(const std::string& loss) {
  return loss::catalog().contains(loss) &&
         loss::catalog().descriptor(loss).traits.value("family", "") == "distillation";
}

/// Which parts of a task's loss follow a teacher, [terms]; of a loss in one part [1].
std::vector<char> distillationTerms(const MethodSpec& spec, const std::vector<std::string>& terms) {
  const bool whole = distils(spec.id);
  if (terms.empty()) return {whole};
  std::vector<char> found;
  for (const auto& term : terms)
    // Of several terms with one id the names end with a number.
    found.push_back(whole ? term != "cross_entropy" : distils(term.substr(0, term.find(' '))));
  return found;
}

/// What a task's loss is made of.
struct LossParts {
  std::vector<char> distillation;  ///< [terms], at least one
  bool any() const { return std::count(distillation.begin(), distillation.end(), 1) > 0; }
  bool both() const { return any() && std::count(distillation.begin(), distillation.end(), 0) > 0; }
};

std::vector<LossParts> lossParts(const Experiment& experiment, const RunParts& parts) {
  std::vector<LossParts> found;
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    found.push_back({distillationTerms(experiment.tasks[k].loss, parts.tasks[k].terms())});
  return found;
}

/// Whether the experiment's loss of a task has a part that follows a teacher.
bool mayDistil(const MethodSpec& spec) {
  if (distils(spec.id)) return true;
  const auto terms = spec.params.find("terms");
  return terms != spec.params.end() && terms->is_array() &&
         std::any_of(terms->begin(), terms->end(), [](const nlohmann::json& term) {
           return term.is_object() && distils(term.value("id", ""));
         });
}

class Dot : public Scheme {
 public:
  Dot(const Parameters& parameters, const SchemeSetting& setting)
      : delta_(parameters.number("delta")) {
    requireSgd(setting, "dot", "keeps two momenta of its own");
    requireRowsOfOneBatch(setting, "dot");
    if (balancerNeeds(setting).rows)
      fail(
          "{}.id: dot divides a weighted sum of gradients, and {} gives a direction without "
          "weights; choose another gradient method",
          setting.path, setting.experiment.balancer.gradient.id);
    const auto momentum = sgdParameters(setting.experiment).number("momentum");
    if (delta_ > momentum || momentum + delta_ >= 1)
      fail(
          "{}.delta: {} and optimizer.momentum {} make momenta of {} and {}; both must be from 0 "
          "to "
          "below 1",
          setting.path, delta_, momentum, momentum - delta_, momentum + delta_);
    const auto& tasks = setting.experiment.tasks;
    if (std::none_of(tasks.begin(), tasks.end(),
                     [](const TaskSpec& task) { return mayDistil(task.loss); }))
      fail(
          "{}.id: dot tells the gradient of a distillation from that of the task, and no loss "
          "distils; choose distillation for a task with a teacher, or a sum with it",
          setting.path);
  }

  void beforeOptimizer(RunParts& parts, const StepWork& work,
                       gradient::Gradients& /*gradients*/) override {
    found_ = lossParts(parts.experiment, parts);
    Again again;
    again.active = work.pass.active;
    for (size_t k = 0; k < found_.size(); ++k) again.active[k] &= found_[k].any();
    if (!work.weights.parts.empty()) again.purpose = gradient::Purpose::exact;
    again.part = [this](size_t k, const loss::Value& value) {
      const auto& own = found_[k].distillation;
      if (value.terms.empty()) return value.value;
      at::Tensor sum;
      for (size_t i = 0; i < value.terms.size(); ++i)
        if (own[i]) sum = sum.defined() ? sum + value.terms[i] : value.terms[i];
      return sum;
    };
    auto pass = passAgain(parts, work.pass, again);
    distillation_ = usualUpdate(parts, pass, work.weights, {});
  }

  void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
            const at::Tensor& skip) override {
    const at::NoGradGuard noGradients;
    const auto& values = parts.model->parameters().values();
    // Also where a head was exchanged: the momenta begin anew.
    if (!task_.defined() || task_.numel() != values.numel()) {
      task_ = at::zeros_like(values);
      teacher_ = at::zeros_like(values);
    }
    const auto stays = skip > 0;
    const auto sgd = sgdParameters(parts.experiment);
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < gradients.size(); ++i) {
      const auto owner = infos[i].block.owner;
      if (!gradients[i].defined() || (owner >= 0 && parts.frozen[static_cast<size_t>(owner)]))
        continue;
      const auto part = [&](const at::Tensor& all) {
        return all.narrow(0, infos[i].offset, infos[i].count).view(infos[i].shape);
      };
      const auto& taught = distillation_[i];
      stepOne(part(values), gradients[i],
              taught.defined() ? taught.reshape(infos[i].shape) : at::zeros_like(gradients[i]),
              part(task_), part(teacher_), sgd, kindOf(owner), rate, stays);
    }
    distillation_.clear();
  }

  std::map<std::string, at::Tensor> tensors() const override {
    if (!task_.defined()) return {};
    return {{"task", task_}, {"distillation", teacher_}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    const auto found = tensors.find("task");
    task_ = found == tensors.end() ? at::Tensor() : found->second;
    teacher_ = found == tensors.end() ? at::Tensor() : tensors.at("distillation");
  }

 private:
  /// What flows into a parameter.
  enum class Flow { task, distillation, both };

  Flow kindOf(std::int64_t owner) const {
    bool teacher = false, task = false;
    for (size_t k = 0; k < found_.size(); ++k) {
      if (owner >= 0 && owner != static_cast<std::int64_t>(k)) continue;
      teacher = teacher || found_[k].any();
      task = task || !found_[k].any() || found_[k].both();
    }
    return teacher && task ? Flow::both : teacher ? Flow::distillation : Flow::task;
  }

  void stepOne(at::Tensor value, const at::Tensor& whole, const at::Tensor& teacher,
               at::Tensor ofTask, at::Tensor ofTeacher, const Parameters& sgd, Flow flow,
               double rate, const at::Tensor& stays) const {
    const double momentum = sgd.number("momentum");
    const double delta = flow == Flow::both ? delta_ : 0;
    const auto decay = value * sgd.number("weight_decay");
    auto g = whole - teacher, t = teacher;
    (flow == Flow::distillation ? t : g) = (flow == Flow::distillation ? t : g) + decay;
    const auto v = ofTask * (momentum - delta) + g;
    const auto w = ofTeacher * (momentum + delta) + t;
    value.copy_(at::where(stays, value, value - (v + w) * rate));
    ofTask.copy_(at::where(stays, ofTask, v));
    ofTeacher.copy_(at::where(stays, ofTeacher, w));
  }

  double delta_;
  std::vector<LossParts> found_;      ///< [K] of the step
  gradient::Gradients distillation_;  ///< of the step, weighted
  at::Tensor task_, teacher_;         ///< [parameters] v, flat
};

}  // namespace

SchemeRow dotRow() {
  Descriptor descriptor;
  descriptor.id = "dot";
  descriptor.title = "Distillation-oriented trainer (DOT)";
  descriptor.summary =
      "Gradients of distillation keep a larger momentum than those of the tasks, so that the "
      "teacher is followed to a flat minimum. A loss of the family distillation, or a sum with "
      "one, "
      "is divided by its terms; parameters that see one kind alone keep the optimizer's momentum. "
      "Optimizer sgd alone; weight decay goes into the task's part.";
  descriptor.formula =
      "v_kd ← (μ + Δ) v_kd + g_kd; v_task ← (μ − Δ) v_task + g_task + λθ; θ ← θ − η (v_task + "
      "v_kd)";
  descriptor.citation = "Zhao et al., DOT: A Distillation-Oriented Trainer, ICCV 2023";
  descriptor.parameters = {
      ParameterSpec::number("delta", 0.075, "Δ: what the momenta differ by from the optimizer's")
          .from(0)
          .below(1)};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<Dot>(parameters, setting);
          }};
}

}  // namespace eq::train
