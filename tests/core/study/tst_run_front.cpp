#include <cmath>
#include <fstream>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/study/front.h"
#include "tests/registry.h"

namespace fs = std::filesystem;
using namespace eq;
using namespace eq::study;
using nlohmann::json;

namespace {

json taskOf(const char* name, const char* metric) {
  return {{"name", name}, {"metrics", {{{"id", metric}}}}};
}

/// Left is better when its accuracy is high, right when its mean error is low.
json experimentOf(std::int64_t seed, double rate = 0.1) {
  return {{"name", "x"},
          {"data", {{"id", "two_digits"}}},
          {"model", {{"id", "mlp"}}},
          {"seed", seed},
          {"optimizer", {{"id", "adam"}, {"lr", rate}}},
          {"tasks", {taskOf("left", "accuracy"), taskOf("right", "mae")}}};
}

train::EvaluationRecord evaluationOf(std::int64_t step, double left, double right,
                                     train::SplitName split = train::SplitName::validation) {
  train::EvaluationRecord record;
  record.step = step;
  record.split = split;
  record.tasks = {{{"accuracy", left}, {"loss", 1 - left}}, {{"mae", right}, {"loss", 2 * right}}};
  return record;
}

TaskInfo infoOf(const char* name) {
  TaskInfo info;
  info.name = name;
  return info;
}

/// A run with evaluations, and a file where each of its checkpoints would be.
void makeRun(const fs::path& folder, const json& experiment,
             const std::vector<train::EvaluationRecord>& evaluations,
             const std::vector<std::int64_t>& checkpoints,
             const std::vector<train::EventRecord>& events = {}) {
  fs::create_directories(folder);
  run::RunWriter::Start start;
  start.experiment = experiment;
  start.tasks = {infoOf("left"), infoOf("right")};
  const auto writer = run::RunWriter::create(folder, start);
  run::Records records;
  records.evaluations = evaluations;
  records.events = events;
  writer->append(records);
  for (const auto step : checkpoints) {
    const auto file = run::checkpointFile(folder, step);
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
}

train::EventRecord commandAt(std::int64_t step, const json& detail) {
  train::EventRecord event;
  event.step = step;
  event.kind = "command";
  event.detail = detail;
  return event;
}

}  // namespace

/// Where runs ended, as `equipoise-cli front` tells it.
class TestRunFront : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { place_ = std::make_unique<QTemporaryDir>(); }

  void aRunIsThePointOfItsLastCheckpoint() {
    makeRun(at("a"), experimentOf(1),
            {evaluationOf(10, 0.5, 3), evaluationOf(20, 0.6, 2), evaluationOf(20, 0.7, 2.5),
             evaluationOf(20, 0.65, 2.25, train::SplitName::test), evaluationOf(30, 0.9, 1)},
            {10, 20});
    const auto found = describe({{at("a")}});
    QCOMPARE(found["step"], json(20));
    QCOMPARE(found["points"], (json{{0.7, 2.5}}));  // the newest at the step
    QCOMPARE(found["axes"], (json{{{"task", "left"}, {"metric", "accuracy"}, {"maximise", true}},
                                  {{"task", "right"}, {"metric", "mae"}, {"maximise", false}}}));
    QCOMPARE(found["split"], json("validation"));
    QCOMPARE(found["method"], json());
    QCOMPARE(found["preferences"], json());
    QCOMPARE(found["rank"], json{0});
    QVERIFY(!found.contains("steps") && !found.contains("runs"));
  }

  void stepSplitAxesAndReferenceAreAskedFor() {
    makeRun(at("a"), experimentOf(1),
            {evaluationOf(10, 0.5, 3), evaluationOf(20, 0.75, 2),
             evaluationOf(20, 0.625, 2.5, train::SplitName::test)},
            {20});
    QCOMPARE(describe({{at("a")}, train::SplitName::test})["points"], (json{{0.625, 2.5}}));
    QCOMPARE(describe({{at("a")}, train::SplitName::validation, false, 10})["points"],
             (json{{0.5, 3.0}}));
    const auto losses = describe({{at("a")}, train::SplitName::validation, true});
    QCOMPARE(losses["points"], (json{{0.25, 4.0}}));
    QCOMPARE(losses["axes"][0], (json{{"task", "left"}, {"metric", "loss"}, {"maximise", false}}));
    const auto found = describeFront(readFront({{at("a")}}), metric::Point{0.5, 4});
    QCOMPARE(found["reference"], (json{0.5, 4.0}));
    QCOMPARE(found["hypervolume"], json(0.25 * 2));
  }

