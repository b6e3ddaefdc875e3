#include <algorithm>
#include <numeric>

#include <QTest>

#include "core/base/random.h"
#include "core/metric/hypervolume.h"
#include "core/metric/pareto/dominance.h"
#include "tests/core/metric/pareto/front_support.h"
#include "tests/registry.h"

using namespace eq::metric;
using namespace eq::metric::test;

namespace {

const json kSeven{{1, 5}, {2, 3}, {4, 1}, {3, 4}, {5, 2}, {4, 4}, {2, 3}};
const json kFive{{0, 1}, {.1, .5}, {.3, .3}, {.6, .15}, {1, 0}};

/// Normal, or with many equal numbers.
Points randomPoints(eq::RandomStream& random, size_t count, size_t objectives, bool coarse) {
  Points points(count, Point(objectives));
  for (auto& point : points)
    for (double& value : point)
      value = coarse ? static_cast<double>(random.below(5)) : random.normal();
  return points;
}

/// Σ over all sets of points of ∓ the box that they share.
double byInclusionAndExclusion(const Points& points, const Point& reference) {
  double sum = 0;
  for (size_t set = 1; set < size_t{1} << points.size(); ++set) {
    double box = 1;
    for (size_t k = 0; k < reference.size(); ++k) {
      double corner = -1e300;
      for (size_t i = 0; i < points.size(); ++i)
        if (set >> i & 1) corner = std::max(corner, points[i][k]);
      box *= std::max(reference[k] - corner, 0.0);
    }
    sum += __builtin_popcountll(set) % 2 == 1 ? box : -box;
  }
  return sum;
}

/// Layer after layer, by definition.
std::vector<std::int64_t> byDefinition(const Points& points, double epsilon) {
  std::vector<std::int64_t> ranks(points.size(), -1);
  size_t left = points.size();
  for (std::int64_t rank = 0; left > 0; ++rank) {
    std::vector<size_t> layer;
    for (size_t i = 0; i < points.size(); ++i) {
      bool isDominated = false;
      for (size_t j = 0; j < points.size(); ++j)
        isDominated |= ranks[j] < 0 && dominates(points[j], points[i], epsilon);
      if (ranks[i] < 0 && !isDominated) layer.push_back(i);
    }
    for (const size_t i : layer) ranks[i] = rank;
    left -= layer.size();
  }
  return ranks;
}

json permuted(const json& list, const std::vector<std::int64_t>& order) {
  auto found = json::array();
  for (const auto i : order) found.push_back(list[static_cast<size_t>(i)]);
  return found;
}

}  // namespace

