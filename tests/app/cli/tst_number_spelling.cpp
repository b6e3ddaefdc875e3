#include <fstream>

#include <nlohmann/json.hpp>

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

/// What is not finite is spelled nan, inf and -inf in all that the commands print: progress said
/// -nan, the table NaN.
class TestNumberSpelling : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string run_;
  Answer trained_;

  static void compareSpelling(const std::string& text) {
    static const QRegularExpression wrong(R"(-nan|NaN|NAN|[Ii]nfinity|\bInf\b|INF|∞)");
    const auto found = wrong.match(QString::fromStdString(text));
    QVERIFY2(!found.hasMatch(), qPrintable(found.captured() + " in " + text.c_str()));
  }
  static bool has(const std::string& text, const char* word) {
    return QRegularExpression(QString(R"(\b%1\b)").arg(word))
        .match(QString::fromStdString(text))
        .hasMatch();
  }

 private Q_SLOTS:
  /// A run whose first update throws the weights far away.
  void initTestCase() {
    const auto file = folder_.filePath("far.json").toStdString();
    std::ofstream(file) << R"({
      "name": "far", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                              "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 3, "threads": 1,
      "optimizer": {"id": "sgd", "lr": 1e30}})";
    trained_ = call({"run", file, "--out", folder_.filePath("runs").toStdString()});
    QVERIFY2(trained_.code == 0, trained_.err.c_str());
    run_ = trained_.out.substr(0, trained_.out.find('\n'));
  }

  void progressAndEvents() {
    QVERIFY2(has(trained_.err, "nan") && has(trained_.err, "inf"), trained_.err.c_str());
    compareSpelling(trained_.err);
  }

  /// All but the first update were thrown away, and the run was said to be finished.
  void theEndTellsWhatWasNotApplied() {
    QVERIFY2(trained_.err.find("finished after 12 steps; the last 11 were not applied") !=
                 std::string::npos,
             trained_.err.c_str());
  }

  void shownRun() {
    const auto shown = call({"show", run_});
    QCOMPARE(shown.code, 0);
    QVERIFY2(has(shown.out, "nan") || has(shown.out, "inf"), shown.out.c_str());
    compareSpelling(shown.out);
  }

  void exportedSeries() {
    const auto series = call({"export", run_, "--series", "csv"});
    QCOMPARE(series.code, 0);
    QVERIFY2(has(series.out, "nan") || has(series.out, "inf"), series.out.c_str());
    compareSpelling(series.out);
    const auto asJson = call({"export", run_, "--series", "json"});
    QVERIFY(!json::parse(asJson.out).empty());
    compareSpelling(asJson.out);
  }

  void refusedWeights() {
    const auto refused = call(
        {"balance", "imtl_l", "--params", R"({"optimizer": "sgd", "lr": 1e300})", "--input", "-"},
        R"({"steps": [{"losses": [-1, 1]}, {"losses": [-1, 1]}]})");
    QCOMPARE(refused.code, 2);
    QVERIFY2(has(refused.err, "inf"), refused.err.c_str());
    compareSpelling(refused.err);
  }
};

EQUIPOISE_TEST(TestNumberSpelling)
#include "tst_number_spelling.moc"
