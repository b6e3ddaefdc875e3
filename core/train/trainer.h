#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/data/warning.h"
#include "core/train/command.h"
#include "core/train/example_view.h"
#include "core/train/experiment.h"
#include "core/train/front_look.h"
#include "core/train/prediction_survey.h"
#include "core/train/records.h"
#include "core/train/rules.h"

namespace eq::data {
struct Problem;
}  // namespace eq::data

namespace eq::train {

struct Snapshot;
struct Weights;

/// Trains one experiment. Single-threaded: every call from one thread, which must have called
/// `useThreads`. It owns all its random streams: same experiment, same commands at the same steps,
/// same device and thread count give the same bits on the CPU.
class Trainer {
 public:
  /// Loads the data, makes the model, moves both to the device.
  /// \throws Error when data, device or a method's parameters do not fit.
  explicit Trainer(Experiment experiment);
  enum class Purpose {
    training,
    teaching  ///< it only predicts: nothing that its losses read beside the inputs need be there
  };
  /// The same for a problem that is there already; the experiment's `data` is not read.
  Trainer(Experiment experiment, data::Problem problem, Purpose purpose = Purpose::training);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// The experiment as it stands, commands applied.
  const Experiment& experiment() const;
  std::vector<TaskInfo> tasks() const;
  /// One a task: training examples of each class; see data::classCounts.
  std::vector<std::vector<std::int64_t>> classCounts() const;
  /// What the data's reader remarked.
  const std::vector<data::Warning>& warnings() const;
  /// What the reader of a table took for granted, as data::toJson gives it; null for other data.
  nlohmann::json tableGuesses() const;
  std::int64_t parameterCount() const;
  std::int64_t sharedParameterCount() const;
  /// Which parameters there are and who owns them, sizes and operations; see `describe`.
  nlohmann::json description() const;

  std::int64_t stepsDone() const;
  std::int64_t stepsPerEpoch() const;
  std::int64_t totalSteps() const;  ///< of the whole experiment
  bool finished() const { return stepsDone() >= totalSteps(); }
  bool atEpochEnd() const;

  /// One update. \throws Error (failure) when memory runs out or the device is lost; the state is
  /// that before the step.
  void step();

  /// Steps in a row, up to the newest taken record, whose update was not applied because something
  /// was not finite.
  std::int64_t stepsWithoutUpdate() const;
  /// \throws Error (failure) when that is so of all steps since the run began.
  void requireAnyUpdate() const;

  /// The records of the steps since the last call, in order. On a CUDA device values wait there and
  /// are read in one transfer a call: call it a few times a second, not every step.
  std::vector<StepRecord> takeRecords();
  /// Commands applied and non-finite values met since the last call.
  std::vector<EventRecord> takeEvents();

  /// Takes effect at the next step. \throws Error, and changes nothing, when it does not fit.
  void apply(const Command& command);
  /// Trains so many in all, since the run began.
  void setEpochs(double epochs);

  /// Whether the experiment prescribes an evaluation of the validation split after this step.
  bool evaluationIsDue() const;
  EvaluationRecord evaluate(SplitName split);
  /// Shows an evaluation that the experiment prescribes to its rules, after the records of the
  /// steps up to it were taken.
  void look(const EvaluationRecord& evaluation);
  /// Whether a rule may fire at any step: then take the records after each.
  bool looksAtSteps() const;
  /// What the rules found since the last call, for the caller to do; taking records and `look` show
  /// them the run.
  std::vector<Firing> takeFirings();
  /// Takes an evaluation that a run of the same bits made at this step for one of its own.
  void recall(const EvaluationRecord& evaluation);
  /// Where the metrics of a split would lie with other examples; see `taskIntervals`.
  IntervalRecord intervals(SplitName split) const;
  /// Adds what `task` says of every example, as metrics read it, to the task `pupil` of `problem`,
  /// as the field "teacher". \pre `problem` has this trainer's examples, scaled in whatever way.
  /// \throws Error when the task's loss has a prediction without such a form.
  void teach(size_t task, data::Problem& problem, size_t pupil) const;
  /// Where the validation examples are now; changes nothing of what follows.
  /// \throws Error when task or axis do not fit.
  ExampleView examples(const ExampleRequest& request) const;
  /// Inputs of validation examples, to be looked at.
  std::vector<ExamplePicture> pictures(const std::vector<std::int64_t>& indices) const;
  /// What a task says of a split's examples, and of some of them in full; see predicted_examples.h.
  PredictionSurvey surveyPredictions(SplitName split, size_t task,
                                     const SurveyProgress& progress = {}) const;
  std::vector<PredictedExample> predictedExamples(SplitName split, size_t task,
                                                  const std::vector<std::int64_t>& indices) const;

  /// The front that the model holds, over a split: see `frontOf`. \param preferences [points][K],
  /// each of sum 1. \throws Error where the experiment has no method that trains one.
  std::vector<FrontPoint> front(SplitName split,
                                const std::vector<std::vector<double>>& preferences) const;
  /// The model of one preference over some validation examples, to follow a slider; changes nothing
  /// of what follows. \throws Error as `front`, and for a preference that does not fit.
  FrontLook frontLook(const FrontLookRequest& request) const;
  /// The model at one preference as a run without the method would hold it after as many steps, its
  /// optimizer at the beginning. \param budget multiply-adds an example that it may cost, of a
  /// method that holds models of several sizes. \throws Error as `front`, and where no size fits.
  Snapshot plainSnapshot(const std::vector<double>& preference,
                         std::optional<double> budget = std::nullopt) const;

  /// A trainer of the same data and the experiment as it stands, at its beginning: one to try
  /// commands on.
  std::unique_ptr<Trainer> twin() const;

  /// Everything that the next step depends on; restoring it continues bit for bit.
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);
  /// Gives the model, before its first step, the parameters that `init` takes of others.
  /// \throws Error for a pattern that takes nothing, and for weights that cannot be taken.
  void begin(const Weights& weights);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The data of an experiment, on the CPU. \throws Error when they cannot be read.
data::Problem loadProblem(const Experiment& experiment);

/// Sets the calling thread's LibTorch threads (0 = all cores); returns the number in force. Call it
/// in every computing thread before its first operation: bit-exactness holds for one thread count.
std::int64_t useThreads(std::int64_t threads);

/// Those of the calling thread.
std::int64_t threadsInUse();

/// The LibTorch version, for records: bits are equal for one build only.
std::string torchVersion();
/// Empty when `device` can be used, else why not.
std::string deviceProblem(const std::string& device);
std::vector<std::string> availableDevices();

}  // namespace eq::train
