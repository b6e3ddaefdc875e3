#include <QTemporaryDir>
#include <QTest>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/merge_runs.h"
#include "tests/core/run/merging/merge_fixture.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::mergeRuns;
using eq::run::RunReader;
using eq::test::MergeFixture;
using nlohmann::json;

namespace {

double normalisedOf(const json& report) {
  return report["mean"]["validation"]["normalised"].get<double>();
}

std::string refusalOf(const eq::run::MergeRequest& request) {
  try {
    mergeRuns(request);
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

/// Methods that read the validation split.
class TestDataMerges : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::unique_ptr<MergeFixture> runs_, wine_;

  fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

  static bool isTrunkOf(const fs::path& run, const fs::path& other) {
    const auto ours = MergeFixture::lastCheckpoint(run);
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(other).tensors)
      if (name.starts_with("model.trunk.") &&
          !at::allclose(ours.tensors.at(name), tensor, 1e-5, 1e-6))
        return false;
    return true;
  }

 private Q_SLOTS:
  void initTestCase() {
    runs_ = std::make_unique<MergeFixture>(path("runs"));
    wine_ = std::make_unique<MergeFixture>(path("wine"), std::vector<std::string>(),
                                           MergeFixture::wine());
  }

  void equalExpertsAreWhatIsMergedOfThem_data() {
    QTest::addColumn<QString>("id");
    for (const auto* id : {"fisher", "fork_merge", "regmean"}) QTest::newRow(id) << id;
  }
  void equalExpertsAreWhatIsMergedOfThem() {
    QFETCH(QString, id);
    auto request = runs_->request(id.toStdString());
    request.runs = {runs_->experts[0], runs_->experts[0]};
    mergeRuns(request);
    QVERIFY(isTrunkOf(request.out, runs_->experts[0]));
  }

  void theyRunAndResume_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    const auto add = [](const char* name, const char* id, const char* params) {
      QTest::newRow(name) << QString(id) << QString(params);
    };
    add("fisher", "fisher", R"({"examples": 8})");
    add("fisher, drawn", "fisher", R"({"examples": 8, "estimate": "sampled"})");
    add("fisher, labels", "fisher", R"({"examples": 8, "estimate": "labels"})");
    add("gradient matching", "gradient_matching", R"({"examples": 8})");
    add("gradient matching, moments", "gradient_matching", R"({"estimate": "adam"})");
    add("regmean", "regmean", R"({"examples": 8})");
    add("surgery", "surgery", R"({"steps": 5, "rank": 2})");
    add("surgery of ties", "surgery",
        R"({"steps": 5, "inner": {"id": "ties", "params": {"keep": 0.5}}})");
    add("atlas", "atlas", R"({"steps": 5})");
    add("atlas, partitions", "atlas", R"({"steps": 5, "partitions": 2, "penalty": 0.1})");
    add("self positioning", "self_positioning", R"({"steps": 5, "lr": 0.001})");
    add("softmax", "self_positioning",
        R"({"steps": 5, "lr": 0.001, "softmax": true, "learn_scale": true})");
    add("fork merge", "fork_merge", "{}");
  }
  void theyRunAndResume() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    std::vector<std::string> bytes;
    auto request = runs_->request(id.toStdString(), json::parse(params.toStdString()));
    const auto report = mergeRuns(request).report;
    QVERIFY(normalisedOf(report) > 0);
    QVERIFY(report["merged_norm"].get<double>() > 0);
    const auto first = MergeFixture::lastCheckpoint(request.out);
    auto again = runs_->request(id.toStdString(), json::parse(params.toStdString()));
    mergeRuns(again);
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(again.out).tensors)
      QVERIFY2(tensor.equal(first.tensors.at(name)), name.c_str());
    const auto runner = eq::run::Runner::resume(request.out);
    MergeFixture::trainTo(*runner, MergeFixture::kBaseSteps + 2);
  }

  void learnedCoefficientsDoBetterThanTheirStart() {
    const auto report = [&](int steps) {
      return mergeRuns(runs_->request("atlas", {{"steps", steps}, {"lr", 0.05}})).report;
    };
    const auto learned = report(40);
    QVERIFY(normalisedOf(learned) > normalisedOf(report(0)));
    QCOMPARE(learned["coefficients"].size(), size_t{3});
    QVERIFY(learned["coefficients"][0].contains("trunk.0.weight"));
    QCOMPARE(learned["data"].get<std::string>(), std::string("validation inputs and targets"));
  }

  void forkMergeIsNoWorseThanItsBestBranch() {
    const auto report = mergeRuns(runs_->request("fork_merge")).report;
    const auto& fields = report["fields"];
    const auto alone = fields["scores"].get<std::vector<double>>();
    QVERIFY(fields["score"].get<double>() >= *std::max_element(alone.begin(), alone.end()));
    QVERIFY(refusalOf(runs_->request("fork_merge", {{"target", {"nobody"}}}))
                .find("no task \"nobody\"") != std::string::npos);
  }

  void entropyNeedsClasses() {
    QVERIFY(refusalOf(runs_->request("adamerging")).find("no task has classes") !=
            std::string::npos);
    QVERIFY(refusalOf(runs_->request("tinting")).find("no run trains a task with classes") !=
            std::string::npos);
  }

  void classesLendTheirEntropyAndLabels_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::newRow("adamerging") << "adamerging"
                                << R"({"steps": 4})";
    QTest::newRow("task") << "adamerging"
                          << R"({"steps": 4, "granularity": "task"})";
    QTest::newRow("plus") << "adamerging"
                          << R"({"steps": 4, "plus": true})";
    QTest::newRow("atlas") << "atlas"
                           << R"({"steps": 4, "objective": "entropy"})";
    QTest::newRow("tinting") << "tinting"
                             << R"({"steps": 4})";
    QTest::newRow("soft") << "tinting"
                          << R"({"steps": 4, "labels": "soft", "plus": true})";
    QTest::newRow("self") << "tinting"
                          << R"({"steps": 4, "labels": "self"})";
  }
  void classesLendTheirEntropyAndLabels() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    const auto request = wine_->request(id.toStdString(), json::parse(params.toStdString()));
    const auto report = mergeRuns(request).report;
    QCOMPARE(report["data"].get<std::string>(), std::string("validation inputs"));
    QCOMPARE(report["coefficients"].size(), size_t{2});
    const auto start = id == "atlas" ? 0.0 : 0.3;
    const auto& first = report["coefficients"][0];
    QVERIFY((first.is_object() ? first["trunk.0.weight"] : first).get<double>() != start);
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    const auto name = std::string("model.head.cultivar.linear-3.weight");
    const bool isExperts = merged.tensors.at(name).equal(
        MergeFixture::lastCheckpoint(wine_->experts[0]).tensors.at(name));
    QCOMPARE(isExperts, id != "tinting");
    MergeFixture::trainTo(*eq::run::Runner::resume(request.out), MergeFixture::kBaseSteps + 2);
  }

  /// Hard labels of the expert are what its accuracy is made of: their cross-entropy falls.
  void tintingComesNearerToTheExperts() {
    const auto accuracyAfter = [&](int steps) {
      const auto report =
          mergeRuns(wine_->request("tinting", {{"steps", steps}, {"init", 0.05}})).report;
      return report["tasks"][0]["validation"]["merged"].get<double>();
    };
    QVERIFY(accuracyAfter(60) >= accuracyAfter(0));
  }

  void surgeryBringsRepresentationsNearer() {
    const auto request = runs_->request("surgery", {{"steps", 200}, {"rank", 4}, {"lr", 0.01}});
    const auto report = mergeRuns(request).report;
    const auto plain = runs_->request("weight_average");
    mergeRuns(plain);
    const auto ours = MergeFixture::lastCheckpoint(request.out);
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(plain.out).tensors)
      QVERIFY2(tensor.equal(ours.tensors.at(name)), name.c_str());
    const auto extras = eq::run::readSnapshot(request.out / "extras.safetensors");
    for (const char* task : {"y1", "y2", "y3"}) {
      const double before = report["fields"]["losses_before"][task],
                   after = report["fields"]["losses"][task];
      QVERIFY2(after < 0.9 * before, task);
      QVERIFY(extras.tensors.at(fmt::format("surgery.{}.down", task)).sizes().vec() ==
              std::vector<std::int64_t>({4, 8}));
      QVERIFY(extras.tensors.at(fmt::format("surgery.{}.up", task)).sizes().vec() ==
              std::vector<std::int64_t>({8, 4}));
    }
  }

  void surgeryOfNoStepsChangesNothing() {
    const auto report = mergeRuns(runs_->request("surgery", {{"steps", 0}})).report;
    const auto plain = mergeRuns(runs_->request("weight_average")).report;
    for (size_t t = 0; t < 3; ++t)
      for (const char* split : {"validation", "test"}) {
        const double ours = report["tasks"][t][split]["merged"],
                     theirs = plain["tasks"][t][split]["merged"];
        QVERIFY2(std::abs(ours - theirs) < 1e-5 * std::abs(theirs), split);
      }
  }

  void sourcesAreScaledForNewHeads_data() {
    QTest::addColumn<QString>("variant");
    for (const auto* variant : {"scalearn", "uniform"}) QTest::newRow(variant) << variant;
  }
  void sourcesAreScaledForNewHeads() {
    QFETCH(QString, variant);
    double merged = 0;
    const auto train = [&](int steps) {
      auto request = runs_->request("scalearn", {{"variant", variant.toStdString()},
                                                 {"steps", steps},
                                                 {"batch_size", 16},
                                                 {"dropout", 0.1}});
      const auto report = mergeRuns(request).report;
      const auto extras = eq::run::readSnapshot(request.out / "extras.safetensors");
      const auto omega = extras.tensors.at("omega.y2");
      QCOMPARE(omega.dim(), variant == "uniform" ? std::int64_t{1} : std::int64_t{2});
      QCOMPARE(omega.size(0), std::int64_t{3});
      const auto base = MergeFixture::lastCheckpoint(runs_->base);
      for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(request.out).tensors)
        if (name.starts_with("model.trunk.")) QVERIFY(tensor.equal(base.tensors.at(name)));
      QVERIFY(!report["tasks"][0]["higher_is_better"].get<bool>());
      merged = report["tasks"][0]["validation"]["merged"].get<double>();
    };
    train(0);
    const double before = merged;
    train(150);
    QVERIFY(merged < 0.9 * before);
  }

  /// With the small base as the large one, an expert's shift is the expert.
  void logitsAreFusedAsTheExpertsShiftThem() {
    auto request = wine_->request("logits_fusion", {{"maximum", 4}});
    request.small = request.base;
    request.runs = {wine_->experts[0]};
    const auto report = mergeRuns(request).report;
    const auto& classes = report["tasks"][0];
    for (const char* split : {"validation", "test"})
      QCOMPARE(classes[split]["merged"].get<double>(), classes[split]["expert"].get<double>());
    const double alpha = report["fields"]["mean_alpha"]["cultivar"][0];
    QVERIFY2(std::abs(alpha - 1) < 1e-6, std::to_string(alpha).c_str());
    const auto& number = report["tasks"][1]["validation"];
    QVERIFY(number["merged"] == number["base"]);
    QVERIFY(fs::exists(request.out / "merge.json"));
    QVERIFY(!fs::exists(request.out / "experiment.json"));
  }

  void aSmallBaseMayBeAnotherNetwork() {
    const MergeFixture small(path("small"), {"model.hidden=[4]"}, MergeFixture::wine());
    auto request = wine_->request("logits_fusion", {{"method", "grid"}, {"step", 0.5}});
    request.small = small.base.string();
    request.runs = small.experts;
    const auto report = mergeRuns(request).report;
    QVERIFY(report["tasks"][0]["test"]["merged"].get<double>() >= 0);
    QCOMPARE(report["fields"]["mean_alpha"]["cultivar"].size(), size_t{1});
    auto other = wine_->request("ties");
    other.small = other.base;
    QVERIFY(refusalOf(other).find("has no small base") != std::string::npos);
  }

  /// Least squares by hand: of the first layer, whose inputs are the data.
  void regmeanSolvesTheFirstLayerFromTheInputs() {
    const auto request =
        runs_->request("regmean", {{"examples", 1000}, {"off_diagonal", 1}, {"jitter", 0}});
    mergeRuns(request);
    at::Tensor mean;
    for (const auto& expert : runs_->experts) {
      const auto own = MergeFixture::lastCheckpoint(expert).tensors.at("model.trunk.0.weight");
      mean = mean.defined() ? mean + own : own;
    }
    // All experts read the same inputs, so their Grams are equal and the answer is the average.
    QVERIFY(
        at::allclose(MergeFixture::lastCheckpoint(request.out).tensors.at("model.trunk.0.weight"),
                     mean / 3, 1e-4, 1e-5));
    const auto plain = runs_->request("weight_average");
    mergeRuns(plain);
    const auto name = std::string("model.trunk.1.weight");
    QVERIFY(!at::allclose(MergeFixture::lastCheckpoint(request.out).tensors.at(name),
                          MergeFixture::lastCheckpoint(plain.out).tensors.at(name), 1e-4, 1e-5));
  }

  void regmeanTakesKernelsWhereAsked() {
    const MergeFixture images(path("pictures"), {}, MergeFixture::pictures());
    const auto of = [&](const json& params) {
      const auto request = images.request(params.is_null() ? "weight_average" : "regmean", params);
      mergeRuns(request);
      return MergeFixture::lastCheckpoint(request.out);
    };
    const auto plain = of(nullptr), layers = of({{"examples", 16}}),
               kernels = of({{"examples", 16}, {"convolutions", true}});
    int fourDimensional = 0;
    for (const auto& [name, tensor] : plain.tensors) {
      if (!name.starts_with("model.trunk.") || tensor.dim() != 4) continue;
      ++fourDimensional;
      QVERIFY(at::allclose(tensor, layers.tensors.at(name), 1e-5, 1e-6));
    }
    QVERIFY(fourDimensional >= 2);
    const auto second = std::string("model.trunk.1.weight");
    QCOMPARE(plain.tensors.at(second).dim(), std::int64_t{4});
    QVERIFY(!at::allclose(plain.tensors.at(second), kernels.tensors.at(second), 1e-4, 1e-5));
  }

  void forgettingKeepsTheOtherTasks() {
    const auto after = [&](int steps) {
      auto request =
          runs_->request("atlas", {{"objective", "negate"}, {"steps", steps}, {"lr", 0.05}});
      request.runs = {runs_->experts[0]};
      return mergeRuns(request).report;
    };
    const auto report = after(20), begun = after(0);
    for (size_t t = 1; t < 3; ++t) {
      const auto& values = report["tasks"][t]["validation"];
      QVERIFY(values["merged"].get<double>() * 0.95 <= values["base"].get<double>());
    }
    // The forgotten task keeps its expert's head, on which the base alone may do better than
    // before.
    const auto ofFirst = [](const json& one) {
      return one["tasks"][0]["validation"]["merged"].get<double>();
    };
    QVERIFY(ofFirst(report) >= ofFirst(begun));
  }

  /// One round of the mean is the average of the experts that it trained; more go on from there.
  void roundsOfTrainingAndMergingAreSteps() {
    auto request = runs_->request("atm", {{"rounds", 3}, {"epochs", 0.5}});
    request.runs.clear();
    const auto report = mergeRuns(request).report;
    QVERIFY(report["runs"] == json({"y1", "y2", "y3"}));
    const RunReader reader(request.out);
    QCOMPARE(reader.info().steps, MergeFixture::kBaseSteps + 3);
    QCOMPARE(reader.info().parentStep, MergeFixture::kBaseSteps);
    std::vector<double> losses;
    for (const auto& evaluation : reader.evaluations())
      if (evaluation.step > MergeFixture::kBaseSteps &&
          evaluation.split == eq::train::SplitName::validation)
        losses.push_back(evaluation.tasks[0].at("loss"));
    QCOMPARE(losses.size(), size_t{3});
    QVERIFY(losses[0] != losses[1] && losses[1] != losses[2]);
    auto once = runs_->request("atm", {{"rounds", 1}, {"epochs", 0.5}, {"lambda", 0}});
    once.runs.clear();
    mergeRuns(once);
    const auto base = MergeFixture::lastCheckpoint(runs_->base);
    const auto still = MergeFixture::lastCheckpoint(once.out);
    for (const auto& [name, tensor] : still.tensors)
      if (name.starts_with("model.trunk.")) QVERIFY(tensor.equal(base.tensors.at(name)));
    QCOMPARE(still.meta.at("step").get<std::int64_t>(), MergeFixture::kBaseSteps + 1);
    MergeFixture::trainTo(*eq::run::Runner::resume(request.out), MergeFixture::kBaseSteps + 5);
  }

  void roundsTakeAnotherMergeAndNoRuns() {
    auto request = runs_->request(
        "atm",
        {{"rounds", 2}, {"epochs", 0.5}, {"merge", {{"id", "ties"}, {"params", {{"keep", 0.5}}}}}});
    QVERIFY(refusalOf(request).find("trains the base's tasks itself") != std::string::npos);
    request.runs.clear();
    QVERIFY(normalisedOf(mergeRuns(request).report) > 0);
    request = runs_->request("atm", {{"lambda", "search"}});
    request.runs.clear();
    QVERIFY(refusalOf(request).find("atm.lambda") != std::string::npos);
  }

  void theTestSplitChangesNothingThatIsLearned() {
    const MergeFixture other(path("other"), {"data.test=31"});
    const json params{{"steps", 6}};
    const auto mine = runs_->request("atlas", params), theirs = other.request("atlas", params);
    QVERIFY(mergeRuns(mine).report["coefficients"] == mergeRuns(theirs).report["coefficients"]);
  }
};

EQUIPOISE_TEST(TestDataMerges)
#include "tst_data_merges.moc"
