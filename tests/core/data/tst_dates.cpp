#include "core/data/dates.h"

#include <QTest>

#include "tests/registry.h"

using eq::data::DateOrder;
using eq::data::dateOrderOf;
using eq::data::daysOf;

class TestDates : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void daysAreCountedFrom1970_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("order");
    QTest::addColumn<double>("days");  // 1e9: no date
    const auto row = [](const char* text, DateOrder order, double days) {
      QTest::addRow("%s %d", text, static_cast<int>(order))
          << QString(text) << static_cast<int>(order) << days;
    };
    const double none = 1e9;
    row("1970-01-01", DateOrder::yearFirst, 0);
    row("2024-02-29", DateOrder::yearFirst, 19782);
    row("2024/2/29", DateOrder::dayFirst, 19782);
    row("29.02.2024", DateOrder::dayFirst, 19782);
    row("3/4/2024", DateOrder::dayFirst, 19816);
    row("3/4/2024", DateOrder::monthFirst, 19786);
    row("1969-12-31T12:00", DateOrder::yearFirst, -0.5);
    row("1970-01-02 06:00:00.0", DateOrder::yearFirst, 1.25);
    row("1970-01-01T00:00:00Z", DateOrder::yearFirst, 0);
    row("1970-01-01T06:00+06:00", DateOrder::yearFirst, 0);
    row("1970-01-01T18:00-06:00", DateOrder::yearFirst, 1);
    row("2023-02-29", DateOrder::yearFirst, none);
    row("2024-13-01", DateOrder::yearFirst, none);
    row("31.12.24", DateOrder::dayFirst, none);
    row("31.12.2024", DateOrder::yearFirst, none);
    row("2024-01-01x", DateOrder::yearFirst, none);
    row("2024-01-01 25:00", DateOrder::yearFirst, none);
    row("2024-01-01 10:00 pm", DateOrder::yearFirst, none);
    row("20240101", DateOrder::yearFirst, 19723);
    row("20241301", DateOrder::yearFirst, none);
    row("2 Jan 1970", DateOrder::yearFirst, 1);
    row("2-Jan-1970", DateOrder::yearFirst, 1);
    row("Jan 2, 1970", DateOrder::yearFirst, 1);
    row("February 29 2024", DateOrder::dayFirst, 19782);
    row("2. M\u00e4rz 1970", DateOrder::yearFirst, 60);
    row("2 Jan 70", DateOrder::yearFirst, none);
    row("2 Jam 1970", DateOrder::yearFirst, none);
    row("30 Feb 2024", DateOrder::yearFirst, none);
    row("2 Jan 1970 x", DateOrder::yearFirst, none);
    row("18:00", DateOrder::yearFirst, 0.75);
    row("06:00:00", DateOrder::yearFirst, 0.25);
    row("25:00", DateOrder::yearFirst, none);
    row("3:5", DateOrder::yearFirst, none);
    row("", DateOrder::yearFirst, none);
  }
  void daysAreCountedFrom1970() {
    QFETCH(QString, text);
    QFETCH(int, order);
    QFETCH(double, days);
    QCOMPARE(daysOf(text.toStdString(), static_cast<DateOrder>(order)).value_or(1e9), days);
  }

  void theDayIsToldFromTheMonthOrNot() {
    QVERIFY(dateOrderOf({"2024-01-31", ""}) == DateOrder::yearFirst);
    QVERIFY(dateOrderOf({"1.2.2024"}) == DateOrder::dayFirst);
    QVERIFY(dateOrderOf({"1/2/2024", "13/2/2024"}) == DateOrder::dayFirst);
    QVERIFY(dateOrderOf({"1/2/2024", "2/13/2024"}) == DateOrder::monthFirst);
    QVERIFY(!dateOrderOf({"1/2/2024", "3-4-2024"}));
    QVERIFY(!dateOrderOf({"13/2/2024", "2/13/2024"}));
  }
};

EQUIPOISE_TEST(TestDates)
#include "tst_dates.moc"
