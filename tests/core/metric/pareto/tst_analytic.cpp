#include <QTest>

#include "core/metric/hypervolume.h"
#include "core/metric/pareto/analytic.h"
#include "core/metric/pareto/lattice.h"
#include "tests/core/metric/pareto/front_support.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

json valuesOf(const json& problem) {
  return figures({{"problem", problem}})["points"];
}

json frontOf(const json& front) {
  const size_t objectives =
      front["id"].get<std::string>().starts_with("dtlz") ? front.value("objectives", size_t{3}) : 2;
  return figures({{"points", {Point(objectives, 1.0)}}, {"front", front}})["front"];
}

}  // namespace

/// Problems whose values and fronts are known.
class TestAnalytic : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Volumes of the sheet's table, which are those of the whole front.
  void frontsHaveTheVolumesOfTheSheet_data() {
    QTest::addColumn<QString>("front");
    QTest::addColumn<double>("atOne");
    QTest::addColumn<double>("further");
    QTest::addColumn<double>("tolerance");
    QTest::newRow("zdt1") << R"({"id":"zdt1","points":20000})" << 2.0 / 3 << 0.8766667 << 1e-4;
    QTest::newRow("zdt2") << R"({"id":"zdt2","points":20000})" << 1.0 / 3 << 0.5433333 << 1e-4;
    QTest::newRow("zdt3") << R"({"id":"zdt3","points":20000})" << 1.0444260 << 1.3317629 << 1e-4;
    QTest::newRow("dtlz1") << R"({"id":"dtlz1","divisions":150})" << 0.9791667 << 1.3101667 << 2e-3;
    QTest::newRow("dtlz2") << R"({"id":"dtlz2","divisions":150})" << 0.4764012 << 0.8074012 << 9e-3;
    QTest::newRow("fonseca") << R"({"id":"fonseca_fleming","points":20000})" << 0.3421156
                             << 0.5521156 << 1e-4;
  }
  void frontsHaveTheVolumesOfTheSheet() {
    QFETCH(QString, front);
    QFETCH(double, atOne);
    QFETCH(double, further);
    QFETCH(double, tolerance);
    const auto points = frontOf(json::parse(front.toStdString())).get<Points>();
    for (const auto& [reference, expected] : {std::pair{1.0, atOne}, {1.1, further}}) {
      const double volume = hypervolume(points, Point(points[0].size(), reference));
      // Some of the front is never all of it.
      QVERIFY2(volume <= expected + 1e-7 && volume > expected - tolerance,
               qPrintable(QString::number(volume, 'g', 10)));
    }
  }

  void frontsAreWhatTheSheetSays() {
    QVERIFY(same(frontOf({{"id", "zdt1"}, {"points", 5}}),
                 {{0, 1}, {.25, .5}, {.5, 1 - std::sqrt(.5)}, {.75, 1 - std::sqrt(.75)}, {1, 0}}));
    QVERIFY(same(frontOf({{"id", "zdt2"}, {"points", 3}}), {{0, 1}, {.5, .75}, {1, 0}}));
    QVERIFY(same(frontOf({{"id", "fonseca_fleming"}, {"points", 2}}),
                 {{1 - std::exp(-4), 0}, {0, 1 - std::exp(-4)}}));
    QVERIFY(
        same(frontOf({{"id", "dtlz1"}, {"divisions", 1}}), {{.5, 0, 0}, {0, .5, 0}, {0, 0, .5}}));
    QVERIFY(same(frontOf({{"id", "dtlz2"}, {"divisions", 2}, {"objectives", 2}}),
                 {{1, 0}, {std::sqrt(.5), std::sqrt(.5)}, {0, 1}}));
    const auto parts = frontOf({{"id", "zdt3"}, {"points", 12}});
    QCOMPARE(parts.size(), size_t{12});
    const std::vector<double> first{
        0,           .0830015349 / 2, .0830015349, .1822287280, (.1822287280 + .2577623635) / 2,
        .2577623635, .4093136748};
    for (size_t i = 0; i < first.size(); ++i) QVERIFY(same(parts[i][0], first[i]));
    QVERIFY(same(parts[11][0], .8518328601));
  }

  void noPointOfAFrontDominatesAnother_data() {
    QTest::addColumn<QString>("id");
    for (const auto* problem : analyticProblems().descriptors())
      QTest::newRow(problem->id.c_str()) << QString::fromStdString(problem->id);
  }
  void noPointOfAFrontDominatesAnother() {
    QFETCH(QString, id);
    const auto& descriptor = analyticProblems().descriptor(id.toStdString());
    json front{{"id", descriptor.id}};
    front[frontSize(descriptor).name] = 21;
    const auto points = frontOf(front);
    const auto found = figures({{"points", points}});
    for (size_t i = 0; i < points.size(); ++i) {
      // A part of ZDT3 begins as high as the one before ends, up to the sheet's digits.
      const bool begins = i > 0 && same(points[i][1], points[i - 1][1], 1e-8);
      QVERIFY2(found["rank"][i] == 0 || begins, qPrintable(QString::number(i)));
    }
  }

  void valuesAreThoseOfTheFormulas() {
    const double pi = std::acos(-1.0);
    // On the front g is 1: the other variables are 0, or one half.
    QVERIFY(same(valuesOf({{"id", "zdt1"}, {"x", {{.25, 0, 0}, {.25, 1, 1}}}}),
                 {{.25, .5}, {.25, 10 - std::sqrt(2.5)}}));
    QVERIFY(same(valuesOf({{"id", "zdt2"}, {"x", {{.5, 0}, {.5, .5}}}}),
                 {{.5, .75}, {.5, 5.5 - .25 / 5.5}}));
    QVERIFY(same(valuesOf({{"id", "zdt3"}, {"x", {{.25, 0}}}}),
                 {{.25, 1 - .5 - .25 * std::sin(2.5 * pi)}}));
    QVERIFY(same(valuesOf({{"id", "dtlz1"}, {"x", {{.2, .4, .5, .5}}}}),
                 {{.5 * .2 * .4, .5 * .2 * .6, .5 * .8}}));
    QVERIFY(same(valuesOf({{"id", "dtlz1"}, {"objectives", 2}, {"x", {{.3, .75}}}}),
                 {{.5 * (1 + 100 * (1 + .0625 + 1)) * .3, .5 * (1 + 100 * (1 + .0625 + 1)) * .7}}));
    QVERIFY(same(valuesOf({{"id", "dtlz2"}, {"x", {{0, 1.0 / 3, 1}}}}),
                 {{1.25 * std::cos(pi / 6), 1.25 * .5, 0}}));
    QVERIFY(same(valuesOf({{"id", "fonseca_fleming"}, {"x", {{.5, .5, .5, .5}}}}),
                 {{0, 1 - std::exp(-4)}}));
  }

  void twoValleysAreThoseOfTheSheet() {
    QVERIFY(same(valuesOf({{"id", "two_valleys"}, {"x", {{0, -8}, {0, 0}, {0, -8.355110}}}}),
                 {{-15.089872, -15.089872}, {0, 0}, {-15.091638, -15.091638}}, 1e-6));
    const auto front = frontOf({{"id", "two_valleys"}, {"points", 3}});
    QVERIFY(same(front[0], {-19.989425, -0.397940}, 1e-6));
    QVERIFY(same(front[2], {-0.397940, -19.989425}, 1e-6));
    QVERIFY(same(front[1], {-15.091638, -15.091638}, 1e-6));
    QVERIFY(same(valuesOf({{"id", "two_valleys"}, {"scale1", 2}, {"x", {{0, -8}}}}),
                 {{-2 * 15.089872, -15.089872}}, 1e-6));
  }

  void refusesWhatLiesOutside_data() {
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* input, const char* message) {
      QTest::newRow(input) << QString(input) << QString(message);
    };
    add(R"({"problem":{"id":"zdt1","x":[[0.5,1.5]]}})",
        "problem.x[0][1]: 1.5 is outside of 0 to 1");
    add(R"({"problem":{"id":"fonseca_fleming","x":[[0],[-5]]}})",
        "problem.x[1][0]: -5 is outside of -4 to 4");
    add(R"({"problem":{"id":"zdt1","x":[[0.5]]}})", "problem.x[0]: 1 variables are too few");
    add(R"({"problem":{"id":"dtlz2","x":[[0.5,0.5]]}})", "problem.x[0]: 2 variables are too few");
    add(R"({"problem":{"id":"two_valleys","x":[[0,0,0]]}})",
        "problem.x[0]: 3 variables are too many, there are 2");
    add(R"({"problem":{"id":"zdt1","x":[[0.5,0],[1]]}})", "problem.x[1]: expected 2 numbers");
    add(R"({"problem":{"id":"zdt1","x":[[0.5,null]]}})",
        "problem.x[0][1]: expected a number, found null");
    add(R"({"problem":{"id":"zdt1"}})", "problem.x: is required and missing");
    add(R"({"problem":{"id":"zdt9","x":[]}})", "problem.id: no analytic problem \"zdt9\"");
    add(R"({"problem":{"x":[]}})", "problem: expected an object with an \"id\"");
    add(R"({"problem":{"id":"zdt1","x":[[0,0]],"objectives":3}})",
        "problem.objectives: unknown parameter");
    add(R"({"problem":{"id":"dtlz1","x":[[0,0,0]],"objectives":1}})",
        "problem.objectives: 1 is below 2");
    add(R"({"points":[[1,1]],"front":{"id":"zdt1"}})", "front.points: is required and missing");
    add(R"({"points":[[1,1]],"front":{"id":"zdt1","points":1}})", "front.points: 1 is below 2");
    add(R"({"points":[[1,1]],"front":{"id":"zdt1","divisions":5}})",
        "front.divisions: unknown parameter");
    add(R"({"points":[[1,1]],"front":{"id":"dtlz1","divisions":5}})",
        "front: expected 2 numbers as in points[0], found 3");
    add(R"({"points":[[1,1,1]],"front":{"id":"dtlz1","divisions":100000}})",
        "front.divisions: 100000 gives 5e+09 weights of 3 tasks, at most 10000000 can be made");
    add(R"({"points":[[1,1]],"front":{"id":"nothing","points":5}})",
        "front.id: no analytic problem \"nothing\"");
  }
  void refusesWhatLiesOutside() {
    QFETCH(QString, input);
    QFETCH(QString, message);
    const auto found = refusalOf(json::parse(input.toStdString()));
    QVERIFY2(found.starts_with(message.toStdString()), found.c_str());
  }
};

EQUIPOISE_TEST(TestAnalytic)
#include "tst_analytic.moc"
