#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/task.h"
#include "core/run/runner.h"
#include "core/train/command.h"
#include "core/train/example_view.h"
#include "core/train/experiment.h"
#include "core/train/front_look.h"
#include "core/train/prediction_survey.h"

namespace eq::widgets {

/// What is known of a run once it stands: values that may cross threads.
struct RunFacts {
  std::filesystem::path folder;
  train::Experiment experiment;  ///< tasks spelled out
  std::vector<TaskInfo> tasks;
  std::vector<std::vector<std::int64_t>> classCounts;  ///< [task][class] training examples
  run::Records past;  ///< of a resumed run or a fork: what was recorded before
  std::int64_t steps = 0;
  std::int64_t stepsPerEpoch = 1;
  std::int64_t totalSteps = 1;
  std::int64_t parameters = 0;
  std::int64_t sharedParameters = 0;
};

/// One training job. Made, used and destroyed in the session's training thread only.
class Job {
 public:
  virtual ~Job() = default;

  virtual RunFacts facts() const = 0;
  virtual bool finished() const = 0;
  virtual void step() = 0;
  /// \throws Error, and changes nothing, when the command does not fit.
  virtual void apply(const train::Command& command) = 0;
  virtual train::Experiment experiment() const = 0;
  virtual std::filesystem::path checkpoint() = 0;
  /// Says in the record that the run waits, or goes on.
  virtual void setPaused(bool paused) = 0;
  /// As run::Runner has it; a job without a folder has no mail.
  virtual run::Asked readMail() { return {}; }
  /// Whether the last try to write failed; then, as run::Runner has them, what can be done.
  virtual bool unsaved() const = 0;
  virtual void secure() = 0;
  virtual void moveTo(const std::filesystem::path& workspace) = 0;
  /// As train::Trainer has them. \throws Error.
  virtual train::ExampleView examples(const train::ExampleRequest& request) const = 0;
  virtual std::vector<train::ExamplePicture> pictures(
      const std::vector<std::int64_t>& indices) const = 0;
  virtual train::PredictionPage predictions(const train::PredictionRequest& request) const = 0;
  /// So has it; a job that trains one model has no front.
  virtual train::FrontLook frontLook(const train::FrontLookRequest& /*request*/) const {
    eq::fail("this run trains one model and has no front");
  }
  virtual run::Records take() = 0;
  /// Evaluates, checkpoints and marks the run. Can be called again when writing failed.
  virtual void close() = 0;
  /// Checkpoints and marks the run, at once: the program ends.
  virtual void leave() = 0;
  virtual void fail(const std::string& message) = 0;
};

/// What to train: a new run, the rest of one, or a fork.
struct StartRequest {
  enum class Kind { start, resume, fork };
  Kind kind = Kind::start;
  train::Experiment experiment;          ///< start
  std::filesystem::path folder;          ///< resume, fork: the run
  std::int64_t step = 0;                 ///< fork: any that it has done
  std::filesystem::path workspace;       ///< start, fork: where the new folder goes
  run::Changes changes;                  ///< resume, fork
  std::vector<train::Command> commands;  ///< before the first step; of a fork they are part of it
  run::Before before = {};               ///< fork: while its steps are made again
};

/// The real job: a run::Runner. Call it in the thread that trains.
std::unique_ptr<Job> makeRunnerJob(const StartRequest& request);

}  // namespace eq::widgets