  void aFolderOfRunsStandsForThemAndSeedsMakeGroups() {
    makeRun(at("sweep") / "a", experimentOf(1), {evaluationOf(5, 0.5, 1)}, {5});
    makeRun(at("sweep") / "b", experimentOf(2), {evaluationOf(5, 0.75, 2)}, {5});
    auto named = experimentOf(1, 0.5);
    named["name"] = "another";
    makeRun(at("c"), named, {evaluationOf(7, 0.625, 1.5)}, {7});
    const auto found = describe({{at("sweep"), at("c")}});
    QCOMPARE(found["runs"],
             (json{(at("sweep") / "a").string(), (at("sweep") / "b").string(), at("c").string()}));
    QCOMPARE(found["steps"], (json{5, 5, 7}));
    QVERIFY(!found.contains("step"));
    QCOMPARE(found["groups"], (json{0, 0, 1}));
    QCOMPARE(found["rank"], (json{0, 0, 0}));
    // What both groups attain, from the higher accuracy to the lower error.
    QCOMPARE(found["attainment"]["surfaces"][2], (json{{0.625, 2.0}, {0.5, 1.5}}));
  }

  void namesAndNotesMakeNoGroupOfTheirOwnButChangesDo() {
    auto named = experimentOf(2);
    named["name"] = "y";
    named["description"] = "z";
    const json swap{{"kind", "set_loss"}, {"task", 0}};
    makeRun(at("a"), experimentOf(1), {evaluationOf(5, 0.5, 1)}, {5});
    makeRun(at("b"), named, {evaluationOf(5, 0.5, 1)}, {5},
            {commandAt(3, {{"kind", "note"}, {"text", "seen"}})});
    makeRun(at("c"), experimentOf(3), {evaluationOf(5, 0.5, 1)}, {5}, {commandAt(3, swap)});
    makeRun(at("d"), experimentOf(4), {evaluationOf(5, 0.5, 1)}, {5}, {commandAt(4, swap)});
    QCOMPARE(describe({{at("a"), at("b"), at("c"), at("d")}})["groups"], (json{0, 0, 1, 2}));
  }

