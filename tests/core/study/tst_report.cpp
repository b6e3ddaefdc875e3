#include <algorithm>
#include <cmath>
#include <limits>

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/study/comparison_tables.h"
#include "core/study/comparison_text.h"
#include "core/study/recorded_run.h"
#include "core/study/report/chart.h"
#include "core/study/report/chart_points.h"
#include "core/study/report/run_report.h"
#include "core/study/report/svg_text.h"
#include "tests/registry.h"

using namespace eq;
using namespace eq::study;
using nlohmann::json;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const std::string kHostile = "<script>alert(1)</script>\"'&";

/// Every picture of a report, as XML.
std::vector<QString> svgsIn(const QString& html) {
  std::vector<QString> svgs;
  QRegularExpression pattern("<svg.*?</svg>", QRegularExpression::DotMatchesEverythingOption);
  for (auto found = pattern.globalMatch(html); found.hasNext();)
    svgs.push_back(found.next().captured());
  return svgs;
}

QString xmlProblem(const QString& text) {
  QXmlStreamReader reader(text);
  while (!reader.atEnd()) reader.readNext();
  return reader.hasError() ? reader.errorString() + ": " + text.left(2000) : QString();
}

metric::ClassReport classReport() {
  metric::ClassReport report{2, {8, 2, 1, 9}, std::vector<metric::ReliabilityBin>(15)};
  report.bins[14] = {10, 9.7, 9};
  report.bins[9] = {10, 6.2, 5};
  return report;
}

}  // namespace

