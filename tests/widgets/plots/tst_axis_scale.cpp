#include <cmath>

#include <qcustomplot.h>

#include <QFontMetrics>
#include <QTest>

#include "tests/registry.h"
#include "widgets/plots/axis_scale.h"

using namespace eq::widgets;

class TestAxisScale : public QObject {
  Q_OBJECT

 private slots:
  void labelsStandSideBySide_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<double>("upper");
    QTest::addColumn<bool>("reversed");
    for (const int width : {150, 220, 400, 1200})
      for (const double upper : {1.0, 2370.0, 100000.0, 98765432.0})
        for (const bool reversed : {false, true})
          QTest::addRow("%d pixels to %g%s", width, upper, reversed ? " reversed" : "")
              << width << upper << reversed;
  }
  void labelsStandSideBySide() {
    QFETCH(int, width);
    QFETCH(double, upper);
    QFETCH(bool, reversed);
    QCustomPlot plot;
    plot.resize(width, 150);
    setScale(*plot.xAxis, false);
    plot.xAxis->setNumberFormat("gb");
    plot.xAxis->setRange(0, upper);
    plot.xAxis->setRangeReversed(reversed);
    plot.replot();
    const auto ticks = plot.xAxis->tickVector();
    const auto labels = plot.xAxis->tickVectorLabels();
    QVERIFY(ticks.size() >= 2);
    const QFontMetrics metrics(plot.xAxis->tickLabelFont());
    for (qsizetype i = 1; i < ticks.size(); ++i) {
      if (!plot.xAxis->range().contains(ticks[i])) continue;
      const double apart =
          std::abs(plot.xAxis->coordToPixel(ticks[i]) - plot.xAxis->coordToPixel(ticks[i - 1]));
      const int both =
          metrics.horizontalAdvance(labels[i]) + metrics.horizontalAdvance(labels[i - 1]);
      QVERIFY2(apart > both / 2.0, qPrintable(labels.join(" ")));
    }
  }

  void labelsStandAboveEachOther_data() {
    QTest::addColumn<int>("height");
    for (const int height : {60, 80, 120, 400}) QTest::addRow("%d pixels", height) << height;
  }
  void labelsStandAboveEachOther() {
    QFETCH(int, height);
    QCustomPlot plot;
    plot.resize(300, height);
    setScale(*plot.yAxis, false);
    plot.yAxis->setRange(1287.8, 1291.2);
    plot.replot();
    const auto ticks = plot.yAxis->tickVector();
    QVERIFY(ticks.size() >= 2);
    for (qsizetype i = 1; i < ticks.size(); ++i)
      if (plot.yAxis->range().contains(ticks[i]) && plot.yAxis->range().contains(ticks[i - 1]))
        QVERIFY(
            std::abs(plot.yAxis->coordToPixel(ticks[i]) - plot.yAxis->coordToPixel(ticks[i - 1])) >=
            QFontMetrics(plot.yAxis->tickLabelFont()).ascent());
  }

  void aWideAxisHasAsManyAsEver() {
    QCustomPlot plot;
    plot.resize(1200, 150);
    plot.xAxis->setRange(0, 100000);
    plot.replot();
    const auto usual = plot.xAxis->tickVector();
    setScale(*plot.xAxis, false);
    plot.replot();
    QCOMPARE(plot.xAxis->tickVector(), usual);
  }
};

EQUIPOISE_TEST(TestAxisScale)
#include "tst_axis_scale.moc"
