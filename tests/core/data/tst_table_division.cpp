#include <QTest>

#include <algorithm>
#include <map>
#include <set>

#include "table_support.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

/// 100 rows; y is the row's number, `who` one of 20, `mark` rare or usual, `day` a date in mixed
/// order.
std::string hundredRows() {
  std::string text = "x,who,mark,day,part,y\n";
  for (int i = 0; i < 100; ++i) {
    const int day = i * 37 % 100;
    text += fmt::format("{},w{},{},2024-{:02}-{:02},{},{}.5\n", i * 7 % 13, i % 20,
                        i % 5 ? "usual" : "rare", 1 + day / 25, 1 + day % 25,
                        i % 4 == 0   ? "Test"
                        : i % 4 == 1 ? "val"
                                     : "train",
                        i);
  }
  return text;
}

std::vector<int> rowsOf(const eq::data::Split& split) {
  std::vector<int> rows;
  for (const double value : numbersOf(split.targets.at(0))) rows.push_back(static_cast<int>(value));
  return rows;
}

}  // namespace

/// Which rows are trained on, and which are kept.
class TestTableDivision : public QObject {
  Q_OBJECT

  TableLoader loader_;

  eq::data::Problem load(const json& keys) const {
    json all{{"validation", 0.2}, {"test", 0.1}};
    all.update(keys);
    return loader_.load(hundredRows(), "y", "number", all);
  }
  static QStringList inputsOf(const eq::data::Problem& problem) {
    QStringList names;
    for (const auto& input : problem.inputs)
      names << QString::fromStdString(input.name).section('=', 0, 0);
    names.removeDuplicates();
    return names;
  }
  static void allRowsOnce(const eq::data::Problem& problem) {
    std::set<int> seen;
    for (const auto* part : {&problem.train, &problem.validation, &problem.test})
      for (const int row : rowsOf(*part)) QVERIFY(seen.insert(row).second);
    QCOMPARE(seen.size(), size_t{100});
  }

 private Q_SLOTS:
  void everyWayUsesEachRowOnceAndTheSameOnesAgain_data() {
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("column");
    QTest::newRow("random") << "random"
                            << "";
    QTest::newRow("stratified") << "stratified"
                                << "mark";
    QTest::newRow("group") << "group"
                           << "who";
    QTest::newRow("time") << "time"
                          << "day";
    QTest::newRow("given") << "given"
                           << "part";
  }
  void everyWayUsesEachRowOnceAndTheSameOnesAgain() {
    QFETCH(QString, way);
    QFETCH(QString, column);
    const json keys{{"split", way.toStdString()}, {"split_column", column.toStdString()}};
    const auto problem = load(keys);
    allRowsOnce(problem);
    QVERIFY(sameBits(problem, load(keys)));
    if (way == "given") return;
    QCOMPARE(problem.validation.size(), std::int64_t{20});
    QCOMPARE(problem.test.size(), std::int64_t{10});
  }

  /// 120 of 200 rows were one group; it became the validation, or the test, whole.
  void aLargeGroupIsTrainedOn() {
    std::string text = "x,who,y\n";
    for (int i = 0; i < 200; ++i)
      text += fmt::format("{},w{},{}.5\n", i * 7 % 13, i < 120 ? 0 : i / 2, i);
    for (const int seed : {0, 1, 2, 3, 4, 5}) {
      const auto problem = loader_.load(
          text, "y", "number",
          {{"validation", 0.15}, {"test", 0.15}, {"split", "group"}, {"split_column", "who"}},
          seed);
      QCOMPARE(problem.train.size(), 140);
      QCOMPARE(problem.validation.size(), 30);
      QCOMPARE(problem.test.size(), 30);
    }
  }

  /// Within one date the earlier rows of the file were the test, and nobody was told.
  void rowsOfOneTimeKeepTheirOrderAndAreTold() {
    std::string text = "x,day,y\n";
    for (int i = 0; i < 100; ++i)
      text += fmt::format("{},2024-01-{:02},{}.5\n", i * 7 % 13, 1 + i / 25, i);
    const auto problem = loader_.load(
        text, "y", "number",
        {{"validation", 0.2}, {"test", 0.1}, {"split", "time"}, {"split_column", "day"}});
    for (const int row : rowsOf(problem.train)) QVERIFY(row < 70);
    for (const int row : rowsOf(problem.validation)) QVERIFY(row >= 70 && row < 90);
    for (const int row : rowsOf(problem.test)) QVERIFY(row >= 90);
    QStringList told;
    for (const auto& warning : problem.warnings) told << QString::fromStdString(warning.message);
    QCOMPARE(told.filter("lie in two parts").size(), 2);
    QVERIFY(told.filter("2024-01-04 lie in two parts").size() == 1);
  }

