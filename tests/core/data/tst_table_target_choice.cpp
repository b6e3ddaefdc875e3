#include "core/data/table_target_choice.h"

#include <QTest>

#include <fmt/ranges.h>

#include "table_support.h"
#include "tests/registry.h"

using eq::data::chooseTarget;
using eq::data::TargetChoice;

namespace {

/// Twelve rows that end with this cell of row i.
template <typename Cell>
std::string endingWith(const std::string& name, Cell cell) {
  std::string text = "x,grade," + name + "\n";
  for (int i = 0; i < 12; ++i) text += fmt::format("{}.5,{},{}\n", i * i, "abc"[i % 3], cell(i));
  return text;
}

}  // namespace

/// A table opened in the window predicted its last column, whatever it was.
class TestTableTargetChoice : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theLastColumnThatCanBePredictedIs_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("isClass");
    QTest::addColumn<QString>("passedOver");
    const auto row = [](const char* tag, const std::string& text, const char* target, bool isClass,
                        const char* passedOver) {
      QTest::newRow(tag) << QByteArray::fromStdString(text) << QString(target) << isClass
                         << QString(passedOver);
    };
    row("texts", endingWith("y", [](int i) { return i % 2 ? "u" : "v"; }), "y", true, "");
    row("few numbers", endingWith("y", [](int i) { return i % 3; }), "y", true, "");
    row("all different", endingWith("y", [](int i) { return i * i * 0.3 + 1; }), "y", false, "");
    row("row number", endingWith("id", [](int i) { return i + 1; }), "grade", true,
        "column \"id\" is not predicted: row number (1, 2, 3 ...)");
    row("identifier", endingWith("key", [](int i) { return fmt::format("k{}", i); }), "grade", true,
        "column \"key\" is not predicted: identifier (k0, k1, k2 ...)");
    row("date", endingWith("day", [](int i) { return fmt::format("2024-01-{:02}", i + 1); }),
        "grade", true,
        "column \"day\" is not predicted: date (2024-01-01, 2024-01-02, 2024-01-03 ...)");
    row("constant", endingWith("k", [](int) { return 7; }), "grade", true,
        "column \"k\" is not predicted: every value is \"7\"");
    row("empty", endingWith("e", [](int) { return ""; }), "grade", true,
        "column \"e\" is not predicted: no value at all");
  }
  void theLastColumnThatCanBePredictedIs() {
    QFETCH(QByteArray, text);
    QFETCH(QString, target);
    QFETCH(bool, isClass);
    QFETCH(QString, passedOver);
    const auto guesses = guessesOf(text.toStdString());
    const TargetChoice choice = chooseTarget(guesses);
    QCOMPARE(QString::fromStdString(guesses.columns[choice.column].name), target);
    QCOMPARE(choice.isClass, isClass);
    QCOMPARE(QString::fromStdString(fmt::format("{}", fmt::join(choice.passedOver, "|"))),
             passedOver);
  }

  void aTableWithNothingToPredictIsRefused() {
    QCOMPARE(messageOf([] { chooseTarget(guessesOf("a,b\n7,\n7,\n")); }),
             QString("x.csv: no column to predict; name one in data.targets (column \"b\" is not "
                     "predicted: no value at all; column \"a\" is not predicted: every value is "
                     "\"7\" ...)"));
  }
};

EQUIPOISE_TEST(TestTableTargetChoice)
#include "tst_table_target_choice.moc"
