#include "tests/core/loss/embedding_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

// Losses of several views of the same samples.

namespace {

struct Formula {
  const char* id;
  json params, input;
  bool anchors;  ///< has the vector of its anchors
  Reference reference;
};

double number(const json& params, const char* name, double fallback) {
  return object(params).value(name, fallback);
}

Rows field(const json& input, const char* name) {
  return unit(input[name].get<Rows>());
}

Reference selfLabelling(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows& rawFixed) {
    const auto q = unit(raw), fixed = unit(rawFixed), z = field(input, "pair");
    const double threshold = number(params, "threshold", 0.9);
    const double kappa = number(params, "kappa", 10);
    Row own;
    double others = 0, total = 0;
    for (size_t i = 0; i < q.size(); ++i)
      for (size_t j = 0; j < z.size(); ++j) {
        const double gap = 2 - 2 * dot(q[i], z[j]), s = dot(fixed[i], z[j]);
        if (i == j) {
          own.push_back(gap);
          continue;
        }
        const double w = object(params).contains("kappa")
                             ? 1 / (1 + std::exp(-kappa * (s - threshold)))
                             : (s >= threshold ? 1 : 0);
        others += w * gap;
        total += w;
      }
    return mean(own) + number(params, "alpha", 0.5) * (total == 0 ? 0 : others / total);
  };
}

Reference syCon(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto z = unit(raw), f = field(input, "previous"), p = field(input, "predicted");
    const double tau = number(params, "temperature", 0.2);
    const size_t rows = z.size();
    double value = 0;
    for (size_t i = 0; i < rows; ++i) {
      Row first, second;
      for (size_t j = 0; j < rows; ++j) {
        if (j == i) continue;
        for (const auto* other : {&z, &f}) {
          first.push_back(dot(z[i], (*other)[j]) / tau);
          second.push_back(dot(p[i], (*other)[j]) / tau);
        }
      }
      value += logSumExp(first) - dot(z[i], z[(i + rows / 2) % rows]) / tau;
      value += logSumExp(second) - dot(p[i], f[i]) / tau;
    }
    return value / static_cast<double>(rows);
  };
}

Reference simsiam(const json&, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto p = unit(raw), p2 = field(input, "prediction2"), z = field(input, "projection"),
               z2 = field(input, "projection2");
    Row values;
    for (size_t i = 0; i < p.size(); ++i)
      values.push_back(-0.5 * (dot(p[i], z2[i]) + dot(p2[i], z[i])));
    return mean(values);
  };
}

Rows standardised(Rows x) {
  const auto n = static_cast<double>(x.size());
  for (size_t k = 0; k < x[0].size(); ++k) {
    double mean = 0, variance = 0;
    for (const auto& row : x) mean += row[k] / n;
    for (const auto& row : x) variance += (row[k] - mean) * (row[k] - mean) / n;
    for (auto& row : x) row[k] = (row[k] - mean) / std::sqrt(variance + 1e-5);
  }
  return x;
}

Reference barlowTwins(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto a = standardised(raw), b = standardised(input["pair"].get<Rows>());
    double value = 0;
    for (size_t k = 0; k < a[0].size(); ++k)
      for (size_t l = 0; l < a[0].size(); ++l) {
        double c = 0;
        for (size_t i = 0; i < a.size(); ++i)
          c += a[i][k] * b[i][l] / static_cast<double>(a.size());
        value += k == l ? (1 - c) * (1 - c) : number(params, "lambda", 0.005) * c * c;
      }
    return value;
  };
}

std::vector<Formula> formulas() {
  RandomStream random(91);
  const json x = randomRows(random, 6, 3);
  const auto rows = [&] { return randomRows(random, 6, 3); };
  const json pairs{{"prediction", x}, {"pair", rows()}};
  const json former{{"prediction", x}, {"previous", rows()}, {"predicted", rows()}};
  const json twins{
      {"prediction", x}, {"prediction2", rows()}, {"projection", rows()}, {"projection2", rows()}};
  std::vector<Formula> all;
  const auto add = [&](const char* id, const json& input, bool anchors, const auto& reference,
                       const std::vector<json>& variants) {
    for (const auto& params : variants)
      all.push_back({id, params, input, anchors, reference(params, input)});
  };
  add("ccsl", pairs, false, selfLabelling,
      {json(), {{"threshold", 0.3}, {"alpha", 2}}, {{"threshold", -1}}, {{"threshold", 1}}});
  // The reference tells the two apart by kappa.
  add("cssl", pairs, false, selfLabelling,
      {{{"kappa", 10}}, {{"kappa", 3}, {"threshold", 0.2}, {"alpha", 1.5}}, {{"kappa", 0}}});
  add("sy_con", former, false, syCon, {json(), {{"temperature", 0.6}}});
  add("simsiam", twins, true, simsiam, {json()});
  add("barlow_twins", pairs, false, barlowTwins, {json(), {{"lambda", 0.7}}, {{"lambda", 0}}});
  return all;
}

Case caseOf(const Formula& formula) {
  return {formula.id, formula.params, formula.input, {}, 1};
}

}  // namespace

Q_DECLARE_METATYPE(Formula)

class TestSiamese : public QObject {
  Q_OBJECT

