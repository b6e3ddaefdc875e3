#include "widgets/experiment/command_slot.h"

namespace eq::widgets {

train::MethodSpec methodOf(const train::Experiment& experiment, const train::Command& command) {
  using Kind = train::Command::Kind;
  if (command.kind == Kind::setWeighting) return experiment.balancer.weighting;
  if (command.kind == Kind::setGradient) return experiment.balancer.gradient;
  return experiment.tasks.at(static_cast<size_t>(command.task)).loss;
}

QString withoutPlace(const QString& reason, const train::Command& command) {
  using Kind = train::Command::Kind;
  const QString place = command.kind == Kind::setWeighting ? "balancer.weighting"
                        : command.kind == Kind::setGradient
                            ? "balancer.gradient"
                            : QString("tasks[%1].loss").arg(command.task);
  if (reason.startsWith(place + ": ")) return reason.mid(place.size() + 2);
  if (reason.startsWith(place + ".id: ")) return reason.mid(place.size() + 5);
  if (reason.startsWith(place + "."))
    return QString::fromStdString(command.method.id) + reason.mid(place.size());
  return reason;
}

}  // namespace eq::widgets