class TestReport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Two losses with three seeds each, with steps, conflicts, a NaN, reports, a note.
  void initTestCase() {
    for (int seed = 1; seed <= 3; ++seed)
      for (const auto* loss : {"cross_entropy", "squentropy"}) {
        eq::test::RecordedRun run;
        run.set("/seed", seed).set("/tasks/0/loss/id", loss).set("/name", kHostile);
        for (int step = 1; step <= 10; ++step) run.records.steps.push_back(stepOf(step, seed));
        run.at(5, train::SplitName::validation, {0.5, 1, 0.6, 2});
        run.at(10, train::SplitName::validation, {0.1 * seed, 0.9, 0.7, 1.5});
        run.ending(0.1 * seed);
        run.records.evaluations.back().reports.emplace(0, classReport());
        run.records.events.push_back({3, 1.5, "note", kHostile, {{"kind", "note"}, {"text", "x"}}});
        folders_.push_back(run.write(std::filesystem::path(folder_.path().toStdString()) /
                                     (loss + std::to_string(seed))));
      }
    request_.folders = folders_;
    request_.comparison.baseline = {"tasks[0].loss.id=cross_entropy"};
    request_.options.version = "9.8";
    request_.options.command = "equipoise-cli report " + shellWord("a b'c");
    html_ = QString::fromStdString(reportAsHtml(reportOfRuns(request_)));
  }

  void nothingOfARunIsMarkup() {
    QVERIFY(!html_.contains("<script>alert"));
    QVERIFY(html_.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    for (const auto& svg : svgsIn(html_)) QCOMPARE(xmlProblem(svg), QString());
  }

  void thePageAsksForNothingElse() {
    QVERIFY(html_.contains("default-src 'none'"));
    for (const auto* foreign : {"<img", "<link", " src=", "@import", "url(", "<iframe"})
      QVERIFY2(!html_.contains(foreign), foreign);
    auto outside = html_;
    outside.remove("http://www.w3.org/2000/svg");
    QVERIFY(!outside.contains("://"));
  }

  void numbersAreThoseOfTheComparison() {
    std::vector<ComparedRun> runs;
    for (const auto& folder : folders_) runs.push_back(readComparedRun(folder, request_.choice));
    const auto comparison = compare(runs, {}, request_.comparison);
    QVERIFY(comparison.tests.size() >= 2);
    for (const auto& table :
         {groupTable(comparison), metricTable(comparison, request_.choice), testTable(comparison)})
      for (const auto& row : table.rows)
        for (const auto& cell : row)
          if (cell.number)
            QVERIFY2(
                html_.contains(
                    QString("data-v=\"%1\"").arg(QString::fromStdString(numberText(*cell.number)))),
                cell.text.c_str());
    const auto out = toJson(comparison);
    const auto mean = out["groups"][0]["metrics"]["left"]["accuracy"]["mean"].get<double>();
    QVERIFY(std::abs(mean - 0.2) < 1e-12);
    QVERIFY(html_.contains("tasks[0].loss.id = squentropy"));
    QVERIFY(html_.contains("it cannot be told"));
  }

  void everyPartIsThereAndOnlyThoseAskedFor() {
    for (const auto* title : {"Runs", "What differs", "Comparison", "Losses", "Metrics", "Weights",
                              "Gradient norms", "Angles between gradients", "Calibration", "Events",
                              "Versions and data", "How to repeat it"})
      QVERIFY2(html_.contains(QString("<h2>%1</h2>").arg(title)), title);
    auto request = request_;
    request.options.parts = reportParts("weights,runs");
    const auto few = QString::fromStdString(reportAsHtml(reportOfRuns(request)));
    QCOMPARE(few.count("<h2>"), 2);
    QVERIFY(few.indexOf("<h2>Runs") < few.indexOf("<h2>Weights"));
    QVERIFY_EXCEPTION_THROWN(reportParts("weights,figures"), Error);
  }

  void groupsAreBandsOfTheirMembers() {
    const auto svgs = svgsIn(section("Losses"));
    QCOMPARE(svgs.size(), std::size_t(3));  // the legend, left, right
    QCOMPARE(svgs[1].count("<polygon"), 2);
    QCOMPARE(svgs[1].count("stroke-opacity=\"0.35\""), 6);
    QCOMPARE(svgs[1].count("data-x="), 2);
    QVERIFY(svgs[0].contains("n = 3"));
    // Step 4: losses seed + 4 of seeds 1 to 3; their mean is 6.
    QVERIFY(svgs[1].contains("data-y=\"3 4 5 6 7 8 9 10 11 12\""));
  }

  void aLossThatIsNoNumberIsMarked() {
    const auto svgs = svgsIn(section("Losses"));
    QVERIFY(svgs[2].contains("not finite: 4"));
    QVERIFY(!svgs[1].contains("not finite"));
  }

  void anglesAreThoseOfTheCosines() {
    const auto svgs = svgsIn(section("Angles between gradients"));
    QCOMPARE(svgs.size(), std::size_t(2));
    QVERIFY(svgs[1].contains("data-y=\"60 60 60"));
  }

  void diagramsOfGroupsStandSideBySideWithTheirExamplesTogether() {
    const auto calibration = section("Calibration");
    QCOMPARE(calibration.count("class=\"reliability\""), 2);
    // Of 60 examples: 30 with confidence 0.97 and 0.9 right, 30 with 0.62 and 0.5 right.
    QVERIFY(calibration.contains("ECE 0.095, 60 examples"));
    QVERIFY(calibration.contains("27 of 30 right = 0.9, mean confidence 0.97"));
    QVERIFY(calibration.contains("examples of 3 runs together"));
  }

  void whatRepeatsARunIsACommandLine() {
    const auto repeat = section("How to repeat it");
    QVERIFY(repeat.contains("equipoise-cli report &#39;a b&#39;\\&#39;&#39;c&#39;"));
    QVERIFY(repeat.contains("cross_entropy1/experiment.json --commands commands.json --steps 10"));
    QCOMPARE(repeat.count("<details>"), 12);  // an experiment and commands each
  }

  /// Its experiment ends earlier.
  void whatRepeatsAContinuedRunContinuesIt() {
    eq::test::RecordedRun run;
    for (int step = 1; step <= 10; ++step) run.records.steps.push_back(stepOf(step, 1));
    run.ending(1);
    run.records.events.push_back({6, 1.5, "resumed", "resumed at step 6", {{"epochs", 4}}});
    auto request = request_;
    request.comparison = {};
    request.folders = {
        run.write(std::filesystem::path(folder_.path().toStdString()) / "continued")};
    const auto html = QString::fromStdString(reportAsHtml(reportOfRuns(request)));
    QVERIFY(html.contains("experiment.json --steps 6 --out runs"));
    QVERIFY(html.contains("equipoise-cli resume RUN --epochs 4 --steps 10"));
  }

  /// As it was forked: its experiment has the parent's length.
  void whatRepeatsAForkOfAnotherLengthSaysIt() {
    eq::test::RecordedRun run;
    for (int step = 1; step <= 10; ++step) run.records.steps.push_back(stepOf(step, 1));
    run.ending(1);
    run.records.events.push_back({6, 1.5, "started", "forked at step 6", {{"epochs", 6}}});
    auto request = request_;
    request.comparison = {};
    request.folders = {run.write(std::filesystem::path(folder_.path().toStdString()) / "forked")};
    const auto html = QString::fromStdString(reportAsHtml(reportOfRuns(request)));
    QVERIFY(html.contains("experiment.json --steps 6 --out runs"));
    QVERIFY(html.contains("equipoise-cli resume RUN --epochs 6 --steps 10"));
  }

  void aReportOfOneRunNeedsNoComparison() {
    auto request = request_;
    request.folders = {folders_[0]};
    request.comparison = {};
    const auto html = QString::fromStdString(reportAsHtml(reportOfRuns(request)));
    QVERIFY(html.contains("<h2>Losses</h2>") && !html.contains("<h2>What differs"));
    QVERIFY(!html.contains("<polygon"));
  }

  void runsThatCannotBeComparedAreReportedAllTheSame() {
    eq::test::RecordedRun single;
    single.set("/tasks/1/enabled", false).ending(0.3);
    const auto place = std::filesystem::path(folder_.path().toStdString()) / "single";
    RunReportRequest request;
    request.folders = {single.write(place)};
    const auto html = QString::fromStdString(reportAsHtml(reportOfRuns(request)));
    QVERIFY(html.contains("these are single-task baselines only"));
    request.comparison.by = {"seed"};
    QVERIFY_EXCEPTION_THROWN(reportOfRuns(request), Error);
  }

  void ofManyPointsTheExtremesAndTheGapsAreDrawn() {
    std::vector<double> x, y;
    for (int i = 0; i < 100000; ++i) {
      x.push_back(i);
      y.push_back(std::sin(i * 0.01));
    }
    y[33333] = 50;
    y[44444] = -50;
    for (int i = 50000; i < 60000; ++i) y[static_cast<std::size_t>(i)] = kNan;
    const auto points = chartPoints(x, y);
    QVERIFY(points.x.size() <= 5 * 120);
    QVERIFY(std::find(points.y.begin(), points.y.end(), 50.0) != points.y.end());
    QVERIFY(std::find(points.y.begin(), points.y.end(), -50.0) != points.y.end());
    QVERIFY(std::is_sorted(points.x.begin(), points.x.end()));
    QVERIFY(std::any_of(points.y.begin(), points.y.end(), [](double v) { return std::isnan(v); }));
    Chart chart;
    chart.lines.push_back({"a", 0, x, y});
    QVERIFY(pointsInWords(chart).ends_with("of 100000 points drawn"));
  }

  void ticksAreRoundAndWithinTheirRange_data() {
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::newRow("unit") << 0.0 << 1.0;
    QTest::newRow("small") << -3e-9 << 8e-9;
    QTest::newRow("far") << 1e6 << 1e6 + 3;
    QTest::newRow("large") << -7e12 << 1e13;
  }
  void ticksAreRoundAndWithinTheirRange() {
    QFETCH(double, low);
    QFETCH(double, high);
    const auto ticks = roundTicks(low, high, 5);
    QVERIFY(ticks.size() >= 2 && ticks.size() <= 11);
    for (const double tick : ticks) {
      QVERIFY(tick >= low - 1e-6 * (high - low) && tick <= high + 1e-6 * (high - low));
    }
    QCOMPARE(roundTicks(3, 3, 5), std::vector<double>{3});
  }

  void chartsOfNothingAndOfOnePointAreDrawn() {
    Chart chart;
    QCOMPARE(xmlProblem(QString::fromStdString(svgOf(chart))), QString());
    chart.lines.push_back({kHostile, 0, {5}, {2}});
    const auto svg = QString::fromStdString(svgOf(chart));
    QCOMPARE(xmlProblem(svg), QString());
    QVERIFY(!svg.contains("nan") && !svg.contains("inf"));
  }

 private:
  static train::StepRecord stepOf(int step, int seed) {
    train::StepRecord record;
    record.step = step;
    record.losses = {static_cast<double>(seed + step), step == 4 ? kNan : 2.0};
    record.weights = {0.5, 0.25};
    record.conflict =
        train::ConflictRecord{train::GradientSource::exact, {1, 2}, {1, 0.5, 0.5, 1}, 3, 1, 1};
    return record;
  }

  QString section(const QString& title) const {
    const auto begin = html_.indexOf("<h2>" + title + "</h2>");
    return html_.mid(begin, html_.indexOf("</section>", begin) - begin);
  }

  QTemporaryDir folder_;
  std::vector<std::filesystem::path> folders_;
  RunReportRequest request_;
  QString html_;
};

EQUIPOISE_TEST(TestReport)
#include "tst_report.moc"
