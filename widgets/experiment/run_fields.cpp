#include "widgets/experiment/run_fields.h"

#include "core/train/trainer.h"
#include "widgets/parameter_form.h"

namespace eq::widgets {

std::vector<ParameterSpec> runSpecs() {
  std::vector<ParameterSpec> specs;
  for (auto spec : train::experimentFields()) {
    if (spec.name == "device") {
      spec.type = ParameterType::choice;
      spec.choices = train::availableDevices();
    }
    for (const char* name : {"name", "batch_size", "epochs", "seed", "device", "threads",
                             "evaluate_every", "checkpoint_every"})
      if (spec.name == name) specs.push_back(spec);
  }
  return specs;
}

nlohmann::json runValues(const train::Experiment& experiment) {
  return {{"name", experiment.name},
          {"batch_size", experiment.batchSize},
          {"epochs", experiment.epochs},
          {"seed", experiment.seed},
          {"device", experiment.device},
          {"threads", experiment.threads},
          {"evaluate_every", experiment.evaluateEvery},
          {"checkpoint_every", experiment.checkpointEvery}};
}

void takeRunValues(train::Experiment& experiment, const ParameterForm& form) {
  const auto value = [&](const char* name) { return form.field(name)->value(); };
  experiment.name = value("name").get<std::string>();
  experiment.batchSize = value("batch_size").get<std::int64_t>();
  experiment.epochs = value("epochs").get<double>();
  experiment.seed = value("seed").get<std::uint64_t>();
  experiment.device = value("device").get<std::string>();
  experiment.threads = value("threads").get<std::int64_t>();
  experiment.evaluateEvery = value("evaluate_every").get<std::int64_t>();
  experiment.checkpointEvery = value("checkpoint_every").get<std::int64_t>();
}

}  // namespace eq::widgets
