#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/sweep_support.h"
#include "tests/registry.h"

using nlohmann::json;

/// The stop rule "dominated" of a sweep, in processes.
class TestSweepDominated : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  /// Rates that learn, and rates that learn nothing, in two waves.
  std::string file() const {
    const json experiment{
        {"name", "rates"},
        {"data",
         {{"id", "scale_imbalance"}, {"scales", {1, 3}}, {"train", 64}, {"validation", 32}}},
        {"model", {{"id", "mlp"}, {"hidden", {8}}}},
        {"batch_size", 16},
        {"epochs", 6},
        {"threads", 1},
        {"evaluate_every", 4},
        {"conflict", {{"every", 0}}},
        {"sweep",
         {{"fields", {{"optimizer.lr", {0.01, 0.02, 1e-9, 0.05}}}},
          {"seeds", {1, 2}},
          {"dominated", {{"by", {"val.y1.loss", "val.y2.loss"}}, {"after", 8}, {"wave", 2}}}}}};
    std::ofstream(path("sweep.json")) << experiment.dump(1);
    return path("sweep.json");
  }

  static json tableOf(const std::string& out) {
    json table = json::array();
    for (const auto& run : runsIn(out)) {
      const auto info = eq::run::RunReader(run["folder"].get<std::string>()).info();
      table.push_back(
          {run["fields"], run["seed"], run["state"], info.steps, seriesOf(run["folder"])});
    }
    return table;
  }

 private Q_SLOTS:
  void whatOthersAreBetterThanInAllIsStoppedTheSameWithAnyNumberOfWorkers() {
    const auto sweep = file();
    for (const char* workers : {"1", "2"}) {
      const auto answer =
          answerOf({"sweep", sweep, "--out", path(workers), "--workers", workers, "--json"});
      QVERIFY2(answer.code == 0, answer.err.c_str());
      QVERIFY(json::parse(answer.out)["finished"] == 8);  // for each there is nothing more to do
    }
    const auto one = tableOf(path("1")), two = tableOf(path("2"));
    QVERIFY(one == two);
    for (size_t i = 0; i < 4; ++i) QVERIFY(one[i][2] == "finished" && one[i][3] == 24);
    for (size_t i : {4, 5}) QVERIFY(one[i][2] == "stopped" && one[i][3] == 8);
    const auto run = runsIn(path("1"))[4];
    const auto message = run["message"].get<std::string>();
    QVERIFY2(message.starts_with("dominated at step 8 by 2"), message.c_str());
    const auto other = message.substr(23, message.find(':') - 23);
    QVERIFY(eq::run::RunReader(path("1") + "/" + other).experiment()["seed"] == run["seed"]);
  }

  /// Nothing is trained again, and nothing further.
  void whatWasStoppedStaysSo() {
    const auto before = tableOf(path("1"));
    QCOMPARE(answerOf({"sweep", path("sweep.json"), "--out", path("1"), "--quiet"}).code, 0);
    QVERIFY(tableOf(path("1")) == before);
  }
};

EQUIPOISE_TEST(TestSweepDominated)
#include "tst_sweep_dominated.moc"
