#include <filesystem>
#include <fstream>
#include <map>

#include <ATen/TensorOperators.h>
#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTemporaryDir>
#include <QTest>

#include "core/run/run_folder.h"
#include "core/run/safetensors.h"
#include "core/train/front/front_volume.h"
#include "tests/app/cli/cli_support.h"
#include "tests/core/run/same_records.h"
#include "tests/registry.h"

using eq::run::RunReader;
using nlohmann::json;

namespace {

json parsed(const Answer& answer) {
  if (answer.code != 0) qFatal("%s", answer.err.c_str());
  return json::parse(answer.out);
}

json experimentWith(const json& pareto) {
  auto experiment = json::parse(R"({
    "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                          "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3, "threads": 1,
    "checkpoint_every": 5, "conflict": {"every": 5}})");
  experiment["pareto"] = pareto;
  return experiment;
}

/// The losses of the front at each evaluation, by step.
std::map<std::int64_t, eq::metric::Points> frontsOf(const std::string& run) {
  std::map<std::int64_t, eq::metric::Points> fronts;
  for (const auto& evaluation : RunReader(run).evaluations())
    if (!evaluation.front.empty()) fronts[evaluation.step] = lossesOf(evaluation.front);
  return fronts;
}

}  // namespace

/// Runs with the slot `pareto` from the command line: run, resume, fork, front, export.
class TestFrontRuns : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string run_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  std::string written(const std::string& name, const json& experiment) const {
    std::ofstream(path(name)) << experiment.dump();
    return path(name);
  }

  std::string trained(const json& pareto, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"run",    written("t.json", experimentWith(pareto)),
                                       "--out",  path("runs"),
                                       "--json", "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parsed(call(arguments)).at("run");
  }

  json front(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"front", run_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parsed(call(arguments));
  }

 private Q_SLOTS:
  void initTestCase() {
    run_ = trained({{"id", "pamal"}, {"samples", 2}, {"lambda", 0.5}, {"front_points", 5}});
  }

  void recordsHavePreferencesAndFronts() {
    const RunReader reader(run_);
    for (const auto& step : reader.steps()) {
      QCOMPARE(step.preferences.size(), size_t{2});
      for (const auto& one : step.preferences)
        QVERIFY(std::abs(one.values[0] + one.values[1] - 1) < 1e-12);
    }
    for (const auto& evaluation : reader.evaluations()) {
      const bool validation = evaluation.split == eq::train::SplitName::validation;
      QCOMPARE(evaluation.front.size(), validation ? size_t{5} : size_t{0});
      if (validation) QVERIFY(evaluation.front[2].tasks == evaluation.tasks);
    }
  }

  void theFrontIsThatOfTheLastEvaluation() {
    const auto found = front({"--points", "5", "--axes", "loss"});
    const RunReader reader(run_);
    eq::train::EvaluationRecord last;
    for (const auto& evaluation : reader.evaluations())
      if (evaluation.split == eq::train::SplitName::validation) last = evaluation;
    QVERIFY((found["method"] == json("pamal")));
    QVERIFY((found["step"] == json(12)));
    QVERIFY((found["split"] == json("validation")));
    QCOMPARE(found["points"].size(), size_t{5});
    for (size_t i = 0; i < 5; ++i) {
      QVERIFY((found["preferences"][i] == json(last.front[i].preference)));
      for (size_t k = 0; k < 2; ++k)
        QCOMPARE(found["points"][i][k].get<double>(), last.front[i].tasks[k].at("loss"));
    }
    QVERIFY(found["hypervolume"].is_number());
    QCOMPARE(found["reference"].size(), size_t{2});
  }

  void splitsPointsAndReferencesAreThoseAskedFor() {
    const auto usual = front();
    QCOMPARE(usual["points"].size(), size_t{11});
    QVERIFY((usual["preferences"][0] == json{1.0, 0.0}));
    QVERIFY(usual["axes"][0]["metric"] != "loss");
    const auto test = front({"--split", "test", "--reference", "[50, 60]", "--axes", "loss"});
    QVERIFY((test["reference"] == json{50.0, 60.0}));
    QVERIFY(test["points"] != front({"--axes", "loss"})["points"]);
    const auto first = front({"--checkpoint", "0"});
    QVERIFY((first["step"] == json(0)));
    QVERIFY(first["points"] != usual["points"]);
    const auto refused = call({"front", run_, "--checkpoint", "7"});
    QCOMPARE(refused.code, 2);
    QVERIFY(refused.err.find("there is no checkpoint of step 7; there are: 0, ") !=
            std::string::npos);
  }

  void severalRunsStandAtEqualPreferences() {
    const auto answer = call({"front", run_, trained(nullptr)});
    QCOMPARE(answer.code, 0);
    QVERIFY(answer.err.find("equal preferences") != std::string::npos);
    QCOMPARE(json::parse(answer.out)["points"].size(), size_t{2});
  }

  void seriesHaveTheVolumeAndItsReference() {
    const auto rows = json::parse(call({"export", run_, "--series", "json"}).out);
    const auto& last = rows.back();
    QVERIFY(last["front.hypervolume"].is_number());
    QCOMPARE(last.count("front.reference.y1") + last.count("front.reference.y2"), 2U);
    QVERIFY(!rows[1].contains("front.hypervolume"));
  }

  /// Stopped on the way and gone on with, a run is the one that was not.
  void resumeAndForkGoOnToTheBit() {
    const json method{{"id", "pamal"}, {"samples", 2}, {"lambda", 0.5}, {"front_points", 5}};
    const auto part = trained(method, {"--steps", "7"});
    const auto parted = parsed(call({"resume", part, "--json", "--quiet"})).at("run");
    const auto forked =
        parsed(call({"fork", run_ + "@5", "--out", path("forks"), "--json", "--quiet"})).at("run");
    for (const auto& of : {parted, forked}) {
      const auto other = of.get<std::string>();
      auto ours = RunReader(other).steps(), theirs = RunReader(run_).steps();
      for (auto* all : {&ours, &theirs})
        for (auto& step : *all) step.seconds = 0;
      QVERIFY(same(ours, theirs));
      const auto theirFronts = frontsOf(run_);
      auto ourFronts = frontsOf(other);
      std::erase_if(ourFronts, [&](const auto& one) { return !theirFronts.contains(one.first); });
      QVERIFY(ourFronts == theirFronts);
    }
  }

  void oneModelOfTheFrontIsExported() {
    const auto file = path("plain.safetensors"), module = path("model.py");
    const auto answer = call({"export", run_, "--checkpoint", "12", "--preference", "[1, 3]",
                              "--to", file, "--python", module});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto snapshot = eq::run::readSnapshot(file);
    QVERIFY(snapshot.tensors.contains("model.trunk.0.weight"));
    QVERIFY(!snapshot.tensors.contains("model.member.0.trunk.0.weight"));
    QVERIFY(!snapshot.meta["experiment"].contains("pareto"));
    QVERIFY((snapshot.meta["step"] == json(12)));
    const auto members = eq::run::readSnapshot(eq::run::checkpointFile(run_, 12)).tensors;
    const auto mixed = members.at("model.member.0.trunk.0.weight") * 0.25 +
                       members.at("model.member.1.trunk.0.weight") * 0.75;
    QVERIFY(snapshot.tensors.at("model.trunk.0.weight").allclose(mixed, 1e-6, 1e-7));
    QVERIFY(std::filesystem::exists(module));
  }

  void exportsThatDoNotFitAreRefused_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("message");
    QTest::newRow("python without preference") << QStringList{"--python", "m.py"} << "--python: ";
    QTest::newRow("three numbers")
        << QStringList{"--preference", "[1, 2, 3]"} << "--preference: expected 2 numbers";
    QTest::newRow("negative") << QStringList{"--preference", "[1, -1]"}
                              << "--preference: expected numbers from 0 on";
    QTest::newRow("no list") << QStringList{"--preference", "1"} << "--preference: ";
  }
  void exportsThatDoNotFitAreRefused() {
    QFETCH(QStringList, options);
    QFETCH(QString, message);
    std::vector<std::string> arguments{"export", run_,   "--checkpoint",
                                       "12",     "--to", path("x.safetensors")};
    for (const auto& option : options) arguments.push_back(option.toStdString());
    const auto answer = call(arguments);
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
    QVERIFY(!std::filesystem::exists(path("x.safetensors")));
  }

  void aPlainRunHasNoPreferences() {
    const auto plain = trained(nullptr);
    const auto answer = call({"export", plain, "--checkpoint", "12", "--preference", "[1, 1]",
                              "--to", path("y.safetensors")});
    QCOMPARE(answer.code, 2);
    QVERIFY(answer.err.find("this run trains one model") != std::string::npos);
    const auto one = parsed(call({"front", plain}));
    QVERIFY(one["method"].is_null() && one["preferences"].is_null());
  }

  void checkRefusesWhatCannotStandBeside() {
    auto experiment = experimentWith({{"id", "pamal"}});
    experiment["balancer"] = {{"gradient", {{"id", "pcgrad"}}}};
    const auto answer = call({"check", written("c.json", experiment)});
    QCOMPARE(answer.code, 2);
    QVERIFY(answer.err.find("balancer.gradient.id pcgrad") != std::string::npos);
  }

  void listAndDescribeKnowTheMethods() {
    const auto methods = parsed(call({"list", "fronts", "--json"}));
    QVERIFY((methods[0]["id"] == json("pamal")));
    const auto found =
        parsed(call({"describe", written("d.json", experimentWith({{"id", "pamal"}})), "--json"}));
    QVERIFY(found["parameters"][0]["name"].get<std::string>().starts_with("member.0."));
  }
};

EQUIPOISE_TEST(TestFrontRuns)
#include "tst_front_runs.moc"
