#include <numeric>

#include <qcustomplot.h>

#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_front.h"
#include "widgets/plots/pareto_plot.h"

using namespace eq;
using namespace eq::widgets;

namespace {

struct Fixture {
  RunData data;
  PlotLink link;
  ParetoPlot plot{data, link};

  explicit Fixture(int tasks = 2, const std::vector<std::int64_t>& steps = {10, 20, 30}) {
    startFront(data, tasks, steps);
    plot.resize(700, 600);
    plot.show();
    plot.setObjectives(data.taskName(0) + " · loss", data.taskName(1) + " · loss");
    settle();
  }
  void settle() {
    plot.bringUpToDate();
    plot.plot().replot();
  }
  const ParetoTrail& shown() { return plot.trails().front(); }
};

}  // namespace

/// The front of a run that trains one, in the Pareto picture.
class TestParetoFronts : public QObject {
  Q_OBJECT

 private slots:
  void theFrontIsThatOfTheCursor() {
    Fixture f;
    QVERIFY(f.shown().isFront());
    QCOMPARE(f.shown().size(), 5U);
    QCOMPARE(f.shown().steps, (std::vector<std::int64_t>(5, 30)));
    QCOMPARE(f.shown().x[0], 1 + 10 / 30.0);
    QCOMPARE(f.shown().y[0], 5 + 10 / 30.0);
    QCOMPARE(f.shown().preferences[1], (std::vector<double>{.75, .25}));
    const double volume = f.plot.answer().hypervolume;
    QVERIFY(volume > 0);
    f.link.setCursor(25);
    f.settle();
    QCOMPARE(f.shown().steps, (std::vector<std::int64_t>(5, 20)));
    f.link.setCursor(3);  // before there was one: the first
    f.settle();
    QCOMPARE(f.shown().steps, (std::vector<std::int64_t>(5, 10)));
    const auto values = f.plot.valuesAtCursor();
    QCOMPARE(values.size(), 1U);
    QCOMPARE(values[0].value, f.plot.answer().hypervolume);
  }

  void earlierFrontsAreFaintAndCounted() {
    std::vector<std::int64_t> steps(45);
    std::iota(steps.begin(), steps.end(), 1);
    Fixture f(2, steps);
    QVERIFY2(f.plot.countText().contains("20 of 44 earlier fronts"),
             qPrintable(f.plot.countText()));
    f.link.setCursor(5);
    f.settle();
    QVERIFY(!f.plot.countText().contains("earlier"));  // all four of them
  }

  void theVolumeIsOfAllFronts() {
    Fixture f;
    f.plot.setReference(metric::Point{10, 10});
    f.plot.setVolumeShown(true);
    f.settle();
    const auto& track = f.plot.volumes();
    QCOMPARE(track.steps, (Column{10, 20, 30}));
    QVERIFY(track.volumes[0] < track.volumes[1]);
    QCOMPARE(track.volumes[2], f.plot.answer().hypervolume);
  }

  void seriesAreByPreference() {
    Fixture f;
    const auto all = f.plot.series();
    QVERIFY(all[0].xName.startsWith("preference for"));
    QCOMPARE(all[0].x, (Column{1, .75, .5, .25, 0}));
    QCOMPARE(all[0].y, f.shown().x);
  }

  /// The points themselves without a line, as preferences of three tasks lie in no order.
  void aTipTellsOfThePreference() {
    Fixture f(3);
    QCOMPARE(f.shown().size(), 5U);
    const QPointF place(f.plot.plot().xAxis->coordToPixel(f.shown().x[1]),
                        f.plot.plot().yAxis->coordToPixel(f.shown().y[1]));
    const QString tip = f.plot.tipAt(place);
    QVERIFY2(tip.contains("step 30"), qPrintable(tip));
    QVERIFY2(tip.contains("preference: left 0.75, right 0.25, digit 0"), qPrintable(tip));
  }

  void aRunOfOneModelKeepsItsTrail() {
    Fixture f;
    auto plain = frontOf(2);
    plain.pareto = {};
    f.data.start(plain, demoTasks(2));
    auto records = demoRecords(1, 20, 2, 0);
    for (const std::int64_t step : {10, 20}) {
      records.evaluations.push_back(frontAtStep(step, 2));
      records.evaluations.back().front.clear();
    }
    f.data.append(records);
    f.settle();
    QVERIFY(!f.shown().isFront());
    QCOMPARE(f.shown().steps, (std::vector<std::int64_t>{10, 20}));
  }
};

EQUIPOISE_TEST(TestParetoFronts)
#include "tst_pareto_fronts.moc"