  void tasksWhoseLossIsNotTheSameInAllRunsAreNamed() {
    auto one = experimentOf(1), other = experimentOf(2);
    one["tasks"][0]["loss"] = {{"id", "cross_entropy"}};
    other["tasks"][0]["loss"] = {{"id", "focal"}};
    makeRun(at("a"), one, {evaluationOf(5, 0.5, 1)}, {5});
    makeRun(at("b"), other, {evaluationOf(5, 0.5, 1)}, {5});
    makeRun(at("c"), one, {evaluationOf(5, 0.5, 1)}, {5},
            {commandAt(3, {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "focal"}}}})});
    const auto mixed = [](const std::vector<fs::path>& runs, bool losses) {
      return readFront({runs, train::SplitName::validation, losses, {}, {}}).mixed;
    };
    const std::set<std::string> left{"left"};
    QCOMPARE(mixed({at("a"), at("b")}, true), left);
    QCOMPARE(mixed({at("a"), at("c")}, true), left);
    QVERIFY(mixed({at("b"), at("c")}, true).empty());
    QVERIFY(mixed({at("a"), at("b")}, false).empty());
  }

  void aValueThatIsNotANumberIsLeftOut() {
    makeRun(at("a"), experimentOf(1), {evaluationOf(5, std::nan(""), 1)}, {5});
    makeRun(at("b"), experimentOf(2), {evaluationOf(5, 0.5, 1)}, {5});
    const auto found = describe({{at("a"), at("b")}});
    QCOMPARE(found["excluded"], json{0});
    QCOMPARE(found["points"], (json{nullptr, {0.5, 1.0}}));
  }

  /// The others are shown all the same.
  void aRunFarBehindTheOthersIsNamed() {
    const std::vector<double> right{1, 2, 1.5, 1e6};
    FrontRequest request;
    for (std::size_t i = 0; i < right.size(); ++i) {
      const auto folder = at(("run " + std::to_string(i)).c_str());
      makeRun(folder, experimentOf(1),
              {evaluationOf(5, 0.5 + 0.1 * static_cast<double>(i), right[i])}, {5});
      request.runs.push_back(folder);
    }
    const auto remarks = remarksOnSpread(readFront(request));
    QCOMPARE(remarks.size(), std::size_t(1));
    QVERIFY2(remarks[0].starts_with(at("run 3").string() + " has 1e+06 in "), remarks[0].c_str());
    request.runs.pop_back();
    QVERIFY(remarksOnSpread(readFront(request)).empty());
  }

  void anInterruptedRunAmongSeveralStandsWhereItWasEvaluatedLast() {
    makeRun(at("a"), experimentOf(1), {evaluationOf(5, 0.5, 1), evaluationOf(9, 0.5, 1)}, {7});
    makeRun(at("b"), experimentOf(2), {evaluationOf(5, 0.25, 1), evaluationOf(9, 0.75, 2)}, {9});
    const auto front = readFront({{at("a"), at("b")}});
    QCOMPARE(front.steps, (std::vector<std::int64_t>{5, 9}));
    QCOMPARE(front.remarks.size(), size_t{1});
    QCOMPARE(front.remarks[0],
             at("a").string() +
                 ": its last checkpoint, step 7, was not evaluated on validation; "
                 "its point is that of step 5");
  }

  /// It is given as a run goes on, not by a command.
  void anotherLengthMakesAnotherGroup() {
    train::EventRecord longer;
    longer.step = 5;
    longer.kind = "resumed";
    longer.detail = {{"epochs", 6}};
    makeRun(at("a"), experimentOf(1), {evaluationOf(5, 0.5, 1)}, {5});
    makeRun(at("b"), experimentOf(2), {evaluationOf(5, 0.5, 1)}, {5}, {longer});
    QCOMPARE(readFront({{at("a"), at("b")}}).groups, (std::vector<std::int64_t>{0, 1}));
  }

  void refuses() {
    makeRun(at("a"), experimentOf(1), {evaluationOf(5, 0.5, 1), evaluationOf(9, 0.5, 1)}, {7});
    makeRun(at("b"), experimentOf(1), {evaluationOf(5, 0.5, 1)}, {});
    auto other = experimentOf(1);
    other["tasks"][1] = taskOf("right", "r2");
    makeRun(at("c"), other, {evaluationOf(5, 0.5, 1)}, {5});
    const auto a = at("a").string(), b = at("b").string(), c = at("c").string();
    using Split = train::SplitName;
    compare({{at("none")}}, at("none").string() + ": ");
    compare({{at("a"), at("a")}}, a + ": the run is named twice");
    compare({{at("a")}},
            a + ": no evaluation of validation is recorded at step 7; --checkpoint takes: 5, 9");
    compare({{at("a")}, Split::test}, a + ": no evaluation of test is recorded");
    compare({{at("b")}}, b + ": the run has no checkpoint");
    compare({{at("a"), at("c")}, Split::validation, false, 5},
            c + ": its axes are left.accuracy, right.r2, those of " + a +
                " are left.accuracy, right.mae");
    compare({{at("a")}, Split::validation, false, 5},
            "--reference: expected 2 numbers, one a "
            "task, found 3",
            metric::Point{1, 2, 3});
  }

 private:
  fs::path at(const char* name) const { return fs::path(place_->path().toStdString()) / name; }

  static json describe(const FrontRequest& request) {
    return describeFront(readFront(request), request.reference);
  }

  static void compare(const FrontRequest& request, const std::string& message,
                      const std::optional<metric::Point>& reference = std::nullopt) {
    try {
      describeFront(readFront(request), reference);
      QFAIL("not refused");
    } catch (const Error& error) {
      QVERIFY2(std::string(error.what()).starts_with(message), error.what());
    }
  }

  std::unique_ptr<QTemporaryDir> place_;
};

EQUIPOISE_TEST(TestRunFront)
#include "tst_run_front.moc"
