#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/relate/covariance_alignment.h"
#include "core/relate/relation.h"
#include "core/relate/tag.h"
#include "tests/registry.h"

using eq::relate::covarianceAlignment;
using nlohmann::json;

namespace {

json compute(const std::string& id, const std::string& input,
             const json& parameters = json::object()) {
  return eq::relate::relations().create(id, parameters, id)->compute(json::parse(input));
}

std::string refusal(const std::string& id, const std::string& input,
                    const json& parameters = json::object()) {
  try {
    compute(id, input, parameters);
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

bool near(const json& found, const std::vector<std::vector<double>>& wanted, double tolerance) {
  if (found.size() != wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i)
    for (size_t j = 0; j < wanted[i].size(); ++j)
      if (!(std::abs(found[i][j].get<double>() - wanted[i][j]) < tolerance)) return false;
  return true;
}

/// The toy of the sheet: (θ − 1)², (θ − 2)², (θ + 1)² and .1 each, at θ = .5 with η = .1.
json toy() {
  const auto losses = [](double x) {
    return json{(x - 1) * (x - 1) + 0.1, (x - 2) * (x - 2) + 0.1, (x + 1) * (x + 1) + 0.1};
  };
  json after = json::array();
  for (const double slope : {2 * (0.5 - 1), 2 * (0.5 - 2), 2 * (0.5 + 1)})
    after.push_back(losses(0.5 - 0.1 * slope));
  return {{"before", {losses(0.5)}}, {"after", {after}}};
}

}  // namespace

/// The numbers of the sheet, `relations.md`.
class TestRelations : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void affinityOfTheToy() {
    const auto found = compute("tag", toy().dump());
    QVERIFY(near(
        found["affinity"],
        {{.257143, .123404, -.131915}, {.6, .344681, -.421277}, {-1.114286, -.421277, .344681}},
        1e-6));
    QCOMPARE(found.size(), size_t{1});
    const auto divided = compute("tag", toy().dump(), {{"divide_by_lr", 0.1}});
    QVERIFY(
        near(divided["affinity"],
             {{2.57143, 1.23404, -1.31915}, {6, 3.44681, -4.21277}, {-11.14286, -4.21277, 3.44681}},
             1e-5));
  }

  void affinityInFirstOrder() {
    const std::string input = R"({"gramian": [[[18, -22], [-22, 38]]], "losses": [[2, 1]]})";
    QVERIFY(near(compute("tag", input)["affinity"], {{.09, -.22}, {-.11, .38}}, 1e-12));
    QVERIFY(
        near(compute("tag", input, {{"lr", 0.1}})["affinity"], {{.9, -2.2}, {-1.1, 3.8}}, 1e-12));
  }

  void affinityIsTheMeanOfTheProbes() {
    const auto found = compute("tag", R"({"before": [[2, 1], [4, 2]],
                                          "after": [[[1, 2], [2, 1]], [[4, 1], [2, 2]]]})");
    QVERIFY(near(found["affinity"], {{.25, -.25}, {.25, 0}}, 1e-12));
  }

  /// Of runs: a task that was off at some probes has those at which it was there.
  void probesWithoutANumberAreLeftOut() {
    const double none = std::nan("");
    const std::vector<eq::relate::Probe> probes{
        {Eigen::VectorXd{{2, none}}, Eigen::MatrixXd{{1, none}, {none, none}}},
        {Eigen::VectorXd{{2, none}}, Eigen::MatrixXd{{2, none}, {none, none}}}};
    const auto found = eq::relate::tagAffinity(probes);
    QCOMPARE(found(0, 0), 0.25);
    QVERIFY(std::isnan(found(0, 1)) && std::isnan(found(1, 1)));
  }

  void alignmentOfTheSheet() {
    const std::string input = R"({"x": [[1, 0], [0, 2]], "y": [[1, 1], [0, 1]]})";
    const auto found = compute("covariance_alignment", input, {{"variance", 1}});
    QVERIFY(std::abs(found["value"].get<double>() - .774597) < 1e-6);
    QCOMPARE(found.size(), size_t{1});
  }

