#include <nlohmann/json.hpp>

#include <QFloat16>  // that QCOMPARE of JSON must know
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include "app/cli/cli_support.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

constexpr const char* kToy = R"({"gramian": [[[18, -22], [-22, 38]]], "losses": [[2, 1]]})";

eq::train::StepRecord stepOf(std::int64_t step) {
  eq::train::StepRecord record;
  record.step = step;
  record.learningRate = 0.01;
  record.losses = {2, 1};
  record.weights = {1, 1};
  record.conflict =
      eq::train::ConflictRecord{eq::train::GradientSource::exact,
                                {std::sqrt(18), std::sqrt(38)},
                                {1, -22 / std::sqrt(18 * 38), -22 / std::sqrt(18 * 38), 1},
                                3,
                                1,
                                1};
  return record;
}

}  // namespace

/// `equipoise-cli relate` as a script uses it; the numbers are tested in tests/core/relate.
class TestRelateCommand : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  /// \param ahead steps that were looked ahead from.
  std::string runWith(const char* name, const std::vector<std::int64_t>& ahead) const {
    const auto place = std::filesystem::path(folder_.path().toStdString()) / name;
    std::filesystem::create_directory(place);
    eq::run::RunWriter::Start start;
    start.experiment = {{"name", name}};
    for (const char* task : {"left", "right"})
      start.tasks.push_back({task, eq::TaskKind::regression, 1, {}, {}, {}});
    const auto writer = eq::run::RunWriter::create(place, start);
    eq::run::Records records;
    for (std::int64_t step = 1; step <= 3; ++step) records.steps.push_back(stepOf(step));
    for (const auto step : ahead)
      records.steps[static_cast<size_t>(step - 1)].affinity =
          eq::train::AffinityRecord{{2, 1}, {1, 1, 2, 0.5 * static_cast<double>(step)}};
    writer->append(records);
    return place.string();
  }

 private Q_SLOTS:
  void printsTheFieldsOfTheSheet() {
    const auto answer = call({"relate", "tag", "--input", "-", "--seed", "3"}, kToy);
    QCOMPARE(answer.err, std::string());
    const auto found = json::parse(answer.out);
    QCOMPARE(found.size(), size_t{1});
    QVERIFY(std::abs(found["affinity"][0][1].get<double>() + 0.22) < 1e-12);
    const auto value = json::parse(call({"relate", "covariance_alignment", "--input", "-"},
                                        R"({"x": [[0, 0]], "y": [[1, 2]]})")
                                       .out);
    QVERIFY(value["value"].is_null());
  }

  void listsWhatThereIs() {
    const auto answer = call({"list", "relations"});
    QCOMPARE(answer.code, 0);
    for (const char* id : {"tag", "covariance_alignment"})
      QVERIFY(answer.out.find(id) != std::string::npos);
    QVERIFY(call({"list", "relations", "tag"}).out.find("divide_by_lr") != std::string::npos);
  }

  /// As it was looked ahead, where that was done; else in first order with the run's own rates.
  void readsTheProbesOfARun() {
    const auto looked = runWith("looked", {1, 3}), compared = runWith("compared", {});
    const auto found = json::parse(call({"relate", "tag", "--runs", looked}).out);
    QCOMPARE(found["form"], json("exact"));
    QCOMPARE(found["probes"], json(2));
    QCOMPARE(found["names"], (json{"left", "right"}));
    QCOMPARE(found["affinity"][0][0].get<double>(), 0.5);
    QCOMPARE(found["affinity"][1][1].get<double>(), 0.0);  // the mean of 0.5 and -0.5
    const auto first = json::parse(call({"relate", "tag", "--runs", looked + "@2"}).out);
    QCOMPARE(first["affinity"][1][1].get<double>(), 0.5);
    const auto estimated = json::parse(call({"relate", "tag", "--runs", compared}).out);
    QCOMPARE(estimated["form"], json("first_order"));
    QCOMPARE(estimated["gradients"], json("exact"));
    QVERIFY(std::abs(estimated["affinity"][1][0].get<double>() + 0.11) < 1e-12);
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* arguments, const char* message) {
      QTest::newRow(arguments) << arguments << message;
    };
    add("relate tags --input -", "no relation \"tags\"; did you mean \"tag\"?");
    add("relate tag", "tag: give the numbers by --input FILE, or runs by --runs RUN");
    add("relate tag --input - --params {\"lr\":-1}", "tag.lr: -1");
    add("relate tag --runs a b", "tag: --runs takes one run, found 2");
    add("relate tag --runs a --params {\"lr\":0.1}",
        "tag.lr: with --runs the learning rates are those of the run; take it out");
    add("relate covariance_alignment --runs a",
        "covariance_alignment: --runs reads what runs have recorded, which is of tag alone");
  }
  void mistakesAreNamed() {
    QFETCH(QString, arguments);
    QFETCH(QString, message);
    std::vector<std::string> list;
    for (const auto& word : arguments.split(' ')) list.push_back(word.toStdString());
    const auto answer = call(list, kToy);
    QCOMPARE(answer.code, 2);
    QCOMPARE(answer.out, std::string());
    QVERIFY2(answer.err.find(message.toStdString()) != std::string::npos, answer.err.c_str());
  }
};

EQUIPOISE_TEST(TestRelateCommand)
#include "tst_relate_command.moc"
