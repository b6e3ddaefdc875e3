#include "tests/core/loss/embedding_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

/// A loss of embeddings and their partners.
struct Formula {
  const char* id;
  json params, input;
  enum { coupled, anchors, terms } samples;  ///< terms: a vector whose mean is not the value
  Reference reference;
};

double number(const json& params, const char* name, double fallback) {
  return object(params).value(name, fallback);
}

double contrastiveTerm(double d, double same, double margin, bool linear) {
  const double lacking = std::max(margin - d, 0.0);
  return linear ? same * d + (1 - same) * lacking
                : 0.5 * (same * d * d + (1 - same) * lacking * lacking);
}

double contrastiveMean(const Row& terms, const std::vector<bool>& same, bool linear) {
  if (!linear) return mean(terms);
  Row positive, negative;
  for (size_t i = 0; i < terms.size(); ++i)
    if (terms[i] > 0) (same[i] ? positive : negative).push_back(terms[i]);
  return mean(positive) + mean(negative);
}

Reference contrastiveOfPairs(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params), pair = prepared(input["pair"].get<Rows>(), params);
    const bool linear = object(params).value("form", "squared") == "linear";
    Row terms;
    std::vector<bool> same;
    for (size_t i = 0; i < x.size(); ++i) {
      same.push_back(input["target"][i] == 1);
      terms.push_back(contrastiveTerm(root(squaredDistance(x[i], pair[i])), same.back(),
                                      number(params, "margin", 1), linear));
    }
    return contrastiveMean(terms, same, linear);
  };
}

Reference contrastiveOfLabels(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params);
    const bool linear = object(params).value("form", "squared") == "linear";
    Row terms;
    std::vector<bool> same;
    for (size_t i = 0; i < x.size(); ++i)
      for (size_t j = i + 1; j < x.size(); ++j) {
        same.push_back(input["target"][i] == input["target"][j]);
        terms.push_back(contrastiveTerm(root(squaredDistance(x[i], x[j])), same.back(),
                                        number(params, "margin", 1), linear));
      }
    return contrastiveMean(terms, same, linear);
  };
}

Reference infoNce(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params), pair = prepared(input["pair"].get<Rows>(), params);
    const double tau = number(params, "temperature", 0.1);
    const bool symmetric = object(params).value("symmetric", false);
    Row values;
    for (size_t i = 0; i < x.size(); ++i) {
      Row row, column;
      for (size_t j = 0; j < x.size(); ++j) {
        row.push_back(dot(x[i], pair[j]) / tau);
        column.push_back(dot(x[j], pair[i]) / tau);
      }
      values.push_back(logSumExp(row) - row[i]);
      if (symmetric) values.back() = (values.back() + logSumExp(column) - column[i]) / 2;
    }
    return mean(values);
  };
}

Reference ntXent(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    auto all = prepared(raw, params);
    const auto pair = prepared(input["pair"].get<Rows>(), params);
    const size_t n = all.size();
    all.insert(all.end(), pair.begin(), pair.end());
    const double tau = number(params, "temperature", 0.5);
    Row values;
    for (size_t i = 0; i < 2 * n; ++i) {
      Row others;
      for (size_t j = 0; j < 2 * n; ++j)
        if (j != i) others.push_back(dot(all[i], all[j]) / tau);
      values.push_back(logSumExp(others) - dot(all[i], all[(i + n) % (2 * n)]) / tau);
    }
    return mean(values);
  };
}

Reference cwcl(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto v = prepared(raw, params), u = prepared(input["pair"].get<Rows>(), params);
    const double tau = number(params, "temperature", 0.1);
    const size_t n = v.size();
    double value = 0;
    for (size_t i = 0; i < n; ++i) {
      Row row, back;
      for (size_t j = 0; j < n; ++j) {
        row.push_back(dot(u[i], v[j]) / tau);
        back.push_back(dot(v[i], u[j]) / tau);
      }
      double weighted = 0, total = 0;
      for (size_t j = 0; j < n; ++j) {
        const double w = 0.5 * dot(u[i], u[j]) + 0.5;
        weighted += w * (logSumExp(row) - row[j]);
        total += w;
      }
      value += weighted / total + logSumExp(back) - back[i];
    }
    return value / static_cast<double>(n);
  };
}

