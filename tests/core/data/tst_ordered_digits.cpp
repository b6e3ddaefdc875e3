#include "dataset_support.h"

#include <QTest>

#include "reader_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using nlohmann::json;

class TestOrderedDigits : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void givesEveryTaskTheSameRanks() {
    const auto problem = loadData("ordered_digits", {{"tasks", {"plain", "coral", "corn"}}});
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{1, 8, 8}));
    QCOMPARE(problem.tasks.size(), size_t{3});
    QCOMPARE(problem.tasks[1].name, std::string("coral"));
    const auto facts = loadData("digit_facts");
    for (size_t k = 0; k < 3; ++k) {
      QCOMPARE(problem.tasks[k].kind, TaskKind::ordinal);
      QCOMPARE(problem.tasks[k].width, std::int64_t{10});
      QVERIFY(problem.train.targets[k].equal(facts.train.targets[0]));
      QVERIFY(problem.test.targets[k].equal(facts.test.targets[0]));
    }
    QVERIFY(problem.train.inputs.equal(facts.train.inputs));
    QVERIFY(problem.validation.inputs.equal(facts.validation.inputs));
  }

  void usesAsManyExamplesAsItIsTold() {
    const auto all = loadData("ordered_digits");
    const auto some = loadData("ordered_digits", {{"train", 100}});
    QVERIFY(some.train.inputs.equal(all.train.inputs.slice(0, 0, 100)));
    QVERIFY(some.train.targets[0].equal(all.train.targets[0].slice(0, 0, 100)));
    QCOMPARE(some.validation.size(), all.validation.size());
    QCOMPARE(messageOf([] {
               loadData("ordered_digits", {{"train", 1258}});
             }),
             QString("data.train: asks for 1258 examples, but there are 1257; ask for fewer, or "
                     "null for all"));
  }

  void refusesNamesThatDoNotTellTasksApart_data() {
    QTest::addColumn<json>("names");
    QTest::addColumn<QString>("message");
    QTest::newRow("one text") << json("a")
                              << "data.tasks: expected a list of 1 to 64 names, found \"a\"";
    QTest::newRow("none") << json::array()
                          << "data.tasks: expected a list of 1 to 64 names, found []";
    QTest::newRow("a number") << json::array({"a", 3}) << "data.tasks[1]: expected a name, found 3";
    QTest::newRow("empty") << json::array({""}) << "data.tasks[0]: expected a name, found \"\"";
    QTest::newRow("twice") << json::array({"a", "b", "a"})
                           << "data.tasks[2]: \"a\" stands at data.tasks[0] already; give each "
                              "task a name of its own";
  }
  void refusesNamesThatDoNotTellTasksApart() {
    QFETCH(json, names);
    QFETCH(QString, message);
    QCOMPARE(messageOf([&] { loadData("ordered_digits", {{"tasks", names}}); }), message);
  }
};

EQUIPOISE_TEST(TestOrderedDigits)
#include "tst_ordered_digits.moc"
