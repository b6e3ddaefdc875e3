#include <QTest>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "tests/registry.h"

using eq::kJsonDepth;
using eq::parseJson;

namespace {

std::string nested(size_t depth, const std::string& inside = "1") {
  return std::string(depth, '[') + inside + std::string(depth, ']');
}

QString message(const std::string& text) {
  try {
    parseJson(text, "x.json");
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

class TestJsonFile : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// 200,000 brackets ended the program.
  void refusesDeepNesting() {
    QCOMPARE(message(nested(kJsonDepth)), QString());
    QCOMPARE(message("{\"data\":\n" + nested(kJsonDepth) + "}"),
             QString("x.json:2:64: more than 64 brackets stand within each other; take some away"));
    QVERIFY(message(nested(200000)).startsWith("x.json:1:65: more than 64"));
  }

  void bracketsInTextsDoNotCount() {
    const std::string text = "\"\\\"" + std::string(100, '{') + "\\\\\"";
    QCOMPARE(message(nested(kJsonDepth, text)), QString());
    QCOMPARE(message("[" + nested(kJsonDepth - 1) + "," + nested(kJsonDepth - 1) + "]"), QString());
  }

  /// The last of two keys won.
  void aKeyThatStandsTwiceIsRefused() {
    QCOMPARE(message("{\"epochs\": 5,\n \"x\": {\"epochs\": 1}, \"epochs\": 99}"),
             QString("x.json:2:22: the key \"epochs\" stands twice in one object; take one of them "
                     "away"));
    QVERIFY(
        message("[{\"a\": 1}, {\"b\": {\"a\": 2, \"\\u0061\" : 3}}]").startsWith("x.json:1:27: "));
    QCOMPARE(message("{\"a\": [\"b\", \"b\", {\"a\": \"a\"}], \"\\\"a\": \"a\", \"b\": {}}"),
             QString());
  }

  void whatIsNotFiniteIsNullWhereThatIsAskedFor() {
    const std::string text =
        R"({"a": [NaN, -Infinity,Infinity, 1e999, -1e999, 1e3], "NaN": "1e999 NaN"})";
    QVERIFY(!message(text).isEmpty());
    QVERIFY(parseJson(text, "x.json", eq::NonFinite::null) ==
            (nlohmann::json{{"a", {nullptr, nullptr, nullptr, nullptr, nullptr, 1000.0}},
                            {"NaN", "1e999 NaN"}}));
    for (const char* wrong : {"[nan]", "[NaNa]", "[NaN", "\"NaN"})
      QVERIFY_EXCEPTION_THROWN(parseJson(wrong, "x.json", eq::NonFinite::null), eq::Error);
  }

  void namesThePlaceOfAMistake() {
    QVERIFY(message("[1,\n 2,,3]").startsWith("x.json:2:4: not JSON: "));
  }
};

EQUIPOISE_TEST(TestJsonFile)
#include "tst_json_file.moc"