  /// ‖D‖/tr D of equal inputs; a scale of one side changes nothing, however large or small.
  void alignmentOfEqualInputsIsNotOne() {
    const Eigen::MatrixXd x{{3, 0, 0}, {0, 2, 0}, {0, 0, 1}};
    const double expected = std::sqrt(81 + 16 + 1) / 14;
    for (const double scale : {1.0, 1e-200, 1e200})
      QVERIFY(std::abs(covarianceAlignment(x, scale * x, 1) - expected) < 1e-12);
    // 13/14 of the trace in the first two directions.
    QVERIFY(std::abs(covarianceAlignment(x, x, 0.92) - std::sqrt(81 + 16) / 13) < 1e-12);
    QVERIFY(std::abs(covarianceAlignment(x, x, 13.0 / 14) - std::sqrt(81 + 16) / 13) < 1e-12);
    QCOMPARE(covarianceAlignment(x.topRows(1), x.bottomRows(1), 1), 0.0);
    QVERIFY(std::isnan(covarianceAlignment(x, 0 * x, 1)));
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("parameters");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* name, const char* id, const char* input, const char* parameters,
                        const char* message) {
      QTest::newRow(name) << id << input << parameters << message;
    };
    add("nothing", "tag", "{}", "{}", "tag.before: is required and missing");
    add("no after", "tag", R"({"before": [[1]]})", "{}", "tag.after: is required and missing");
    add("no losses", "tag", R"({"gramian": [[[1]]]})", "{}", "tag.losses: is required and missing");
    add("zero before", "tag", R"({"before": [[1, 0]], "after": [[[1, 1], [1, 1]]]})", "{}",
        "tag.before[0][1]: a loss is divided by and must not be 0, found 0");
    add("null", "tag", R"({"before": [[1, null]], "after": [[[1, 1], [1, 1]]]})", "{}",
        "tag.before[0][1]: expected a number, found null");
    add("shape", "tag", R"({"before": [[1, 2]], "after": [[[1, 1]]]})", "{}",
        "tag.after[0]: expected 2 rows, one a task, found [[1,1]]");
    add("width", "tag", R"({"before": [[1, 2]], "after": [[[1, 1], [1]]]})", "{}",
        "tag.after[0][1]: expected 2 numbers, found 1: [1]");
    add("tasks", "tag", R"({"before": [[1, 2], [1]], "after": [[[1, 1], [1, 1]], [[1]]]})", "{}",
        "tag.before[1]: expected 2 numbers, found 1: [1]");
    add("probes", "tag", R"({"before": [[1], [1]], "after": [[[1]]]})", "{}",
        "tag.after: expected 2 probes as in before, found [[[1]]]");
    add("none", "tag", R"({"before": [], "after": []})", "{}",
        "tag.before: expected at least one probe, found []");
    add("rate", "tag", "{}", R"({"lr": 0})", "tag.lr: 0 is not above 0");
    add("divisor", "tag", "{}", R"({"divide_by_lr": -1})", "tag.divide_by_lr: -1 is not above 0");
    add("unknown", "tag", "{}", R"({"eta": 1})", "eta");
    add("no y", "covariance_alignment", R"({"x": [[1]]})", "{}",
        "covariance_alignment.y: is required and missing");
    add("columns", "covariance_alignment", R"({"x": [[1, 2]], "y": [[1]]})", "{}",
        "covariance_alignment.y: rows of 1 numbers, those of x have 2");
    add("ragged", "covariance_alignment", R"({"x": [[1, 2], [1]], "y": [[1]]})", "{}",
        "covariance_alignment.x[1]: expected 2 numbers as in the rows before, found 1: [1]");
    add("empty", "covariance_alignment", R"({"x": [], "y": [[1]]})", "{}",
        "covariance_alignment.x: expected at least one row of at least one number, found []");
    add("variance", "covariance_alignment", "{}", R"({"variance": 0})",
        "covariance_alignment.variance: 0 is not above 0");
    add("more variance", "covariance_alignment", "{}", R"({"variance": 1.5})",
        "covariance_alignment.variance: 1.5 is above 1");
  }
  void mistakesAreNamed() {
    QFETCH(QString, id);
    QFETCH(QString, input);
    QFETCH(QString, parameters);
    QFETCH(QString, message);
    const auto found = QString::fromStdString(
        refusal(id.toStdString(), input.toStdString(), json::parse(parameters.toStdString())));
    QVERIFY2(found.contains(message), qPrintable(found));
  }
};

EQUIPOISE_TEST(TestRelations)
#include "tst_relations.moc"
