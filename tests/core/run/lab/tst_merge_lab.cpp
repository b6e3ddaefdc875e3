#include "core/run/lab/merge_lab.h"

#include <cmath>
#include <limits>

#include <QTemporaryDir>
#include <QTest>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/run/lab/lab_vectors.h"
#include "core/run/runner.h"
#include "tests/core/run/merging/merge_fixture.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::LabCoefficients;
using eq::run::LabPart;
using eq::run::LabRequest;
using eq::run::MergeLab;
using eq::test::MergeFixture;
using nlohmann::json;

namespace {

constexpr double kWorked = 1e-6;  // of the numbers of the sheet

/// τ of the sheet's toy, in two tensors.
eq::merge::Question toyQuestion() {
  const auto model = [](const std::vector<double>& numbers) {
    const auto part = [&](int from, int count) {
      return json{
          {"shape", {count}},
          {"data", std::vector<double>(numbers.begin() + from, numbers.begin() + from + count)}};
    };
    return json{{"a", part(0, 4)}, {"b", part(4, 2)}};
  };
  return eq::merge::readQuestion(
      {{"base", model({0, 0, 0, 0, 0, 0})},
       {"experts",
        {model({0.6, -0.4, 0.1, 0.8, -0.2, 0.05}), model({-0.5, -0.3, 0.7, 0.9, 0.02, -0.6})}}},
      {"head."}, true);
}

bool isNear(const std::optional<double>& found, double wanted, double within = kWorked) {
  if (found && std::abs(*found - wanted) <= within) return true;
  qWarning("found %.17g, wanted %.17g", found.value_or(std::nan("")), wanted);
  return false;
}

template <typename Work>
std::string refusalOf(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

bool names(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  qWarning("\"%s\" is not in \"%s\"", part.c_str(), text.c_str());
  return false;
}

}  // namespace

/// A lab of tiny runs.
class TestMergeLab : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::unique_ptr<MergeFixture> runs_;
  std::unique_ptr<MergeLab> lab_;  ///< of all three experts, on 10 of 32 examples

  LabRequest request(std::int64_t examples = 10) const {
    return {runs_->base.string() + "@12", runs_->experts, examples, 0};
  }
  fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

 private Q_SLOTS:
  void initTestCase() {
    runs_ = std::make_unique<MergeFixture>(path("runs"));
    lab_ = std::make_unique<MergeLab>(request());
  }

  void geometryIsThatOfTheSheet() {
    const auto found = eq::run::labGeometry(toyQuestion());
    QCOMPARE(found.size(), size_t{3});
    QCOMPARE(found[0].size, std::int64_t{6});
    QVERIFY(isNear(found[0].norms[0], 1.101136));
    QVERIFY(isNear(found[0].norms[1], 1.414355));
    QVERIFY(isNear(found[0].cosines[0][1], 0.369848));
    QVERIFY(isNear(found[0].cosines[1][1], 1, 0));
    QVERIFY(isNear(found[0].conflicts[0][1], 3 / 6.0, 0));  // places 0, 4 and 5
    QVERIFY(isNear(found[0].conflict, 3 / 6.0, 0));
    QCOMPARE(found[1].name, std::string("a"));
    QVERIFY(isNear(found[1].conflicts[1][0], 1 / 4.0, 0));
    QVERIFY(isNear(found[2].conflicts[0][1], 1, 0));
    // (−0.2·0.02 − 0.05·0.6) / (√0.0425 · √0.3604)
    QVERIFY(isNear(found[2].cosines[0][1], -0.034 / std::sqrt(0.0425 * 0.3604)));
  }

  void masksAreThoseOfTheSheet() {
    const auto found = eq::run::labMasks(toyQuestion(), 0.4);
    // (1,1,0,1,1,0) and (1,1,1,1,0,1)
    QVERIFY(isNear(found.shares[0], 4 / 6.0, 1e-15) && isNear(found.shares[1], 5 / 6.0, 1e-15));
    QVERIFY(isNear(found.overlaps[0][1], 3 / 6.0, 0) && isNear(found.overlaps[0][0], 1, 0));
    QVERIFY((found.uses[0] == std::vector<double>{0, 0.5, 0.5}));
    QVERIFY((found.uses[1] == std::vector<double>{0, 0.25, 0.75}));
    QVERIFY((found.uses[2] == std::vector<double>{0, 1, 0}));
    QVERIFY(names(refusalOf([] { eq::run::labMasks(toyQuestion(), -1); }), "tall_masks.lambda"));
  }

