#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/run_folder.h"
#include "tests/app/cli/cli_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::RunReader;
using nlohmann::json;

/// `merge ID --base ... --runs ... --out ...` of two digits, a handful of steps.
class TestMergeRuns : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::string base_;
  std::vector<std::string> experts_;

  std::string path(const char* name) const { return folder_.filePath(name).toStdString(); }

  Answer merged(const std::string& id, const char* out, std::vector<std::string> more) const {
    std::vector<std::string> arguments{"merge", id, "--base", base_, "--runs"};
    arguments.insert(arguments.end(), experts_.begin(), experts_.end());
    arguments.insert(arguments.end(), {"--out", path(out)});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return call(arguments);
  }

 private Q_SLOTS:
  void initTestCase() {
    const auto sample = eq::test::inSource("samples/two-digits.json");
    const auto base = call({"run", sample, "--out", path("base"), "--steps", "3", "--set",
                            "threads=1", "--set", "batch_size=32", "--json", "--quiet"});
    QVERIFY2(base.code == 0, base.err.c_str());
    base_ = json::parse(base.out).at("run");
    const auto made =
        call({"experts", base_, "--out", path("experts"), "--steps", "6", "--json", "--quiet"});
    QVERIFY2(made.code == 0, made.err.c_str());
    const auto experts = json::parse(made.out);
    for (const auto& expert : experts.at("experts")) experts_.push_back(expert.at("folder"));
    QCOMPARE(experts_.size(), size_t{2});
  }

  void makesARunThatShowsResumesAndForks() {
    const auto answer = merged("ties", "ties", {"--json", "--params", R"({"lambda": 0.5})"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto report = json::parse(answer.out);
    QCOMPARE(report.at("lambda").get<double>(), 0.5);
    QCOMPARE(report.at("warnings").size(), size_t{0});
    const auto shown = json::parse(call({"show", path("ties"), "--json"}).out);
    QCOMPARE(shown.at("steps").get<int>(), 3);
    QCOMPARE(shown.at("state").get<std::string>(), std::string("stopped"));
    QVERIFY(fs::equivalent(shown.at("parent").at("folder").get<std::string>(), base_));
    for (size_t t = 0; t < 2; ++t) {
      const auto& task = report.at("tasks")[t];
      const auto name = task.at("task").get<std::string>();
      QCOMPARE(shown.at("final").at(name).at("validation").at("accuracy").get<double>(),
               task.at("validation").at("merged").get<double>());
      QCOMPARE(shown.at("final").at(name).at("test").at("accuracy").get<double>(),
               task.at("test").at("merged").get<double>());
      const auto expert = json::parse(call({"show", experts_[t], "--json"}).out);
      QCOMPARE(expert.at("final").at(name).at("validation").at("accuracy").get<double>(),
               task.at("validation").at("expert").get<double>());
    }
    const auto resumed = call({"resume", path("ties"), "--steps", "5", "--quiet"});
    QVERIFY2(resumed.code == 0, resumed.err.c_str());
    QCOMPARE(RunReader(path("ties")).info().steps, std::int64_t{5});
    const auto forked =
        call({"fork", path("ties") + "@4", "--out", path("forks"), "--steps", "5", "--quiet"});
    QVERIFY2(forked.code == 0, forked.err.c_str());
  }

  void printsATableOfTheTasks() {
    const auto answer = merged("task_arithmetic", "table", {"--params", R"({"lambda": "search"})"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY(answer.out.starts_with(path("table") + "\n"));
    for (const char* part :
         {"λ 0.", "| left ", "| right ", "merged", "normalised", "mean", "test split"})
      QVERIFY2(answer.out.find(part) != std::string::npos, (part + answer.out).c_str());
  }

  void inputAndRunsAreOneOrTheOther_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("message");
    QTest::newRow("both") << QStringList{"--input", "-", "--base", "b"} << "give one or the other";
    QTest::newRow("none") << QStringList{} << "give models by --input FILE, or runs";
    QTest::newRow("no runs") << QStringList{"--base", "b", "--out", "o"} << "needs --runs";
    QTest::newRow("no base") << QStringList{"--runs", "a", "--out", "o"} << "needs --base";
    QTest::newRow("no folder") << QStringList{"--base", "b", "--runs", "a"} << "needs --out";
  }
  void inputAndRunsAreOneOrTheOther() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, message);
    std::vector<std::string> all{"merge", "ties"};
    for (const auto& argument : arguments) all.push_back(argument.toStdString());
    const auto answer = call(all);
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
    QVERIFY(answer.out.empty());
  }

  void aMistakeIsOneLineAndLeavesNothing() {
    const auto answer = merged("ties", "none", {"--params", R"({"keep": 3})"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.starts_with("ties.keep: 3 is above 1"), answer.err.c_str());
    QVERIFY(!fs::exists(path("none")));
    const auto taken = merged("ties", "experts", {});
    QCOMPARE(taken.code, 2);
    QVERIFY2(taken.err.find("is no empty folder") != std::string::npos, taken.err.c_str());
  }
};

EQUIPOISE_TEST(TestMergeRuns)
#include "tst_merge_runs.moc"
