#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

#include <algorithm>
#include <functional>

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

bool near(double found, double expected, double tolerance = 1e-13) {
  if (std::abs(found - expected) <= tolerance * (1 + std::abs(expected))) return true;
  qWarning("found %.12g, expected %.12g", found, expected);
  return false;
}

/// One image: probabilities and truth [class][pixel], of the pixels that count.
struct Image {
  std::vector<std::vector<double>> p, g;
};

double softmaxAt(const json& image, size_t c, size_t pixel) {
  double sum = 0;
  for (const auto& map : image) sum += std::exp(map[pixel].get<double>());
  return std::exp(image[c][pixel].get<double>()) / sum;
}

/// A plain reading of input with two axes: N images of C maps.
std::vector<Image> imagesOf(const json& input, const std::string& activation) {
  std::vector<Image> images;
  for (size_t n = 0; n < input["prediction"].size(); ++n) {
    const auto& maps = input["prediction"][n];
    Image image;
    image.p.resize(maps.size()), image.g.resize(maps.size());
    for (size_t pixel = 0; pixel < maps[0].size(); ++pixel) {
      if (input.contains("mask") && input["mask"][n][pixel] == 0) continue;
      if (activation == "softmax" && input["target"][n][pixel] == -100) continue;
      for (size_t c = 0; c < maps.size(); ++c) {
        const double x = maps[c][pixel];
        image.p[c].push_back(activation == "softmax"   ? softmaxAt(maps, c, pixel)
                             : activation == "sigmoid" ? 1 / (1 + std::exp(-x))
                                                       : x);
        image.g[c].push_back(activation == "softmax"
                                 ? (input["target"][n][pixel] == static_cast<int>(c) ? 1 : 0)
                                 : input["target"][n][c][pixel].get<double>());
      }
    }
    images.push_back(image);
  }
  return images;
}

/// All pixels as one image's.
Image joined(const std::vector<Image>& images) {
  Image all = images.front();
  for (size_t n = 1; n < images.size(); ++n)
    for (size_t c = 0; c < all.p.size(); ++c) {
      const auto& one = images[n];
      all.p[c].insert(all.p[c].end(), one.p[c].begin(), one.p[c].end());
      all.g[c].insert(all.g[c].end(), one.g[c].begin(), one.g[c].end());
    }
  return all;
}

using Numbers = std::vector<double>;
using OfClass = std::function<double(const Numbers& p, const Numbers& g)>;

/// Weighted mean over the classes of an image.
double ofImage(const Image& image, const OfClass& term, bool background, const Numbers& weights) {
  const size_t first = background ? 0 : 1;
  double sum = 0;
  for (size_t c = first; c < image.p.size(); ++c)
    sum += (weights.empty() ? 1 : weights[c]) * term(image.p[c], image.g[c]);
  return sum / static_cast<double>(image.p.size() - first);
}

double dice(const Numbers& p, const Numbers& g, const json& params) {
  double both = 0, sizes = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    both += p[i] * g[i];
    sizes += params["squared"] ? p[i] * p[i] + g[i] * g[i] : p[i] + g[i];
  }
  const double nr = params["smooth_nr"], dr = params["smooth_dr"];
  if (params["jaccard"]) return 1 - (both + nr) / (sizes - both + dr);
  return 1 - (2 * both + nr) / (sizes + dr);
}

double tversky(const Numbers& p, const Numbers& g, const json& params) {
  double tp = 0, fp = 0, fn = 0;
  for (size_t i = 0; i < p.size(); ++i)
    tp += p[i] * g[i], fp += p[i] * (1 - g[i]), fn += (1 - p[i]) * g[i];
  const double s = params["smooth"];
  const double t = (tp + s) / (tp + params["fp_weight"].get<double>() * fp +
                               params["fn_weight"].get<double>() * fn + s);
  return std::pow(1 - t, params["gamma"].get<double>());
}

/// Σ e_(i) ΔJ_i, each Jaccard loss counted anew.
double lovasz(const Numbers& errors, const Numbers& truth) {
  std::vector<size_t> order(errors.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return errors[a] > errors[b]; });
  const auto jaccard = [&](size_t wrong) {  // the first `wrong` pixels predicted wrongly
    double both = 0, either = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      const bool g = truth[order[i]] == 1, predicted = i < wrong ? !g : g;
      both += g && predicted, either += g || predicted;
    }
    return either == 0 ? 0 : 1 - both / either;
  };
  double sum = 0;
  for (size_t i = 0; i < order.size(); ++i)
    sum += std::max(errors[order[i]], 0.0) * (jaccard(i + 1) - jaccard(i));
  return sum;
}

