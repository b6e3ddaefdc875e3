#include "core/train/probe/parameter_probe.h"

#include <QTest>

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::NamedTensors;
using eq::train::ParameterProbe;
using nlohmann::json;

namespace {

/// Two tasks of one table, with classes and with a number.
eq::train::Experiment wine(json model) {
  return eq::train::experimentFromJson({{"name", "wine"},
                                        {"data",
                                         {{"id", "table"},
                                          {"path", "data/wine.csv"},
                                          {"standardize_targets", true},
                                          {"targets",
                                           {{{"column", "cultivar"}, {"kind", "class"}},
                                            {{"column", "proline"}, {"kind", "number"}}}}}},
                                        {"model", std::move(model)},
                                        {"threads", 1}},
                                       eq::test::inSource("samples"));
}

NamedTensors parametersOf(const eq::train::Experiment& experiment) {
  NamedTensors found;
  for (const auto& [name, tensor] : eq::train::Trainer(experiment).snapshot().tensors)
    if (name.starts_with("model.")) found[name.substr(6)] = tensor.clone();
  return found;
}

at::Tensor rowsUpTo(std::int64_t count) {
  return at::arange(count, at::kLong);
}

/// The slope along a direction, by central differences.
double slope(ParameterProbe& probe, NamedTensors parameters, const std::string& name,
             const at::Tensor& direction, const std::function<double()>& value) {
  constexpr double kStep = 1e-2;
  const auto middle = parameters.at(name);
  double values[2]{};
  for (const int side : {0, 1}) {
    parameters[name] = middle + (side == 0 ? -kStep : kStep) * direction;
    probe.set(parameters);
    values[side] = value();
  }
  return (values[1] - values[0]) / (2 * kStep);
}

}  // namespace

