#include <QTest>

#include "core/base/error.h"
#include "core/base/text_table.h"
#include "tests/registry.h"

using namespace eq;

class TestTextTable : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void csvHasExactNumbersAndQuotesWhatNeedsThem() {
    QCOMPARE(QString::fromStdString(textOf(table(), TableFormat::csv)),
             QString("name,\"mean, %\"\n\"a|b_\"\"c\"\"\",0.3333333333333333\n<x>&[1],\n"));
  }

  void markdownShowsWhatIsMarkupAsText() {
    QCOMPARE(QString::fromStdString(textOf(table(), TableFormat::markdown)),
             QString("**50% of\\_it**\n\n| name | mean, % |\n| :--- | ---: |\n"
                     "| a\\|b\\_\"c\" | 0.33333 |\n| &lt;x>&amp;\\[1\\] | - |\n"));
  }

  void latexEscapesAndAlignsNumbersAtTheRight() {
    QCOMPARE(QString::fromStdString(textOf(table(), TableFormat::latex)),
             QString("% 50% of_it\n\\begin{tabular}{lr}\n  \\hline\n  name & mean, \\% \\\\\n"
                     "  \\hline\n  a\\textbar{}b\\_\"c\" & 0.33333 \\\\\n"
                     "  \\textless{}x\\textgreater{}\\&{[}1] & - \\\\\n  \\hline\n"
                     "\\end{tabular}\n"));
  }

  void aLineBreakEndsNoRowAndNoComment() {
    TextTable table{"one\ntwo", {{"a"}}, {{{"x\ny"}}}};
    QVERIFY(textOf(table, TableFormat::latex).starts_with("% one two\n\\begin"));
    QVERIFY(textOf(table, TableFormat::markdown).find("| x y |") != std::string::npos);
    QVERIFY(textOf(table, TableFormat::csv).find("\"x\ny\"") != std::string::npos);
  }

  void anUnknownFormatIsRefused() {
    QVERIFY_EXCEPTION_THROWN(tableFormat("xls"), Error);
    QVERIFY(tableFormat("latex") == TableFormat::latex);
  }

 private:
  static TextTable table() {
    return {"50% of_it",
            {{"name"}, {"mean, %", true}},
            {{{"a|b_\"c\""}, numberCell(1.0 / 3)}, {{"<x>&[1]"}, numberCell(std::nullopt)}}};
  }
};

EQUIPOISE_TEST(TestTextTable)
#include "tst_text_table.moc"