Reference oneToK(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params);
    const double tau = number(params, "temperature", 0.07);
    std::vector<Rows> texts;
    for (const auto& own : input["texts"]) texts.push_back(prepared(own.get<Rows>(), params));
    const double n = static_cast<double>(x.size()), k = static_cast<double>(texts[0].size());
    double toTexts = 0, toImages = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      Row all;
      for (const auto& own : texts)
        for (const auto& text : own) all.push_back(dot(x[i], text) / tau);
      for (const auto& text : texts[i]) {
        toTexts += (logSumExp(all) - dot(x[i], text) / tau) / n;
        Row images;
        for (const auto& image : x) images.push_back(dot(image, text) / tau);
        toImages += (logSumExp(images) - images[i]) / (n * k);
      }
    }
    const bool conventional = object(params).value("form", "repository") == "conventional";
    return conventional ? (toTexts / k + toImages) / 2 : (toTexts + toImages) / (2 * k);
  };
}

Reference alignUniform(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params), y = prepared(input["pair"].get<Rows>(), params);
    Row aligned;
    for (size_t i = 0; i < x.size(); ++i)
      aligned.push_back(std::pow(root(squaredDistance(x[i], y[i])), number(params, "alpha", 2)));
    const auto uniformity = [&](const Rows& rows) {
      Row terms;
      for (size_t i = 0; i < rows.size(); ++i)
        for (size_t j = i + 1; j < rows.size(); ++j)
          terms.push_back(std::exp(-number(params, "t", 2) * squaredDistance(rows[i], rows[j])));
      return std::log(mean(terms));
    };
    return number(params, "align_weight", 1) * mean(aligned) +
           number(params, "uniform_weight", 1) * (uniformity(x) + uniformity(y)) / 2;
  };
}

Reference energyHinge(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params), pair = prepared(input["pair"].get<Rows>(), params);
    const auto further =
        input.contains("negatives") ? prepared(input["negatives"].get<Rows>(), params) : Rows();
    Row values;
    for (size_t i = 0; i < x.size(); ++i) {
      Row others;
      for (size_t j = 0; j < pair.size(); ++j)
        if (j != i) others.push_back(dot(x[i], pair[j]));
      for (const auto& negative : further) others.push_back(dot(x[i], negative));
      const double most = *std::max_element(others.begin(), others.end());
      values.push_back(std::max(number(params, "margin", 0.2) + most - dot(x[i], pair[i]), 0.0));
    }
    return mean(values);
  };
}

Reference metrix(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params), mixed = prepared(input["mixed"].get<Rows>(), params);
    Row values;
    for (size_t i = 0; i < x.size(); ++i) {
      const double d = root(squaredDistance(x[i], mixed[i]));
      const auto share = input["target"][i].get<double>();
      values.push_back(share * d + (1 - share) * std::max(number(params, "margin", 0.5) - d, 0.0));
    }
    return mean(values);
  };
}

