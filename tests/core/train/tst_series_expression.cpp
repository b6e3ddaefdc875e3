#include <QTest>

#include <cmath>
#include <map>

#include "core/base/expression_scanner.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"
#include "tests/registry.h"

using namespace eq::train;

namespace {

using Given = std::map<std::string, SeriesValue>;

const double kNan = std::nan("");

const Given kGiven{{"weighting", std::string("uncertainty")},
                   {"tag", std::string("Paper draft")},
                   {"seed", 3.0},
                   {"tasks[0].loss.id", std::string("focal")},
                   {"tasks[0].enabled", true},
                   {"validation.left.accuracy", 0.96},
                   {"validation[\"50% yield\"].loss", 0.25},
                   {"loss.left", kNan},
                   {"step", 40.0}};

/// The value of an expression where names have those values; others are absent.
SeriesValue valueOf(const std::string& text, const Given& given = kGiven) {
  const auto expression = parseSeriesExpression(text, "x");
  return evaluate(expression, [&](std::size_t i) {
    const auto found = given.find(expression.quantities[i].name);
    return found == given.end() ? SeriesValue() : found->second;
  });
}

bool isTrue(const std::string& text) {
  return valueOf(text) == SeriesValue(true);
}

/// What a text is refused with, and where.
std::string refusal(const std::string& text, std::size_t* offset = nullptr) {
  try {
    parseSeriesCondition(text, "when");
  } catch (const eq::ExpressionError& error) {
    if (offset) *offset = error.offset();
    return error.what();
  }
  return "read";
}

std::string unknown(const std::string& text, const std::vector<std::string>& names) {
  try {
    requireKnown(parseSeriesExpression(text, "when"), names, "when");
  } catch (const eq::ExpressionError& error) {
    return error.what();
  }
  return "known";
}

}  // namespace

