#include "core/data/table_preview.h"

#include <QTest>

#include "reader_support.h"
#include "tests/registry.h"

using eq::data::ColumnKind;
using eq::data::previewTable;
using nlohmann::json;

/// A table is looked at before anything is to be learned from it.
class TestTablePreview : public QObject {
  Q_OBJECT

  FileFolder folder_;

  static std::string manyRows(int count) {
    std::string text = "x,y\n";
    for (int i = 0; i < count; ++i) text += std::to_string(i) + ",\"two\nlines\"\n";
    return text;
  }

 private Q_SLOTS:
  void endingsOfTablesCountInAnyCase() {
    for (const char* name : {"a.csv", "DATA.CSV", "a.Csv.GZ", "a.tsv", "a.txt", "a.tab"})
      QVERIFY2(eq::data::isTableName(name), name);
    for (const char* name : {"a.json", "csv", "a.csv.bak", "a.md"})
      QVERIFY2(!eq::data::isTableName(name), name);
  }

  void theKeysOfReadingCount() {
    const auto file = folder_.write("a.csv", "x;day\n1,5;2024-01-01\n-9;2024-01-02\n");
    const auto preview = previewTable(
        file, {{"missing", {"auto", "-9"}}, {"columns", {{"day", {{"kind", "date"}}}}}});
    QCOMPARE(preview.guesses.separator, std::string("semicolon"));
    QCOMPARE(preview.guesses.decimal, std::string("comma"));
    QCOMPARE(preview.guesses.columns[0].missing, size_t{1});
    QVERIFY(preview.guesses.columns[1].given);
    const auto whole = previewTable(file, {{"delimiter", "pipe"}});
    QCOMPARE(whole.table.columns(), size_t{1});
    QVERIFY(messageOf([&] {
              previewTable(file, {{"delimiter", "dot"}});
            }).startsWith("data.delimiter: "));
  }

  void aKindThatDoesNotFitIsToldAtItsColumnAndTheOthersAreLookedAt() {
    const auto file = folder_.write("b.csv", "x,y\na,1\nb,2\n");
    const auto preview = previewTable(file, {{"columns", {{"x", {{"kind", "number"}}}}}});
    QVERIFY(preview.guesses.columns[0].problem.starts_with(
        "data.columns.x.kind: number, but no cell of"));
    QVERIFY(preview.guesses.columns[1].problem.empty());
    QVERIFY(preview.guesses.columns[1].kind == ColumnKind::number);
  }

  void kindsOfColumnsThatThereAreNoneOfDoNotCount() {
    const auto file = folder_.write("c.csv", "x,y\n1,2\n");
    const json keys{{"delimiter", "semicolon"}, {"columns", {{"x", {{"kind", "number"}}}}}};
    QCOMPARE(previewTable(file, keys).table.names(), std::vector<std::string>{"x,y"});
  }

  void theFrontOfALargeFileEndsWithAWholeRow_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("plain") << false;
    QTest::newRow("gzip") << true;
  }
  void theFrontOfALargeFileEndsWithAWholeRow() {
    QFETCH(bool, packed);
    const auto text = manyRows(40000);
    const auto file = folder_.write("large.csv", packed ? gzipped(text) : text);
    for (const size_t most : {size_t{100000}, size_t{100003}, size_t{100009}}) {
      const auto front = previewTable(file, json::object(), most);
      QVERIFY(!front.table.whole());
      QVERIFY(front.table.rows() > 1000 && front.table.rows() < 20000);
      QCOMPARE(front.table.cell(front.table.rows() - 1, 1), std::string_view("two\nlines"));
      QCOMPARE(front.table.cell(front.table.rows() - 1, 0),
               std::string_view(std::to_string(front.table.rows() - 1)));
    }
    const auto all = previewTable(file, json::object(), text.size());
    QVERIFY(all.table.whole());
    QCOMPARE(all.table.rows(), size_t{40000});
    QCOMPARE(previewTable(file, json::object()).table.rows(), size_t{40000});
  }
};

EQUIPOISE_TEST(TestTablePreview)
#include "tst_table_preview.moc"
