#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

bool near(double a, double b, double tolerance = 1e-12) {
  return std::abs(a - b) <= tolerance;
}

std::vector<double> softmax(const json& row) {
  std::vector<double> p;
  double sum = 0;
  for (const auto& z : row) sum += p.emplace_back(std::exp(z.get<double>()));
  for (auto& one : p) one /= sum;
  return p;
}

}  // namespace

class TestTransport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The sheet's two pairs of points, as one axis: a at 0 and 1, b at 0.5 and 2.
  void sinkhornEqualsWorkedNumbers() {
    const json input{{"prediction", {{0, -800, 0, -800}}}, {"target", {{0, 0.5, 0, 0.5}}}};
    const json bins{0, 0.5, 1, 2};
    QVERIFY(near(evaluate("sinkhorn", {{"bins", bins}}, input).value, 0.312781, 6e-7));
    QVERIFY(near(evaluate("sinkhorn", {{"bins", bins}, {"debias", false}}, input).value, 0.381759,
                 6e-7));
  }

  void sinkhornVanishesAtTheTarget() {
    const json target{{0.2, 0.5, 0.3}};
    const json logits{{std::log(0.2), std::log(0.5), std::log(0.3)}};
    const auto found = evaluate("sinkhorn", {}, {{"prediction", logits}, {"target", target}});
    QVERIFY(near(found.value, 0, 1e-9));
    QVERIFY(found.gradient.abs().max().item<double>() < 1e-8);
  }

  void sinkhornTakesAnyCost() {
    RandomStream random(41);
    const json logits = randomRows(random, 2, 3);
    json cost = json::array();
    for (int i = 0; i < 3; ++i) {
      cost.push_back(json::array());
      for (int j = 0; j < 3; ++j) cost.back().push_back((i - j) * (i - j) / 2.0);
    }
    const json plain{{"prediction", logits}, {"target", {0, 2}}};
    json given = plain;
    given["cost"] = cost;
    QVERIFY(near(evaluate("sinkhorn", {}, plain).value, evaluate("sinkhorn", {}, given).value));
  }

  void binnedEqualsTheFormula() {
    RandomStream random(42);
    const json logits = randomRows(random, 4, 4);
    const std::vector<double> bins{0, 1, 2.5, 4}, y{0.4, 2.6, -1, 1.75};
    const json input{{"prediction", logits}, {"target", y}, {"mask", {1, 1, 0, 1}}};
    for (const bool snap : {false, true})
      for (const bool normalize : {false, true})
        for (const int p : {1, 2}) {
          const auto found = evaluate("binned_wasserstein",
                                      {{"bins", bins},
                                       {"p", p},
                                       {"normalize", normalize},
                                       {"snap", snap},
                                       {"lambda", 0.7},
                                       {"ce_weight", 0.5}},
                                      input);
          double sum = 0;
          for (size_t i = 0; i < 4; ++i) {
            const auto q = softmax(logits[i]);
            size_t nearest = 0;
            for (size_t k = 1; k < 4; ++k)
              if (std::abs(bins[k] - y[i]) < std::abs(bins[nearest] - y[i])) nearest = k;
            const double to = snap ? bins[nearest] : y[i];
            double cost = 0;
            for (size_t k = 0; k < 4; ++k) cost += q[k] * std::pow(std::abs(bins[k] - to), p);
            if (normalize) cost /= std::pow(4, p);
            const double one = i == 2 ? 0 : 0.7 * cost - 0.5 * std::log(q[nearest]);
            QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(i)), one));
            sum += one;
          }
          QVERIFY(near(found.value, sum / 3));
        }
  }

  /// A value between two bins is a distribution over both.
  void valuesAreDistributionsOverNeighbours() {
    RandomStream random(43);
    const json logits = randomRows(random, 2, 3);
    const json bins{0, 2, 3};
    const json values{{"prediction", logits}, {"target", {0.5, 7}}};
    const json rows{{"prediction", logits}, {"target", {{0.75, 0.25, 0}, {0, 0, 1}}}};
    for (const int p : {1, 2}) {
      const auto a =
          evaluate("wasserstein",
                   {{"target_kind", "value"}, {"bins", bins}, {"p", p}, {"ce_weight", 1}}, values);
      const auto b = evaluate("wasserstein", {{"bins", bins}, {"p", p}, {"ce_weight", 1}}, rows);
      QVERIFY(near(a.value, b.value));
      QVERIFY(distance(a.gradient, b.gradient) < 1e-12);
    }
  }

  void gradientsAreDifferences() {
    RandomStream random(44);
    const json logits = randomRows(random, 3, 4);
    const json ranks{{"prediction", logits}, {"target", {1, 3, -100}}};
    const json numbers{{"prediction", logits}, {"target", {0.4, 2.6, 5}}};
    json dense{{"prediction", randomRows(random, 2, 12)}, {"target", json::array()}};
    for (const auto& row : randomRows(random, 2, 12)) dense["target"].push_back(softmax(row));
    for (const auto& [id, params, input] : std::vector<std::tuple<const char*, json, json>>{
             {"sinkhorn", {{"epsilon", 0.3}, {"p", 1}}, ranks},
             {"sinkhorn", {{"debias", false}, {"epsilon", 0.5}}, ranks},
             {"sinkhorn", {}, dense},
             {"sinkhorn", {{"debias", false}, {"epsilon", 0.03}}, dense},
             {"binned_wasserstein", {{"p", 2}, {"ce_weight", 0.3}}, numbers},
             {"wasserstein", {{"target_kind", "value"}, {"p", 2}}, numbers}}) {
      const auto fault = gradientFault({id, params, input, {}, 1});
      QVERIFY2(fault.isEmpty(), qPrintable(QString("%1: %2").arg(id, fault)));
    }
  }

  void mistakesAreNamed() {
    const json input{{"prediction", {{0, 1, 2}}}, {"target", {1.5}}};
    QVERIFY(message("binned_wasserstein", {{"bins", {0, 1}}}, input).contains("bins"));
    QVERIFY(message("binned_wasserstein", {{"bins", {0, 2, 1}}}, input).contains("increase"));
    QVERIFY(message("sinkhorn", {{"epsilon", 0}}, input).contains("epsilon"));
    json costly{{"prediction", {{0, 1, 2}}}, {"target", {1}}, {"cost", {{0, 1}, {1, 0}}}};
    QVERIFY(message("sinkhorn", {}, costly).contains("sinkhorn.cost"));
  }
};

EQUIPOISE_TEST(TestTransport)
#include "tst_transport.moc"
