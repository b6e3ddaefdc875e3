#include "core/data/table_guesses.h"

#include <QTest>

#include <algorithm>
#include <map>

#include "table_support.h"
#include "tests/registry.h"

using eq::data::ColumnKind;
using eq::data::Problem;
using nlohmann::json;

/// The cases of issue 11 in small, and their kinds.
class TestTableGuesses : public QObject {
  Q_OBJECT

  TableLoader loader_;

  Problem load(const std::string& text, const std::string& column, const std::string& kind,
               const json& more = json::object()) const {
    return loader_.load(text, column, kind, more);
  }

  std::vector<double> targets(const Problem& problem) const {
    auto values = numbersOf(problem.train.targets.at(0));
    std::sort(values.begin(), values.end());
    return values;
  }

 private Q_SLOTS:
  /// 01: 1.105, meaning 1105, was read a thousand times too small.
  void aPointBesideDecimalCommasGroupsThousandsOrIsRefused() {
    const std::string text = "area;price\n65,7;668\n167,4;1.656\n98,0;12.045\n";
    for (const char* decimal : {"auto", "comma"}) {
      const auto problem = load(text, "price", "number", {{"decimal", decimal}});
      QCOMPARE(targets(problem), (std::vector<double>{668, 1656, 12045}));
      QVERIFY(notesOf(problem).contains("thousands are grouped by point"));
    }
    for (const char* odd : {"16.56", "1.65", "0.656", "1.6567"})
      QVERIFY(messageOf([&] {
                load("area;price\n65,7;668\n1,4;" + std::string(odd) + "\n", "price", "number");
              }).contains("x.csv:3: column \"price\": expected a number with a decimal comma"));
    QVERIFY(messageOf([&] {
              load(text, "price", "number", {{"thousands", "none"}});
            }).contains("data.thousands"));
    QVERIFY(messageOf([&] {
              load(text, "price", "number", {{"decimal", "comma"}, {"thousands", "comma"}});
            }).startsWith("data.thousands: the comma is the decimal mark"));
  }

  void groupsOfAllMarksAreRead() {
    eq::data::CellFormat format;
    for (const auto& [mark, text] : std::map<char, std::string>{{',', "-1,234,567.5"},
                                                                {' ',
                                                                 "-1\xe2\x80\xaf"
                                                                 "234\xc2\xa0"
                                                                 "567.5"},
                                                                {'\'', "-1'234'567.5"}}) {
      format.thousands = mark;
      QCOMPARE(format.number(text).value_or(0), -1234567.5);
    }
    format.thousands = ',';
    for (const char* wrong :
         {"12,34", "1,2345", ",123", "0,123", "1234,567", "1,234,56", "1.5,000"})
      QVERIFY2(!format.number(wrong), wrong);
  }

  /// 02: number columns became categories.
  void theDecimalMarkIsFoundWithItsEvidence() {
    const std::string text = "temp;load;state\n18,5;42,0;off\n21,5;48,5;on\n19,5;43,5;off\n";
    const auto problem = load(text, "load", "number");
    QCOMPARE(targets(problem), (std::vector<double>{42, 43.5, 48.5}));
    QVERIFY(notesOf(problem).contains(
        "the decimal mark is a comma (6 cells speak for the comma, 0 for the point; "));
    QCOMPARE(load(text, "state", "class").inputShape, std::vector<std::int64_t>{2});
    QVERIFY(messageOf([&] {
              load(text, "load", "number", {{"decimal", "point"}});
            }).contains("data.decimal"));
  }