json mapsInput(RandomStream& random) {
  json input;
  for (int n = 0; n < 3; ++n) input["prediction"].push_back(randomRows(random, 3, 6));
  input["target"] = {
      {0, 1, 2, 1, 0, -100}, {1, 1, -100, -100, 0, 0}, {-100, -100, -100, -100, -100, -100}};
  return input;
}

json binaryInput(RandomStream& random, bool probabilities) {
  auto input = mapsInput(random);
  for (auto& image : input["prediction"])
    for (auto& map : image)
      for (auto& value : map)
        if (probabilities) value = random.uniform();
  json image{{0, 1, 1, 0, 1, 0}, {1, 1, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}};
  json other{{1, 1, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1}, {0, 0, 0, 0, 0, 1}};
  input["target"] = {image, other, image};
  input["mask"] = {{1, 1, 0, 1, 1, 1}, {1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0}};
  return input;
}

json inputFor(RandomStream& random, const std::string& activation) {
  return activation == "softmax" ? mapsInput(random) : binaryInput(random, activation == "none");
}

json region(const Numbers& p, const Numbers& g) {
  return {{"prediction", {{p}}}, {"target", {{g}}}};
}

const Numbers kP{0.9, 0.6, 0.2, 0.1}, kG{1, 1, 0, 0};
const char* const kActivations[] = {"softmax", "sigmoid", "none"};

}  // namespace

class TestOverlap : public QObject {
  Q_OBJECT

