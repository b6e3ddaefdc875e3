#include <fstream>

#include <nlohmann/json.hpp>

#include <QTest>

#include "app/cli/cli_support.h"
#include "core/data/arrays/array_support.h"
#include "tests/registry.h"

using nlohmann::json;

/// A person's own arrays on the command line.
class TestArrayData : public QObject {
  Q_OBJECT

  FileFolder folder_;
  std::string experiment_;

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

 private Q_SLOTS:
  /// 60 rows of four features; the class is the sign of the first, the number the sum of all.
  void initTestCase() {
    std::vector<float> features, sums;
    std::vector<std::uint8_t> classes;
    for (int row = 0; row < 60; ++row) {
      float sum = 0;
      for (int i = 0; i < 4; ++i) {
        features.push_back(static_cast<float>((row * 37 + i * 53) % 101) / 50 - 1);
        sum += features.back();
      }
      classes.push_back(features[features.size() - 4] > 0);
      sums.push_back(sum);
    }
    folder_.write("own.npz", zipOf({{"x.npy", npyOf("<f4", "(60, 4)", features)},
                                    {"sign.npy", npyOf("|u1", "(60,)", classes)},
                                    {"sum.npy", npyOf("<f4", "(60,)", sums)}}));
    const json targets{{{"array", "sign"}}, {{"array", "sum"}, {"kind", "number"}}};
    experiment_ = path("own.json");
    std::ofstream(experiment_) << json{
        {"name", "own"},
        {"data", {{"id", "arrays"}, {"path", "own.npz"}, {"targets", targets}}},
        {"model", {{"id", "mlp"}, {"hidden", {8}}}},
        {"optimizer", {{"id", "adam"}, {"lr", 0.05}}},
        {"batch_size", 16},
        {"epochs", 40},
        {"threads", 1}}.dump();
  }

  void isChecked() {
    const auto answer = call({"check", experiment_, "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto found = json::parse(answer.out);
    QCOMPARE(found.at("tasks")[0].at("kind").get<std::string>(), std::string("classification"));
    QCOMPARE(found.at("tasks")[1].at("kind").get<std::string>(), std::string("regression"));
    QVERIFY2(answer.err.find("own.npz: x.npy: array \"x\" (float32 [60, 4]) is an input: 4 "
                             "features\n") != std::string::npos,
             answer.err.c_str());
    QVERIFY2(
        answer.err.find("own.npz: sign.npy: array \"sign\": taken as \"kind\": \"class\" "
                        "(uint8 [60]: 2 different whole numbers, one a row)") != std::string::npos,
        answer.err.c_str());
  }

  void aFolderOfNothingKnownIsRefusedInWords() {
    for (const char* command : {"check", "run"}) {
      const auto answer = call({command, folder_.path().string()});
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.find("is a folder with neither images in folders that name their classes "
                               "nor parts with maps") != std::string::npos,
               answer.err.c_str());
    }
  }

  void anArchiveIsNoExperiment() {
    const auto answer = call({"check", path("own.npz")});
    QCOMPARE(answer.code, 2);
    QVERIFY2(
        answer.err.find("own.npz: holds arrays, and which of them are targets stands in an "
                        "experiment file: {\"data\": {\"id\": \"arrays\"") != std::string::npos,
        answer.err.c_str());
  }

  void isDescribed() {
    const auto answer = call({"describe", experiment_, "--json"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    // 4 -> 8, and heads of 2 and 1 outputs.
    QCOMPARE(json::parse(answer.out).at("total").get<int>(), (4 + 1) * 8 + (8 + 1) * 3);
  }

  void isTrainedAndLearned() {
    const auto answer = call({"run", experiment_, "--out", path("runs"), "--json", "--quiet"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto run = json::parse(answer.out).at("run").get<std::string>();
    std::vector<double> losses;
    for (const auto& row : json::parse(call({"export", run, "--series", "json"}).out))
      if (row.contains("loss.sum") && row.at("loss.sum").is_number())
        losses.push_back(row.at("loss.sum"));
    QVERIFY(losses.size() > 50);
    QVERIFY2(losses.back() < losses.front() / 10,
             qPrintable(QString("%1 %2").arg(losses.front()).arg(losses.back())));
    QVERIFY(call({"show", run}).out.find("taken as \"kind\": \"class\"") != std::string::npos);
  }

  void saysWhereAFileIsBroken() {
    folder_.write("own.npz", zipOf({{"x.npy", npyOf("<f4", "(60, 4)", std::string(17, 'x'))}}));
    const auto answer = call({"check", experiment_});
    QCOMPARE(answer.code, 2);
    QVERIFY2(answer.err.find(
                 "own.npz: x.npy: byte 145: the file ends here, but its header promises "
                 "60 x 4 = 240 elements of 4 bytes, of which 4 are there") != std::string::npos,
             answer.err.c_str());
  }
};

EQUIPOISE_TEST(TestArrayData)
#include "tst_array_data.moc"