class TestParameterProbe : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void gradientsAreThoseOfFiniteDifferences_data() {
    QTest::addColumn<bool>("entropy");
    QTest::newRow("loss") << false;
    QTest::newRow("entropy") << true;
  }
  void gradientsAreThoseOfFiniteDifferences() {
    QFETCH(bool, entropy);
    at::manual_seed(3);
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}, {"activation", "tanh"}});
    const auto parameters = parametersOf(experiment);
    ParameterProbe probe(experiment);
    std::vector<at::Tensor> rows{rowsUpTo(12), rowsUpTo(7)};
    if (entropy) rows[1] = at::Tensor();
    const auto objective =
        entropy ? ParameterProbe::Objective::entropy : ParameterProbe::Objective::loss;
    const auto value = [&] { return probe.gradients(objective, rows, {1, 0.5}).value; };
    probe.set(parameters);
    const auto found = probe.gradients(objective, rows, {1, 0.5});
    for (const auto& [name, gradient] : found.gradients) {
      const auto direction = at::randn(gradient.sizes());
      const double expected = slope(probe, parameters, name, direction, value);
      const double slopeHere =
          (gradient * direction.to(gradient.scalar_type())).sum().item<double>();
      QVERIFY2(std::abs(slopeHere - expected) < 2e-3 * (1 + std::abs(expected)), name.c_str());
    }
    QVERIFY(!entropy ||
            found.gradients.at("head.proline.linear-1.weight").abs().sum().item<double>() == 0);
  }

  void anEntropyWithoutClassesIsRefused() {
    ParameterProbe probe(wine({{"id", "mlp"}, {"hidden", {6}}}));
    QVERIFY_THROWS_EXCEPTION(
        eq::Error, probe.gradients(ParameterProbe::Objective::entropy, {{}, rowsUpTo(2)}, {1, 1}));
  }

  /// Of a last layer z = W h + b: the Fisher information of b_c is the mean of p_c (1 − p_c).
  void fisherOfALastLayerIsInClosedForm() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    const auto parameters = parametersOf(experiment);
    ParameterProbe probe(experiment);
    probe.set(parameters);
    const auto count = probe.examples();
    const auto found = probe.fisher({1, 0}, count, ParameterProbe::Estimate::exact, 1);
    const auto problem = eq::train::loadProblem(experiment);
    const auto h = at::relu(at::linear(problem.validation.inputs, parameters.at("trunk.0.weight"),
                                       parameters.at("trunk.0.bias")));
    const auto p = at::softmax(at::linear(h, parameters.at("head.cultivar.linear-3.weight"),
                                          parameters.at("head.cultivar.linear-3.bias"))
                                   .to(at::kDouble),
                               1);
    const auto expected = (p * (1 - p)).mean(0);
    QVERIFY(at::allclose(found.at("head.cultivar.linear-3.bias"), expected, 1e-4, 1e-7));
    const auto weights =
        at::matmul((p * (1 - p)).t(), h.to(at::kDouble).square()) / static_cast<double>(count);
    QVERIFY(at::allclose(found.at("head.cultivar.linear-3.weight"), weights, 1e-4, 1e-7));
    QCOMPARE(found.at("head.proline.linear-1.bias").abs().sum().item<double>(), 0.0);
  }

  /// Of ŷ = w h + b with variance 1: that of b is 1.
  void fisherOfANumberIsThatOfAGaussian() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    ParameterProbe probe(experiment);
    probe.set(parametersOf(experiment));
    const auto found = probe.fisher({0, 1}, 9, ParameterProbe::Estimate::exact, 1);
    QVERIFY(std::abs(found.at("head.proline.linear-1.bias").item<double>() - 1) < 1e-6);
  }

  /// The mean over many draws is that over all classes.
  void sampledFisherIsTheExactOneInTheMean() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    ParameterProbe probe(experiment);
    probe.set(parametersOf(experiment));
    const auto exact = probe.fisher({1, 0}, 20, ParameterProbe::Estimate::exact, 5);
    at::Tensor sum = at::zeros({3}, at::kDouble);
    constexpr int kDraws = 120;
    for (int seed = 0; seed < kDraws; ++seed)
      sum += probe
                 .fisher({1, 0}, probe.examples(), ParameterProbe::Estimate::sampled,
                         static_cast<std::uint64_t>(seed))
                 .at("head.cultivar.linear-3.bias");
    const auto all = probe.fisher({1, 0}, probe.examples(), ParameterProbe::Estimate::exact, 5);
    QVERIFY(at::allclose(sum / kDraws, all.at("head.cultivar.linear-3.bias"), 0.1, 0.005));
    QVERIFY(exact.at("head.cultivar.linear-3.bias").sum().item<double>() > 0);
  }

  void gramsAreThoseOfWhatLayersRead() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6, 5}}});
    const auto parameters = parametersOf(experiment);
    ParameterProbe probe(experiment);
    probe.set(parameters);
    const auto inputs = eq::train::loadProblem(experiment).validation.inputs.to(at::kDouble);
    const auto count = probe.examples();
    const auto found = probe.grams(count, false, 1);
    QCOMPARE(found.size(), size_t{2});
    const auto hidden = at::relu(at::linear(inputs, parameters.at("trunk.0.weight").to(at::kDouble),
                                            parameters.at("trunk.0.bias").to(at::kDouble)));
    const auto gramOf = [&](const at::Tensor& x) {
      return at::matmul(x.t(), x) / static_cast<double>(count);
    };
    QVERIFY(at::allclose(found.at("trunk.0.weight"), gramOf(inputs), 1e-5, 1e-6));
    QVERIFY(at::allclose(found.at("trunk.1.weight"), gramOf(hidden), 1e-4, 1e-5));
    QVERIFY(!at::allclose(probe.grams(5, false, 1).at("trunk.0.weight"), gramOf(inputs)));
  }

  /// A kernel's product with the patches is the convolution.
  void gramsOfKernelsAreThoseOfPatches() {
    const auto experiment = eq::train::experimentFromJson(
        {{"data",
          {{"id", "two_digits"}, {"train_pairs", 8}, {"validation_pairs", 6}, {"test_pairs", 2}}},
         {"model", {{"id", "cnn"}, {"channels", {3, 4}}}},
         {"threads", 1}});
    ParameterProbe probe(experiment);
    const auto parameters = parametersOf(experiment);
    probe.set(parameters);
    const auto inputs = eq::train::loadProblem(experiment).validation.inputs.to(at::kDouble);
    const auto& weight = parameters.at("trunk.0.weight");
    const auto map = at::conv2d(inputs, weight.to(at::kDouble));
    const auto gram = probe.grams(6, true, 1).at("trunk.0.weight");
    const auto flat = weight.to(at::kDouble).flatten(1);
    const auto rows = static_cast<double>(map.numel() / map.size(1));
    const auto products = at::matmul(at::matmul(flat, gram), flat.t());
    const auto expected =
        at::matmul(map.transpose(0, 1).flatten(1), map.transpose(0, 1).flatten(1).t()) / rows;
    QVERIFY(at::allclose(products, expected, 1e-4, 1e-6));
    QVERIFY(!probe.grams(6, false, 1).contains("trunk.0.weight"));
  }

  void aReadingFromElsewhereHasTheLossOfTheOwn() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    ParameterProbe probe(experiment);
    probe.set(parametersOf(experiment));
    const auto rows = rowsUpTo(9);
    const auto own = probe.readings(1, probe.inputs(rows));
    QVERIFY(own.equal(probe.readings(1).narrow(0, 0, 9)));
    const auto found = probe.lossOfReading(1, rows, own);
    const auto whole = probe.gradients(ParameterProbe::Objective::loss, {{}, rows}, {0, 1});
    for (const auto* name : {"head.proline.linear-1.weight", "head.proline.linear-1.bias"})
      QVERIFY2(at::allclose(found.gradients.at(name), whole.gradients.at(name), 1e-5, 1e-7), name);
    QCOMPARE(found.gradients.at("trunk.0.weight").abs().sum().item<double>(), 0.0);
    QVERIFY(found.reading.sizes() == own.sizes());
    QVERIFY(found.reading.abs().sum().item<double>() > 0);
  }

  void readingsInTheirOwnPlaceChangeNoValue() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    eq::train::Trainer trainer(experiment);
    ParameterProbe probe(trainer.experiment());
    probe.set(parametersOf(experiment));
    const auto same = [](size_t, const at::Tensor&, const at::Tensor& reading) { return reading; };
    const auto test = eq::train::SplitName::test;
    const auto expected = trainer.evaluate(test).tasks;
    const auto found = probe.evaluate(test, same);
    for (size_t t = 0; t < 2; ++t)
      for (const auto& [metric, value] : expected[t]) QCOMPARE(found[t].at(metric), value);
    const auto metrics = probe.metrics(0, test, probe.predictions(0, test));
    QVERIFY(!metrics.empty());
    for (const auto& [metric, value] : metrics) QCOMPARE(value, expected[0].at(metric));
  }

  void momentsOfAdamAreFreeOfTheirBeginning() {
    auto given = wine({{"id", "mlp"}, {"hidden", {6}}});
    given.optimizer = {"adam", {{"lr", 0.01}, {"beta2", 0.9}}};
    eq::train::Trainer trainer(given);
    for (int i = 0; i < 3; ++i) trainer.step();
    const auto snapshot = trainer.snapshot();
    ParameterProbe probe(given);
    const auto moments = probe.secondMoments(snapshot);
    double sum = 0;
    for (const auto& [name, moment] : moments) sum += moment.sum().item<double>();
    const double raw = snapshot.tensors.at("optimizer.square").sum().item<double>();
    QVERIFY(std::abs(sum - raw / (1 - std::pow(0.9, 3))) < 1e-4 * sum);
    given.optimizer = {"sgd", {{"lr", 0.01}}};
    QVERIFY_THROWS_EXCEPTION(eq::Error, probe.secondMoments(eq::train::Trainer(given).snapshot()));
  }

  void parametersThatDoNotFitAreNamed() {
    const auto experiment = wine({{"id", "mlp"}, {"hidden", {6}}});
    auto parameters = parametersOf(experiment);
    ParameterProbe probe(experiment);
    parameters.erase("trunk.0.bias");
    try {
      probe.set(parameters);
      QFAIL("nothing thrown");
    } catch (const eq::Error& error) {
      QVERIFY(std::string(error.what()).find("trunk.0.bias") != std::string::npos);
    }
  }
};

EQUIPOISE_TEST(TestParameterProbe)
#include "tst_parameter_probe.moc"