  void anEmptyPartIsTold() {
    const auto problem = loader_.load("x,y\n1,1.5\n2,2.5\n3,4.5\n4,1.5\n", "y", "number",
                                      {{"validation", 0.1}, {"test", 0.3}});
    QStringList told;
    for (const auto& warning : problem.warnings) told << QString::fromStdString(warning.message);
    QCOMPARE(told.filter("no row is kept for validation").size(), 1);
    QCOMPARE(told.filter("kept for test").size(), 0);
  }

  void stratifiedKeepsEachValueInTheSameShares() {
    const auto problem = load({{"split", "stratified"}, {"split_column", "mark"}});
    const auto rare = [](const eq::data::Split& part) {
      const auto rows = rowsOf(part);
      return std::count_if(rows.begin(), rows.end(), [](int row) { return row % 5 == 0; });
    };
    QCOMPARE(rare(problem.validation), 4);
    QCOMPARE(rare(problem.test), 2);
    QCOMPARE(rare(problem.train), 14);
    QVERIFY(inputsOf(problem).contains("mark"));
  }

  void rowsOfAGroupStayTogetherAndItsNameIsNoInput() {
    const auto problem = load({{"split", "group"}, {"split_column", "who"}});
    std::map<int, std::set<const void*>> parts;
    for (const auto* part : {&problem.train, &problem.validation, &problem.test})
      for (const int row : rowsOf(*part)) parts[row % 20].insert(part);
    for (const auto& [who, found] : parts) QCOMPARE(found.size(), size_t{1});
    QVERIFY(!inputsOf(problem).contains("who"));
    QCOMPARE(problem.guesses->columns[1].role, std::string("split"));
  }

  void theLastRowsAreTheTestAndThoseBeforeThemTheValidation() {
    const auto problem = load({{"split", "time"}, {"split_column", "day"}});
    const auto days = [](const eq::data::Split& part) {
      std::vector<int> found;
      for (const int row : rowsOf(part)) found.push_back(row * 37 % 100);
      std::sort(found.begin(), found.end());
      return found;
    };
    QVERIFY(days(problem.train).back() < days(problem.validation).front());
    QVERIFY(days(problem.validation).back() < days(problem.test).front());
    const auto numbers = load({{"split", "time"}, {"split_column", "y"}});
    for (const int row : rowsOf(numbers.test)) QVERIFY(row >= 90);
    QVERIFY(messageOf([&] {
              load({{"split", "time"}, {"split_column", "who"}});
            }).contains("column \"who\": time needs numbers or dates"));
  }

  void partsThatAColumnTellsAreTaken() {
    const auto problem = load({{"split", "given"}, {"split_column", "part"}});
    for (const int row : rowsOf(problem.test)) QCOMPARE(row % 4, 0);
    for (const int row : rowsOf(problem.validation)) QCOMPARE(row % 4, 1);
    QCOMPARE(problem.train.size(), std::int64_t{50});
    QVERIFY(!inputsOf(problem).contains("part"));
    QVERIFY(messageOf([&] {
              load({{"split", "given"}, {"split_column", "mark"}});
            })
                .contains("x.csv:2: column \"mark\": expected train, validation or test "
                          "(data.split is given), found \"rare\""));
  }

  void keysThatDoNotGoTogetherAreRefused() {
    QCOMPARE(messageOf([&] {
               load({{"split", "group"}});
             }),
             QString("data.split_column: group goes by a column; name it"));
    QCOMPARE(messageOf([&] {
               load({{"split_column", "who"}});
             }),
             QString("data.split_column: random reads no column; name another way in data.split"));
    QVERIFY(messageOf([&] {
              load({{"split", "group"}, {"split_column", "hwo"}});
            }).startsWith("data.split_column: "));
  }

  void theOnlyGroupIsTrainedOnAndNothingIsKept() {
    const auto problem =
        loader_.load("x,who,y\n1,a,1\n2,a,2\n3,a,3\n", "y", "number",
                     {{"split", "group"}, {"split_column", "who"}, {"validation", 0.3}});
    QCOMPARE(problem.train.size(), 3);
    QStringList told;
    for (const auto& warning : problem.warnings) told << QString::fromStdString(warning.message);
    QCOMPARE(told.filter("no row is kept for validation").size(), 1);
  }
};

EQUIPOISE_TEST(TestTableDivision)
#include "tst_table_division.moc"
