#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_lstsq.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/zeros.h>

#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

double cosine(const json& a, const json& b) {
  double product = 0, ofA = 0, ofB = 0;
  for (size_t j = 0; j < a.size(); ++j) {
    const double x = a[j], y = b[j];
    product += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return product / std::sqrt(ofA * ofB);
}

/// 1 + how many candidates are more similar to the query than the best of the right ones.
double rankAmong(const json& query, const json& candidates, const std::vector<size_t>& right,
                 size_t itself) {
  double best = -2;
  for (const auto i : right) best = std::max(best, cosine(query, candidates[i]));
  double rank = 1;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (i != itself && cosine(query, candidates[i]) > best) ++rank;
  return rank;
}

constexpr size_t kNone = 1u << 30;

json expectedMrr(const json& input) {
  const auto& rows = input["prediction"];
  double sum = 0, count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<size_t> right;
    for (size_t j = 0; j < rows.size(); ++j)
      if (j != i && input["target"][j] == input["target"][i]) right.push_back(j);
    if (right.empty()) continue;
    sum += 1 / rankAmong(rows[i], rows, right, i);
    ++count;
  }
  return count > 0 ? json(sum / count) : json();
}

/// [N][K] ranks of the own texts.
Table ranksOfTexts(const json& input) {
  Table ranks;
  const auto& texts = input["texts"];
  for (size_t i = 0; i < texts.size(); ++i) {
    ranks.emplace_back();
    for (size_t k = 0; k < texts[i].size(); ++k) {
      json candidates = json::array();
      for (size_t j = 0; j < texts.size(); ++j) candidates.push_back(texts[j][k]);
      ranks.back().push_back(rankAmong(input["prediction"][i], candidates, {i}, kNone));
    }
  }
  return ranks;
}

json textInput(eq::RandomStream& random, int count, int languages, int width) {
  json texts = json::array();
  for (int i = 0; i < count; ++i) texts.push_back(randomRows(random, languages, width));
  return {{"prediction", randomRows(random, count, width)}, {"texts", texts}};
}

double varianceOf(const Row& values) {
  Row squares;
  for (const double value : values)
    squares.push_back((value - mean(values)) * (value - mean(values)));
  return mean(squares);
}

json probeInput(eq::RandomStream& random, int count, int training) {
  return {{"prediction", randomRows(random, count, 3)},
          {"target", randomIndices(random, count, 4)},
          {"training", randomRows(random, training, 3)},
          {"training_target", randomIndices(random, training, 4)}};
}

/// The same least squares by rows that stand for the shrinking, by another solver.
double accuracyByStackedRows(const Batch& batch, double ridge) {
  const auto x = batch.field("training").to(at::kDouble);
  const auto labels = batch.field("training_target");
  const auto y = at::one_hot(labels, labels.max().item<std::int64_t>() + 1).to(at::kDouble);
  const auto centre = x.mean(0), offset = y.mean(0);
  const auto centred = x - centre;
  const double shrink =
      ridge * centred.square().sum().item<double>() / static_cast<double>(x.size(1));
  const auto rows = at::cat({centred, at::eye(x.size(1), x.options()) * std::sqrt(shrink)});
  const auto values = at::cat({y - offset, at::zeros({x.size(1), y.size(1)}, x.options())});
  const auto weights = std::get<0>(at::linalg_lstsq(rows, values));
  const auto decided = ((batch.prediction.to(at::kDouble) - centre).mm(weights) + offset).argmax(1);
  return (decided == batch.target).to(at::kDouble).mean().item<double>();
}

}  // namespace

