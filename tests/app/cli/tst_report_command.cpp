#include <algorithm>
#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "core/run/atomic_file.h"
#include "core/study/recorded_run.h"
#include "core/study/report/report.h"
#include "tests/registry.h"

using eq::test::RecordedRun;
using nlohmann::json;

class TestReportCommand : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    for (int seed = 1; seed <= 2; ++seed)
      for (const auto* loss : {"cross_entropy", "squentropy"})
        RecordedRun()
            .set("/seed", seed)
            .set("/tasks/0/loss/id", loss)
            .ending(0.123456789 * seed)
            .write(place() / "sweep" / (loss + std::to_string(seed)));
  }

  void aPageHoldsTheNumbersOfCompare() {
    const auto file = (place() / "report.html").string();
    const auto answer = call({"report", sweep(), "--to", file, "--baseline",
                              "tasks[0].loss.id=cross_entropy", "--title", "Two <losses>"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(answer.out, file + "\n");
    const auto html = eq::run::readWhole(file);
    QVERIFY(html.find("<h1>Two &lt;losses&gt;</h1>") != std::string::npos);
    const auto compared = json::parse(call({"compare", sweep(), "--json"}).out);
    for (const auto& group : compared["groups"])
      for (const auto* key : {"mean", "low", "high", "std"}) {
        const double value = group["metrics"]["left"]["accuracy"][key].get<double>();
        const auto exact = "data-v=\"" + json(value).dump() + "\"";
        QVERIFY2(html.find(exact) != std::string::npos, exact.c_str());
      }
    QVERIFY(html.find("--title &#39;Two &lt;losses&gt;&#39;") != std::string::npos);
  }

  void jsonNamesTheFile() {
    const auto file = (place() / "again.html").string();
    const auto answer = call({"report", sweep(), "--to", file, "--parts", "comparison", "--json"});
    QVERIFY(json::parse(answer.out) == (json{{"report", file}}));
    QVERIFY(eq::run::readWhole(file).find("<h2>Losses") == std::string::npos);
  }

  void aPdfIsPrintedByWhoeverCan() {
    std::istringstream in;
    std::ostringstream out, err;
    eq::cli::Context context{in, out, err};
    std::size_t sections = 0;
    context.printReport = [&](const eq::study::Report& report) {
      sections = report.sections.size();
      return std::string("%PDF");
    };
    const auto file = (place() / "report.pdf").string();
    QCOMPARE(eq::cli::run({"report", sweep(), "--to", file}, context), 0);
    QCOMPARE(eq::run::readWhole(file), std::string("%PDF"));
    QVERIFY(sections > 3);
  }

  void mistakesAreRefusedInOneLineAndWriteNothing() {
    const auto file = (place() / "none.html").string();
    const std::vector<std::vector<std::string>> wrong{
        {"report", sweep()},
        {"report", "--to", file},
        {"report", (place() / "nothing").string(), "--to", file},
        {"report", sweep(), "--to", (place() / "none.txt").string()},
        {"report", sweep(), "--to", file, "--parts", "plots"},
        {"report", sweep(), "--to", file, "--by", "tasks[9].loss"},
        {"report", sweep(), "--to", file, "--split", "all"}};
    for (const auto& arguments : wrong) {
      const auto answer = call(arguments);
      QVERIFY2(answer.code == 2, answer.err.c_str());
      QVERIFY2(answer.out.empty() && std::count(answer.err.begin(), answer.err.end(), '\n') == 1,
               answer.err.c_str());
    }
    QVERIFY(!std::filesystem::exists(file));
  }

  void comparisonsAreTablesToTakeAlong() {
    const auto csv = call({"compare", sweep(), "--format", "csv"}).out;
    const auto compared = json::parse(call({"compare", sweep(), "--json"}).out);
    const double mean = compared["groups"][1]["metrics"]["right"]["loss"]["mean"].get<double>();
    QVERIFY2(
        csv.find("right,loss,lower is better,B," + json(mean).dump() + ",") != std::string::npos,
        csv.c_str());
    const auto tests = call({"compare", sweep(), "--baseline", "tasks[0].loss.id=squentropy",
                             "--format", "latex", "--table", "tests"})
                           .out;
    QVERIFY(tests.find("\\begin{tabular}{llllrrrrrrl}") != std::string::npos);
    const auto groups = call({"compare", sweep(), "--format", "markdown", "--table", "groups"}).out;
    QVERIFY(groups.find("| A | tasks\\[0\\].loss.id = cross\\_entropy |") != std::string::npos);
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{"compare", sweep(), "--format", "xls"},
                                               {"compare", sweep(), "--format", "csv", "--json"},
                                               {"compare", sweep(), "--table", "groups"}})
      QCOMPARE(call(arguments).code, 2);
  }

 private:
  std::filesystem::path place() const { return folder_.path().toStdString(); }
  std::string sweep() const { return (place() / "sweep").string(); }

  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestReportCommand)
#include "tst_report_command.moc"
