#include "core/base/pattern.h"

#include <QTest>

#include "tests/registry.h"

class TestPattern : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void starsStandForAnyCharacters_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char* name, const char* pattern, bool fits) {
      QTest::addRow("%s by %s", name, pattern) << name << pattern << fits;
    };
    row("trunk.0.weight", "*", true);
    row("trunk.0.weight", "trunk.*", true);
    row("trunk.0.weight", "*.weight", true);
    row("trunk.0.weight", "trunk.?.weight", true);
    row("trunk.10.weight", "trunk.?.weight", false);
    row("trunk.0.weight", "trunk", false);
    row("trunk.0.weight", "trunk.0.weight", true);
    row("trunk.0.weight", "trunk.0.weight.", false);
    row("trunk.0.norm.weight", "*.norm*", true);
    row("aXbXbc", "a*bc", true);  // the first b is not the one
    row("abcd", "a**d", true);
    row("abcd", "a*c", false);
    row("", "*", true);
    row("", "?", false);
    row("a", "", false);
    row("", "", true);
  }
  void starsStandForAnyCharacters() {
    QFETCH(QString, name);
    QFETCH(QString, pattern);
    QTEST(eq::fitsPattern(name.toStdString(), pattern.toStdString()), "fits");
  }
};

EQUIPOISE_TEST(TestPattern)
#include "tst_pattern.moc"