  /// An expert that changes nothing has no direction, and shares no entry with another.
  void aZeroVectorHasNoCosine() {
    auto question = toyQuestion();
    question.taus[1].setZero();
    const auto found = eq::run::labGeometry(question)[0];
    QVERIFY(!found.cosines[0][1] && !found.cosines[1][1] && !found.conflicts[0][1]);
    QCOMPARE(found.norms[1], 0.0);
    QCOMPARE(found.conflict, 0.0);
  }

  void cosinesAreThoseOfTheCheckpoints() {
    std::vector<double> dots(3);  // 00, 01, 11 of the first two experts
    const auto base = MergeFixture::lastCheckpoint(runs_->base);
    const auto one = MergeFixture::lastCheckpoint(runs_->experts[0]);
    const auto other = MergeFixture::lastCheckpoint(runs_->experts[1]);
    for (const auto& [name, tensor] : base.tensors) {
      if (!name.starts_with("model.trunk.")) continue;
      const auto a = one.tensors.at(name).to(at::kDouble) - tensor.to(at::kDouble);
      const auto b = other.tensors.at(name).to(at::kDouble) - tensor.to(at::kDouble);
      dots[0] += (a * a).sum().item<double>();
      dots[1] += (a * b).sum().item<double>();
      dots[2] += (b * b).sum().item<double>();
    }
    const auto& found = lab_->facts().vectors[0];
    QVERIFY(isNear(found.norms[0], std::sqrt(dots[0]), 1e-12));
    QVERIFY(isNear(found.cosines[0][1], dots[1] / std::sqrt(dots[0] * dots[2]), 1e-12));
    QCOMPARE(lab_->facts().vectors.size(), size_t{5});
    double squares = 0;
    for (size_t i = 1; i < 5; ++i) {
      const auto& one = lab_->facts().vectors[i];
      QVERIFY(base.tensors.contains("model." + one.name));
      squares += one.norms[0] * one.norms[0];
    }
    QVERIFY(isNear(found.norms[0], std::sqrt(squares), 1e-12));
  }

  /// Its own trunk and head: the expert itself, to the bit; of the other tasks it has the base's
  /// heads.
  void oneExpertWholeIsThatExpert() {
    for (size_t k = 0; k < 3; ++k) {
      auto alone = request();
      alone.runs = {runs_->experts[k]};
      MergeLab lab(alone);
      for (const auto part : {LabPart::sample, LabPart::whole})
        for (const auto& task : lab.scores({{1.0}}, part).tasks) {
          QVERIFY(task.merged && task.experts[0]);
          QCOMPARE(*task.merged, *task.experts[0]);
          QVERIFY(*task.merged != *task.base);
        }
    }
    const auto found = lab_->scores({{0, 1, 0}}, LabPart::sample).tasks[1];
    QCOMPARE(*found.merged, *found.experts[1]);
    QCOMPARE(*found.normalised, 1.0);
  }

  /// A task that no expert trains keeps the base's head, so with λ 0 it is the base, to the bit.
  void withoutExpertsItIsTheBase() {
    auto alone = request();
    alone.runs = {runs_->experts[0]};
    MergeLab lab(alone);
    for (const auto part : {LabPart::sample, LabPart::whole}) {
      const auto tasks = lab.scores({{0.0}}, part).tasks;
      for (size_t t = 1; t < 3; ++t) {
        QVERIFY(!tasks[t].head);
        QCOMPARE(*tasks[t].merged, *tasks[t].base);
      }
      QVERIFY(*tasks[0].merged != *tasks[0].base);  // the expert's head
    }
  }

  /// The whole split says what the command line's report says.
  void itSaysWhatAMergeReports() {
    const std::vector<double> weights{0.4, -0.2, 0.7};
    const auto scores = lab_->scores({weights}, LabPart::whole);
    QCOMPARE(scores.examples, std::int64_t{32});
    const auto report =
        eq::run::mergeRuns(runs_->request("task_arithmetic", {{"lambda", 1}, {"weights", weights}}))
            .report;
    for (size_t t = 0; t < 3; ++t) {
      const auto& own = scores.tasks[t];
      const auto& reported = report["tasks"][t];
      QCOMPARE(own.metric, reported["metric"].get<std::string>());
      const auto& values = reported["validation"];
      QCOMPARE(*own.base, values["base"].get<double>());
      QCOMPARE(*own.merged, values["merged"].get<double>());
      QCOMPARE(*own.normalised, values["normalised"].get<double>());
      for (size_t k = 0; k < 3; ++k) QCOMPARE(*own.experts[k], values["experts"][k].get<double>());
    }
    QCOMPARE(*scores.normalised, report["mean"]["validation"]["normalised"].get<double>());
  }