  static void addFormulas() {
    QTest::addColumn<Formula>("formula");
    int number = 0;
    for (const auto& formula : formulas()) {
      const auto name = QString("%1 %2 #%3")
                            .arg(formula.id, QString::fromStdString(object(formula.params).dump()))
                            .arg(number++);
      QTest::newRow(qPrintable(name)) << formula;
    }
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const json pairs{{"prediction", {{1, 0.1}, {0.9, 0.3}, {-0.2, 1}}},
                     {"pair", {{1, 0}, {1, 0.4}, {0, 1}}}};
    const double template_ = evaluate("ccsl", {}, pairs).value;
    QVERIFY2(std::abs(template_ - 0.062652) < 6e-7, qPrintable(QString::number(template_)));
    QVERIFY(std::abs(evaluate("ccsl", {{"alpha", 0}}, pairs).value - 0.017405) < 6e-7);
    const json twins{{"prediction", {{1, 0}}},
                     {"projection2", {{0.9, std::sqrt(0.19)}}},
                     {"prediction2", {{0, 3}}},
                     {"projection", {{0.6, 0.8}}}};
    QVERIFY(std::abs(evaluate("simsiam", {}, twins).value + 0.85) < 1e-15);
  }

  /// L₁ of one anchor: its positive 0.8, negatives 0.3, 0.1 and, of the former model, 0.4, 0.2.
  void firstTermOfSyConIsTheSheets() {
    const Row others{0.8 / 0.2, 0.3 / 0.2, 0.1 / 0.2, 0.4 / 0.2, 0.2 / 0.2};
    QVERIFY(std::abs(logSumExp(others) - 0.8 / 0.2 - 0.260366) < 6e-7);
    // With orthogonal rows nothing but the counts is left: 2N - 1 rows of both sets.
    const json rows{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    const json input{{"prediction", rows}, {"previous", rows}, {"predicted", rows}};
    const double value = evaluate("sy_con", {}, input).value;
    QVERIFY(std::abs(value - (2 * std::log(6.0) - 1 / 0.2)) < 1e-12);
  }

  void equalsTheFormulas_data() { addFormulas(); }
  void equalsTheFormulas() {
    QFETCH(Formula, formula);
    const auto fault = formulaFault(formula.id, formula.params, formula.input, formula.reference);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void anchorsAverageToTheValue_data() { addFormulas(); }
  void anchorsAverageToTheValue() {
    QFETCH(Formula, formula);
    const auto fault = anchorsFault(formula.id, formula.params, formula.input, formula.anchors);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { addFormulas(); }
  void singlePrecisionAgrees() {
    QFETCH(Formula, formula);
    const auto fault = singlePrecisionFault(caseOf(formula));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { addFormulas(); }
  void extremeNumbersStayFinite() {
    QFETCH(Formula, formula);
    for (const double size : {1e4, 1e-30}) {
      const auto fault = extremeFault(caseOf(formula), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void degenerateEmbeddingsStayFinite_data() { addFormulas(); }
  void degenerateEmbeddingsStayFinite() {
    QFETCH(Formula, formula);
    const auto fault = degenerateFault(caseOf(formula));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void frozenFieldsGetNoGradient() {
    for (const auto& formula : formulas()) {
      auto batch = batchOf(formula.id, formula.input);
      batch.prediction.requires_grad_();
      for (auto& [name, rows] : batch.fields) rows.requires_grad_();
      make(formula.id, formula.params)->evaluate(batch).value.backward();
      const std::string id = formula.id;
      for (const auto& [name, rows] : batch.fields) {
        const bool frozen = name == "previous" || name == "projection" || name == "projection2" ||
                            (name == "pair" && id != "barlow_twins");
        QVERIFY2(rows.grad().defined() != frozen, (id + "." + name).c_str());
      }
    }
  }

  void oneSample() {
    const json one{{"prediction", {{1, 2}}}, {"pair", {{1, 2}}}};
    QVERIFY(std::abs(evaluate("ccsl", {}, one).value) < 1e-15);
    QVERIFY(std::abs(evaluate("cssl", {}, one).value) < 1e-15);
    const json views{{"prediction", {{1, 0}, {1, 0}}},
                     {"previous", {{0, 1}, {1, 0}}},
                     {"predicted", {{1, 1}, {1, 0}}}};
    const auto fault = formulaFault("sy_con", {}, views, syCon({}, views));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void selfLabellingIsMarkedExperimental() {
    for (const char* id : {"ccsl", "cssl"}) {
      const auto& descriptor = eq::loss::catalog().descriptor(id);
      QVERIFY(descriptor.traits.value("experimental", false));
      QVERIFY(descriptor.title.find("experimental") != std::string::npos);
    }
  }

  void refuses() {
    const json x{{1, 2}, {2, 1}};
    const auto refused = [](const char* id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString(id) + expected);
    };
    for (const char* id : {"ccsl", "cssl", "barlow_twins"}) {
      refused(id, {}, {{"prediction", x}}, ".pair: is required and missing");
      refused(id, {}, {{"prediction", x}, {"pair", {{1, 2}}}},
              ".pair: must have the shape of prediction [2, 2], found [1, 2]");
      QVERIFY(message(id, {{"normalize", true}}, {})
                  .startsWith(QString(id) + ".normalize: unknown parameter"));
    }
    refused("ccsl", {{"threshold", 1.5}}, {}, ".threshold: 1.5 is above 1");
    refused("sy_con", {{"temperature", 0}}, {}, ".temperature: 0 is not above 0");
    refused("sy_con", {}, {{"prediction", x}, {"previous", x}},
            ".predicted: is required and missing");
    const json odd{{1, 2}};
    refused("sy_con", {}, {{"prediction", odd}, {"previous", odd}, {"predicted", odd}},
            ".prediction: needs two views of each sample, [2N, D], found 1 rows");
    refused("simsiam", {}, {{"prediction", x}, {"prediction2", x}, {"projection", x}},
            ".projection2: is required and missing");
    refused("barlow_twins", {}, {{"prediction", odd}, {"pair", odd}},
            ".prediction: needs at least 2 samples, found 1");
    refused("barlow_twins", {{"lambda", -1}}, {}, ".lambda: -1 is below 0");
  }
};

EQUIPOISE_TEST(TestSiamese)
#include "tst_siamese.moc"
