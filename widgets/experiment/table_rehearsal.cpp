#include "widgets/experiment/table_rehearsal.h"

#include "core/train/trainer.h"

namespace eq::widgets {

TableRehearsal rehearse(const train::Experiment& experiment) {
  TableRehearsal rehearsal;
  try {
    train::useThreads(1);
    const train::Trainer trainer(experiment);
    rehearsal.experiment = trainer.experiment();
    rehearsal.tasks = trainer.tasks();
    rehearsal.warnings = trainer.warnings();
    rehearsal.steps = trainer.totalSteps();
  } catch (const std::exception& error) {
    const std::string message = error.what();  // LibTorch's goes on with a stack trace
    rehearsal.problem = message.substr(0, message.find('\n'));
  }
  return rehearsal;
}

}  // namespace eq::widgets