  void theSampleIsFixedByItsSeed() {
    const LabCoefficients some{{0.3, 0.3, 0.3}};
    const auto first = lab_->scores(some, LabPart::sample);
    QCOMPARE(first.examples, std::int64_t{10});
    QCOMPARE(first.of, std::int64_t{32});
    QCOMPARE(lab_->facts().examples, std::int64_t{10});
    QVERIFY(*first.tasks[0].merged != *lab_->scores(some, LabPart::whole).tasks[0].merged);
    QCOMPARE(*MergeLab(request()).scores(some, LabPart::sample).tasks[0].merged,
             *first.tasks[0].merged);
    auto other = request();
    other.seed = 1;
    QVERIFY(*MergeLab(other).scores(some, LabPart::sample).tasks[0].merged !=
            *first.tasks[0].merged);
  }

  void aSampleAsLargeAsTheSplitIsTheSplit() {
    MergeLab lab(request(512));
    QCOMPARE(lab.facts().examples, std::int64_t{32});
    const LabCoefficients some{{0.3, 0.3, 0.3}};
    QCOMPARE(*lab.scores(some, LabPart::sample).tasks[2].merged,
             *lab_->scores(some, LabPart::whole).tasks[2].merged);
  }

  void coefficientsATensorStandInThePlaceOfTheWhole() {
    const auto all = lab_->scores({{0.3, 0.2, 0.1}}, LabPart::sample);
    const auto name = lab_->facts().vectors[2].name;
    const std::map<std::string, double> first{{name, 0.3}};
    const auto same = lab_->scores({{0.3, 0.2, 0.1}, {first, {}, {}}}, LabPart::sample);
    const auto other = lab_->scores({{0.3, 0.2, 0.1}, {{{name, 2}}, {}, {}}}, LabPart::sample);
    for (size_t t = 0; t < 3; ++t) {
      QCOMPARE(*same.tasks[t].merged, *all.tasks[t].merged);
      QVERIFY(*other.tasks[t].merged != *all.tasks[t].merged);
    }
  }

  void badCoefficientsAreRefused() {
    const auto refused = [&](const LabCoefficients& coefficients) {
      return refusalOf([&] { lab_->scores(coefficients, LabPart::sample); });
    };
    QVERIFY(names(refused({{1, 1}}), "expected 3 numbers, one for each expert, found 2"));
    QVERIFY(names(refused({{1, 11, 1}}), "task_arithmetic.weights"));
    const double infinite = std::numeric_limits<double>::infinity();
    QVERIFY(names(refused({{1, 1, infinite}}), "coefficients[2]"));
    QVERIFY(names(refused({{1, 1, 1}, {{}, {{"trunk.nowhere", 1}}, {}}}), "trunk.nowhere"));
    QVERIFY(names(refused({{1, 1, 1}, {{}}}), "found 3 and 1"));
  }

  void runsThatDoNotFitAreNamed() {
    const auto refused = [&](const LabRequest& asked) {
      return refusalOf([&] { MergeLab lab(asked); });
    };
    auto none = request();
    none.runs.clear();
    QVERIFY(names(refused(none), "at least one expert"));
    auto gone = request();
    gone.base = path("nowhere").string();
    QVERIFY(names(refused(gone), "nowhere"));
    auto never = request();
    never.base = runs_->base.string() + "@5";
    QVERIFY(names(refused(never), "no checkpoint of step 5"));
    auto experiment = eq::train::experimentFromJson(MergeFixture::threeNumbers(), "");
    experiment =
        eq::train::withSettings(experiment, eq::train::settingsFromTexts({"model.hidden=[8, 6]"}));
    const auto wide = eq::run::Runner::start(experiment, path("wide"));
    MergeFixture::trainTo(*wide, 1);
    auto other = request();
    other.runs[1] = wide->folder().string();
    const auto text = refused(other);
    QVERIFY(names(text, "runs[1]") && names(text, other.runs[1]) && names(text, "[6, 8]"));
    auto empty = request();
    empty.examples = 0;
    QVERIFY(names(refused(empty), "examples: expected 1 or more, found 0"));
  }