  /// Every combination of the parameters that both losses have, against the plain reading.
  static void compare(const std::string& id, json params,
                      double (*ofClass)(const Numbers&, const Numbers&, const json&)) {
    RandomStream random(51);
    const OfClass term = [&](const Numbers& p, const Numbers& g) { return ofClass(p, g, params); };
    for (const std::string activation : kActivations)
      for (const bool background : {true, false})
        for (const Numbers& weights : {Numbers{}, Numbers{0.5, 2, 0}}) {
          const auto input = inputFor(random, activation);
          const auto images = imagesOf(input, activation);
          params["activation"] = activation;
          params["include_background"] = background;
          params["class_weights"] = weights;
          params["group"] = "sample";
          const auto found = evaluate(id, params, input);
          double sum = 0;
          for (size_t n = 0; n < 2; ++n) {
            const double one = ofImage(images[n], term, background, weights);
            QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(n)), one, 1e-12));
            sum += one;
          }
          QCOMPARE(entry(found.perSample, 2), 0.0);
          QVERIFY(near(found.value, sum / 2, 1e-12));
          params["group"] = "batch";
          const auto batch = evaluate(id, params, input);
          QVERIFY(near(batch.value, ofImage(joined(images), term, background, weights), 1e-12));
          QVERIFY(!batch.perSample.defined());
          if (weights.empty() || background) continue;
          // Without the background its weight may be left out.
          params["class_weights"] = {2, 0};
          QCOMPARE(evaluate(id, params, input).value, batch.value);
        }
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const auto worked = [](const char* id, json params, const json& input, double expected) {
      if (!params.contains("activation")) params["activation"] = "none";
      QVERIFY2(near(evaluate(id, params, input).value, expected, 6e-7), id);
    };
    const auto sheet = region(kP, kG);
    worked("dice", json::object(), sheet, 0.210526);
    worked("dice", {{"squared", true}}, sheet, 0.068323);
    worked("dice", {{"jaccard", true}}, sheet, 0.347825);
    json two{{"prediction", {{{0.9, 0.8, 0.1, 0.1}}, {{0.2, 0.1, 0.1, 0.1}}}},
             {"target", {{{1, 1, 0, 0}}, {{1, 0, 0, 0}}}}};
    worked("dice", json::object(), two, 0.430767);
    worked("dice", {{"group", "batch"}}, two, 0.296296);
    const json weights{{"fp_weight", 0.3}, {"fn_weight", 0.7}};
    worked("tversky", weights, sheet, 0.226803);
    json focal = weights;
    focal["gamma"] = 0.75;
    worked("tversky", focal, sheet, 0.328652);
    const json hinge{{"prediction", {{1.5, -0.2, 0.3, -1}}}, {"target", {{1, 1, 0, 0}}}};
    QVERIFY(near(evaluate("lovasz_hinge", {}, hinge).value, 0.833333, 6e-7));
    const json softmax{{"prediction", {{{2, 0.2, 0}, {-1, 0.4, 1}, {0.5, -0.3, 0}}}},
                       {"target", {{0, 2, 1}}}};
    QVERIFY(near(evaluate("lovasz_softmax", {}, softmax).value, 0.499142, 6e-7));
  }

  void diceEqualsTheFormula() {
    for (const bool squared : {false, true})
      for (const bool jaccard : {false, true})
        for (const double smooth : {1e-5, 0.3})
          compare("dice",
                  {{"squared", squared},
                   {"jaccard", jaccard},
                   {"smooth_nr", smooth},
                   {"smooth_dr", 2 * smooth}},
                  dice);
  }

  void tverskyEqualsTheFormula() {
    for (const double gamma : {0.75, 1.0, 2.0})
      for (const double smooth : {1e-5, 0.3})
        compare("tversky",
                {{"fp_weight", 0.3}, {"fn_weight", 0.7}, {"smooth", smooth}, {"gamma", gamma}},
                tversky);
  }

  void tverskyHoldsDiceAndJaccard() {
    RandomStream random(52);
    const auto input = mapsInput(random);
    const auto half = evaluate("tversky", {{"smooth", 0.5e-5}}, input).value;
    QVERIFY(near(half, evaluate("dice", {}, input).value));
    const auto whole = evaluate("tversky", {{"fp_weight", 1}, {"fn_weight", 1}}, input).value;
    QVERIFY(near(whole, evaluate("dice", {{"jaccard", true}}, input).value));
  }

  void nothingThereAndNothingPredicted() {
    const auto empty = region({0, 0}, {0, 0});
    QCOMPARE(evaluate("dice", {{"activation", "none"}}, empty).value, 0.0);
    QCOMPARE(
        evaluate("dice", {{"activation", "none"}, {"smooth_nr", 0}, {"smooth_dr", 0}}, empty).value,
        1.0);
    for (const double gamma : {0.5, 1.0, 2.0}) {
      const auto found =
          evaluate("tversky", {{"activation", "none"}, {"gamma", gamma}, {"smooth", 0}}, empty);
      // The value was 0, with a gradient of 5e11.
      QCOMPARE(found.value, 1.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
    const auto right =
        evaluate("tversky", {{"activation", "none"}, {"gamma", 0.5}}, region({1, 0}, {1, 0}));
    QCOMPARE(right.value, 0.0);
    QCOMPARE(right.gradient.abs().max().item<double>(), 0.0);
  }

  void lovaszHingeEqualsTheFormula() {
    RandomStream random(53);
    json input{{"prediction", randomRows(random, 4, 7)}};
    input["target"] = {{0, 1, 1, -100, 0, 0, 1},
                       {0, 0, 0, 0, 0, 0, 0},
                       {1, 1, 1, 1, -100, 1, 1},
                       {-100, -100, -100, -100, -100, -100, -100}};
    Numbers errors, truth;
    double sum = 0;
    const auto found = evaluate("lovasz_hinge", {}, input);
    for (size_t n = 0; n < 4; ++n) {
      Numbers e, g;
      for (size_t i = 0; i < 7; ++i) {
        const int y = input["target"][n][i];
        if (y == -100) continue;
        g.push_back(y);
        e.push_back(1 - input["prediction"][n][i].get<double>() * (2 * y - 1));
      }
      QVERIFY(near(entry(found.perSample, static_cast<std::int64_t>(n)), lovasz(e, g)));
      sum += lovasz(e, g);
      errors.insert(errors.end(), e.begin(), e.end());
      truth.insert(truth.end(), g.begin(), g.end());
    }
    QVERIFY(near(found.value, sum / 3));
    QVERIFY(near(evaluate("lovasz_hinge", {{"reduction", "sum"}}, input).value, sum));
    const auto batch = evaluate("lovasz_hinge", {{"per_image", false}}, input);
    QVERIFY(near(batch.value, lovasz(errors, truth)));
    QVERIFY(!batch.perSample.defined());
  }

  void lovaszHingeOfNothingIsTheLargestError() {
    const json input{{"prediction", {{-3, 0.5, -1, 2}}}, {"target", {{0, 0, 0, 0}}}};
    const auto found = evaluate("lovasz_hinge", {}, input);
    QCOMPARE(found.value, 3.0);
    QCOMPARE(entry(found.gradient, 3), 1.0);
    QCOMPARE(entry(found.gradient, 1), 0.0);
    // One pixel: the hinge. Equal errors: the lower index takes the first increment.
    QCOMPARE(evaluate("lovasz_hinge", {}, {{"prediction", {{0.25}}}, {"target", {{1}}}}).value,
             0.75);
    const json ties{{"prediction", {{0, 0}}}, {"target", {{0, 1}}}};
    const auto tied = evaluate("lovasz_hinge", {}, ties);
    QCOMPARE(tied.value, 1.0);
    QCOMPARE(entry(tied.gradient, 0), 0.5);
    QCOMPARE(entry(tied.gradient, 1), -0.5);
  }

  void lovaszSoftmaxEqualsTheFormula() {
    RandomStream random(54);
    auto input = mapsInput(random);
    const auto images = imagesOf(input, "softmax");
    const auto value = [](const Image& image, bool presentOnly) {
      double sum = 0, classes = 0;
      for (size_t c = 0; c < image.p.size(); ++c) {
        Numbers errors;
        for (size_t i = 0; i < image.p[c].size(); ++i)
          errors.push_back(std::abs(image.g[c][i] - image.p[c][i]));
        const bool present = std::count(image.g[c].begin(), image.g[c].end(), 1) > 0;
        if (presentOnly && !present) continue;
        sum += lovasz(errors, image.g[c]);
        classes += 1;
      }
      return sum / classes;
    };
    for (const bool present : {true, false}) {
      const json classes = present ? "present" : "all";
      const auto found = evaluate("lovasz_softmax", {{"classes", classes}}, input);
      QVERIFY(near(found.value, value(joined(images), present)));
      QVERIFY(!found.perSample.defined());
      const auto each =
          evaluate("lovasz_softmax", {{"classes", classes}, {"per_image", true}}, input);
      const double first = value(images[0], present), second = value(images[1], present);
      QVERIFY(near(entry(each.perSample, 0), first));
      QVERIFY(near(entry(each.perSample, 1), second));
      QCOMPARE(entry(each.perSample, 2), 0.0);
      QVERIFY(near(each.value, (first + second) / 2));
    }
  }

  void cases_data() {
    caseColumns();
    RandomStream random(55);
    for (const char* activation : kActivations)
      for (const char* group : {"sample", "batch"}) {
        const auto input = inputFor(random, activation);
        const json weights{0.5, 2, 1};
        addCase("dice", {{"activation", activation}, {"group", group}, {"class_weights", weights}},
                input, {1, 1, 0}, 2);
        addCase("dice",
                {{"activation", activation},
                 {"group", group},
                 {"squared", true},
                 {"jaccard", true},
                 {"include_background", false}},
                input, {1, 1, 0}, 2);
        addCase("tversky",
                {{"activation", activation}, {"group", group}, {"gamma", 0.75}, {"fp_weight", 0.2}},
                input, {1, 1, 0}, 2);
      }
    const auto maps = mapsInput(random);
    for (const bool each : {true, false})
      for (const char* classes : {"present", "all"})
        addCase("lovasz_softmax", {{"classes", classes}, {"per_image", each}}, maps, {1, 1, 0}, 2);
    json binary{{"prediction", randomRows(random, 3, 5)}};
    binary["target"] = {{0, 1, 1, -100, 0}, {0, 0, 0, 0, 1}, {-100, -100, -100, -100, -100}};
    addCase("lovasz_hinge", {}, binary, {1, 1, 0}, 2);
    addCase("lovasz_hinge", {{"per_image", false}}, binary, {1, 1, 0}, 2);
    json square{{"prediction", {{randomRows(random, 2, 3), randomRows(random, 2, 3)}}},
                {"target", {{{0, 1, 1}, {-100, 0, 1}}}}};
    for (const char* id : {"dice", "tversky", "lovasz_softmax"}) addCase(id, {}, square, {1}, 1);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void meanAndSumGoByPerSample_data() { cases_data(); }
  void meanAndSumGoByPerSample() {
    const auto c = fetchCase();
    if (!evaluate(c.id, c.params, c.input).perSample.defined()) {
      json params = object(c.params);
      params["reduction"] = "sum";
      QVERIFY(message(c.id, params, c.input).contains(".reduction: sum is that of the "));
      return;
    }
    const auto fault = reductionFault(c);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { cases_data(); }
  void singlePrecisionAgrees() {
    const auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeLogitsStayFinite_data() { cases_data(); }
  void extremeLogitsStayFinite() {
    const auto fault = extremeFault(fetchCase(), 1e4);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void nothingValidIsZero_data() { cases_data(); }
  void nothingValidIsZero() {
    auto c = fetchCase();
    if (c.input.contains("mask")) {
      for (auto& row : c.input["mask"])
        for (auto& value : row) value = 0;
    } else {
      const std::function<void(json&)> ignore = [&](json& node) {
        for (auto& entry : node)
          if (entry.is_array())
            ignore(entry);
          else
            entry = -100;
      };
      ignore(c.input["target"]);
    }
    const auto found = evaluate(c.id, c.params, c.input);
    QCOMPARE(found.value, 0.0);
    QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
  }

  void ignoredPixelsMayBeAnyIndex() {
    const json input{{"prediction", {{{1, 2, 0.5}, {0, 1, 2}}}}, {"target", {{0, 1, 255}}}};
    const json shorter{{"prediction", {{{1, 2}, {0, 1}}}}, {"target", {{0, 1}}}};
    for (const char* id : {"dice", "tversky", "lovasz_softmax"})
      QVERIFY(near(evaluate(id, {{"ignore_index", 255}}, input).value,
                   evaluate(id, {}, shorter).value));
    // A mask does the same.
    json masked = input;
    masked["target"][0][2] = 0;
    masked["mask"] = {{1, 1, 0}};
    QVERIFY(near(evaluate("dice", {}, masked).value, evaluate("dice", {}, shorter).value));
  }

  void refuses() {
    const auto refused = [](const char* id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString(id) + expected);
    };
    const json logits{{{1, 2}, {0, 1}}};
    for (const char* id : {"dice", "tversky", "lovasz_softmax"}) {
      refused(id, {}, {{"prediction", {{1, 2}}}, {"target", {0}}},
              ".prediction: expected maps [N, C, pixels] or [N, C, H, W], found [1, 2]");
      refused(id, {}, {{"prediction", {{{1, 2}}}}, {"target", {{0, 0}}}},
              ".prediction: expected at least 2 classes, found 1");
      refused(id, {}, {{"prediction", logits}}, ".target: is required and missing");
      refused(id, {}, {{"prediction", logits}, {"target", {{0, 1, 1}}}},
              ".target: must have the shape of the pixels [1, 2], found [1, 3]");
      refused(id, {}, {{"prediction", logits}, {"target", {{0, 2}}}},
              ".target: classes go from 0 to 1 (-100 = ignored), found 2");
      refused(id, {}, {{"prediction", {{{1, HUGE_VAL}, {0, 1}}}}, {"target", {{0, 1}}}},
              ".prediction: must be finite, found inf");
    }
    const json maps{{"prediction", logits}, {"target", {{0, 1}}}};
    json masked = maps;
    masked["mask"] = {{1, 2}};
    refused("dice", {}, masked, ".mask: must be 0 or 1, found 2");
    refused("dice", {{"class_weights", {1, 2, 3}}}, maps,
            ".class_weights: needs one entry a class, 2, found 3");
    refused("dice", {{"class_weights", {1, -2}}}, maps, ".class_weights[1]: -2 is below 0");
    refused("dice", {{"smooth_nr", -1}}, maps, ".smooth_nr: -1 is below 0");
    refused("dice", {{"group", "batch"}, {"reduction", "sum"}}, maps,
            ".reduction: sum is that of the samples and needs group sample, found batch");
    refused("dice", {{"activation", "sigmoid"}, {"include_background", false}}, region({1}, {1}),
            ".include_background: false leaves no class of the 1 predicted");
    refused("dice", {{"activation", "sigmoid"}}, region({1, 1}, {1, 0.5}),
            ".target: must be 0 or 1, found 0.5");
    refused("dice", {{"activation", "none"}}, region({1, 1.5}, {1, 0}),
            ".prediction: must be a probability in 0 to 1 with activation none, found 1.5");
    refused("tversky", {{"fp_weight", -1}}, maps, ".fp_weight: -1 is below 0");
    refused("tversky", {{"gamma", 0}}, maps, ".gamma: 0 is not above 0");
    refused("lovasz_softmax", {{"reduction", "sum"}}, maps,
            ".reduction: sum is that of the images and needs per_image true, found false");
    refused("lovasz_hinge", {}, {{"prediction", {1, 2}}, {"target", {1, 0}}},
            ".prediction: expected logits [N, pixels] or [N, H, W], found [2]");
    refused("lovasz_hinge", {}, {{"prediction", {{1, 2}}}, {"target", {{1, 3}}}},
            ".target: must be 0, 1 or -100 = ignored, found 3");
  }
};

EQUIPOISE_TEST(TestOverlap)
#include "tst_overlap.moc"
