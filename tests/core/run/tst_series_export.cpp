#include <filesystem>
#include <limits>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/run_folder.h"
#include "core/run/series_export.h"
#include "tests/registry.h"

using eq::run::RunReader;
using eq::run::RunWriter;
using nlohmann::json;

namespace {

/// Two steps; the first has what a model recorded, and a penalty.
eq::run::Records observed() {
  eq::run::Records records;
  for (const std::int64_t step : {1, 2}) {
    records.steps.emplace_back();
    records.steps.back().step = step;
    records.steps.back().losses = {0.5, 2};
    records.steps.back().weights = {1, 1};
  }
  auto& first = records.steps[0];
  first.terms = {{0, "penalty", 0.25}, {-1, "soft_sharing", 4}};
  first.observations = {
      {"gate", 0, {}, {2}, {0.25, 0.75}},
      {"gate", 1, "2", {2}, {1, 0}},
      {"stitch", -1, "1", {2, 2}, {1, 2, 3, std::numeric_limits<double>::quiet_NaN()}},
      {"diversity", -1, {}, {}, {0.5}}};
  return records;
}

}  // namespace

class TestSeriesExport : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::filesystem::path run() const {
    return std::filesystem::path(folder_.path().toStdString()) / "run";
  }

 private Q_SLOTS:
  void initTestCase() {
    std::filesystem::create_directory(run());
    const RunWriter::Start start{json::object(),
                                 "",
                                 {{"left", eq::TaskKind::regression, 1, {}, {}, {}},
                                  {"50% yield", eq::TaskKind::regression, 1, {}, {}, {}}},
                                 2};
    RunWriter::create(run(), start)->append(observed());
  }

  void aTableHasAColumnANumber() {
    const auto csv = eq::run::seriesAsCsv(RunReader(run()));
    const std::string columns =
        R"(,weight.left,"weight[""50% yield""]",gate.left.0,gate.left.1,"gate[""50% yield""].2.0",)"
        R"("gate[""50% yield""].2.1",stitch.1.0.0,stitch.1.0.1,stitch.1.1.0,stitch.1.1.1,diversity)";
    QVERIFY2(csv.find(columns + "\n") != std::string::npos, csv.c_str());
    QVERIFY2(csv.find(",term.left.penalty,term..soft_sharing,") != std::string::npos, csv.c_str());
    QVERIFY2(csv.find(",0.25,4,1,1,0.25,0.75,1,0,1,2,3,nan,0.5\n") != std::string::npos,
             csv.c_str());
    QVERIFY2(csv.ends_with(",,,,,,,,,\n"), csv.c_str());
  }

  void listsAreNestedAsTheirShape() {
    const auto rows = json::parse(eq::run::seriesAsJson(RunReader(run())));
    QCOMPARE(rows[0]["gate.left"].dump(), std::string("[0.25,0.75]"));
    QCOMPARE(rows[0][R"(gate["50% yield"].2)"].dump(), std::string("[1.0,0.0]"));
    QCOMPARE(rows[0]["stitch.1"].dump(), std::string("[[1.0,2.0],[3.0,null]]"));
    QCOMPARE(rows[0]["diversity"].dump(), std::string("0.5"));
    QCOMPARE(rows[0]["term..soft_sharing"].dump(), std::string("4.0"));
    QVERIFY(!rows[1].contains("gate.left"));
  }
};

EQUIPOISE_TEST(TestSeriesExport)
#include "tst_series_export.moc"