  void theBaseIsFoundFromTheLineage() {
    std::vector<fs::path> chosen(runs_->experts.begin(), runs_->experts.end());
    const auto found = eq::run::labRequestOf(chosen);
    QVERIFY(fs::equivalent(fs::path(found.base.substr(0, found.base.find('@'))), runs_->base));
    QVERIFY(found.base.ends_with("@12"));
    QVERIFY(found.runs == runs_->experts);
    chosen.insert(chosen.begin() + 1, runs_->base);
    QVERIFY(eq::run::labRequestOf(chosen).runs == runs_->experts);
    QVERIFY(names(refusalOf([&] { eq::run::labRequestOf({runs_->base}); }), "is no fork"));
    const auto later =
        eq::run::Runner::fork(runs_->experts[1], MergeFixture::kSteps, path("later"));
    later->close();
    const auto text = refusalOf([&] {
      eq::run::labRequestOf({fs::path(runs_->experts[0]), later->folder()});
    });
    QVERIFY(names(text, "come from one run at one step"));
  }

  void expertsAreCalledByWhatTheyTrain() {
    auto twice = request();
    twice.runs = {runs_->experts[1], runs_->experts[0], runs_->experts[1]};
    const auto experts = MergeLab(twice).facts().experts;
    QCOMPARE(experts[0].name, std::string("y2 #1"));
    QCOMPARE(experts[1].name, std::string("y1"));
    QCOMPARE(experts[2].name, std::string("y2 #2"));
    QVERIFY(experts[1].tasks == std::vector<std::string>{"y1"});
    QCOMPARE(experts[1].step, MergeFixture::kSteps);
  }

  void whatIsSavedOpensAndTrainsOn() {
    const std::vector<double> weights{0.5, 0.25, 0};
    const auto saved = eq::run::saveMerged(lab_->facts(), {weights}, path("workspace"));
    const eq::run::RunReader reader(saved.folder);
    QCOMPARE(reader.info().title, std::string("merged 0.5 y1, 0.25 y2, 0 y3"));
    QCOMPARE(reader.info().steps, MergeFixture::kBaseSteps);
    const auto shown = lab_->scores({weights}, LabPart::whole);
    for (const auto& evaluation : reader.evaluations())
      if (evaluation.step == MergeFixture::kBaseSteps &&
          evaluation.split == eq::train::SplitName::validation)
        for (size_t t = 0; t < 3; ++t)
          QCOMPARE(evaluation.tasks[t].at(shown.tasks[t].metric), *shown.tasks[t].merged);
    const auto runner = eq::run::Runner::resume(saved.folder);
    MergeFixture::trainTo(*runner, MergeFixture::kBaseSteps + 3);
    QCOMPARE(eq::run::RunReader(saved.folder).info().steps, MergeFixture::kBaseSteps + 3);
  }

  void whatCannotBeSavedLeavesNothing() {
    const auto workspace = path("empty");
    const auto text = refusalOf([&] {
      eq::run::saveMerged(lab_->facts(), {{1, 1, 99}}, workspace);
    });
    QVERIFY(names(text, "task_arithmetic.weights"));
    QVERIFY(fs::is_empty(workspace));
  }

  /// What a progress throws ends the opening.
  void theOpeningCanBeEnded() {
    int parts = 0;
    const auto text = refusalOf([&] {
      MergeLab lab(request(), [&](const eq::run::MergePart&) {
        if (++parts == 3) eq::fail("enough");
      });
    });
    QCOMPARE(text, std::string("enough"));
    QCOMPARE(parts, 3);
  }

  /// The whole split is opened when it is asked for; a slider that moves meanwhile ends that, and
  /// the next call begins anew.
  void theWholeSplitCanBeGivenUpAndAskedForAgain() {
    MergeLab lab(request());
    const LabCoefficients some{{0.3, 0.3, 0.3}};
    int parts = 0;
    const auto text = refusalOf([&] {
      lab.scores(some, LabPart::whole, [&](const eq::run::MergePart&) {
        if (++parts == 2) eq::fail("enough");
      });
    });
    QCOMPARE(text, std::string("enough"));
    const auto found = lab.scores(some, LabPart::whole).tasks[0];
    const auto wanted = lab_->scores(some, LabPart::whole).tasks[0];
    QCOMPARE(*found.base, *wanted.base);
    QCOMPARE(*found.merged, *wanted.merged);
  }
};

EQUIPOISE_TEST(TestMergeLab)
#include "tst_merge_lab.moc"
