#include "core/train/table_experiment.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "core/base/error.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::tableExperiment;
using nlohmann::json;

/// What a table is trained with where only its targets, or nothing at all, is said.
class TestTableExperiment : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = std::filesystem::path(folder_.path().toStdString()) / name;
    std::ofstream(file) << text;
    return file;
  }
  std::filesystem::path flats(int rows) const {
    std::string text = "id,rooms,area,price,sold,note:class\n";
    for (int i = 0; i < rows; ++i)
      text += std::to_string(i) + "," + std::to_string(1 + i % 5) + "," +
              std::to_string(20 + i * 7 % 90) + "." + std::to_string(i % 10) + "," +
              std::to_string(1000 + i * 37 % 977) + ".5," + (i % 3 ? "yes" : "no") + ",n" +
              std::to_string(i % 4) + "\n";
    return write("flats.csv", text);
  }
  static json targetsOf(const eq::train::Experiment& experiment) {
    return experiment.data.params.at("targets");
  }
  static QString refusalOf(const std::filesystem::path& file,
                           const std::vector<std::string>& wishes) {
    std::vector<std::string> notes;
    try {
      tableExperiment(file, wishes, "--targets", notes);
    } catch (const eq::Error& error) {
      return QString::fromStdString(error.what());
    }
    return {};
  }

 private Q_SLOTS:
  void withoutWishesTheLastColumnThatCanBeIsPredicted() {
    std::vector<std::string> notes;
    const auto experiment = tableExperiment(flats(200), {}, "--targets", notes);
    QVERIFY(targetsOf(experiment) == json::parse(R"([{"column": "note:class", "kind": "class"}])"));
    QCOMPARE(notes.back(), std::string("column \"note:class\" is predicted as a class"));
    QCOMPARE(experiment.name, std::string("flats"));
  }

  void aWishHasTheKindThatItsColumnLooksLikeOrTheOneThatItNames() {
    std::vector<std::string> notes;
    const auto experiment =
        tableExperiment(flats(200), {"price", "sold", "rooms:ordinal", "area:number", "note:class"},
                        "--targets", notes);
    QVERIFY(targetsOf(experiment) == json::parse(R"([
      {"column": "price", "kind": "number"}, {"column": "sold", "kind": "class"},
      {"column": "rooms", "kind": "ordinal"}, {"column": "area", "kind": "number"},
      {"column": "note:class", "kind": "class"}])"));
    QCOMPARE(notes.size(), size_t{5});
  }

  void numbersAreStandardisedAndKeepTheirUnitInMetrics() {
    std::vector<std::string> notes;
    const auto experiment = tableExperiment(flats(200), {"price", "sold"}, "--targets", notes);
    const eq::train::Trainer trainer(experiment);
    QVERIFY(trainer.tasks()[0].scale > 100);
    QCOMPARE(trainer.tasks()[1].scale, 1.0);
    QCOMPARE(trainer.experiment().tasks[0].loss.id, std::string("mse"));
    QCOMPARE(trainer.experiment().tasks[1].loss.id, std::string("cross_entropy"));
  }

  void thereIsSomethingToWatchAlsoOfSmallTables_data() {
    QTest::addColumn<int>("rows");
    for (const int rows : {20, 200, 2000, 20000}) QTest::addRow("%d", rows) << rows;
  }
  void thereIsSomethingToWatchAlsoOfSmallTables() {
    QFETCH(int, rows);
    std::vector<std::string> notes;
    const eq::train::Trainer trainer(tableExperiment(flats(rows), {"price"}, "--targets", notes));
    QVERIFY2(trainer.totalSteps() >= 2000 && trainer.totalSteps() <= 2500,
             qPrintable(QString::number(trainer.totalSteps())));
  }

  void whatCannotBeIsRefusedWithTheNearestNames() {
    const auto file = flats(30);
    const auto unknown = refusalOf(file, {"prise"});
    QVERIFY2(unknown.startsWith("--targets: ") && unknown.contains("no column \"prise\"; it has") &&
                 unknown.contains("price"),
             qPrintable(unknown));
    QVERIFY(refusalOf(file, {"prise:number"}).contains("no column \"prise\""));
    QCOMPARE(
        refusalOf(file, {"price:numbr"}),
        QString("--targets: \"numbr\" is no kind of a target; expected class, binary, ordinal, "
                "number"));
    QVERIFY(
        refusalOf(write("one.csv", "a\n1\n"), {})
            .endsWith("one.csv: expected columns to predict from and one to be predicted, found "
                      "1 column"));
  }
};

EQUIPOISE_TEST(TestTableExperiment)
#include "tst_table_experiment.moc"
