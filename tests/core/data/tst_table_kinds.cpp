#include <QTest>

#include "table_support.h"
#include "tests/registry.h"

using eq::data::ColumnKind;
using nlohmann::json;

namespace {

json kindOf(const std::string& column, const std::string& kind) {
  return {{"columns", {{column, {{"kind", kind}}}}}};
}

/// The value of the only input of each row, in the order of the target.
std::vector<double> inputsInOrder(const eq::data::Problem& problem) {
  const auto order = problem.train.targets.at(0).argsort();
  return numbersOf(problem.train.inputs.select(1, 0).index_select(0, order));
}

}  // namespace

/// What a column is taken for can be said, and what is said wins over what it looks like.
class TestTableKinds : public QObject {
  Q_OBJECT

  TableLoader loader_;

 private Q_SLOTS:
  void anOddCellIsRefusedByPlaceCountAndKeyAndMissingWhereTheKindIsGiven() {
    const std::string text = "x,y\n1,1\nn.d.,2\n3,3\n? ,4\nbad,5\n5,6\n";
    QVERIFY(messageOf([&] { loader_.load(text, "y", "number"); })
                .contains("x.csv:3: column \"x\": expected a number, found \"n.d.\" (2 of 6 cells "
                          "are none); mend it, name the text in data.missing, or give the kind of "
                          "the column in data.columns"));
    const auto problem = loader_.load(text, "y", "number", kindOf("x", "number"));
    const double s = std::sqrt(8.0 / 3);  // 1, 3, 5
    const std::vector<double> expected{-2 / s, 0, 0, 0, 0, 2 / s};
    const auto found = inputsInOrder(problem);
    for (size_t i = 0; i < expected.size(); ++i) QVERIFY(std::abs(found[i] - expected[i]) < 1e-6);
    QVERIFY(notesOf(problem).contains("column \"x\": 2 of 5 values are no numbers ("));
    QVERIFY(notesOf(problem).contains("x.csv:6: column \"x\": bad), taken as missing"));
    QVERIFY(notesOf(problem).contains("column \"x\": 3 missing values replaced"));
    const auto target =
        loader_.load("x,y\n1,1\n2,?\n3,bad\n", "y", "number", kindOf("y", "number"));
    QCOMPARE(target.train.masks[0].sum().item<double>(), 1.0);
  }

  void aKindThatNoCellHasIsRefused() {
    QVERIFY(messageOf([&] {
              loader_.load("x,y\na,1\nb,2\n", "y", "number", kindOf("x", "number"));
            }).startsWith("data.columns.x.kind: number, but no cell of "));
    QVERIFY(messageOf([&] {
              loader_.load("x,y\n31.12.24,1\n30.12.24,2\n", "y", "number", kindOf("x", "date"));
            }).contains("data.columns.x.kind: date, but no cell of "));
  }

  void numbersCanBeCategoriesAndColumnsCanBeLeftOut() {
    const std::string text = "zip,x,y\n01067,1,1\n01069,2,2\n01067,4,3\n";
    QCOMPARE(loader_.load(text, "y", "number").inputShape, std::vector<std::int64_t>{2});
    const auto categories = loader_.load(text, "y", "number", kindOf("zip", "category"));
    QCOMPARE(categories.inputShape, std::vector<std::int64_t>{3});
    const auto ignored = loader_.load(text, "y", "number", kindOf("zip", "ignored"));
    QCOMPARE(ignored.inputShape, std::vector<std::int64_t>{1});
    QCOMPARE(ignored.guesses->columns[0].role, std::string("left out"));
    QVERIFY(ignored.guesses->columns[0].given);
  }

  void whatLooksLikeARowNumberIsAnInputWhereAKindIsGiven() {
    const std::string text = "id,x,y\n1,5,1\n2,2,2\n3,4,3\n";
    QCOMPARE(loader_.load(text, "y", "number").inputShape, std::vector<std::int64_t>{1});
    QCOMPARE(loader_.load(text, "y", "number", kindOf("id", "number")).inputShape,
             std::vector<std::int64_t>{2});
  }

