#include <QTest>

#include "core/data/csv.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::data::CsvOptions;
using eq::data::CsvTable;
using eq::data::parseCsv;

namespace {

/// All cells, | between the fields, / between the rows.
QString flat(const CsvTable& table) {
  QString out;
  for (size_t row = 0; row < table.rows(); ++row) {
    if (row > 0) out += '/';
    for (size_t column = 0; column < table.columns(); ++column) {
      if (column > 0) out += '|';
      const auto cell = table.cell(row, column);
      out += QString::fromUtf8(cell.data(), static_cast<qsizetype>(cell.size()));
    }
  }
  return out;
}

QString names(const CsvTable& table) {
  QStringList all;
  for (const auto& name : table.names()) all << QString::fromStdString(name);
  return all.join('|');
}

}  // namespace

class TestCsv : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsCells_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("header");
    QTest::addColumn<QString>("cells");
    const auto row = [](const char* tag, const QByteArray& text, const QString& header,
                        const QString& cells) { QTest::newRow(tag) << text << header << cells; };
    row("plain", "a,b\n1,2\n3,4\n", "a|b", "1|2/3|4");
    row("no last line end", "a,b\n1,2", "a|b", "1|2");
    row("CRLF", "a,b\r\n1,2\r\n", "a|b", "1|2");
    row("CR", "a,b\r1,2\r3,4", "a|b", "1|2/3|4");
    row("byte order mark",
        "\xef\xbb\xbf"
        "a,b\n1,2\n",
        "a|b", "1|2");
    row("mark and quote", "\xef\xbb\xbf\"a\",b\n1,2\n", "a|b", "1|2");
    row("quotes", "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n", "a|b", "1,5|say \"hi\"");
    row("only quotes", "a,b\n\"\"\"\"\"\",\"\"\n", "a|b", "\"\"|");
    row("line in quotes", "a,b\n\"x\ny\",2\n3,4\n", "a|b", "x\ny|2/3|4");
    row("CRLF in quotes", "a,b\r\n\"x\r\ny\",2\r\n", "a|b", "x\r\ny|2");
    row("empty fields", "a,b,c\n,,2\n1,,3\n", "a|b|c", "||2/1||3");
    row("blank lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n", "a|b", "1|2/3|4");
    row("spaces stay in cells", "a, b\n 1 ,2 \n", "a|b", " 1 |2 ");
    row("one column", "a\n1\n2\n", "a", "1/2");
    row("UTF-8", "größe,名\nüß,€\n", "größe|名", "üß|€");
    row("header only", "a,b\n", "a|b", "");
    row("semicolons", "a;b\n1,5;2,5\n", "a|b", "1,5|2,5");
    row("tabs", "a\tb\n1, 2\t3\n", "a|b", "1, 2|3");
    row("bars", "a|b|c\n1|2|3\n", "a|b|c", "1|2|3");
    row("delimiters in quotes", "a;\"b,c,d\"\n\"1,2,3\";4\n", "a|b,c,d", "1,2,3|4");
  }
  void readsCells() {
    QFETCH(QByteArray, text);
    QFETCH(QString, header);
    QFETCH(QString, cells);
    const auto table = parseCsv(text.toStdString(), "x.csv");
    QCOMPARE(names(table), header);
    QCOMPARE(flat(table), cells);
    QVERIFY(table.warnings().empty());
  }

  void takesADelimiterAndNoHeader() {
    const auto table = parseCsv("1;2,3;4\n5;6,7;8\n", "x.csv", {',', false});
    QCOMPARE(names(table), QString("column 1|column 2"));
    QCOMPARE(flat(table), QString("1;2|3;4/5;6|7;8"));
    QCOMPARE(table.delimiter(), ',');
  }

  void knowsItsLines() {
    const auto table = parseCsv("a,b\r\n\r\n\"1\r\n\n\",2\r\n3,4\r\n", "x.csv");
    QCOMPARE(table.place(0), std::string("x.csv:3"));
    QCOMPARE(table.place(1), std::string("x.csv:6"));
    QCOMPARE(table.place(1, 1), std::string("x.csv:6: column \"b\""));
  }

  void survivesBeingMoved() {
    auto table = parseCsv("a\nx\n", "x.csv");
    const CsvTable other = std::move(table);
    QCOMPARE(flat(other), QString("x"));
  }

  void warns() {
    const auto table = parseCsv(",b\n5\" disk,2\n", "x.csv");
    QCOMPARE(names(table), QString("column 1|b"));
    QCOMPARE(flat(table), QString("5\" disk|2"));
    QCOMPARE(table.warnings().size(), size_t{2});
    QCOMPARE(table.warnings()[0].place, std::string("x.csv:1"));
    QCOMPARE(table.warnings()[0].message,
             std::string("column 1 has no name; it is called \"column 1\""));
    QCOMPARE(table.warnings()[1].place, std::string("x.csv:2"));
  }

  void refusesBrokenFiles_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("empty") << QByteArray() << "x.csv:1: the file is empty; expected a header";
    QTest::newRow("blank") << QByteArray("\n\r\n")
                           << "x.csv:1: the file is empty; expected a header";
    QTest::newRow("short row") << QByteArray("a,b\n1,2\n3\n")
                               << "x.csv:3: expected 2 fields as in the first line, found 1; mend "
                                  "or remove this row";
    QTest::newRow("long row") << QByteArray("a,b\r\n\"1\r\n\",2\r\n3,4,5\r\n")
                              << "x.csv:4: expected 2 fields as in the first line, found 3; mend "
                                 "or remove this row";
    QTest::newRow("open quote") << QByteArray("a,b\n1,2\n3,\"4\n5,6\n")
                                << "x.csv:3: a quote opens here and is never closed";
    QTest::newRow("after the quote")
        << QByteArray("a,b\n1,\"2\"3\n")
        << "x.csv:2: a field goes on after its closing quote; write a quote inside a field twice";
    QTest::newRow("twice")
        << QByteArray("a,b, a\n1,2,3\n")
        << "x.csv:1: two columns are named \"a\"; rename one, or say that the first "
           "line holds no names (data.header)";
    QTest::newRow("UTF-16") << QByteArray(
                                   "\xff\xfe"
                                   "a\0",
                                   4)
                            << "x.csv:1: the file is in UTF-16; save it as UTF-8";
    QTest::newRow("Latin-1") << QByteArray("a,b\n1,2\n\xfc,3\n")
                             << "x.csv:3: byte 8 is not UTF-8; save the file as UTF-8";
    QTest::newRow("binary") << QByteArray("a,b\n1,\0\n", 7)
                            << "x.csv:2: byte 6 is zero; this is no text file";
  }
  void refusesBrokenFiles() {
    QFETCH(QByteArray, text);
    QFETCH(QString, expected);
    QCOMPARE(messageOf([&] { parseCsv(text.toStdString(), "x.csv"); }), expected);
  }

  void refusesWhatIsNotUtf8_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("good");
    QTest::newRow("overlong") << QByteArray("\xc0\xaf") << false;
    QTest::newRow("overlong 3") << QByteArray("\xe0\x80\xaf") << false;
    QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << false;
    QTest::newRow("beyond") << QByteArray("\xf4\x90\x80\x80") << false;
    QTest::newRow("cut") << QByteArray("\xe2\x82") << false;
    QTest::newRow("lone tail") << QByteArray("\x80") << false;
    QTest::newRow("last") << QByteArray("\xf4\x8f\xbf\xbf") << true;
    QTest::newRow("before surrogates") << QByteArray("\xed\x9f\xbf") << true;
  }
  void refusesWhatIsNotUtf8() {
    QFETCH(QByteArray, bytes);
    QFETCH(bool, good);
    const QString message = messageOf([&] { parseCsv("a\n" + bytes.toStdString(), "x.csv"); });
    QCOMPARE(message, good ? QString() : "x.csv:2: byte 2 is not UTF-8; save the file as UTF-8");
  }

  void readsPackedFiles() {
    const FileFolder folder;
    QCOMPARE(flat(eq::data::readCsv(folder.write("x.csv.gz", gzipped("a,b\n1,2\n")))),
             QString("1|2"));
  }

  void aPageSavedAsATableIsRefused() {
    for (const char* text :
         {"<!DOCTYPE html>\n<p>a,b</p>\n", "\n <HTML lang=\"de\">\n", "<?xml a?>\n"})
      QVERIFY(messageOf([&] {
                eq::data::parseCsv(text, "x.csv");
              }).startsWith("x.csv:1: expected a table, found "));
    QCOMPARE(eq::data::parseCsv("<b,a\n1,2\n", "x.csv").rows(), size_t{1});
  }
};

EQUIPOISE_TEST(TestCsv)
#include "tst_csv.moc"
