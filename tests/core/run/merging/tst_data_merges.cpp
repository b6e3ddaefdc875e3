#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/merge_runs.h"
#include "tests/core/run/merging/merge_fixture.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::mergeRuns;
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
  std::unique_ptr<MergeFixture> runs_;

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
  void initTestCase() { runs_ = std::make_unique<MergeFixture>(path("runs")); }

  void equalExpertsAreWhatIsMergedOfThem_data() {
    QTest::addColumn<QString>("id");
    for (const auto* id : {"fisher", "fork_merge"}) QTest::newRow(id) << id;
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
    QVERIFY(fields["score"].get<double>() >= *std::ranges::max_element(alone));
    QVERIFY(refusalOf(runs_->request("fork_merge", {{"target", {"nobody"}}}))
                .find("no task \"nobody\"") != std::string::npos);
  }

  void entropyNeedsClasses() {
    QVERIFY(refusalOf(runs_->request("adamerging")).find("no task has classes") !=
            std::string::npos);
  }

  void whatIsNotThereYetIsSaidByName_data() {
    QTest::addColumn<QString>("id");
    for (const auto* id : {"regmean", "atm"}) QTest::newRow(id) << id;
  }
  void whatIsNotThereYetIsSaidByName() {
    QFETCH(QString, id);
    const auto message = refusalOf(runs_->request(id.toStdString()));
    QVERIFY2(message.find(id.toStdString() + ": learns from") == 0, message.c_str());
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
