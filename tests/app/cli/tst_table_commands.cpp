#include <fstream>

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "core/run/run_folder.h"
#include "core/train/table_experiment.h"
#include "tests/registry.h"

using nlohmann::json;

/// A table is trained on without an experiment file, as the window would.
class TestTableCommands : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string file_;

  std::string path(const char* name) const { return folder_.filePath(name).toStdString(); }

 private Q_SLOTS:
  void initTestCase() {
    file_ = path("flats.csv");
    std::ofstream table(file_);
    table << "rooms,area,price,sold\n";
    for (int i = 0; i < 60; ++i)
      table << 1 + i % 5 << ',' << 20 + i * 7 % 90 << ".5," << 1000 + i * 37 % 977 << ".25,"
            << (i % 3 ? "yes" : "no") << '\n';
  }

  void checkTellsWhatIsPredictedAndWhatWasFound() {
    const auto answer = call({"check", file_});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY2(
        answer.err.find("flats.csv: column \"sold\" is predicted as a class") != std::string::npos,
        answer.err.c_str());
    QVERIFY(answer.out.find("valid: 1 tasks") != std::string::npos);
    QVERIFY(answer.out.find("  price: number, input") != std::string::npos);
  }

  void targetsAreNamedWithOrWithoutTheirKind() {
    const auto answer = call({"check", file_, "--targets", "price, sold:binary,rooms", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto tasks = json::parse(answer.out).at("tasks");
    QCOMPARE(tasks.size(), size_t{3});
    QCOMPARE(tasks[0].at("kind").get<std::string>(), std::string("regression"));
    QCOMPARE(tasks[1].at("kind").get<std::string>(), std::string("binary"));
    QCOMPARE(tasks[2].at("kind").get<std::string>(), std::string("classification"));
  }

  void runTrainsTheExperimentThatTheWindowWouldOpen() {
    const auto answer = call({"run", file_, "--targets", "price,sold", "--steps", "3", "--seed",
                              "7", "--out", path("runs"), "--json", "--quiet"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const eq::run::RunReader run(json::parse(answer.out).at("run").get<std::string>());
    std::vector<std::string> notes;
    auto expected = eq::train::tableExperiment(file_, {"price", "sold"}, "--targets", notes);
    expected.seed = 7;
    auto found = eq::train::experimentFromJson(run.experiment());
    QCOMPARE(found.tasks.size(), size_t{2});
    found.tasks.clear();  // those of the data, with their usual losses
    found.folder = expected.folder;
    QVERIFY(found == expected);
  }

  void settingsCountForTablesToo() {
    const auto answer = call({"check", file_, "--targets", "price", "--set", "epochs=1", "--set",
                              "batch_size=42", "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(json::parse(answer.out).at("steps").get<int>(), 1);
  }

  /// They became classes of one row each without a word.
  void whatIsHardlyMeantIsPredictedOnlyWithItsKind() {
    const auto file = path("orders.csv");
    std::ofstream table(file);
    table << "order_id,day,price\n";
    for (int i = 0; i < 40; ++i)
      table << "a" << 100 + i << ",2024-01-" << 10 + i % 20 << ',' << i * 7 % 31 << ".5\n";
    table.close();
    for (const std::string column : {"order_id", "day"}) {
      const auto answer = call({"check", file, "--targets", column});
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.find("--targets: column \"" + column + "\": ") != std::string::npos &&
                   answer.err.find(column + ":class or " + column + ":number") != std::string::npos,
               answer.err.c_str());
    }
    QCOMPARE(call({"check", file, "--targets", "order_id:class"}).code, 0);
  }

  /// It was looked at as if it had a header.
  void targetsAreLookedForInTheTableAsTheSettingsReadIt() {
    const auto file = path("bare.csv");
    std::ofstream table(file);
    for (int i = 0; i < 40; ++i) table << i << ".5," << i * 7 % 31 << ',' << i % 3 << '\n';
    table.close();
    const auto answer =
        call({"check", file, "--targets", "column 3", "--set", "data.header=false"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QVERIFY2(answer.err.find("column \"column 3\" is predicted as a class") != std::string::npos,
             answer.err.c_str());
    QCOMPARE(call({"check", file, "--targets", "column 3"}).code, 2);
  }

  void targetsOfTheSettingsAreTaken() {
    const auto answer =
        call({"check", file_, "--set", "data.targets=[{\"column\":\"rooms\",\"kind\":\"ordinal\"}]",
              "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto tasks = json::parse(answer.out).at("tasks");
    QCOMPARE(tasks.size(), size_t{1});
    QCOMPARE(tasks[0].at("kind").get<std::string>(), std::string("ordinal"));
    QVERIFY(answer.err.find("is predicted") == std::string::npos);
  }

  void whatDoesNotFitIsRefusedInOneLine_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("part");
    const auto table = QString::fromStdString(file_);
    QTest::newRow("unknown column")
        << QStringList{"check", table, "--targets", "prise"} << "no column \"prise\"; it has";
    QTest::newRow("unknown kind") << QStringList{"run", table, "--targets", "price:text"}
                                  << "--targets: \"text\" is no kind of a target";
    QTest::newRow("no table") << QStringList{"check", "x.json", "--targets", "price"}
                              << "--targets: x.json is no table (.csv";
    QTest::newRow("another path") << QStringList{"check", table, "--set", "data.path=b.csv"}
                                  << "data.path: the table is";
    QTest::newRow("data as a number")
        << QStringList{"check", table, "--set", "data=3"} << "data: expected an object, found 3";
    QTest::newRow("share as a text")
        << QStringList{"check", table, "--set", "data.test=much"} << "test";
    QTest::newRow("no file") << QStringList{"check", "no-such.csv"} << "no-such.csv";
  }
  void whatDoesNotFitIsRefusedInOneLine() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, part);
    std::vector<std::string> given;
    for (const auto& argument : arguments) given.push_back(argument.toStdString());
    const auto answer = call(given);
    QCOMPARE(answer.code, 2);
    const auto said = QString::fromStdString(answer.err);
    QVERIFY2(said.contains(part), qPrintable(said));
    QCOMPARE(said.count('\n'), 1);
  }
};

EQUIPOISE_TEST(TestTableCommands)
#include "tst_table_commands.moc"