class TestEmbeddingRetrieval : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    eq::RandomStream random(23);
    for (const int count : {5, 17, 40}) {
      json labelled{{"prediction", randomRows(random, count, 3)},
                    {"target", randomIndices(random, count, 4)}};
      labelled["target"][0] = 77;  // no other has it
      addCase("embedding_mrr", {}, labelled, expectedMrr(labelled));
      const auto captioned = textInput(random, count, 3, 4);
      Row reciprocals, variances, deviations;
      for (const auto& ranks : ranksOfTexts(captioned)) {
        for (const double rank : ranks) reciprocals.push_back(1 / rank);
        variances.push_back(varianceOf(ranks));
        deviations.push_back(std::sqrt(varianceOf(ranks)));
      }
      addCase("text_mrr", {}, captioned, mean(reciprocals));
      addCase("text_rank_variance", {}, captioned, mean(variances));
      addCase("text_rank_variance", {{"form", "std"}}, captioned, mean(deviations));
    }
    // Of equal ones the lower index stands first.
    addCase("embedding_mrr", {}, {{"prediction", {{1, 2}, {1, 2}, {1, 2}}}, {"target", {5, 6, 5}}},
            0.75);
    addCase("embedding_mrr", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"target", {0, 1}}}, nullptr);
    addCase("text_mrr", {}, {{"prediction", {{1, 0}, {1, 0}}}, {"texts", {{{1, 0}}, {{1, 0}}}}},
            0.75);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  /// Neither as queries nor as what is found.
  void unlabelledOnesAreLeftOut() {
    const json all{{"prediction", {{1, 0}, {1, 0.3}, {1, 0.1}, {1, 0.2}, {0, 1}}},
                   {"target", {4, 4, -100, -100, 5}}};
    const json labelled{{"prediction", {{1, 0}, {1, 0.3}, {0, 1}}}, {"target", {4, 4, 5}}};
    for (const char* id : {"embedding_mrr", "hit_rate_at_k"}) {
      QCOMPARE(valueOf(id, {}, all).get<double>(), 1.0);
      QCOMPARE(valueOf(id, {}, labelled).get<double>(), 1.0);
    }
    const json none{{"prediction", {{1, 0}, {1, 0}}}, {"target", {-100, -100}}};
    QVERIFY(valueOf("embedding_mrr", {}, none).is_null());
  }

  void manyTextsInBlocks() {
    eq::RandomStream random(29);
    const auto batch = batchOf("text_mrr", textInput(random, 600, 2, 9));
    const auto units = batch.prediction / batch.prediction.norm(2, 1, true);
    double sum = 0;
    for (int k = 0; k < 2; ++k) {
      const auto texts = batch.field("texts").select(1, k);
      const auto similarity = units.mm((texts / texts.norm(2, 1, true)).t());
      const auto own = similarity.diagonal().unsqueeze(1);
      sum += ((similarity > own).sum(1) + 1).to(at::kDouble).reciprocal().mean().item<double>();
    }
    QCOMPARE(difference(valueOf("text_mrr", {}, {batch}), sum / 2, 1e-12), QString());
  }

  void probeEqualsAnotherSolver() {
    eq::RandomStream random(31);
    for (const double ridge : {1e-6, 1e-3, 0.5, 30.0}) {
      const auto batch = batchOf("linear_probe", probeInput(random, 200, 57));
      const double expected = accuracyByStackedRows(batch, ridge);
      QVERIFY(expected > 0.1 && expected < 0.9);
      QCOMPARE(difference(valueOf("linear_probe", {{"ridge", ridge}}, {batch}), expected, 1e-12),
               QString());
    }
  }

  void probeReadsWhatALineCanTell() {
    const json training{{0, 5}, {1, 5}, {0, -5}, {1, -5}, {9, 0}, {9, 1}};
    json input{{"prediction", {{0.5, 4}, {0.5, -4}, {8, 0.5}, {0, 0}}},
               {"target", {0, 1, 2, -100}},
               {"training", training},
               {"training_target", {0, 0, 1, 1, 2, 2}}};
    QCOMPARE(difference(valueOf("linear_probe", {}, input), 1, 0), QString());
    input["target"] = {0, 1, 1, 2};  // the last is now asked for
    QVERIFY(valueOf("linear_probe", {}, input).get<double>() < 0.8);
    input["target"] = {-100, -100, -100, -100};
    QVERIFY(valueOf("linear_probe", {}, input).is_null());
    // Embeddings that have collapsed tell the most frequent class and no more.
    const json collapsed{{"prediction", {{1, 2}, {1, 2}, {1, 2}, {1, 2}}},
                         {"target", {1, 1, 0, 2}},
                         {"training", {{1, 2}, {1, 2}, {1, 2}}},
                         {"training_target", {1, 0, 1}}};
    QCOMPARE(difference(valueOf("linear_probe", {}, collapsed), 0.5, 0), QString());
    auto none = collapsed;
    none["training_target"] = {-100, -100, -100};
    QVERIFY(valueOf("linear_probe", {}, none).is_null());
  }

  void probePoolsBatches() {
    eq::RandomStream random(37);
    const auto whole = batchOf("linear_probe", probeInput(random, 50, 41));
    QCOMPARE(valueOf("linear_probe", {}, {rows(whole, 0, 1), rows(whole, 1, 50)}).dump(),
             valueOf("linear_probe", {}, {whole}).dump());
  }

  void nothingAddedIsNull() {
    for (const char* id : {"embedding_mrr", "text_mrr", "text_rank_variance", "linear_probe"})
      QVERIFY(valueOf(id, {}, std::vector<Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    const json two{{1, 2}, {3, 4}};
    addRefusal("embedding_mrr", {}, {{"prediction", {1, 2}}, {"target", {0, 1}}},
               "embedding_mrr.prediction: expected embeddings [N, D], found [2]");
    addRefusal("text_mrr", {}, {{"prediction", two}, {"texts", {{{1, 2, 3}}, {{1, 2, 3}}}}},
               "text_mrr.texts: expected [N, K, D] with N = 2 and D = 2 of the prediction, found "
               "[2, 1, 3]");
    addRefusal("linear_probe", {},
               {{"prediction", two},
                {"target", {0, 1}},
                {"training", {{1, 2, 3}}},
                {"training_target", {0}}},
               "linear_probe.training: expected embeddings [M, D] with D = 2 of the prediction, "
               "found [1, 3]");
    addRefusal("linear_probe", {},
               {{"prediction", two},
                {"target", {0, 1}},
                {"training", {{1, 2}}},
                {"training_target", {-1}}},
               "linear_probe.training_target: classes are from 0, or -100 for none, found -1");
    addRefusal("linear_probe", {{"ridge", 0}}, {{"prediction", two}},
               "linear_probe.ridge: 0 is not above 0");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestEmbeddingRetrieval)
#include "tst_embedding_retrieval.moc"
