#include "core/run/run_folder.h"
#include "core/train/predictions/prediction_page.h"
#include "core/train/trainer.h"
#include "widgets/session/job.h"

namespace eq::widgets {
namespace {

class RunnerJob : public Job {
 public:
  explicit RunnerJob(const StartRequest& request) : runner_(open(request)) {
    if (request.kind == StartRequest::Kind::start) return;
    runner_->take();  // writes what it has noted itself, so that it is among the past
    const run::RunReader reader(runner_->folder());
    past_ = {reader.steps(), reader.evaluations(), reader.events()};
  }

  RunFacts facts() const override {
    const auto& trainer = runner_->trainer();
    RunFacts facts;
    facts.folder = runner_->folder();
    facts.experiment = trainer.experiment();
    facts.tasks = trainer.tasks();
    facts.classCounts = trainer.classCounts();
    facts.past = past_;
    facts.steps = trainer.stepsDone();
    facts.stepsPerEpoch = trainer.stepsPerEpoch();
    facts.totalSteps = trainer.totalSteps();
    facts.parameters = trainer.parameterCount();
    facts.sharedParameters = trainer.sharedParameterCount();
    return facts;
  }

  bool finished() const override { return runner_->finished(); }
  void step() override { runner_->step(); }
  void apply(const train::Command& command) override { runner_->apply(command); }
  train::Experiment experiment() const override { return runner_->trainer().experiment(); }
  train::ExampleView examples(const train::ExampleRequest& request) const override {
    return runner_->trainer().examples(request);
  }
  std::vector<train::ExamplePicture> pictures(
      const std::vector<std::int64_t>& indices) const override {
    return runner_->trainer().pictures(indices);
  }
  train::PredictionPage predictions(const train::PredictionRequest& request) const override {
    return train::predictionPage(runner_->trainer(), request);
  }
  train::FrontLook frontLook(const train::FrontLookRequest& request) const override {
    return runner_->trainer().frontLook(request);
  }
  std::filesystem::path checkpoint() override { return runner_->checkpoint(); }
  void setPaused(bool paused) override { runner_->setPaused(paused); }
  run::Asked readMail() override { return runner_->readMail(); }
  bool unsaved() const override { return runner_->unsaved(); }
  void secure() override { runner_->secure(); }
  void moveTo(const std::filesystem::path& workspace) override { runner_->moveTo(workspace); }
  run::Records take() override { return runner_->take(); }
  void close() override { runner_->close(); }
  void leave() override { runner_->leave(); }
  void fail(const std::string& message) override { runner_->fail(message); }

 private:
  static std::unique_ptr<run::Runner> open(const StartRequest& request) {
    switch (request.kind) {
      case StartRequest::Kind::resume:
        return run::Runner::resume(request.folder, request.changes);
      case StartRequest::Kind::fork:
        return run::Runner::fork(request.folder, request.step, request.workspace, request.changes,
                                 {{}, request.commands}, request.before);
      case StartRequest::Kind::start:
        break;
    }
    train::useThreads(request.experiment.threads);
    return run::Runner::start(request.experiment, request.workspace);
  }

  std::unique_ptr<run::Runner> runner_;
  run::Records past_;
};

}  // namespace

std::unique_ptr<Job> makeRunnerJob(const StartRequest& request) {
  return std::make_unique<RunnerJob>(request);
}

}  // namespace eq::widgets
