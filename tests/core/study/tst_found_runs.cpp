#include <memory>

#include <QTemporaryDir>
#include <QTest>

#include "core/study/recorded_run.h"
#include "core/study/sweep/sweep_folder.h"
#include "tests/registry.h"

using namespace eq::study;
using eq::test::RecordedRun;
using nlohmann::json;

namespace {

SweepRun runWith(std::vector<eq::train::Setting> settings) {
  SweepRun run;
  run.settings = std::move(settings);
  run.settings.push_back({"seed", 1});
  return run;
}

/// A file that names no tasks.
SweepFile fileOf(const RecordedRun& like) {
  auto experiment = like.experiment;
  experiment.erase("tasks");
  SweepFile file;
  file.base = eq::train::experimentFromJson(experiment);
  return file;
}

}  // namespace

/// Which run of a folder is which of its sweep.
class TestFoundRuns : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> place_;

  void write(const char* name, const RecordedRun& run) const {
    run.write(place_->filePath(name).toStdString());
  }
  /// The names of the folders that were found, "" where there is none.
  std::vector<std::string> found(const SweepFile& file, const std::vector<SweepRun>& runs) const {
    std::vector<std::string> names;
    for (const auto& info : foundRuns(place_->path().toStdString(), file, runs))
      names.push_back(info ? info->folder.filename().string() : "");
    return names;
  }

 private Q_SLOTS:
  void init() { place_ = std::make_unique<QTemporaryDir>(); }

  /// The run of a lane that sets a loss has the rate of the file, which another lane asks for.
  void lanesThatSetOtherFieldsKeepTheirRuns() {
    const RecordedRun usual;
    const auto focal = RecordedRun().set("/tasks/0/loss", {{"id", "focal"}});
    const std::vector<SweepRun> lanes{runWith({{"optimizer.lr", 0.001}}),
                                      runWith({{"tasks[0].loss.id", "focal"}})};
    write("b", focal);
    QCOMPARE(found(fileOf(usual), lanes), (std::vector<std::string>{"", "b"}));
    write("a", usual);
    QCOMPARE(found(fileOf(usual), lanes), (std::vector<std::string>{"a", "b"}));
    QCOMPARE(found(fileOf(usual), {lanes[1], lanes[0]}), (std::vector<std::string>{"b", "a"}));
  }

  /// A run records the defaults of what it was given, which others were given.
  void wholePartsOfAnExperimentAreToldApart() {
    const RecordedRun usual;
    const json equal{{"id", "equal"}}, dwa{{"id", "dwa"}}, pcgrad{{"id", "pcgrad"}};
    const std::vector<SweepRun> runs{runWith({{"balancer", {{"weighting", equal}}}}),
                                     runWith({{"balancer", {{"gradient", pcgrad}}}}),
                                     runWith({{"balancer", {{"weighting", dwa}}}})};
    write("p", RecordedRun().set("/balancer", {{"weighting", equal}, {"gradient", pcgrad}}));
    QCOMPARE(found(fileOf(usual), runs), (std::vector<std::string>{"", "p", ""}));
    write("d", RecordedRun().set("/balancer", {{"weighting", dwa}}));
    write("e", RecordedRun().set("/balancer", {{"weighting", equal}, {"gradient", nullptr}}));
    QCOMPARE(found(fileOf(usual), runs), (std::vector<std::string>{"e", "p", "d"}));
  }

  void runsOfSomethingElseAreNoneOfThem() {
    const RecordedRun usual;
    write("x", RecordedRun().set("/optimizer/lr", 0.5));
    QCOMPARE(found(fileOf(usual), {runWith({{"optimizer.lr", 0.001}})}),
             std::vector<std::string>{""});
  }
};

EQUIPOISE_TEST(TestFoundRuns)
#include "tst_found_runs.moc"
