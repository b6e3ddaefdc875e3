#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAccessible>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/plot_summary.h"

using namespace eq::widgets;

namespace {

Series curve(const Column& y) {
  Series series{"left", "Step", {}, y};
  for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(static_cast<double>(10 * i));
  return series;
}

}  // namespace

class TestPlotSummary : public QObject {
  Q_OBJECT

 private slots:
  void aCurveIsFirstLastLeastAndGreatestWithItsTrend() {
    QCOMPARE(summaryOf({curve({4, 5, 3, 3, 2, 2, 1, 1.5})}),
             QString("left: 1.5 at Step 70, falling, from 4. Least 1 at 60, greatest 5 at 10."));
  }

  void aTrendIsThatOfTheLastQuarterAgainstTheOneBefore_data() {
    QTest::addColumn<Column>("values");
    QTest::addColumn<QString>("trend");
    QTest::newRow("rising") << Column{9, 9, 0, 0, 1, 1, 2, 2} << ", rising";
    QTest::newRow("level within 2 % of the range")
        << Column{100, 50, 3, 1, 1, 1, 1.5, 1.5} << ", level";
    QTest::newRow("a constant") << Column(12, 3.5) << ", level";
    QTest::newRow("too few points") << Column{7, 6, 5, 4, 3, 2, 1} << "";
  }
  void aTrendIsThatOfTheLastQuarterAgainstTheOneBefore() {
    QFETCH(Column, values);
    QFETCH(QString, trend);
    const auto text = summaryOf({curve(values)});
    QVERIFY2(text.contains("0" + trend + ", from"), qPrintable(text));
  }

  void whatIsNotFiniteIsCountedAndLeftOut() {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const auto text = summaryOf({curve({1, none, 2, HUGE_VAL})});
    QVERIFY2(text.startsWith("left: 2 at Step 20, from 1."), qPrintable(text));
    QVERIFY2(text.contains("2 values are not finite"), qPrintable(text));
    QCOMPARE(summaryOf({curve({none})}), QString("left: no value."));
  }

  void screenReadersHearThePlotAsItIsWhenTheyAsk() {
    RunData data;
    PlotLink link;
    LossesPlot plot(data, link);
    plot.show();
    auto* heard = QAccessible::queryAccessibleInterface(&plot.plot());
    QCOMPARE(heard->role(), QAccessible::Chart);
    QCOMPARE(heard->text(QAccessible::Name), plot.title());
    QVERIFY(!heard->text(QAccessible::Description).isEmpty());
    data.start({}, demoTasks(2));
    data.append(demoRecords(1, 20, 2));
    const auto description = heard->text(QAccessible::Description);
    for (const auto& series : plot.series())
      QVERIFY2(description.contains(series.name + ": "), qPrintable(description));
    QVERIFY2(description.contains("at Step 20"), qPrintable(description));
  }
};

EQUIPOISE_TEST(TestPlotSummary)
#include "tst_plot_summary.moc"