std::vector<Formula> formulas() {
  RandomStream random(71);
  const json x = randomRows(random, 6, 3), pair = randomRows(random, 6, 3);
  const json pairs{{"prediction", x}, {"pair", pair}};
  json labelled = pairs, classes{{"prediction", x}, {"target", {0, 1, 0, 2, 1, 0}}};
  labelled["target"] = {1, 0, 0, 1, 0, 1};
  json texts{{"prediction", x}, {"texts", json::array()}};
  for (int i = 0; i < 6; ++i) texts["texts"].push_back(randomRows(random, 4, 3));
  json negatives = pairs;
  negatives["negatives"] = randomRows(random, 3, 3);
  const json mixed{{"prediction", x}, {"mixed", pair}, {"target", {0.25, 0, 1, 0.5, 0.9, 0.125}}};
  std::vector<Formula> all;
  const auto add = [&](const char* id, const json& input, auto samples, const auto& reference,
                       const std::vector<json>& variants) {
    for (const auto& params : variants)
      all.push_back({id, params, input, samples, reference(params, input)});
  };
  const json raw{{"normalize", false}};
  add("contrastive", labelled, Formula::anchors, contrastiveOfPairs,
      {json(), raw, {{"margin", 1.7}}, {{"margin", 3.5}, {"normalize", false}}});
  add("contrastive", labelled, Formula::terms, contrastiveOfPairs,
      {{{"form", "linear"}, {"margin", 1.7}},
       {{"form", "linear"}, {"normalize", false}, {"margin", 4}}});
  add("contrastive", classes, Formula::coupled, contrastiveOfLabels,
      {json(),
       raw,
       {{"margin", 1.6}},
       {{"form", "linear"}, {"margin", 1.6}},
       {{"form", "linear"}, {"normalize", false}, {"margin", 3}}});
  add("info_nce", pairs, Formula::anchors, infoNce,
      {json(),
       raw,
       {{"temperature", 0.3}},
       {{"symmetric", true}, {"temperature", 0.7}},
       {{"symmetric", true}, {"normalize", false}, {"temperature", 2}}});
  add("nt_xent", pairs, Formula::coupled, ntXent,
      {json(), {{"temperature", 0.2}}, {{"normalize", false}, {"temperature", 1.5}}});
  add("cwcl", pairs, Formula::coupled, cwcl,
      {json(), {{"temperature", 0.4}}, {{"normalize", false}, {"temperature", 3}}});
  add("one_to_k", texts, Formula::coupled, oneToK,
      {json(),
       {{"form", "conventional"}, {"temperature", 0.2}},
       {{"normalize", false}, {"temperature", 3}}});
  add("align_uniform", pairs, Formula::coupled, alignUniform,
      {json(),
       {{"alpha", 1.5}, {"t", 0.7}, {"align_weight", 3}, {"uniform_weight", 0.25}},
       {{"normalize", false}, {"t", 0.1}},
       {{"align_weight", 0}},
       {{"uniform_weight", 0}}});
  add("energy_hinge", pairs, Formula::anchors, energyHinge, {json(), {{"margin", 0.6}}, raw});
  add("energy_hinge", negatives, Formula::anchors, energyHinge, {json(), {{"margin", 0}}, raw});
  add("metrix", mixed, Formula::anchors, metrix,
      {json(), {{"margin", 1.5}}, {{"normalize", false}, {"margin", 3}}});
  return all;
}

Case caseOf(const Formula& formula) {
  return {formula.id, formula.params, formula.input, {}, 1};
}

}  // namespace

Q_DECLARE_METATYPE(Formula)

class TestContrastive : public QObject {
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

