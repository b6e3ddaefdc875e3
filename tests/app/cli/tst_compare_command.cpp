#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "core/study/recorded_run.h"
#include "tests/registry.h"

using eq::test::RecordedRun;
using nlohmann::json;

class TestCompareCommand : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Below `sweep`: two losses, three seeds each; below `single`: a run a task.
  void initTestCase() {
    for (int seed = 1; seed <= 3; ++seed)
      for (const auto* loss : {"cross_entropy", "squentropy"})
        RecordedRun()
            .set("/seed", seed)
            .set("/tasks/0/loss/id", loss)
            .ending(0.1 * seed)
            .write(place() / "sweep" / (loss + std::to_string(seed)));
    for (const int task : {0, 1})
      RecordedRun()
          .set("/tasks/" + std::to_string(task) + "/enabled", false)
          .ending(0.4)
          .write(place() / "single" / std::to_string(task));
  }

  void aFolderOfRunsIsComparedAndBaselinesAreNoGroups() {
    const auto answer = call({"compare", text("sweep"), "--single", text("single"), "--baseline",
                              "tasks[0].loss.id=cross_entropy", "--json"});
    QCOMPARE(answer.code, 0);
    const auto out = json::parse(answer.out);
    QCOMPARE(out["groups"].size(), std::size_t(2));
    QVERIFY(out["groups"][0]["n"] == json(3));
    QVERIFY(std::abs(out["groups"][0]["delta_m"].get<double>() - 50) < 1e-9);
    QVERIFY(out["groups"][0]["mean_rank"] == json(1.5));
    QCOMPARE(out["tests"].size(), std::size_t(3));
    QVERIFY(out["tests"][0].contains("note"));
  }

  void theTableForPeopleNamesGroupsMetricsAndTests() {
    const auto answer =
        call({"compare", text("sweep"), "--baseline", "tasks[0].loss.id=cross_entropy"});
    QCOMPARE(answer.code, 0);
    for (const auto* piece :
         {"final values of the test split", "A   tasks[0].loss.id = cross_entropy",
          "n 3, seeds 1 2 3, mean rank 1.5", "left accuracy (higher is better)",
          "left loss (not comparable: the groups' losses differ)", "right loss (lower is better)",
          "B   - A", "it cannot be told"})
      QVERIFY2(answer.out.find(piece) != std::string::npos, (piece + answer.out).c_str());
  }

  void aRunThatIsNamedTwiceCountsOnce() {
    const auto answer = call({"compare", text("sweep"), text("sweep") + "/squentropy1", "--json"});
    QVERIFY(json::parse(answer.out)["groups"][1]["n"] == 3);
  }

  void onlyWhatDiffersIsPrinted() {
    const auto folder = text("sweep");
    const auto answer =
        call({"compare", "--differences", folder + "/cross_entropy1", folder + "/squentropy2"});
    QCOMPARE(QString::fromStdString(answer.out),
             QString("seed: 1 | 2\ntasks[0].loss.id: cross_entropy | squentropy\n"));
  }

  void mistakesAreRefusedInOneLine() {
    const std::vector<std::vector<std::string>> wrong{
        {"compare"},
        {"compare", text("nothing")},
        {"compare", text("sweep"), "--value", "mean:0"},
        {"compare", text("sweep"), "--split", "all"},
        {"compare", text("sweep"), "--by", "tasks[7].loss.id"},
        {"compare", text("sweep"), "--baseline", "tasks[0].loss.id=focal"},
        {"compare", text("sweep"), "--baseline", "seed=1"},
        {"compare", text("sweep"), "--single", text("sweep")},
        {"compare", text("single")},
        {"compare", "--differences", text("sweep")}};
    for (const auto& arguments : wrong) {
      const auto answer = call(arguments);
      QVERIFY2(answer.code == 2, answer.err.c_str());
      QVERIFY2(answer.out.empty() && std::count(answer.err.begin(), answer.err.end(), '\n') == 1,
               answer.err.c_str());
    }
  }

 private:
  std::filesystem::path place() const { return folder_.path().toStdString(); }
  std::string text(const std::string& below) const { return (place() / below).string(); }

  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestCompareCommand)
#include "tst_compare_command.moc"
