#include <cmath>
#include <limits>

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include "core/base/number_text.h"
#include "tests/registry.h"

using eq::numberText;

class TestNumberText : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void whatIsNotFiniteHasOneSpelling() {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double nan : {std::nan(""), -std::nan(""), infinity - infinity}) {
      QCOMPARE(numberText(nan), std::string("nan"));
      QCOMPARE(numberText(nan, 4), std::string("nan"));
    }
    QCOMPARE(numberText(infinity), std::string("inf"));
    QCOMPARE(numberText(infinity, 4), std::string("inf"));
    QCOMPARE(numberText(-infinity), std::string("-inf"));
    QCOMPARE(numberText(-infinity, 4), std::string("-inf"));
  }

  void numbersReadBackOrAreRounded() {
    for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-310, 100000.0})
      QVERIFY(QString::fromStdString(numberText(value)).toDouble() == value);
    QCOMPARE(numberText(2), std::string("2"));
    QCOMPARE(numberText(1.0 / 3, 4), std::string("0.3333"));
    QCOMPARE(numberText(1234567, 4), std::string("1.235e+06"));
  }

  /// "-nan", "NaN" and "+∞" stood side by side as long as each place spelled for itself.
  void nothingElseSpellsThem() {
    // The first is the spelling; the others read, the last writes as W&B and Aim do.
    const QSet<QString> may{
        "core/base/number_text.cpp",       "core/data/table_columns.cpp", "core/data/table.cpp",
        "core/run/json_numbers.cpp",       "core/run/series_export.h",    "core/run/safetensors.h",
        "core/run/exchange/csv_export.cpp"};
    const QRegularExpression spelled(
        R"re(\?\s*(QString\()?"[+-]?(nan|inf|∞|infinity)"|return "[+−-]?(nan|inf|∞|infinity)")re",
        QRegularExpression::CaseInsensitiveOption);
    QVERIFY(spelled.match(R"(return std::isnan(x) ? "nan" : text;)").hasMatch());
    QStringList found;
    const QDir top(QString::fromStdString(eq::test::inSource("")));
    for (const char* folder : {"core", "app", "widgets"}) {
      QDirIterator files(top.filePath(folder), {"*.cpp", "*.h"}, QDir::Files,
                         QDirIterator::Subdirectories);
      while (files.hasNext()) {
        QFile file(files.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto name = top.relativeFilePath(file.fileName());
        if (!may.contains(name) && spelled.match(QString::fromUtf8(file.readAll())).hasMatch())
          found << name;
      }
    }
    QCOMPARE(found, QStringList());
  }
};

EQUIPOISE_TEST(TestNumberText)
#include "tst_number_text.moc"