  /// Dates became a category a day, or vanished.
  void datesAreLeftOutAndDaysWhereAsked() {
    const std::string text = "when,x,y\n01.01.1970,5,1\n1.2.1970,2,2\n31.12.1969,4,3\n";
    const auto left = loader_.load(text, "y", "number");
    QCOMPARE(left.inputShape, std::vector<std::int64_t>{1});
    QVERIFY(notesOf(left).contains(
        "column \"when\": 3 dates (01.01.1970, 1.2.1970, 31.12.1969), left out; data.columns can "
        "say \"date\" to have days, \"date_parts\" to have year, month and weekday"));
    const auto days = loader_.load(text, "y", "number", kindOf("when", "date"));
    QCOMPARE(days.inputShape, std::vector<std::int64_t>{2});
    const double mean = 10, s = std::sqrt((100.0 + 441 + 121) / 3);  // 0, 31, -1
    const auto found = inputsInOrder(days);
    QVERIFY(std::abs(found[0] - (0 - mean) / s) < 1e-6);
    QVERIFY(std::abs(found[1] - (31 - mean) / s) < 1e-6);
    QVERIFY(notesOf(days).contains("read as days since 1970-01-01"));
    QVERIFY(messageOf([&] {
              loader_.load("when,y\n1/2/2024,1\n3/4/2024,2\n", "y", "number",
                           kindOf("when", "date"));
            }).contains("data.columns.when.kind: the cells do not tell the day from the month"));
  }

  void datesGiveYearMonthAndWeekdayWhereAsked() {
    const auto load = [&](const std::string& text) {
      return loader_.load(text, "y", "number", kindOf("day", "date_parts"));
    };
    // A Monday, a Tuesday, a gap, and a Monday of another year, with a time.
    const auto problem =
        load("day,x,y\n2024-01-01,5,1\n2024-01-02,2,2\n,4,3\n2025-03-03 23:59,4,4\n");
    QStringList names;
    for (const auto& input : problem.inputs) names << QString::fromStdString(input.name);
    QCOMPARE(names.join(" "),
             QString("day.year day.month=1 day.month=3 day.weekday=Mon day.weekday=Tue x"));
    const auto order = problem.train.targets.at(0).argsort();
    const auto rows = problem.train.inputs.index_select(0, order);
    const double s = std::sqrt(2.0) / 3;  // deviation of 2024, 2024, 2025
    const auto years = numbersOf(rows.select(1, 0));
    const std::vector<double> expected{-1 / 3.0 / s, -1 / 3.0 / s, 0, 2 / 3.0 / s};
    for (size_t i = 0; i < expected.size(); ++i) QVERIFY(std::abs(years[i] - expected[i]) < 1e-5);
    QCOMPARE(numbersOf(rows.select(1, 2)), (std::vector<double>{0, 0, 0, 1}));
    QCOMPARE(numbersOf(rows.select(1, 3)), (std::vector<double>{1, 0, 0, 1}));
    QCOMPARE(numbersOf(rows.select(1, 4)), (std::vector<double>{0, 1, 0, 0}));
    QVERIFY(notesOf(problem).contains("read as year, month and weekday"));
    QVERIFY(notesOf(problem).contains("column \"day\": 1 missing value left without a date"));
    // Parts that are the same in all rows tell nothing.
    QCOMPARE(load("day,x,y\n2024-01-01,5,1\n2024-01-02,2,2\n").inputShape,
             std::vector<std::int64_t>{3});
    QVERIFY(messageOf([&] {
              load("day,x,y\n12:30,5,1\n13:30,2,2\n");
            }).contains("data.columns.day.kind: date_parts, but the cells are times of day"));
  }

