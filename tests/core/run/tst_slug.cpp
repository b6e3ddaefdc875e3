#include "core/run/slug.h"

#include <QTest>

#include "core/base/text.h"
#include "tests/registry.h"

using eq::run::slugOf;

/// Names in other scripts were all called "run", and long ones had no end.
class TestSlug : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void keepsLettersOfEveryScript_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("slug");
    QTest::newRow("ASCII") << "Two  Digits, v2!"
                           << "two-digits-v2";
    QTest::newRow("accents") << "Größe, Ångström"
                             << "größe-Ångström";
    QTest::newRow("Greek") << "μ = 0.5"
                           << "μ-0-5";
    QTest::newRow("Cyrillic") << "Опыт № 3"
                              << "Опыт-3";
    QTest::newRow("Chinese") << "实验，一"
                             << "实验-一";
    QTest::newRow("Hindi keeps its vowel signs") << "प्रयोग २"
                                                 << "प्रयोग-२";
    QTest::newRow("Arabic") << "تجربة"
                            << "تجربة";
    QTest::newRow("beyond 16 bits") << "𠮷 a"
                                    << "𠮷-a";
    QTest::newRow("no letters") << "… 🚀 /"
                                << "run";
    QTest::newRow("a path") << "../../etc"
                            << "etc";
    QTest::newRow("nothing") << ""
                             << "run";
  }
  void keepsLettersOfEveryScript() {
    QFETCH(QString, name);
    QFETCH(QString, slug);
    QCOMPARE(QString::fromStdString(slugOf(name.toStdString())), slug);
  }

  void longNamesThatDifferLateStayApart_data() {
    QTest::addColumn<QString>("letter");
    for (const auto* letter : {"a", "ß", "实", "𠮷"}) QTest::newRow(letter) << letter;
  }
  void longNamesThatDifferLateStayApart() {
    QFETCH(QString, letter);
    for (int padding = 0; padding < 4; ++padding) {
      const auto common = QString(padding, 'x') + letter.repeated(300);
      const auto one = slugOf((common + "1").toStdString());
      const auto other = slugOf((common + "2").toStdString());
      QVERIFY(one != other);
      QVERIFY(one.size() <= 120);
      QVERIFY(one.size() > 110);
      QCOMPARE(eq::printable(one), one);  // cut between two characters
      QCOMPARE(one.substr(0, 100), other.substr(0, 100));
    }
  }

  void bytesThatAreNoTextAreShown() {
    QCOMPARE(eq::printable("caf\xe9 \xc3\xa9"), std::string("caf\\xE9 \xc3\xa9"));
    // Too long a form, half a pair, beyond the last character, cut off.
    for (const std::string bytes : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
      QCOMPARE(eq::printable(bytes).size(), 4 * bytes.size());
    QCOMPARE(eq::jsonText({{"a\xff", {"b", 1}}}), std::string("{\"a\\\\xFF\":[\"b\",1]}"));
  }
};

EQUIPOISE_TEST(TestSlug)
#include "tst_slug.moc"