  /// 04: nine classes for three.
  void textsOfTheSameNumberAreOneClass() {
    const std::string text = "x,y\n4,1\n2,01\n3,1.0\n7,1\n5,0\n6,2.0\n8,2\n9,2\n";
    for (const char* kind : {"class", "ordinal"}) {
      const auto problem = load(text, "y", kind);
      QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"0", "1", "2"}));
      QCOMPARE(targets(problem), (std::vector<double>{0, 1, 1, 1, 1, 2, 2, 2}));
      QVERIFY(notesOf(problem).contains("\"01\" (1), \"1\" (2), \"1.0\" (1) are one class, \"1\""));
    }
    const auto codes = load("x,y\n4,9007199254740993\n2,9007199254740992\n3,01\n", "y", "class");
    QCOMPARE(codes.tasks[0].width, std::int64_t{3});  // a double holds the two large ones as one
    const auto texts = load("x,y\n4,01\n2,1\n3,A\n5,B\n", "y", "class");
    QCOMPARE(texts.tasks[0].width, std::int64_t{4});  // codes, not numbers
  }

  /// One "unk" kept 1, 1.0 and 01 apart.
  void oneTextAmongNumbersLeavesThemNumbers() {
    const auto problem =
        load("x,l\n1,1\n2,1.0\n3,01\n4,2\n5,2.0\n6,02\n7,unk\n8,1\n9,2\n", "l", "class");
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"1", "2", "unk"}));
    QVERIFY(notesOf(problem).contains("\"01\" (1), \"1\" (2), \"1.0\" (1) are one class, \"1\""));
    const auto codes = load("x,l\n1,1\n2,01\n3,a\n4,b\n5,c\n", "l", "class");
    QCOMPARE(codes.tasks[0].width, std::int64_t{5});
    QVERIFY2(notesOf(codes).contains("\"01\", \"1\" are the same number, but most values are none; "
                                     "they stay classes of their own"),
             qPrintable(notesOf(codes)));
  }

  void labelsThatDifferInCaseAreSaid() {
    const auto problem = load("x,y\n1,Setosa\n2,setosa\n4, setosa \n3,b\n", "y", "class");
    QCOMPARE(problem.tasks[0].width, std::int64_t{3});
    QVERIFY(
        notesOf(problem).contains("\"Setosa\", \"setosa\" differ in case, blanks or accents only"));
  }

  /// 05: the number of the row told the class.
  void rowNumbersAreLeftOutUnlessNamed() {
    for (const char* name : {"", "index", "id", "Unnamed: 0"})
      for (const int first : {0, 1}) {
        std::string text = std::string(name) + ",f,y\n";
        for (int i = 0; i < 4; ++i)
          text +=
              std::to_string(first + i) + (i % 2 ? ",0.5" : ",0.25") + (i < 2 ? ",a\n" : ",b\n");
        const auto problem = load(text, "y", "class");
        QCOMPARE(problem.inputShape, std::vector<std::int64_t>{1});
        QVERIFY(notesOf(problem).contains("row number"));
        const std::string column = *name ? name : "column 1";
        QCOMPARE(load(text, "y", "class", {{"inputs", {column, "f"}}}).inputShape,
                 std::vector<std::int64_t>{2});
      }
    const auto counted = load("n,f,y\n0,1,a\n1,5,a\n2,3,b\n", "y", "class");
    QCOMPARE(counted.inputShape, std::vector<std::int64_t>{2});  // it has a name of its own
    const auto shuffled = load(",f,y\n7,1,a\n3,5,a\n12,3,b\n", "y", "class");
    QCOMPARE(shuffled.inputShape, std::vector<std::int64_t>{1});  // rows of a larger table
  }

  /// 06, and other ways to divide fields.
  void separatorsAreFound_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("separator");
    QTest::addColumn<int>("columns");
    QTest::newRow("sep line") << QByteArray("sep=;\na;b;y\n1,5;2;3\n") << "semicolon" << 3;
    QTest::newRow("sep line, CRLF, mark")
        << QByteArray("\xef\xbb\xbfsep=|\r\na|y\r\n1|3\r\n") << "pipe" << 2;
    QTest::newRow("blanks") << QByteArray("  a   b  y \n 1.0  2 3\n10   4 5  \n") << "blanks" << 3;
    QTest::newRow("R") << QByteArray("\"a\" \"y\"\n\"1\" 2 3\n\"2\" 5 6\n") << "blanks" << 3;
    QTest::newRow("R, commas") << QByteArray("\"a\",\"y\"\n\"u\",2,3\n\"v\",5,6\n") << "comma" << 3;
    QTest::newRow("commas and blanks") << QByteArray("a b,y z\n1 2,3 4\n") << "comma" << 2;
    QTest::newRow("comma in a name")
        << QByteArray("Zeit;y\n0,00;3,849\n0,14;3,273\n") << "semicolon" << 2;
    QTest::newRow("commas in names and numbers")
        << QByteArray("Zeit, s;Druck, bar;y\n0,00;-0,8;3,1\n0,14;0,2;3,2\n") << "semicolon" << 3;
    QTest::newRow("comma in one name")
        << QByteArray("Druck, bar;y\n0,849;3\n0,273;3\n") << "semicolon" << 2;
    QTest::newRow("separator at the end") << QByteArray("a,y\n1,3,\n1,4,\n") << "comma" << 2;
  }
  void separatorsAreFound() {
    QFETCH(QByteArray, text);
    QFETCH(QString, separator);
    QFETCH(int, columns);
    const auto guesses = guessesOf(text.toStdString());
    QCOMPARE(QString::fromStdString(guesses.separator), separator);
    QCOMPARE(std::ssize(guesses.columns), std::ptrdiff_t{columns});
    QCOMPARE(guesses.columns.back().name, std::string(text.contains("y z") ? "y z" : "y"));
    QVERIFY(guesses.columns.back().examples[0].starts_with('3'));
  }

  void linesKeepTheirNumbersBehindASeparatorLine() {
    QVERIFY(messageOf([&] {
              load("sep=;\na;y\n1;2\n3;x\n4;4\n5;5\n", "y", "number");
            }).contains("x.csv:4: column \"y\": expected a number, found \"x\""));
  }

  /// 12: one odd cell made a class of each price.
  void aColumnIsOfNumbersWhenNearlyAllCellsAre() {
    std::string text = "x,price\n";
    for (int i = 0; i < 59; ++i) text += "1," + std::to_string(100 + i) + ".5\n";
    const auto guesses = guessesOf(text + "1,n.d.\n1,nan\n");
    const auto& price = guesses.columns[1];
    QVERIFY(price.kind == ColumnKind::number);
    QCOMPARE(price.speakFor, size_t{59});
    QCOMPARE(price.speakAgainst, size_t{1});
    QCOMPARE(price.missing, size_t{1});
    QCOMPARE(price.against, std::vector<std::string>{"x.csv:61: column \"price\": n.d."});
  }

  void theUsualSpellingsAreMissing() {
    for (const char* text : {"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "-", "?",
                             "#N/A", "#DIV/0!", ".", " NA "}) {
      const auto problem = load("x,y\n1,2\n4," + std::string(text) + "\n9,3\n", "y", "number");
      QVERIFY2(problem.train.masks[0].defined(), text);
      QCOMPARE(problem.train.masks[0].sum().item<double>(), 2.0);
    }
    const auto problem = load("x,y\n1,None\n4,a\n9,-\n", "y", "class");
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"-", "None", "a"}));
  }

  void datesAndIdentifiersAreSaid() {
    std::string text = "when,who,x,y\n";
    for (int i = 10; i < 30; ++i)
      text += "2024-01-" + std::to_string(i % 20 + 10) + ",p" + std::to_string(i) + "," +
              std::to_string(i * i % 7) + "," + std::to_string(i * i * i % 11) + "\n";
    const auto problem = load(text, "y", "number");
    QVERIFY(notesOf(problem).contains("column \"when\": 20 dates"));
    QVERIFY(notesOf(problem).contains("column \"who\": identifier (p10, p11, p12 ...), left out"));
    for (const char* date : {"31.1.2024", "1/31/24", "2024/01/31 12:00", "2024-01-31T12:00:00Z"})
      QVERIFY2(guessesOf("a,y\n" + std::string(date) + ",1\n").columns[0].kind == ColumnKind::date,
               date);
    for (const char* other : {"1.2.3", "10.0.0.1", "555-1234", "1-2-34567"})
      QVERIFY2(guessesOf("a,y\n" + std::string(other) + ",1\n").columns[0].kind != ColumnKind::date,
               other);
  }

  void inputsThatGiveATargetAwayAreSaid() {
    std::string text = "copy,unit,code,range,constant,x,y,c\n";
    for (int i = 0; i < 40; ++i) {
      const int y = i * 7 % 40;
      text += fmt::format("{},{},{},{},5,{},{},{}\n", y, 1000 * y + 3, y < 20 ? "low" : "high",
                          y * y, i * i % 13, y, y < 20 ? "a" : "b");
    }
    const auto number = notesOf(load(text, "y", "number"));
    QVERIFY(number.contains("column \"copy\": it is the same up to unit and offset"));
    QVERIFY(number.contains("column \"unit\": it is the same up to unit and offset"));
    QVERIFY(!number.contains("column \"x\""));
    QVERIFY(number.contains("column \"constant\": every value is \"5\""));
    const auto classes = notesOf(load(text, "c", "class"));
    QVERIFY(classes.contains("column \"code\": each of its values goes with one value"));
    QVERIFY(classes.contains("its ranges tell apart all classes"));
  }

  /// One decimal each hid that Fahrenheit is Celsius, and a logarithm is no line.
  void aTargetInAnotherUnitIsSaidAlsoWhereRounded() {
    std::string text = "f,noisy,log,falls,x,y\n";
    for (int i = 0; i < 60; ++i) {
      const double celsius = std::round((i * 37 % 60) * 4.7) / 10, rough = i % 2 ? 1.5 : -1.5;
      text += fmt::format("{:.1f},{:.1f},{:.4f},{:.3f},{},{:.1f}\n", celsius * 1.8 + 32,
                          celsius * 1.8 + 32 + rough, std::log(celsius + 5), 1 / (celsius + 5),
                          i * i % 13, celsius);
    }
    for (const bool standardize : {false, true}) {
      const auto notes = notesOf(load(text, "y", "number", {{"standardize_targets", standardize}}));
      QVERIFY2(notes.contains("column \"f\": it is the same up to unit"), qPrintable(notes));
      QVERIFY(notes.contains("column \"log\": it puts the rows in the same or the reverse order"));
      QVERIFY(notes.contains("column \"falls\": it puts the rows in the same or the reverse"));
      QVERIFY(!notes.contains("column \"noisy\"") && !notes.contains("column \"x\""));
    }
  }

  /// k1 to k5 stood nowhere.
  void columnsOfMergedNotesAreNamed() {
    std::string text = "y,k0,k1,k2,k3,k4,k5,z\n";
    for (int i = 0; i < 40; ++i)
      text += i % 3 ? fmt::format("a,p,p,p,p,p,p,{}\n", i * i % 11)
                    : fmt::format("b,q,q,q,q,q,q,{}\n", i * i % 11);
    const auto notes = notesOf(load(text, "y", "class"));
    QVERIFY2(notes.contains("column \"k0\": each of its values goes with one value of the target "
                            "\"y\"; is it known before the target is? (and 5 more notes of this "
                            "kind: \"k1\", \"k2\", \"k3\", \"k4\", \"k5\")"),
             qPrintable(notes));
  }

  void classesWithoutATrainingExampleAreSaid() {
    const auto problem =
        load("x,y\n1,a\n2,b\n3,a\n", "y", "ordinal",
             {{"targets", {{{"column", "y"}, {"kind", "ordinal"}, {"order", {"a", "b", "c"}}}}}});
    QVERIFY(notesOf(problem).contains("class \"c\" has no example in the training part"));
  }

  void aHundredEqualNotesAreOneWithACount() {
    std::string header = "y", row = "2";
    for (int i = 0; i < 100; ++i) header += ",c" + std::to_string(i), row += ",7";
    const auto problem = load(header + ",x\n" + row + ",1\n" + row + ",2\n", "y", "number");
    QCOMPARE(notesOf(problem).count("tells nothing"), 1);
    QVERIFY(notesOf(problem).contains(
        "column \"y\": every value is \"2\"; it tells nothing (and 100 more notes of this kind: "
        "\"c0\", \"c1\", \"c2\", "));
    QVERIFY(notesOf(problem).contains("\"c19\" and 80 more)"));
    QVERIFY(!notesOf(problem).contains("\"c20\""));
  }

  void namesHoldNeitherLineBreaksNorControlCharacters() {
    const auto problem = load("\"a\nb\",\"c\x1b[31md\"\n1,\"u\nv\"\n2,w\n", "c\x1b[31md", "class");
    QCOMPARE(problem.tasks[0].name, std::string("c\\u001b[31md"));
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"u v", "w"}));
    QVERIFY(messageOf([&] {
              load("a,b\n1,2\n", "b", "number",
                   {{"targets", {{{"column", "b"}, {"kind", "number"}, {"name", "x\ny"}}}}});
            }).startsWith("data.targets[0].name: expected one line"));
    QCOMPARE(eq::data::oneLine("a\xe2\x80\xa8\xe2\x80\xae\xc2\x85"
                               "b"),
             std::string("a\\u2028\\u202e\\u0085b"));
  }

  /// A mistyped column listed 5,000 names.
  void aMistypedColumnNamesTheNearest() {
    std::string header = "y", row = "1";
    for (int i = 0; i < 5000; ++i) header += ",gene_" + std::to_string(i), row += ",1";
    const auto message = messageOf([&] {
      load(header + "\n" + row + "\n", "y", "number", {{"inputs", {"gene4711"}}});
    });
    QVERIFY(message.contains("5001 names, the nearest gene_"));
    QVERIFY(message.contains("gene_4711"));
    QVERIFY(message.size() < 300);
  }
};

EQUIPOISE_TEST(TestTableGuesses)
#include "tst_table_guesses.moc"
