#include "core/train/rehearsal.h"

#include <string>

#include "core/data/problem.h"

namespace eq::train {

struct Rehearsal::Data {
  std::string key;  ///< what they were read by
  data::Problem problem;
};

Rehearsal::Rehearsal() = default;
Rehearsal::~Rehearsal() = default;

std::unique_ptr<Trainer> Rehearsal::trainer(const Experiment& experiment) {
  const std::string key = nlohmann::json{toJson(experiment.data), experiment.seed}.dump();
  if (!data_ || data_->key != key)
    data_ = std::make_unique<Data>(Data{key, loadProblem(experiment)});
  return std::make_unique<Trainer>(experiment, data_->problem);
}

}  // namespace eq::train