/// The figures of a set of points: numbers of the sheet, definitions, properties.
class TestFront : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Where 1, or a tenth of the range, is lost in rounding, it is the next number.
  void theUsualReferenceIsBeyondEveryPoint() {
    for (const json& points :
         {json{{1e17, 3.0}}, json{{1e16, 3.0}, {1e16 + 2, 2.0}}, json{{-1e17, 3.0}}}) {
      const auto found = figures({{"points", points}});
      double worst = points[0][0];
      for (const auto& point : points) worst = std::max(worst, point[0].get<double>());
      QVERIFY2(found["reference"][0].get<double>() > worst, found.dump().c_str());
      QVERIFY(found["hypervolume"] > 0);
    }
    QVERIFY((figures({{"points", {{2.0, 3.0}}}})["reference"] == json{3.0, 4.0}));
  }

  void sevenPointsOfTheSheet() {
    const auto found = figures({{"points", kSeven}, {"reference", {6, 6}}});
    QVERIFY(sameObject(found, {{"rank", {0, 0, 0, 1, 1, 2, 0}},
                               {"crowding", {"inf", 5.0 / 6, "inf", "inf", "inf", "inf", 7.0 / 6}},
                               {"non_dominated", {0, 1, 2, 6}},
                               {"excluded", json::array()},
                               {"ideal", {1, 1}},
                               {"nadir", {4, 5}},
                               {"hypervolume", 17},
                               {"contributions", {1, 0, 3, 0, 0, 0, 0}},
                               {"standard_error", nullptr},
                               {"attainment", nullptr},
                               {"auc", nullptr},
                               {"front", nullptr},
                               {"igd", nullptr}}));
  }

  void volumesOfTheSheet() {
    QVERIFY(sameObject(figures({{"points", {{1, 2, 3}, {2, 1, 4}, {3, 3, 1}, {2, 2, 2}}},
                                {"reference", {5, 5, 5}}}),
                       {{"hypervolume", 40}, {"contributions", {6, 3, 4, 5}}}));
    QVERIFY(
        sameObject(figures({{"points", {{1, 2, 3, 2}, {2, 1, 4, 1}, {3, 3, 1, 3}, {2, 2, 2, 4}}},
                            {"reference", {5, 5, 5, 5}}}),
                   {{"hypervolume", 114}}));
  }

  void distancesOfTheSheet() {
    const auto found =
        figures({{"points", {{1, 5}, {2, 3}, {4, 1}}}, {"front", {{1, 4}, {2, 2}, {4, 1}}}});
    QVERIFY(sameObject(found, {{"igd", 2.0 / 3},
                               {"gd", 2.0 / 3},
                               {"igd_plus", 2.0 / 3},
                               {"gd_plus", 2.0 / 3},
                               {"epsilon", 1},
                               {"epsilon_multiplicative", 1.5}}));
  }

  void kneesOfTheSheet() {
    const auto found = figures({{"points", kFive}}, {{"neighbourhood", 2}});
    QVERIFY(sameObject(found,
                       {{"knee_distance", {0, .282843, .282843, .176777, 0}},
                        {"knee", 1},
                        {"trade_off", {.2, 1, 1, .5, .375}},
                        {"bend", {nullptr, 33.690068, 18.434949, 6.009006, nullptr}}},
                       1e-6));
    QCOMPARE(figures({{"points", kFive}}, {{"knee", "trade_off"}, {"neighbourhood", 2}})["knee"],
             json(1));
    QCOMPARE(figures({{"points", kFive}}, {{"knee", "bend"}})["knee"], json(1));
  }

  void attainmentTakesTheGroupsThatReachAPlace() {
    // Group 0: (1,3) (3,1); group 1: (2,2).
    const auto found = figures({{"points", {{1, 3}, {3, 1}, {2, 2}}}, {"groups", {0, 0, 7}}},
                               {{"levels", {0.5, 1}}});
    QCOMPARE(found["attainment"]["levels"], (json{0.5, 1}));
    QCOMPARE(found["attainment"]["surfaces"],
             (json{{{1.0, 3.0}, {2.0, 2.0}, {3.0, 1.0}}, {{2.0, 3.0}, {3.0, 2.0}}}));
    // A group without a usable point does not count.
    const auto less =
        figures({{"points", {{1, 3}, {nullptr, 1}}}, {"groups", {0, 1}}}, {{"levels", {1}}});
    QCOMPARE(less["attainment"]["surfaces"], (json{{{1.0, 3.0}}}));
  }

  void aCurveHasTheMeanHeightOfItsTrapezoids() {
    const json points{{1, 1}};
    const auto of = [&](const json& curve) {
      return figures({{"points", points}, {"curve", curve}, {"maximise", {1, 1}}})["auc"];
    };
    QCOMPARE(of({{2, 4}, {0, 0}, {1, 4}}), json(3.0));
    QCOMPARE(of({{2, 4}, {2, 0}}), json());
    QCOMPARE(of(json::array()), json());
  }

  void volumesEqualInclusionAndExclusion() {
    eq::RandomStream random(5);
    for (int i = 0; i < 400; ++i) {
      const size_t objectives = 1 + static_cast<size_t>(i) % 6;
      const auto points = randomPoints(random, 1 + random.below(8), objectives, i % 2 == 0);
      const Point reference(objectives, i % 2 == 0 ? 3.5 : 0.7);
      const double whole = byInclusionAndExclusion(points, reference);
      QVERIFY(same(hypervolume(points, reference), whole));
      const auto own = hypervolumeContributions(points, reference);
      for (size_t k = 0; k < points.size(); ++k) {
        auto others = points;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
        QVERIFY(same(own[k], whole - byInclusionAndExclusion(others, reference)));
      }
    }
  }

  void ranksEqualTheirDefinition() {
    eq::RandomStream random(6);
    for (int i = 0; i < 300; ++i) {
      const size_t objectives = 1 + static_cast<size_t>(i) % 5;
      const auto points = randomPoints(random, 1 + random.below(25), objectives, i % 3 != 0);
      for (const double epsilon : {0.0, 0.3, 1.0})
        QCOMPARE(dominanceRanks(points, epsilon), byDefinition(points, epsilon));
    }
  }

  void figuresFollowThePointsWhenTheyChangePlaces() {
    eq::RandomStream random(7);
    for (int i = 0; i < 60; ++i) {
      const size_t objectives = 2 + static_cast<size_t>(i) % 4;
      const json points = randomPoints(random, 12, objectives, false);
      const auto order = random.permutation(12);
      const auto before = figures({{"points", points}});
      const auto after = figures({{"points", permuted(points, order)}});
      for (const char* list : {"rank", "crowding", "contributions", "knee_distance", "trade_off"})
        QVERIFY(same(after[list], permuted(before[list], order)));
      for (const char* whole : {"hypervolume", "ideal", "nadir", "reference"})
        QVERIFY(same(after[whole], before[whole]));
    }
  }

  void anEqualPointChangesNothingButTheContribution() {
    eq::RandomStream random(8);
    for (int i = 0; i < 40; ++i) {
      json points = randomPoints(random, 8, 2 + static_cast<size_t>(i) % 3, false);
      const auto before = figures({{"points", points}});
      const auto twin = before["non_dominated"][0].get<size_t>();
      points.push_back(points[twin]);
      const auto after = figures({{"points", points}});
      QVERIFY(same(after["hypervolume"], before["hypervolume"]));
      QCOMPARE(after["rank"][8], json(0));
      QVERIFY(same(after["contributions"][twin], 0) && same(after["contributions"][8], 0));
    }
  }

  /// Maximising is minimising the negated numbers; all that is a place is turned back.
  void maximisingIsNegation() {
    eq::RandomStream random(9);
    for (int i = 0; i < 60; ++i) {
      const size_t objectives = 2 + static_cast<size_t>(i) % 3;
      const auto plain = randomPoints(random, 10, objectives, i % 2 == 0);
      auto turned = plain;
      std::vector<int> maximise;
      for (size_t k = 0; k < objectives; ++k) maximise.push_back(random.below(2) == 1);
      const auto turn = [&](Point point) {
        for (size_t k = 0; k < objectives; ++k)
          if (maximise[k]) point[k] = 0 - point[k];
        return point;
      };
      for (auto& point : turned) point = turn(point);
      const Points front{plain[0], plain[1]}, turnedFront{turned[0], turned[1]};
      const auto before = figures({{"points", plain}, {"front", front}});
      const auto after =
          figures({{"points", turned}, {"front", turnedFront}, {"maximise", maximise}});
      for (const char* name : {"rank", "crowding", "hypervolume", "contributions", "igd", "gd",
                               "igd_plus", "gd_plus", "epsilon", "knee", "trade_off"})
        QVERIFY(same(after[name], before[name]));
      for (const char* place : {"ideal", "nadir", "reference"})
        QVERIFY(same(after[place], turn(before[place].get<Point>())));
    }
  }

  void normaliseTakesFiguresInSharesOfTheFrontsRange() {
    const json points{{1, 50}, {2, 30}, {4, 10}}, front{{1, 40}, {2, 20}, {4, 10}};
    const auto found = figures({{"points", points}, {"front", front}}, {{"normalise", true}});
    // After (f1 − 1)/3 and (f2 − 10)/30 two points lie a third above the front's and one on it.
    QVERIFY(sameObject(found, {{"igd", 2.0 / 9}, {"gd", 2.0 / 9}, {"epsilon", 1.0 / 3}}));
    QCOMPARE(found["epsilon_multiplicative"], json());
  }

  void samplesEstimateTheVolume() {
    eq::RandomStream random(10);
    auto points = randomPoints(random, 30, 4, false);
    const json input{{"points", points}, {"reference", {1, 1, 1, 1}}};
    const auto exact = figures(input);
    const json params{{"hypervolume", "monte_carlo"}, {"samples", 20000}};
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const auto found = figures(input, params, seed);
      const double error = found["standard_error"];
      QVERIFY(error > 0);
      QVERIFY(std::abs(found["hypervolume"].get<double>() - exact["hypervolume"].get<double>()) <
              4 * error);
      QCOMPARE(found["contributions"], json());
      QCOMPARE(figures(input, params, seed), found);
    }
    QVERIFY(figures(input, params, 0) != figures(input, params, 1));
  }

  void whatIsNotFiniteIsLeftOutAndNamed() {
    const auto found = figures({{"points", {{1, nullptr}, {2, 3}, {nullptr, nullptr}}}});
    QVERIFY(sameObject(found, {{"points", {nullptr, {2, 3}, nullptr}},
                               {"rank", {nullptr, 0, nullptr}},
                               {"crowding", {nullptr, "inf", nullptr}},
                               {"contributions", {nullptr, 1, nullptr}},
                               {"knee_distance", {nullptr, std::sqrt(0.5), nullptr}},
                               {"excluded", {0, 2}},
                               {"non_dominated", {1}},
                               {"reference", {3, 4}}}));
    const auto far = figures({{"problem", {{"id", "two_valleys"}, {"x", {{1e300, 0}, {0, 0}}}}}});
    QCOMPARE(far["excluded"], json{0});
  }

  void noPointsGiveEmptyListsAndNoVolume() {
    const auto found = figures({{"points", json::array()}});
    for (const char* list : {"points", "rank", "crowding", "non_dominated", "excluded",
                             "contributions", "knee_distance", "trade_off", "bend"})
      QCOMPARE(found[list], json::array());
    QCOMPARE(found["hypervolume"], json(0.0));
    for (const char* nothing : {"ideal", "nadir", "reference", "standard_error", "igd", "knee",
                                "attainment", "auc", "front", "epsilon"})
      QCOMPARE(found[nothing], json());
    const auto none = figures({{"points", {{nullptr, 1}}}, {"reference", {2, 2}}});
    QVERIFY(sameObject(none, {{"rank", {nullptr}}, {"hypervolume", 0}, {"reference", {2, 2}}}));
  }

  void oneObjectiveIsLegal() {
    QVERIFY(sameObject(figures({{"points", {{3}, {1}, {2}, {1}}}}),
                       {{"rank", {2, 0, 1, 0}},
                        {"hypervolume", 2.2},
                        {"contributions", {0, 0, 0, 0}},
                        {"knee", nullptr},
                        {"knee_distance", {nullptr, 1, nullptr, 1}}}));
  }

  void equalPointsKeepTheirPlace() {
    const auto found = figures({{"points", {{2, 2}, {2, 2}, {2, 2}}}});
    QVERIFY(sameObject(found, {{"rank", {0, 0, 0}},
                               {"crowding", {0, 0, 0}},
                               {"reference", {3, 3}},
                               {"hypervolume", 1},
                               {"knee", 0},
                               {"trade_off", {nullptr, nullptr, nullptr}},
                               {"bend", {nullptr, nullptr, nullptr}}}));
  }

  void numbersOfAnySizeKeepTheirDigits() {
    for (const double size : {1e-300, 1e-200, 1e150, 1e300}) {
      json points = kFive, seven = kSeven;
      for (auto* all : {&points, &seven})
        for (auto& point : *all)
          for (auto& value : point) value = value.get<double>() * size;
      const auto found = figures({{"points", points}, {"front", points}});
      QVERIFY(same(found["knee_distance"], figures({{"points", kFive}})["knee_distance"]));
      QVERIFY(same(found["crowding"], figures({{"points", kFive}})["crowding"]));
      QVERIFY(sameObject(found, {{"igd", 0}, {"gd_plus", 0}, {"knee", 1}}));
      const auto moved = figures({{"points", seven}, {"front", {{0, 0}}}});
      QVERIFY(same(moved["igd"].get<double>() / size, std::sqrt(13)));
    }
    // A volume that no double holds is infinite, never a number that is wrong.
    const auto large = figures({{"points", {{1e300, 1e200}, {2e300, 0}}}});
    QVERIFY(std::isinf(large["hypervolume"].get<double>()));
    const auto thin = figures({{"points", {{1e300, 1e-300}, {2e300, 0}}}});
    QVERIFY(same(thin["hypervolume"], 1.1 * 0.1 + 0.1));
    const auto wide = figures({{"points", {{-1.7e308, 1}, {1.7e308, 0}}}});
    QVERIFY(same(wide["knee_distance"], {0, 0}));
    // Beside a large number 1 is nothing: the reference is the point, and says so.
    QVERIFY(sameObject(figures({{"points", {{1e300, 1e300}}}}),
                       {{"reference", {1e300, 1e300}}, {"hypervolume", 0}}));
  }

  void twoHundredPointsOfSixObjectivesAreExact() {
    eq::RandomStream random(11);
    Points points = randomPoints(random, 200, 6, false);
    for (auto& point : points) {
      const double length =
          std::sqrt(std::inner_product(point.begin(), point.end(), point.begin(), 0.0));
      for (double& value : point) value = 1 - std::abs(value) / length;
    }
    const Point reference(6, 1.0);
    const double whole = hypervolume(points, reference);
    const auto drawn = figures({{"points", points}, {"reference", reference}},
                               {{"hypervolume", "monte_carlo"}, {"samples", 4000}});
    QVERIFY(std::abs(drawn["hypervolume"].get<double>() - whole) <
            4 * drawn["standard_error"].get<double>());
  }
};

EQUIPOISE_TEST(TestFront)
#include "tst_front.moc"
