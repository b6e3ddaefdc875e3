#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "core/base/text.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json experiment() {
  return {{"name", "x"},
          {"data",
           {{"id", "scale_imbalance"},
            {"scales", {1, 3}},
            {"inputs", 5},
            {"outputs", 2},
            {"train", 64},
            {"validation", 16},
            {"test", 16}}},
          {"model", {{"id", "mlp"}, {"hidden", {8}}}},
          {"batch_size", 16},
          {"epochs", 1},
          {"threads", 1}};
}

void write(const fs::path& file, const json& value) {
  std::ofstream(file) << value.dump();
}

fs::path onlyRunIn(const fs::path& out) {
  return eq::run::listRuns(out).at(0).folder;
}

/// One line for people, in UTF-8.
bool isOneLine(const Answer& answer) {
  return std::count(answer.err.begin(), answer.err.end(), '\n') == 1 &&
         eq::printable(answer.err) == answer.err;
}

}  // namespace

/// Paths of any bytes, up to the limits of the system.
class TestPaths : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path at(const std::string& name) const {
    return fs::path(temporary_->path().toStdString()) / name;
  }

 private Q_SLOTS:
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  /// The name made JSON throw after the training.
  void namesThatAreNoTextWork() {
    const auto project = at("caf\xe9");
    fs::create_directories(project);
    const auto file = (project / "a.json").string(), out = (project / "runs").string();
    write(file, experiment());
    const auto answer = call({"run", file, "--out", out, "--json", "--quiet", "--steps", "2"});
    QCOMPARE(answer.code, 0);
    const auto run = onlyRunIn(out).string();
    QVERIFY(json::parse(answer.out).at("run").get<std::string>().find("/caf\\xE9/runs/") !=
            std::string::npos);
    QCOMPARE(call({"resume", run, "--json", "--quiet"}).code, 0);
    const auto shown = json::parse(call({"show", run, "--json"}).out);
    QCOMPARE(shown.at("steps").get<int>(), 4);
    QCOMPARE(json::parse(call({"export", run, "--series", "json"}).out).size(), size_t{5});
    QCOMPARE(call({"fork", run + "@2", "--out", out, "--json", "--quiet"}).code, 0);
    QVERIFY(json::parse(call({"resume", run, "--json"}).out).at("finished").get<bool>());
  }

  void aTeacherInSuchAFolderWorks() {
    const auto project = at("caf\xe9");
    fs::create_directories(project);
    fs::copy_file(eq::test::inSource("samples/data/wine.csv"), project / "wine.csv");
    auto wine = experiment();
    wine["data"] = {{"id", "table"},
                    {"path", "wine.csv"},
                    {"targets", {{{"column", "cultivar"}, {"kind", "class"}}}}};
    write(project / "a.json", wine);
    const auto file = (project / "a.json").string(), out = (project / "runs").string();
    QCOMPARE(call({"run", file, "--out", out, "--quiet"}).code, 0);
    wine["tasks"] = {{{"name", "cultivar"},
                      {"teacher", "runs/" + onlyRunIn(out).filename().string()},
                      {"loss", {{"id", "distillation"}}}}};
    write(project / "b.json", wine);
    const auto taught = call({"run", (project / "b.json").string(), "--out",
                              (project / "taught").string(), "--quiet", "--steps", "2"});
    QVERIFY2(taught.code == 0, taught.err.c_str());
    const auto resumed = call({"resume", onlyRunIn(project / "taught").string(), "--quiet"});
    QVERIFY2(resumed.code == 0, resumed.err.c_str());
  }

  void mistakesInFilesOfSuchANameAreOneLine_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("run") << QStringList{"run", "FILE"};
    QTest::newRow("check") << QStringList{"check", "FILE"};
    QTest::newRow("show") << QStringList{"show", "FILE"};
    QTest::newRow("resume") << QStringList{"resume", "FILE"};
    QTest::newRow("fork") << QStringList{"fork", "FILE"};
    QTest::newRow("export") << QStringList{"export", "FILE", "--series", "csv"};
    QTest::newRow("commands") << QStringList{"resume", "x", "--commands", "FILE"};
    QTest::newRow("metric") << QStringList{"metric", "accuracy", "--input", "FILE"};
    QTest::newRow("loss") << QStringList{"loss", "mse", "--input", "FILE"};
  }
  void mistakesInFilesOfSuchANameAreOneLine() {
    QFETCH(QStringList, arguments);
    const auto bad = at("caf\xe9.json").string();
    std::ofstream(bad) << "{\"\xff\"";
    const std::string tooLong(5000, 'x'), longName = at(std::string(256, 'y')).string();
    for (const auto& file : {bad, tooLong, longName}) {
      std::vector<std::string> given;
      for (const auto& argument : arguments)
        given.push_back(argument == "FILE" ? file : argument.toStdString());
      const auto answer = call(given);
      QVERIFY2(answer.code == 2, answer.err.c_str());
      QVERIFY2(isOneLine(answer), answer.err.c_str());
    }
  }

  void namesAsLongAsTheSystemAllowsWork() {
    const auto file = at(std::string(250, 'n') + ".json").string();
    auto named = experiment();
    named["name"] = std::string(10000, 'z');
    write(file, named);
    const auto out = at(std::string(255, 'o')).string();
    const auto answer = call({"run", file, "--out", out, "--quiet"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(call({"show", onlyRunIn(out).string()}).code, 0);
  }

  /// SQLite stops before the system does.
  void aWorkspaceTooDeepIsOneLineAndLeavesNothing() {
    write(at("a.json"), experiment());
    auto out = at("deep");
    while (out.string().size() < 3700) out /= std::string(200, 'd');
    const auto answer = call({"run", at("a.json").string(), "--out", out.string(), "--quiet"});
    QCOMPARE(answer.code, 2);
    QVERIFY2(isOneLine(answer), answer.err.c_str());
    QVERIFY2(answer.err.find("shorter") != std::string::npos, answer.err.c_str());
    QVERIFY(fs::is_empty(out));
  }
};

EQUIPOISE_TEST(TestPaths)
#include "tst_paths.moc"