  /// A value of test rows alone gave a feature whose weight nothing had trained.
  void valuesWithoutATrainingExampleGiveNoFeature() {
    const auto given = [&](const std::string& text, json columns) {
      return loader_.load(
          text, "y", "number",
          {{"split", "given"}, {"split_column", "part"}, {"columns", std::move(columns)}});
    };
    const auto namesOf = [](const auto& problem) {
      QStringList names;
      for (const auto& input : problem.inputs) names << QString::fromStdString(input.name);
      return names.join(" ");
    };
    const auto cities = given(
        "city,part,y\nA,train,1\nB,train,2\nC,test,3\nA,validation,4\nD,test,5\n", json::object());
    QCOMPARE(namesOf(cities), QString("city=A city=B"));
    QVERIFY(notesOf(cities).contains(
        "column \"city\": 2 values without an example in the training part: city=C, city=D; no "
        "feature, as where the value is missing"));
    const auto days = given(
        "day,part,y\n2024-01-01,train,1\n2024-02-06,train,2\n2025-03-03,test,3\n2024-01-02,"
        "validation,"
        "4\n",
        {{"day", {{"kind", "date_parts"}}}});
    QCOMPARE(namesOf(days), QString("day.month=1 day.month=2 day.weekday=Mon day.weekday=Tue"));
    QVERIFY(
        notesOf(days).contains("a value without an example in the training part: day.month=3;"));
  }

  void keysThatContradictEachOtherAreRefused_data() {
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* tag, const json& given, const char* expected) {
      QTest::newRow(tag) << QByteArray::fromStdString(given.dump()) << QString(expected);
    };
    auto named = kindOf("x", "ignored");
    named["inputs"] = {"x"};
    auto categorical = kindOf("x", "number");
    categorical["categorical"] = {"x"};
    row("ignored input", named,
        "data.columns.x.kind: ignored, but data.inputs names it; change one of them");
    row("ignored target", kindOf("y", "ignored"),
        "data.columns.y.kind: ignored, but data.targets uses it; change one of them");
    row("target in parts", kindOf("y", "date_parts"),
        "data.columns.y.kind: date_parts, but data.targets uses it; change one of them");
    row("category", categorical,
        "data.columns.x.kind: number, but data.categorical names it; change one of them");
    row("number target", kindOf("y", "category"),
        "data.columns.y.kind: category, but data.targets takes it as a number; change one of them");
    row("category that is no input", {{"inputs", {"x"}}, {"categorical", {"w"}}},
        "data.categorical[0]: \"w\" is no input, data.inputs does not name it; change one of them");
    row("category that is the target", {{"categorical", {"y"}}},
        "data.categorical[0]: \"y\" is no input, data.targets uses it; take it away here");
    row("no kind", {{"columns", {{"x", "number"}}}},
        "data.columns.x: expected {\"kind\": ...}, found \"number\"");
    row("no object", {{"columns", {"x"}}},
        "data.columns: expected {\"column\": {\"kind\": ...}}, found [\"x\"]");
    row("unknown kind", kindOf("x", "text"),
        "data.columns.x.kind: expected one of number, category, date, date_parts, ignored, found "
        "\"text\"");
  }
  void keysThatContradictEachOtherAreRefused() {
    QFETCH(QByteArray, given);
    QFETCH(QString, expected);
    QCOMPARE(messageOf([&] {
               loader_.load("x,w,y\n1,1,2\n2,2,3\n", "y", "number",
                            json::parse(given.toStdString()));
             }),
             expected);
  }

  void aMistypedColumnIsRefused() {
    QVERIFY(messageOf([&] {
              loader_.load("x,y\n1,2\n2,3\n", "y", "number", kindOf("z", "number"));
            }).startsWith("data.columns: "));
  }

  void ownTextsForMissingCanJoinTheUsualOnes() {
    const std::string text = "x,y\n1,-999\n2,NA\n3,5\n4,None\n";
    const auto joined = loader_.load(text, "y", "number", {{"missing", {"auto", "-999"}}});
    QCOMPARE(joined.train.masks[0].sum().item<double>(), 1.0);
    QVERIFY(messageOf([&] {
              loader_.load(text, "y", "number", {{"missing", {"-999"}}});
            }).contains("x.csv:3: column \"y\": expected a number, found \"NA\""));
  }

  void aTableWithoutAHeaderNumbersItsColumns() {
    const auto problem = loader_.load("5.1,3.5,1\n4.9,3.0,2\n4.7,3.2,3\n", "column 3", "number",
                                      {{"header", false}});
    QCOMPARE(problem.train.size(), std::int64_t{3});
    QCOMPARE(problem.inputShape, std::vector<std::int64_t>{2});
  }
};

EQUIPOISE_TEST(TestTableKinds)
#include "tst_table_kinds.moc"
