#include <QTest>

#include "core/base/error.h"
#include "core/base/parameter.h"
#include "tests/registry.h"

using eq::Parameters;
using eq::ParameterSpec;
using nlohmann::json;

class TestParameter : public QObject {
  Q_OBJECT

  const std::vector<ParameterSpec> specs_{
      ParameterSpec::number("gamma", 2, "Focusing strength").from(0).to(10),
      ParameterSpec::numberOrList("alpha", json::array(), "A factor a class").above(0),
      ParameterSpec::choice("form", "half", {"half", "full"}, "Which formula"),
      ParameterSpec::integer("window", 0, "Steps").from(0),
      ParameterSpec::numberList("weights", nullptr, "A weight a task").orNull(),
  };

  QString message(const json& given) const {
    try {
      Parameters(specs_, given, "tasks[1].loss");
    } catch (const eq::Error& error) {
      return QString::fromStdString(error.what());
    }
    return {};
  }

 private Q_SLOTS:
  void fillsDefaults() {
    const Parameters values(specs_, json::object(), "");
    QCOMPARE(values.number("gamma"), 2.0);
    QCOMPARE(values.text("form"), std::string("half"));
    QVERIFY(values.isNull("weights"));
    QVERIFY(values.numbers("weights").empty());
  }

  void readsNumberAsList() {
    QCOMPARE(Parameters(specs_, {{"alpha", 0.25}}, "").numbers("alpha"), std::vector<double>{0.25});
    QCOMPARE(Parameters(specs_, {{"alpha", {1, 2}}}, "").numbers("alpha").size(), size_t{2});
  }

  void namesPlaceRuleAndValue_data() {
    QTest::addColumn<QString>("given");
    QTest::addColumn<QString>("expected");
    QTest::newRow("above") << R"({"gamma": 12})"
                           << "tasks[1].loss.gamma: 12 is above 10";
    QTest::newRow("open") << R"({"alpha": [1, 0]})"
                          << "tasks[1].loss.alpha[1]: 0 is not above 0";
    QTest::newRow("type") << R"({"gamma": "x"})"
                          << "tasks[1].loss.gamma: expected a number, found \"x\"";
    QTest::newRow("integer") << R"({"window": 1.5})"
                             << "tasks[1].loss.window: expected an integer, found 1.5";
    QTest::newRow("choice") << R"({"form": "none"})"
                            << "tasks[1].loss.form: expected one of half, full, found \"none\"";
    QTest::newRow("unknown")
        << R"({"gama": 1})"
        << "tasks[1].loss.gama: unknown parameter; known: gamma, alpha, form, window, weights";
    QTest::newRow("null") << R"({"gamma": null})"
                          << "tasks[1].loss.gamma: expected a number, found null";
  }
  void namesPlaceRuleAndValue() {
    QFETCH(QString, given);
    QFETCH(QString, expected);
    QCOMPARE(message(json::parse(given.toStdString())), expected);
  }
};

EQUIPOISE_TEST(TestParameter)
#include "tst_parameter.moc"
