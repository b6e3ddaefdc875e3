#include <QTest>

#include <fmt/format.h>

#include "table_support.h"
#include "tests/registry.h"

using eq::data::ColumnKind;

namespace {

/// A header and rows of cells.
template <typename Row>
std::string rowsOf(const std::string& header, int rows, Row row) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += row(i) + "\n";
  return text;
}

double numberAt(const eq::data::TableGuesses& guesses, size_t column, const char* cell) {
  return guesses.columns.at(column).format.number(cell).value_or(-1);
}

}  // namespace

/// What may be meant otherwise is said before anything is trained.
class TestTableRemarks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// 1.656, meaning 1656, was read as 1.656 where no cell had a comma.
  void aMarkOfTwoReadingsIsSaidWithTheKeysThatNameIt() {
    const std::string text = "area;price\n65;668\n167;1.656\n98;12.045\n";
    QVERIFY2(notesOn(text).contains(
                 "column \"price\": 2 cells such as x.csv:3: 1.656 can be decimals or grouped "
                 "thousands, and no cell tells which; they are read as decimals; data.decimal and "
                 "data.thousands name the marks"),
             qPrintable(notesOn(text)));
    QCOMPARE(numberAt(guessesOf(text), 1, "1.656"), 1.656);
    const auto comma = guessesOf("area;price\n65;668\n167;1,656\n");
    QCOMPARE(comma.decimal, std::string("comma"));  // as spreadsheets write where ; divides
    QCOMPARE(numberAt(comma, 1, "1,656"), 1.656);
    QVERIFY(notesOn("area;price\n65;668\n167;1,656\n").contains("can be decimals or grouped"));
    const std::string quoted = "area,price\n65,668\n167,\"1,656\"\n";
    QCOMPARE(numberAt(guessesOf(quoted), 1, "1,656"), 1656.0);
    QVERIFY(notesOn(quoted).contains("they are read as thousands"));
  }

  void aMarkThatSomethingTellsIsNotOpen() {
    const char* const told[]{"area,price\n65,668\n167,1.656\n",   // a comma divides the fields
                             "area;price\n6.5;668\n167;1.656\n",  // another column
                             "area;price\n65;668\n167;1.656\n1;0.5\n",  // the column itself
                             "area;price\n65;1668\n167;1.656\n"};       // thousands without a mark
    for (const char* text : told)
      QVERIFY2(!notesOn(text).contains("can be decimals"), qPrintable(notesOn(text)));
    eq::data::TableMarks given;
    given.thousands = "point";
    given.decimal = "comma";
    const auto guesses = guessesOf("area;price\n65;668\n167;1.656\n", given);
    QCOMPARE(numberAt(guesses, 1, "1.656"), 1656.0);
    QVERIFY(!linesOf(eq::data::notesOn(guesses)).contains("can be decimals"));
  }

  /// Dates, addresses and versions spoke for the decimal comma: their points "grouped".
  void pointsThatGroupNothingDoNotVote() {
    const auto guesses =
        guessesOf("day,ip,x\n31.12.2024,10.0.0.1,1.656\n30.12.2024,10.0.0.2,2.125\n");
    QCOMPARE(guesses.decimal, std::string("point"));
    QVERIFY(guesses.decimalEvidence.starts_with("0 cells speak for the comma"));
    QCOMPARE(numberAt(guesses, 2, "1.656"), 1.656);
  }

  void aColumnWithTheOtherDecimalMarkIsReadByItsOwnAndSaid() {
    const std::string text =
        rowsOf("a;b;c", 5, [](int i) { return fmt::format("{},5;{}.5;{}.25", i, i, i); });
    const auto guesses = guessesOf(text);
    QCOMPARE(guesses.decimal, std::string("point"));
    QCOMPARE(numberAt(guesses, 0, "3,5"), 3.5);
    QCOMPARE(numberAt(guesses, 1, "3.5"), 3.5);
    QVERIFY(
        notesOn(text).contains("column \"a\": its decimal mark is a comma (x.csv:2: column "
                               "\"a\": 0,5), unlike that of the table"));
  }

  void scientificNumbersWithACommaSpeakForIt() {
    const auto guesses = guessesOf("a;b\n1,23E+05;1\n4,567E+02;2\n");
    QCOMPARE(guesses.decimal, std::string("comma"));
    QCOMPARE(numberAt(guesses, 0, "4,567E+02"), 456.7);
  }

  void codesThatBeginWithZeroAreSaid() {
    QVERIFY(
        notesOn("zip,x\n01067,1\n80331,2\n00501,3\n")
            .contains("column \"zip\": 2 cells begin with 0 (x.csv:2: 01067): codes? As numbers"));
    QVERIFY(!notesOn("a,x\n0,1\n0.5,2\n").contains("begin with 0"));
  }

  void numbersThatStandForNoValueAreSaid() {
    const auto text = [](const char* odd) {
      return rowsOf("t,x", 20, [&](int i) {
        return (i % 7 == 3 ? std::string(odd) : fmt::format("{}.5", i)) + "," +
               std::to_string(i * i % 7);
      });
    };
    QVERIFY(notesOn(text("-999"))
                .contains("column \"t\": -999 stands 3 times, far from the "
                          "others (0.5 to 19.5): no value?"));
    QVERIFY(!notesOn(text("-9")).contains("no value?"));  // as near as they are to each other
  }

  void numbersBesideAUnitAreSaid_data() {
    QTest::addColumn<QString>("cell");
    QTest::addColumn<QString>("with");
    QTest::newRow("percent") << "1%1.5 %"
                             << "digits with \"%\" beside them (x.csv:2: 10.5 %)";
    QTest::newRow("currency") << "$1%1"
                              << "digits with \"$\" beside them (x.csv:2: $10)";
    QTest::newRow("unit") << "1%1 kg"
                          << "digits with \"kg\" beside them (x.csv:2: 10 kg)";
    QTest::newRow("hexadecimal") << "0x%1f"
                                 << "digits with \"0x\" beside them (x.csv:2: 0x0f)";
    QTest::newRow("Indian groups") << "12,3%1,567"
                                   << "digits with marks (x.csv:2: 12,30,567)";
  }
  void numbersBesideAUnitAreSaid() {
    QFETCH(QString, cell);
    QFETCH(QString, with);
    const auto notes = notesOn(rowsOf(
        "w;x", 9, [&](int i) { return cell.arg(i).toStdString() + ";" + std::to_string(i * i); }));
    QVERIFY2(notes.contains(with), qPrintable(notes));
  }

  void aTableWithoutInputsSaysWhy() {
    const TableLoader loader;
    const auto message = messageOf([&] {
      loader.load(
          "w,y\n1 kg,1\n2 kg,2\n3 kg,3\n4 kg,4\n5 kg,5\n6 kg,6\n7 kg,7\n"
          "8 kg,8\n9 kg,9\n10 kg,11\n",
          "y", "number");
    });
    QVERIFY2(message.contains("leaves no input column; column \"w\": identifier"),
             qPrintable(message));
    QVERIFY(message.contains("10 cells are digits with \"kg\" beside them"));
  }

  void identifiersOfDigitsAreNotTakenForNumbersBesideAUnit() {
    const auto text = rowsOf("customer_id,x", 12, [](int i) { return fmt::format("{},1", i * i); });
    QVERIFY(!notesOn(text).contains("digits with"));
  }

  void aColumnThatGivesNothingIsRecordedAsLeftOut() {
    const TableLoader loader;
    const auto problem = loader.load("e,x,y\n,1,1\n,2,2\n", "y", "number");
    QCOMPARE(problem.guesses->columns[0].role, std::string("left out"));
    QCOMPARE(problem.guesses->columns[1].role, std::string("input"));
  }

  void aHeaderOfNumbersIsSaid() {
    QVERIFY(notesOn("5.1,3.5,setosa\n4.9,3.0,setosa\n")
                .contains("2 of 3 names in the first line are numbers (\"5.1\"): is it a row?"));
    QVERIFY(!notesOn("a,b,1\n4.9,3.0,2\n").contains("is it a row"));
  }

  /// Tables one below the other keep the row numbers of each.
  void rowNumbersThatRepeatAreSaid() {
    const auto notes = notesOn(rowsOf(",f,s", 20, [](int i) {
      return fmt::format("{},{},{}", i % 10, i * i % 17, i % 3 ? "a" : "b");
    }));
    QVERIFY2(notes.contains("column \"column 1\": it has no name, and its values repeat (10 "
                            "different in 20 rows): row numbers or identifiers?"),
             qPrintable(notes));
    const auto text = [](const char* name) {
      return rowsOf(std::string(name) + ",f", 20,
                    [](int i) { return fmt::format("P{},{}", i / 4, i * i % 17); });
    };
    QVERIFY(notesOn(text("patient_id")).contains("its name is that of row numbers, and"));
    QVERIFY(!notesOn(text("ward")).contains("row numbers"));
  }

  void aColumnConstantButForMissingCellsIsSaid() {
    QVERIFY(notesOn("c,d,y\n1,a,1\n,,2\n1,a,3\n")
                .contains("column \"c\": every value is \"1\", 1 are missing; it tells nothing\n"
                          "column \"d\": every value is \"a\", 1 are missing; it tells only where "
                          "it is missing"));
    QVERIFY(notesOn("c,y\n1,1\n-,2\n1,3\n").contains("every value is \"1\", 1 are missing"));
  }

  /// "-" made numbers of a column of texts.
  void textsThatMayBeMissingDoNotVoteForNumbers() {
    const auto text = rowsOf("note,y", 12, [](int i) {
      return fmt::format("{},{}", i < 7 ? "-" : i % 2 ? "late" : "ok", i);
    });
    const auto guesses = guessesOf(text);
    QVERIFY(guesses.columns[0].kind == ColumnKind::category);
    QCOMPARE(guesses.columns[0].speakAgainst, size_t{0});
    QVERIFY2(notesOn(text).contains("column \"note\": \"-\" (7 cells, first x.csv:2) is read as a "
                                    "category of its own; data.missing can name it"),
             qPrintable(notesOn(text)));
    const auto numbers = guessesOf("x,y\n1.5,1\n-,2\nNone,3\n.,4\n");
    QVERIFY(numbers.columns[0].kind == ColumnKind::number);
    QCOMPARE(numbers.columns[0].missing, size_t{3});
    QCOMPARE(numbers.columns[0].distinct, size_t{1});
  }

  /// "17 dates (x, 2024-01-02, 1.5)"
  void examplesAreOfTheKind() {
    const auto guesses = guessesOf("d,y\nx,1\n2024-01-02,2\n1.5,3\n2024-01-03,4\n2024-01-04,5\n");
    QCOMPARE(guesses.columns[0].examples,
             (std::vector<std::string>{"2024-01-02", "2024-01-03", "2024-01-04"}));
    QVERIFY(linesOf(eq::data::notesOn(guesses))
                .contains("2 of 5 values are no dates (x.csv:2: column \"d\": x; "));
  }

  void datesInWordsTimesAndDatesWithoutMarksAreSaid() {
    const auto notes = notesOn(rowsOf("d,t,n,m,y", 12, [](int i) {
      return fmt::format("{} Jan 2007,14:{},200701{:02},200713{:02},{}", i + 1, i + 10, i + 1,
                         i + 1, i * i % 7);
    }));
    for (const char* part :
         {"column \"d\": 12 dates (1 Jan 2007, 2 Jan 2007, 3 Jan 2007)",
          "column \"t\": 12 times (14:10, 14:11, 14:12)",
          "column \"n\": its numbers are dates without marks (20070101, 20070102, 20070103)?"})
      QVERIFY2(notes.contains(part), qPrintable(notes));
    QVERIFY(!notes.contains("column \"m\": its numbers"));
  }

  void countingUnderANameOfItsOwnIsSaid() {
    const auto text = [](const char* name) {
      return rowsOf(std::string(name) + ",x", 12,
                    [](int i) { return fmt::format("{},{}", i + 5, i * i % 7); });
    };
    QVERIFY(notesOn(text("n")).contains("column \"n\": it counts the rows from 5: a row number?"));
    QVERIFY(guessesOf(text("PassengerId")).columns[0].kind == ColumnKind::identifier);
    QVERIFY(guessesOf(text("customer_id")).columns[0].kind == ColumnKind::identifier);
    QVERIFY(guessesOf(text("humid")).columns[0].kind == ColumnKind::number);
  }

  void theSeparatorAndItsRivalsAreShownWithCounts() {
    const auto alone = guessesOf("a,b\n1,2\n3,4\n");
    QCOMPARE(alone.separatorEvidence, std::string("2 fields in each of the first 3 lines"));
    QVERIFY(!alone.separatorDoubtful);
    const auto both = guessesOf("a,b;c,d\n1,2;3,4\n");
    QCOMPARE(both.separatorEvidence,
             std::string("2 fields in each of the first 2 lines; rival comma: 3 fields in each "
                         "of the first 2 lines"));
    QVERIFY(notesOn("a,b;c,d\n1,2;3,4\n").contains("fields are divided by semicolon (2 fields"));
    const auto header = guessesOf("\"a\" \"y\"\n\"1\" 2 3\n\"2\" 5 6\n");
    QCOMPARE(header.separatorEvidence,
             std::string("3 fields in each of the first 3 lines, one fewer in the header"));
  }

  void rowsOfSeparatorsAreLeftOutAndCounted() {
    const auto table = eq::data::parseCsv("a;b\n1;2\n;\n3;4\n ;\n", "x.csv");
    QCOMPARE(table.rows(), size_t{2});
    QCOMPARE(table.warnings().at(0).place, std::string("x.csv:3"));
    QCOMPARE(table.warnings().at(0).message,
             std::string("2 rows hold separators only and are left out"));
  }

  void labelsThatLookAlikeAreSaid_data() {
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::addColumn<bool>("alike");
    QTest::newRow("case") << "Ja"
                          << "JA" << true;
    QTest::newRow("case of umlauts") << "ÄRGER"
                                     << "ärger" << true;
    QTest::newRow("Cyrillic") << "ДА"
                              << "да" << true;
    QTest::newRow("Greek") << "ΝΑΙ"
                           << "ναι" << true;
    QTest::newRow("normal forms") << QString::fromUtf8("M\u00fcller")
                                  << QString::fromUtf8("Mu\u0308ller") << true;
    QTest::newRow("invisible") << QString::fromUtf8("ja\u200b") << "ja" << true;
    QTest::newRow("blank within") << "very good"
                                  << "verygood" << true;
    QTest::newRow("another word") << "schon"
                                  << "schön" << false;
    QTest::newRow("another letter") << "да"
                                    << "на" << false;
  }
  void labelsThatLookAlikeAreSaid() {
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(bool, alike);
    QCOMPARE(eq::data::folded(first.toStdString()) == eq::data::folded(second.toStdString()),
             alike);
    const TableLoader loader;
    const auto text = "x,y\n1," + first + "\n2," + second + "\n3,other\n";
    const auto problem = loader.load(text.toStdString(), "y", "class");
    QCOMPARE(problem.tasks[0].width, std::int64_t{3});
    QCOMPARE(notesOf(problem).contains("differ in case, blanks or accents only"), alike);
  }

  void blanksOfTypographyAroundACellDoNotCount() {
    const TableLoader loader;
    const auto problem = loader.load("x,y\n1,ja\n2,ja\u00a0\n3,\u00a0\n4,nein\n", "y", "class");
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"ja", "nein"}));
  }

  void whatIsToldComesFromTheRecord() {
    const auto guesses = guessesOf("x,y\n1,a\n2,b\nz,a\n");
    const auto lines = eq::data::tableLines(toJson(guesses));
    QCOMPARE(lines.at(0),
             std::string("x.csv: 3 rows; separator comma (2 fields in each of the first 4 lines); "
                         "decimal point (0 cells speak for the comma, 0 for the point)"));
    QVERIFY(
        lines.at(1).ends_with("2 for, 1 against, 0 missing, 3 different: 1, 2; x.csv:4: "
                              "column \"x\": z"));
    for (const char* foreign : {"null", "[]", "{}", "{\"file\": 1}", "{\"columns\": [3]}"})
      QVERIFY(eq::data::tableLines(nlohmann::json::parse(foreign)).empty());
  }
};

EQUIPOISE_TEST(TestTableRemarks)
#include "tst_table_remarks.moc"
