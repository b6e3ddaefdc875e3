#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include "core/base/error.h"
#include "core/base/text_table.h"
#include "core/data/problem.h"
#include "core/train/predictions/prediction_page.h"
#include "core/train/predictions/prediction_words.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::PredictionFilter;
using eq::train::PredictionSurvey;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;
using Outcome = PredictionFilter::Outcome;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::int64_t kRows = 40, kPixels = 6;

/// Maps of 2 x 3: three classes, and depths in metres that are trained as (m - 1) / 2.
eq::data::Split mapSplit() {
  eq::data::Split split;
  split.inputs = at::randn({kRows, 4});
  split.targets = {at::randint(3, {kRows, kPixels}, at::kLong), at::rand({kRows, kPixels}),
                   at::randint(2, {kRows, 3}, at::kLong).to(at::kFloat),
                   at::randint(4, {kRows}, at::kLong)};
  split.masks.resize(4);
  return split;
}

eq::data::Problem mapProblem() {
  eq::data::Problem problem;
  problem.inputShape = {4};
  eq::TaskInfo maps{"maps", eq::TaskKind::segmentation, 3, {}, "", {2, 3}};
  eq::TaskInfo depth{"depth", eq::TaskKind::regression, kPixels, {}, "m", {2, 3}};
  depth.scale = 2;
  depth.offset = 1;
  eq::TaskInfo labels{"labels", eq::TaskKind::multilabel, 3, {"a", "b", "c"}, "", {}};
  eq::TaskInfo kind{"kind", eq::TaskKind::classification, 4, {"w", "x", "y", "z"}, "", {}};
  problem.tasks = {maps, depth, labels, kind};
  problem.train = mapSplit();
  problem.validation = mapSplit();
  problem.test = mapSplit();
  return problem;
}

eq::train::Experiment mapExperiment() {
  return eq::train::experimentFromJson(json::parse(R"({
    "name": "maps", "data": {"id": "digit_facts"},
    "tasks": [{"name": "maps", "loss": {"id": "cross_entropy"},
               "metrics": [{"id": "pixel_accuracy"}]},
              {"name": "depth", "loss": {"id": "l1"}, "metrics": [{"id": "mae"}]},
              {"name": "labels", "loss": {"id": "binary_cross_entropy"},
               "metrics": [{"id": "accuracy"}]},
              {"name": "kind", "loss": {"id": "cross_entropy"}, "metrics": [{"id": "accuracy"}]}],
    "model": {"id": "mlp", "hidden": [16]}, "batch_size": 20, "epochs": 20, "threads": 1})"),
                                       {});
}

Trainer mapTrainer(eq::data::Problem problem, eq::train::Experiment experiment) {
  return Trainer(std::move(experiment), std::move(problem));
}

/// Errors 1, 3, NaN of a prediction that is not finite, none, 3, an infinite loss.
PredictionSurvey handMade() {
  PredictionSurvey survey;
  survey.info = {"kind", eq::TaskKind::classification, 2, {}, "", {}};
  survey.errors = {1, 3, kNan, kNan, 3, kInf};
  survey.counted = {1, 1, 1, 0, 1, 1};
  survey.finite = {1, 1, 0, 1, 1, 1};
  survey.decided = {1, 1, 0, 0, 1, 1};
  survey.right = {1, 0, 0, 0, 0, 0};
  survey.targets = {0, 0, 1, -1, 1, 1};
  survey.predicted = {0, 1, -1, 0, 0, 0};
  return survey;
}

std::vector<std::int64_t> chosen(const PredictionFilter& filter) {
  return eq::train::worstFirst(handMade(), filter);
}

using Places = std::vector<std::int64_t>;

}  // namespace

