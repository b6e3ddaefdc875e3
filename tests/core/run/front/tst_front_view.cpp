#include "core/run/front/front_view.h"

#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::run::FrontView;
using eq::run::Runner;

namespace {

/// Two tasks, 4 steps an epoch, 3 epochs.
eq::train::Experiment frontOfTwo() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "front",
    "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 40, "test": 16},
    "model": {"id": "mlp", "hidden": [8]},
    "optimizer": {"id": "adam", "lr": 0.01},
    "pareto": {"id": "pamal", "front_points": 3},
    "batch_size": 16, "epochs": 3, "threads": 1, "conflict": {"every": 0}})"));
}

const eq::train::FrontLookRequest kLook{{.25, .75}, 30};

}  // namespace

/// The front of a recorded run, looked at.
class TestFrontView : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    eq::train::useThreads(1);
    runner_ = Runner::start(frontOfTwo(), folder_.path().toStdString());
    for (int i = 0; i < 3; ++i) runner_->step();
    early_ = runner_->trainer().frontLook(kLook);
    runner_->checkpoint();
    while (!runner_->finished()) runner_->step();
    late_ = runner_->trainer().frontLook(kLook);
    runner_->close();
  }

  void theNearestCheckpointIsTaken() {
    const auto& folder = runner_->folder();
    QCOMPARE(FrontView::nearest(folder, 1), 0);
    QCOMPARE(FrontView::nearest(folder, 2), 3);
    QCOMPARE(FrontView::nearest(folder, 7), 3);
    QCOMPARE(FrontView::nearest(folder, 8), 12);
    QCOMPARE(FrontView::nearest(folder, std::numeric_limits<std::int64_t>::max()), 12);
  }

  void itIsLookedAtAsWhileItTrained() {
    const FrontView early(runner_->folder(), 4), late(runner_->folder(), 100);
    QCOMPARE(early.step(), 3);
    QCOMPARE(late.step(), 12);
    QCOMPARE(early.look(kLook).tasks, early_.tasks);
    QCOMPARE(late.look(kLook).tasks, late_.tasks);
    QVERIFY(early_.tasks != late_.tasks);
    QCOMPARE(late.look(kLook).examples, 30);
    QCOMPARE(late.look(kLook).of, 40);
  }

  void thePlainModelIsWhatIsLookedAt() {
    const FrontView view(runner_->folder(), 12);
    const auto snapshot = eq::run::fromSafetensors(view.plainModel({1, 3}), "model");
    auto experiment = frontOfTwo();
    experiment.pareto = {};
    eq::train::Trainer plain(experiment);
    plain.restore(snapshot);
    const auto all = view.look({{.25, .75}, 40});
    QCOMPARE(plain.evaluate(eq::train::SplitName::validation).tasks, all.tasks);
  }

  void whatIsNotThereIsNamed() {
    QTemporaryDir empty;
    try {
      FrontView::nearest(empty.path().toStdString(), 3);
      QFAIL("a folder without checkpoints was taken");
    } catch (const eq::Error& error) {
      QVERIFY(std::string(error.what()).ends_with("the run has no checkpoint yet"));
    }
    QVERIFY_THROWS_EXCEPTION(eq::Error, FrontView(runner_->folder(), 3).plainModel({1}));
  }

 private:
  QTemporaryDir folder_;
  std::unique_ptr<Runner> runner_;
  eq::train::FrontLook early_, late_;
};

EQUIPOISE_TEST(TestFrontView)
#include "tst_front_view.moc"
