#include "core/metric/classes/curves.h"

#include <algorithm>
#include <numeric>

#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ordering.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

struct Scored {
  std::vector<double> scores;
  std::vector<bool> positive;

  void add(double score, bool isPositive) {
    scores.push_back(score);
    positive.push_back(isPositive);
  }
};

/// Share of the pairs of a positive and a negative in which the positive scores higher, ties half.
double areaUnderRoc(const Scored& items) {
  const auto ranks = averageRanks(items.scores);
  double sum = 0, positives = 0;
  for (size_t i = 0; i < ranks.size(); ++i)
    if (items.positive[i]) sum += ranks[i], ++positives;
  const double negatives = static_cast<double>(ranks.size()) - positives;
  if (positives == 0 || negatives == 0) return kUndefined;
  return (sum - positives * (positives + 1) / 2) / (positives * negatives);
}

/// Σ (R_n − R_{n−1}) P_n over the distinct scores from the highest down.
double averagePrecision(const Scored& items) {
  std::vector<size_t> order(items.scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto score = [&](size_t place) { return items.scores[order[place]]; };
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return items.scores[a] > items.scores[b]; });
  double found = 0, sum = 0;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    double here = 0;
    for (; end < order.size() && score(end) == score(begin); ++end)
      here += items.positive[order[end]] ? 1 : 0;
    found += here;
    sum += here * found / static_cast<double>(end);
    begin = end;
  }
  return found > 0 ? sum / found : kUndefined;
}

class Auroc : public Metric {
 public:
  explicit Auroc(const Parameters& parameters)
      : oneVersusOne_(parameters.text("multi_class") == "ovo") {}

  void check(const Batch& batch) const override {
    checkClasses(batch, "auroc");
    if (!hasClassIndices(batch)) checkScores(batch, "auroc");
  }

  void add(const Batch& batch) override {
    const auto rows = classLogits(batch);
    kept_.add({rows.decisions.valid, rows.decisions.target,
               hasClassIndices(batch) ? probabilities(rows) : batch.prediction});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
    if (rows.count() == 0) return nullptr;
    if (rows.width() == 2) return orNull(areaUnderRoc(columnOf(rows, 0, 1)));
    return orNull(oneVersusOne_ ? pairs(rows) : classes(rows));
  }

  /// An area turns on the smaller side of its pairs.
  double decisiveExamples() const override {
    const auto rows = kept_.validHost();
    const auto classes = std::max<std::int64_t>(2, rows.width() - 1);
    std::vector<double> members(static_cast<size_t>(classes));
    for (std::int64_t i = 0; i < rows.count(); ++i)
      members[static_cast<size_t>(rows.at(i, 0))] += 1;
    if (classes == 2) return std::min(members[0], members[1]);
    for (auto& count : members) count = std::min(count, static_cast<double>(rows.count()) - count);
    return decisiveOfMean(members);
  }

 private:
  /// Column 0 holds the class, column 1 + c the score of class c.
  static Scored columnOf(const HostRows& rows, std::int64_t scored, double positive) {
    Scored items;
    for (std::int64_t i = 0; i < rows.count(); ++i)
      items.add(rows.at(i, 1 + scored), rows.at(i, 0) == positive);
    return items;
  }

  static double classes(const HostRows& rows) {
    std::vector<double> areas;
    for (std::int64_t c = 0; c + 1 < rows.width(); ++c)
      areas.push_back(areaUnderRoc(columnOf(rows, c, static_cast<double>(c))));
    return meanOfDefined(areas);
  }

  /// Hand and Till's A(i|j): the score of class i tells its members from those of j.
  static double areaOfPair(const HostRows& rows, const std::vector<std::int64_t>& members,
                           const std::vector<std::int64_t>& others, std::int64_t scored) {
    Scored items;
    for (const auto i : members) items.add(rows.at(i, 1 + scored), true);
    for (const auto i : others) items.add(rows.at(i, 1 + scored), false);
    return areaUnderRoc(items);
  }

  static double pairs(const HostRows& rows) {
    std::vector<std::vector<std::int64_t>> members(static_cast<size_t>(rows.width() - 1));
    for (std::int64_t i = 0; i < rows.count(); ++i)
      members[static_cast<size_t>(rows.at(i, 0))].push_back(i);
    std::vector<double> areas;
    for (size_t a = 0; a < members.size(); ++a)
      for (size_t b = a + 1; b < members.size(); ++b) {
        const double forth = areaOfPair(rows, members[a], members[b], static_cast<std::int64_t>(a));
        const double back = areaOfPair(rows, members[b], members[a], static_cast<std::int64_t>(b));
        areas.push_back((forth + back) / 2);
      }
    return meanOfDefined(areas);
  }

  bool oneVersusOne_;
  KeptRows kept_;
};

class Auprc : public Metric {
 public:
  explicit Auprc(const Parameters&) {}

  void check(const Batch& batch) const override { checkScores(batch, "auprc"); }

  void add(const Batch& batch) override {
    const Decisions decisions = decide(batch);
    kept_.add({decisions.valid, decisions.target, batch.prediction});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
    Scored items;
    for (std::int64_t i = 0; i < rows.count(); ++i) items.add(rows.at(i, 1), rows.at(i, 0) > 0);
    return orNull(averagePrecision(items));
  }

  double decisiveExamples() const override {
    const auto rows = kept_.validHost();
    double positives = 0;
    for (std::int64_t i = 0; i < rows.count(); ++i) positives += rows.at(i, 0) > 0 ? 1 : 0;
    return positives;
  }

 private:
  KeptRows kept_;
};

}  // namespace

CatalogRow<Metric> aurocRow() {
  auto descriptor =
      describe("auroc", "Area under the ROC curve",
               "Chance that a positive scores above a negative, ties half; of several classes the "
               "mean over classes, or over pairs of classes, on the probabilities.",
               "(ΣR⁺ − n⁺(n⁺ + 1)/2) / (n⁺ n⁻)",
               "Mann and Whitney, 1947; Hand and Till, A Simple Generalisation of the Area Under "
               "the ROC Curve, Machine Learning 45, 2001",
               "max");
  descriptor.parameters = {
      ParameterSpec::choice("multi_class", "ovr", {"ovr", "ovo"},
                            "Each class against the rest, over the classes that have both; or "
                            "every pair of classes that occur (Hand and Till)")};
  descriptor.traits["range"] = {0, 1};
  descriptor.traits["undefined"] = "no class has both examples that are it and others that are not";
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N] or [N, C]", "scores, or logits of classes"},
                       {"target", "0/1 [N], or int [N]", "classes, -100 = ignored"},
                       maskField("[N]")};
  return rowOf<Auroc>(descriptor);
}

CatalogRow<Metric> auprcRow() {
  auto descriptor =
      describe("auprc", "Average precision",
               "Area under the steps of precision over recall; equal scores are one step.",
               "Σ_n (R_n − R_{n−1}) P_n",
               "Textbook definition; its baseline is the share of positives", "max");
  descriptor.traits["range"] = {0, 1};
  descriptor.traits["undefined"] = "there is no positive example";
  descriptor.taskKinds = {TaskKind::binary};
  descriptor.inputs = {{"prediction", "[N]", "scores"}, {"target", "[N]", "0/1"}, maskField("[N]")};
  return rowOf<Auprc>(descriptor);
}

}  // namespace eq::metric