class TestPredictionSurvey : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    eq::train::useThreads(1);
    at::manual_seed(3);
  }

  void worstStandFirst() {
    QCOMPARE(chosen({}), (Places{2, 5, 1, 4, 0, 3}));
    QCOMPARE(chosen({{}, {}, Outcome::wrong}), (Places{2, 5, 1, 4}));
    QCOMPARE(chosen({{}, {}, Outcome::right}), (Places{0}));
    QCOMPARE(chosen({1, {}, Outcome::any}), (Places{2, 5, 4}));
    QCOMPARE(chosen({1, 0, Outcome::any}), (Places{5, 4}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, chosen({2, {}, Outcome::any}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, chosen({{}, -1, Outcome::any}));
  }

  void countsNeedFiniteNumbers() {
    auto survey = handMade();
    auto counts = eq::train::countsOf(survey);
    QCOMPARE(counts.withoutTarget, std::int64_t{1});
    QCOMPARE(counts.nonfinite, std::int64_t{1});
    QVERIFY(std::isnan(counts.accuracy));
    survey.finite[2] = 1;
    survey.decided[2] = 1;
    counts = eq::train::countsOf(survey);
    QCOMPARE(counts.accuracy, 0.2);
  }

  void accuraciesAreTheMetrics_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<QString>("metric");
    QTest::newRow("pixels") << 0 << "pixel_accuracy";
    QTest::newRow("labels") << 2 << "accuracy";
    QTest::newRow("classes") << 3 << "accuracy";
  }

  void accuraciesAreTheMetrics() {
    QFETCH(int, task);
    QFETCH(QString, metric);
    Trainer trainer = mapTrainer(mapProblem(), mapExperiment());
    for (int i = 0; i < 10; ++i) trainer.step();
    for (const auto split : {SplitName::train, SplitName::validation, SplitName::test}) {
      const auto survey = trainer.surveyPredictions(split, static_cast<size_t>(task));
      const auto values = trainer.evaluate(split).tasks[static_cast<size_t>(task)];
      QCOMPARE(eq::train::countsOf(survey).accuracy, values.at(metric.toStdString()));
      double sum = 0;
      for (const double error : survey.errors) sum += error;
      QVERIFY(std::abs(sum / kRows - values.at("loss")) < 1e-6);
    }
  }

  void mapsAreInTheirUnit() {
    Trainer trainer = mapTrainer(mapProblem(), mapExperiment());
    trainer.step();
    const auto page = eq::train::predictionPage(trainer, {1, SplitName::validation, {}, 0, kRows});
    double sum = 0;
    for (const auto& row : page.rows) {
      QCOMPARE(row.example.target.size(), size_t{kPixels});
      for (size_t i = 0; i < kPixels; ++i) {
        QVERIFY(row.example.target[i] >= 1 && row.example.target[i] <= 3);
        sum += std::abs(row.example.target[i] - row.example.output[i]);
      }
    }
    const double mae = trainer.evaluate(SplitName::validation).tasks[1].at("mae");
    QVERIFY(std::abs(sum / (kRows * kPixels) - mae) < 1e-6);
    QVERIFY(eq::train::isOfMaps(page.info));
    QCOMPARE(eq::train::targetText(page, page.rows[0]), std::string("map 2 x 3"));
    for (size_t i = 1; i < page.rows.size(); ++i)
      QVERIFY(page.rows[i - 1].error >= page.rows[i].error);
  }

  void aLossOverTheBatchHasAMeasure() {
    auto experiment = mapExperiment();
    experiment.tasks[0].loss = {"dice"};
    experiment.tasks[0].loss.params = {{"group", "batch"}};
    Trainer trainer = mapTrainer(mapProblem(), experiment);
    const auto page = eq::train::predictionPage(trainer, {0, SplitName::test, {}, 0, 5});
    QCOMPARE(page.measure, std::string("share of wrong pixels"));
    QVERIFY(!page.reason.empty());
    QCOMPARE(page.rows.size(), size_t{5});
    for (const auto& row : page.rows) {
      double wrong = 0;
      for (size_t i = 0; i < kPixels; ++i)
        wrong += row.example.target[i] != row.example.output[i] ? 1 : 0;
      QCOMPARE(row.error, wrong / kPixels);
      QCOMPARE(row.decided - row.right, std::int64_t(wrong));
    }
  }

  void whatIsNotFiniteIsSaid() {
    auto problem = mapProblem();
    problem.validation.inputs[7].fill_(kNan);
    problem.validation.targets[3][9].fill_(-100);
    Trainer trainer = mapTrainer(std::move(problem), mapExperiment());
    const auto page = eq::train::predictionPage(trainer, {3, SplitName::validation, {}, 0, kRows});
    QCOMPARE(page.rows.front().example.index, std::int64_t{7});
    QVERIFY(!page.rows.front().finite);
    QCOMPARE(eq::train::outputText(page, page.rows.front()), std::string("not finite"));
    QVERIFY(std::isnan(*eq::train::confidenceOf(page, page.rows.front())));
    QCOMPARE(page.rows.back().example.index, std::int64_t{9});
    QCOMPARE(eq::train::targetText(page, page.rows.back()), std::string("none"));
    QCOMPARE(page.counts.nonfinite, std::int64_t{1});
    QCOMPARE(page.counts.withoutTarget, std::int64_t{1});
    QVERIFY(std::isnan(page.counts.accuracy));
    QVERIFY(eq::train::toJson(page).at("rows").at(0).at("error").is_null());
  }

  void lookingChangesNothing() {
    const auto problem = mapProblem();
    Trainer one = mapTrainer(problem, mapExperiment()),
            other = mapTrainer(problem, mapExperiment());
    for (int i = 0; i < 10; ++i) {
      eq::train::predictionPage(one, {0, SplitName::train, {}, 0, 3});
      one.step();
      other.step();
    }
    const auto a = one.takeRecords(), b = other.takeRecords();
    QCOMPARE(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) QCOMPARE(a[i].losses, b[i].losses);
  }

  void whatDoesNotFitIsRefused() {
    Trainer trainer = mapTrainer(mapProblem(), mapExperiment());
    const auto page = [&](const eq::train::PredictionRequest& request) {
      return eq::train::predictionPage(trainer, request);
    };
    QVERIFY_THROWS_EXCEPTION(eq::Error, page({4, SplitName::test, {}, 0, 1}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, page({0, SplitName::test, {}, 0, 0}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, page({0, SplitName::test, {}, 0, 1001}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, page({0, SplitName::test, {0, {}, Outcome::any}, 0, 1}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, page({1, SplitName::test, {{}, {}, Outcome::wrong}, 0, 1}));
    QCOMPARE(page({0, SplitName::test, {}, kRows, 5}).rows.size(), size_t{0});
    QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.predictedExamples(SplitName::test, 0, {kRows}));
    const auto stops = [](std::int64_t, std::int64_t) { return false; };
    QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.surveyPredictions(SplitName::test, 0, stops));
  }

  /// Too many numbers for columns of their own were left out of the file.
  void aTableHasTargetsAndPredictionsOfEveryWidth() {
    for (const size_t width : {1, 3, 201}) {
      eq::train::PredictionPage page;
      page.measure = "loss";
      page.info = {"many", eq::TaskKind::regression, std::int64_t(width), {}, "m", {}};
      eq::train::PredictionRow row;
      row.example.target.assign(width, 1.5);
      row.example.output.assign(width, -2.25);
      page.rows = {row};
      const auto text = eq::textOf(eq::train::tableOf(page), eq::TableFormat::csv);
      QVERIFY2(text.find("1.5") != text.npos && text.find("-2.25") != text.npos, text.c_str());
      const auto table = eq::train::tableOf(page);
      QCOMPARE(table.columns.size(), width > 200 ? size_t{6} : 4 + 2 * width);
      QCOMPARE(table.rows[0].size(), table.columns.size());
    }
  }

  void classesAreFoundByName() {
    const auto tasks = mapProblem().tasks;
    QCOMPARE(eq::train::classFromText(tasks[3], "y"), std::int64_t{2});
    QCOMPARE(eq::train::classFromText(tasks[3], "1"), std::int64_t{1});
    QVERIFY_THROWS_EXCEPTION(eq::Error, eq::train::classFromText(tasks[3], "4"));
    QVERIFY_THROWS_EXCEPTION(eq::Error, eq::train::classFromText(tasks[1], "0"));
  }
};

EQUIPOISE_TEST(TestPredictionSurvey)
#include "tst_prediction_survey.moc"
