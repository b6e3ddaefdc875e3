#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/train/schedule.h"
#include "tests/registry.h"

using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

double factorOf(const std::string& id, const json& params, std::int64_t step, std::int64_t total) {
  return eq::train::schedules().create(id, params, "schedule")->factor(step, total);
}

}  // namespace

class TestSchedule : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsTheFormula_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<int>("step");
    QTest::addColumn<double>("expected");
    int row = 0;
    const auto add = [&](const char* id, const json& params, int step, double expected) {
      QTest::addRow("%s step %d #%d", id, step, row++) << QString(id) << params << step << expected;
    };
    // A run of 100 steps.
    for (const int step : {0, 1, 50, 99, 100}) add("constant", json::object(), step, 1);
    const json steps{{"every", 10}, {"factor", 0.5}};
    add("step", steps, 0, 1);
    add("step", steps, 9, 1);
    add("step", steps, 10, 0.5);
    add("step", steps, 35, 0.125);
    add("step", {{"every", 1}, {"factor", 1}}, 70, 1);
    add("step", json::object(), 999, 1);
    add("step", json::object(), 1000, 0.5);
    add("cosine", json::object(), 0, 1);
    add("cosine", json::object(), 25, 0.5 + std::sqrt(0.125));
    add("cosine", json::object(), 50, 0.5);
    add("cosine", json::object(), 100, 0);
    add("cosine", {{"floor", 0.2}}, 50, 0.6);
    add("cosine", {{"floor", 0.2}}, 100, 0.2);
    add("cosine", {{"floor", 1}}, 70, 1);
    add("cosine", {{"floor", 0.2}}, 250, 0.2);  // a run that was made longer stays at the floor
    add("warmup", {{"warmup_steps", 3}}, 0, 0.25);
    add("warmup", {{"warmup_steps", 3}}, 2, 0.75);
    add("warmup", {{"warmup_steps", 3}}, 3, 1);
    add("warmup", {{"warmup_steps", 3}}, 90, 1);
    add("warmup", json::object(), 0, 1.0 / 501);
    add("warmup", {{"warmup_steps", 0}}, 0, 1);
    // After a warm-up, the rest of the run is a whole of its own.
    const json warm{{"warmup_steps", 20}, {"floor", 0.1}};
    add("cosine", warm, 9, 10.0 / 21);
    add("cosine", warm, 20, 1);
    add("cosine", warm, 60, 0.55);
    add("cosine", warm, 100, 0.1);
    add("step", {{"warmup_steps", 5}, {"every", 10}}, 14, 1);
    add("step", {{"warmup_steps", 5}, {"every", 10}}, 15, 0.5);
    add("cosine", {{"warmup_steps", 100}}, 99, 100.0 / 101);
    add("cosine", {{"warmup_steps", 300}}, 99, 100.0 / 301);
  }
  void equalsTheFormula() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(int, step);
    QFETCH(double, expected);
    const double found = factorOf(id.toStdString(), params, step, 100);
    QVERIFY2(std::abs(found - expected) < 1e-15, qPrintable(QString::number(found, 'g', 17)));
  }

  void everySchedule_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : eq::train::schedules().descriptors())
      QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void staysWithinZeroAndOne_data() { everySchedule_data(); }
  void staysWithinZeroAndOne() {
    QFETCH(QString, id);
    for (const int warmup : {0, 1, 7, 1000})
      for (const std::int64_t total : {1, 2, 50}) {
        double before = 0;
        for (std::int64_t step = 0; step < total; ++step) {
          const double factor = factorOf(id.toStdString(), {{"warmup_steps", warmup}}, step, total);
          QVERIFY(factor > 0 && factor <= 1);
          // Rises in the warm-up, never after it.
          QVERIFY(step == 0 ||
                  (step < warmup ? factor > before : step == warmup || factor <= before));
          before = factor;
        }
      }
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* id, const json& params, const char* expected) {
      QTest::newRow(expected) << QString(id) << params << QString(expected);
    };
    add("step", {{"every", 0}}, "schedule.every: 0 is below 1");
    add("step", {{"factor", 0}}, "schedule.factor: 0 is not above 0");
    add("cosine", {{"floor", 1.5}}, "schedule.floor: 1.5 is above 1");
    add("constant", {{"warmup_steps", -1}}, "schedule.warmup_steps: -1 is below 0");
    add("constant", {{"floor", 0}}, "schedule.floor: unknown parameter; known: warmup_steps");
    add("cosin", json::object(), "schedule: no schedule \"cosin\"; did you mean \"cosine\"?");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(QString, expected);
    QString found;
    try {
      eq::train::schedules().create(id.toStdString(), params, "schedule");
    } catch (const eq::Error& error) {
      found = QString::fromStdString(error.what());
    }
    QCOMPARE(found, expected);
  }
};

EQUIPOISE_TEST(TestSchedule)
#include "tst_schedule.moc"