  static void compare(const char* id, const json& params, const json& input, double expected) {
    const double found = evaluate(id, params, input).value;
    QVERIFY2(std::abs(found - expected) < 6e-7,
             qPrintable(QString("%1: %2").arg(id).arg(found, 0, 'g', 10)));
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const json raw{{"normalize", false}};
    const json apart{{"prediction", {{0.6, 0}}}, {"pair", {{0, 0}}}};
    json same = apart, different = apart;
    same["target"] = {1};
    different["target"] = {0};
    compare("contrastive", raw, same, 0.18);
    compare("contrastive", raw, different, 0.08);
    const json scores{{"prediction", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
                      {"pair", {{0.8, 0, 0}, {0.3, 1, 0}, {-0.1, 0, 1}}}};
    QVERIFY(std::abs(entry(evaluate("info_nce", raw, scores).perSample, 0) - 0.006838) < 6e-7);
    const json views{{"prediction", angles({0, 90})}, {"pair", angles({20, 110})}};
    compare("nt_xent", {}, views, 0.290995);
    compare("align_uniform", {{"uniform_weight", 0}}, views, 0.120615);
    compare("cwcl", {}, {{"prediction", angles({10, 60})}, {"pair", angles({0, 40})}}, 1.648120);
    const json texts{{"prediction", {{1, 0}, {0, 1}}},
                     {"texts", {{{0.9, 0.2}, {0.7, 0.1}}, {{0.1, 0.8}, {0, 0.6}}}}};
    json sharp = raw;
    sharp["temperature"] = 0.1;
    compare("one_to_k", sharp, texts, 0.564734);
    sharp["form"] = "conventional";
    compare("one_to_k", sharp, texts, 0.565157);
    compare("energy_hinge", raw,
            {{"prediction", {{1, 0}}}, {"pair", {{0.8, 0}}}, {"negatives", {{0.7, 0}, {0.1, 3}}}},
            0.1);
    compare("metrix", raw, {{"prediction", {{0.4, 0}}}, {"mixed", {{0, 0}}}, {"target", {0.6}}},
            0.28);
  }

  void uniformityOfTheSheetIsThatOfAllFour() {
    const json all = angles({0, 90, 20, 110});
    compare("align_uniform", {{"align_weight", 0}}, {{"prediction", all}, {"pair", all}},
            -1.270257);
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
    if (formula.samples == Formula::terms) return;  // linearPairsGiveTheirTerms
    const auto fault = anchorsFault(formula.id, formula.params, formula.input,
                                    formula.samples == Formula::anchors);
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

  void linearPairsGiveTheirTerms() {
    const json input{{"prediction", {{0.0}, {0.0}, {0.0}, {0.0}}},
                     {"pair", {{0.5}, {0.25}, {0.75}, {2.0}}},
                     {"target", {1, 1, 0, 0}}};
    const auto found = evaluate("contrastive", {{"form", "linear"}, {"normalize", false}}, input);
    QVERIFY(std::abs(found.value - (0.375 + 0.25)) < 1e-11);
    QVERIFY(std::abs(entry(found.perSample, 0) - 0.5) < 1e-11);
    QVERIFY(std::abs(entry(found.perSample, 2) - 0.25) < 1e-11);
    QCOMPARE(entry(found.perSample, 3), 0.0);
    QVERIFY(std::abs(entry(found.gradient, 2) + -1.0) < 1e-11);
  }

  void oneSampleHasNoPairs() {
    const json one{{"prediction", {{1, 2}}}, {"pair", {{2, 1}}}};
    json labelled{{"prediction", {{1, 2}}}, {"target", {3}}};
    QCOMPARE(evaluate("contrastive", {}, labelled).value, 0.0);
    QCOMPARE(evaluate("contrastive", {{"form", "linear"}}, labelled).value, 0.0);
    QVERIFY(std::abs(evaluate("info_nce", {}, one).value) < 1e-12);
    QVERIFY(std::abs(evaluate("nt_xent", {}, one).value) < 1e-12);
    QVERIFY(std::abs(evaluate("cwcl", {}, one).value) < 1e-12);
    QCOMPARE(evaluate("energy_hinge", {}, one).value, 0.0);
    QCOMPARE(evaluate("energy_hinge", {}, one).gradient.abs().max().item<double>(), 0.0);
    QCOMPARE(make("align_uniform", {{"uniform_weight", 5}, {"normalize", false}})
                 ->evaluate(batchOf("align_uniform", one))
                 .value.item<double>(),
             2.0);
  }

  void ignoredSamplesLeaveTheBatch() {
    RandomStream random(72);
    const json input{{"prediction", randomRows(random, 7, 3)},
                     {"target", {0, -100, 1, 0, 1, -100, 1}}};
    for (const char* form : {"squared", "linear"}) {
      const auto fault = ignoredFault("contrastive", {{"form", form}}, input);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
    const json none{{"prediction", {{1, 2}, {2, 1}}}, {"target", {-100, -100}}};
    QCOMPARE(evaluate("contrastive", {}, none).value, 0.0);
    QCOMPARE(evaluate("contrastive", {}, none).gradient.abs().max().item<double>(), 0.0);
  }

  void frozenSidesGetNoGradient() {
    const json input{{"prediction", {{1, 2}, {2, 1}}}, {"pair", {{3, 1}, {1, 1}}}};
    auto batch = batchOf("cwcl", input);
    batch.prediction.requires_grad_();
    auto pair = batch.fields["pair"].to(at::kDouble).requires_grad_();
    batch.fields["pair"] = pair;
    make("cwcl", {})->evaluate(batch).value.backward();
    QVERIFY(!pair.grad().defined());
    QVERIFY(batch.prediction.grad().abs().max().item<double>() > 0);
  }

  void refuses() {
    const json x{{1, 2}, {2, 1}};
    const auto refused = [](const char* id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString(id) + expected);
    };
    const char* const withPair[] = {"info_nce", "nt_xent", "cwcl", "align_uniform", "energy_hinge"};
    for (const char* id : withPair) {
      refused(id, {}, {{"prediction", x}}, ".pair: is required and missing");
      refused(id, {}, {{"prediction", x}, {"pair", {{1, 2}}}},
              ".pair: must have the shape of prediction [2, 2], found [1, 2]");
      refused(id, {}, {{"prediction", x}, {"pair", {{1, 2}, {HUGE_VAL, 1}}}},
              ".pair: must be finite, found inf");
      refused(id, {}, {{"prediction", {1, 2}}, {"pair", {1, 2}}},
              ".prediction: expected embeddings [N, D], found [2]");
      refused(id, {}, {{"prediction", {{1, std::nan("")}}}, {"pair", {{1, 2}}}},
              ".prediction: must be finite, found nan");
    }
    for (const char* id : {"info_nce", "nt_xent", "cwcl", "one_to_k"})
      refused(id, {{"temperature", 0}}, {}, ".temperature: 0 is not above 0");
    refused("contrastive", {{"margin", 0}}, {}, ".margin: 0 is not above 0");
    refused("contrastive", {}, {{"prediction", x}}, ".target: is required and missing");
    refused("contrastive", {}, {{"prediction", x}, {"target", {1}}},
            ".target: must have the shape of the samples [2], found [1]");
    refused("contrastive", {}, {{"prediction", x}, {"target", {1, 0.5}}},
            ".target: must be integers, found 0.5");
    refused("contrastive", {}, {{"prediction", x}, {"target", {1, 2}}, {"pair", x}},
            ".target: must be 0 or 1 with pairs, found 2");
    refused("one_to_k", {}, {{"prediction", x}}, ".texts: is required and missing");
    refused("one_to_k", {}, {{"prediction", x}, {"texts", {{{1, 2}}}}},
            ".texts: expected [N, K, D] with N = 2 and D = 2 of the prediction, found [1, 1, 2]");
    refused("align_uniform", {}, {{"prediction", {{1, 2}}}, {"pair", {{1, 2}}}},
            ".prediction: needs at least 2 samples, found 1");
    refused("energy_hinge", {}, {{"prediction", x}, {"pair", x}, {"negatives", {{1, 2, 3}}}},
            ".negatives: expected [M, D] with D = 2 of the prediction, found [1, 3]");
    refused("metrix", {}, {{"prediction", x}, {"mixed", x}, {"target", {0, 1.5}}},
            ".target: shares go from 0 to 1, found 1.5");
    refused("metrix", {}, {{"prediction", x}, {"target", {0, 1}}},
            ".mixed: is required and missing");
  }
};

EQUIPOISE_TEST(TestContrastive)
#include "tst_contrastive.moc"