class TestSeriesExpression : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void strongerOperatorsBindFirst() {
    QCOMPARE(valueOf("1 + 2 * 3 - 8 / 4 / 2"), SeriesValue(6.0));
    QCOMPARE(valueOf("-2 * -(3 - 1)"), SeriesValue(4.0));
    QVERIFY(isTrue("1 + 1 == 2"));
    QVERIFY(isTrue("true or false and false"));
    QVERIFY(!isTrue("(true or false) and false"));
    QVERIFY(isTrue("not 1 > 2 and not false"));
    QVERIFY(isTrue("not not true"));
  }

  void aFilterOfTheSheetReadsFieldsAndSeries() {
    QVERIFY(
        isTrue("weighting == \"uncertainty\" and best(val.left.accuracy) > 0.95 and "
               "tag ~ \"paper\""));
    QVERIFY(isTrue("tasks[0].loss.id == 'focal'"));
    QVERIFY(isTrue("tasks[0].enabled and seed >= 3"));
    QVERIFY(isTrue("val[\"50% yield\"].loss <= .25"));
    QVERIFY(isTrue("val[\"left\"].accuracy == validation.left.accuracy"));
  }

  void textsAreContainedOrMatchedWithoutRegardToCapitals() {
    QVERIFY(isTrue("tag ~ 'PAPER'"));
    QVERIFY(isTrue("tag ~ 'paper*'"));
    QVERIFY(isTrue("tag ~ '*er*aft'"));
    QVERIFY(!isTrue("tag ~ 'draft*'"));
    QVERIFY(!isTrue("tag ~ '*paper'"));
    QVERIFY(isTrue("weighting < 'v' and weighting >= \"uncertainty\""));
    QVERIFY(isTrue("\"a\\\"b'\\u00e9\" == 'a\"b\\'\\u00e9'"));
  }

  void aComparisonWithWhatIsAbsentIsFalse() {
    for (const auto* operation : {"==", "!=", "<", "<=", ">", ">="}) {
      QVERIFY(valueOf(std::string("gone ") + operation + " 1") == SeriesValue(false));
      QVERIFY(valueOf(std::string("1 ") + operation + " gone + 1") == SeriesValue(false));
      QVERIFY(valueOf(std::string("gone ") + operation + " gone") == SeriesValue(false));
    }
    QVERIFY(!isTrue("gone ~ ''"));
    QVERIFY(valueOf("gone * 2") == SeriesValue());
    QVERIFY(isTrue("gone == null and not (gone != null) and seed != null"));
    QVERIFY(!isTrue("gone and true"));
    QVERIFY(isTrue("not gone"));
  }

  void aNanIsThereAndEqualsNothing() {
    QVERIFY(isTrue("loss.left != 1 and loss.left != loss.left and loss.left != null"));
    for (const auto* operation : {"==", "<", "<=", ">", ">="})
      QVERIFY(!isTrue(std::string("loss.left ") + operation + " 1"));
  }

  void valuesOfUnlikeTypesAreUnequalAndNotOrdered() {
    QVERIFY(isTrue("weighting != seed and not (weighting == seed)"));
    QVERIFY(!isTrue("weighting < seed") && !isTrue("weighting >= seed"));
    QVERIFY(!isTrue("seed ~ weighting"));
    QVERIFY(valueOf("weighting + 1") == SeriesValue());
  }

  void whatIsReadIsListedWithItsPlace() {
    const auto read = parseSeriesCondition(
        "no_better(val.left.loss, 3) or conflict.frequency(200) > mean(cosine.a[\"b c\"], 5)", "x");
    QCOMPARE(read.quantities.size(), std::size_t(3));
    const auto& better = read.quantities[0];
    QCOMPARE(better.function, SeriesFunction::noBetter);
    QCOMPARE(better.name, std::string("validation.left.loss"));
    QCOMPARE(better.count, std::int64_t(3));
    QCOMPARE(better.offset, std::size_t(10));
    QCOMPARE(seriesKind(better.parts), SeriesKind::evaluation);
    QCOMPARE(read.quantities[1].function, SeriesFunction::conflictFrequency);
    QCOMPARE(read.quantities[1].count, std::int64_t(200));
    QCOMPARE(read.quantities[2].name, std::string("cosine.a[\"b c\"]"));
    QCOMPARE(seriesKind(read.quantities[2].parts), SeriesKind::sampled);
    QCOMPARE(read.nodes[0].offset, std::size_t(10));
    QCOMPARE(read.nodes.back().operation, SeriesOperation::disjunction);
    QCOMPARE(read.nodes.back().offset, std::size_t(28));
  }

  void refusalsNameThePlaceAndWhatWasExpected_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* text, const char* message) {
      QTest::newRow(text) << text << QString("when: ") + message;
    };
    row("", "is empty; write an expression such as last(validation.TASK.loss) < 0.1");
    row("step >", "line 1, column 7: expected a value, found the end");
    row("step > 3 3", "line 1, column 10: expected an operator, found 3");
    row("step = 3", "line 1, column 6: expected an operator, found =; write == to compare");
    row("step > 3 && true", "line 1, column 10: expected an operator, found &&; write and");
    row("(step > 3", "line 1, column 10: expected ) to the ( of line 1, column 1, found the end");
    row("1 < step < 3", "line 1, column 10: comparisons do not chain; write and between them");
    row("step", "read");
    row("step + 1", "line 1, column 1: expected a condition, found a number");
    row("step > 1 and\n  last(loss.a)", "line 2, column 3: expected a condition, found a number");
    row("not 'a'", "line 1, column 5: expected a condition, found a text");
    row("step + 'a' > 1", "line 1, column 8: expected a number, found a text");
    row("last(loss.a) == 'x'", "line 1, column 14: a number is never equal to a text");
    row("true < false", "line 1, column 6: conditions have no order; use == or !=");
    row("tag ~ 3", "line 1, column 7: expected a text, found a number");
    row("3 < null", "line 1, column 3: null stands only beside == and !=");
    row("null", "line 1, column 1: expected a condition, found null");
    row("tag ~ 'x", "line 1, column 7: the text that ' begins has no end");
    row("tag ~ '\\x'", "line 1, column 7: the text is no UTF-8, or has an unknown escape after \\");
    row("loss. > 1", "line 1, column 7: expected the next part of a name, found >");
    row("tasks[-1].x > 1", "line 1, column 7: expected an index from 0 to 1000000, found -");
    row("tasks[0.5].x > 1", "line 1, column 7: expected an index from 0 to 1000000, found 0.5");
    row("tasks[0 > 1", "line 1, column 9: expected ] to the [ of line 1, column 6, found >");
    row("mean(loss.a) > 1",
        "line 1, column 12: expected , and how many values mean looks at, found )");
    row("mean(loss.a, 0) > 1",
        "line 1, column 14: expected a whole number from 1 to 1000000, found 0");
    row("slope(loss.a, 1) > 1",
        "line 1, column 15: expected a whole number from 2 to 1000000, found 1");
    row("best(3) > 1", "line 1, column 6: expected a series, found 3");
    row("median(loss.a) > 1",
        "line 1, column 1: there is no function median; known: last final best mean slope smoothed "
        "no_better not_finite conflict.frequency");
    row("and", "line 1, column 1: expected a value, found and");
    row("1e999 > step", "line 1, column 1: the number 1e999 does not fit into a double");
  }

  void refusalsNameThePlaceAndWhatWasExpected() {
    QFETCH(QString, text);
    QFETCH(QString, message);
    if (message == "when: read") message = "read";
    QCOMPARE(QString::fromStdString(refusal(text.toStdString())), message);
  }

  void aRefusalKnowsItsOffsetInBytes() {
    std::size_t offset = 0;
    refusal("tag ~ '\xC3\xA9' and\n 1 < 2 < 3", &offset);
    QCOMPARE(offset, std::size_t(22));
  }

  void hostileTextsAreRefusedWithoutHarm() {
    const auto many = [](const std::string& piece, int count) {
      std::string text;
      for (int i = 0; i < count; ++i) text += piece;
      return text;
    };
    QVERIFY(refusal(many("(", 5000)).find("nests more than 100 deep") != std::string::npos);
    QVERIFY(refusal(many("not ", 2000)).find("nests more than 100 deep") != std::string::npos);
    QVERIFY(refusal(many("-", 5000)).find("nests more than 100 deep") != std::string::npos);
    QVERIFY(refusal(many("1 + ", 3000)).find("at most 10000 characters") != std::string::npos);
    QCOMPARE(refusal(many("(", 100) + "true" + many(")", 100)), std::string("read"));
    QCOMPARE(refusal("a" + many(" or a", 1999)), std::string("read"));
    // A pattern of many stars takes no more than |text| |pattern|.
    const Given given{{"tag", many("a", 9000) + "b"}};
    QCOMPARE(valueOf("tag ~ '" + many("*a", 400) + "*c'", given), SeriesValue(false));
  }

  void anUnknownNameIsRefusedWithItsNeighbours() {
    const auto names = seriesNames({{"left", "50% yield"}, {{"accuracy", "loss"}, {"mae"}}});
    QCOMPARE(unknown("best(val.left.accuracy) + weight[\"50% yield\"] + step", names),
             std::string("known"));
    const auto message = unknown("step > 1 and best(val.left.acuracy) > 1", names);
    QVERIFY2(message.starts_with("when: line 1, column 19: there is no validation.left.acuracy; "
                                 "known: "),
             message.c_str());
    QVERIFY2(message.find("the nearest validation.left.accuracy") != std::string::npos,
             message.c_str());
    QCOMPARE(unknown("best(seed)", {"seed"}),
             std::string("when: line 1, column 6: best takes a series, found the field seed"));
  }

  void namesOfSeriesReadBack() {
    const auto names = seriesNames({{"left", "50% yield", "", "\xC3\xA9\""}, {{"accuracy"}}});
    QVERIFY(std::find(names.begin(), names.end(), "cosine.left[\"50% yield\"]") != names.end());
    QVERIFY(std::find(names.begin(), names.end(), "validation[\"50% yield\"].loss") != names.end());
    for (const auto& name : names) {
      const auto read = parseSeriesExpression(name, "x");
      QCOMPARE(read.quantities.at(0).name, name);
      QCOMPARE(seriesName(read.quantities[0].parts), name);
      QVERIFY(seriesKind(read.quantities[0].parts) != SeriesKind::none);
    }
  }

  void directionIsThatOfTheMetric() {
    QVERIFY(isHigherBetter({"validation", "left", "accuracy"}));
    QVERIFY(!isHigherBetter({"validation", "accuracy", "loss"}));
    QVERIFY(!isHigherBetter({"loss", "accuracy"}));
  }
};

EQUIPOISE_TEST(TestSeriesExpression)
#include "tst_series_expression.moc"
