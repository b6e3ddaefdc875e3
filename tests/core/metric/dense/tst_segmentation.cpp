#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

struct Confusion {
  Row right, predicted, actual;
  explicit Confusion(size_t classes) : right(classes), predicted(classes), actual(classes) {}
};

Confusion confusionOf(const json& image, const json& target) {
  Confusion counts(image.size());
  for (size_t p = 0; p < target.size(); ++p) {
    const int truth = target[p];
    if (truth == -100) continue;
    size_t best = 0;
    for (size_t c = 1; c < image.size(); ++c)
      if (image[c][p].get<double>() > image[best][p].get<double>()) best = c;
    ++counts.predicted[best];
    ++counts.actual[static_cast<size_t>(truth)];
    if (best == static_cast<size_t>(truth)) ++counts.right[best];
  }
  return counts;
}

Confusion confusionOfAll(const json& input) {
  Confusion sum(input["prediction"][0].size());
  for (size_t i = 0; i < input["target"].size(); ++i) {
    const auto one = confusionOf(input["prediction"][i], input["target"][i]);
    for (size_t c = 0; c < sum.right.size(); ++c) {
      sum.right[c] += one.right[c];
      sum.predicted[c] += one.predicted[c];
      sum.actual[c] += one.actual[c];
    }
  }
  return sum;
}

double dice(const Confusion& counts) {
  Row scores;
  for (size_t c = 0; c < counts.right.size(); ++c)
    if (counts.predicted[c] + counts.actual[c] > 0)
      scores.push_back(2 * counts.right[c] / (counts.predicted[c] + counts.actual[c]));
  return mean(scores);
}

double iou(const Confusion& counts) {
  Row scores;
  for (size_t c = 0; c < counts.right.size(); ++c) {
    const double either = counts.predicted[c] + counts.actual[c] - counts.right[c];
    if (either > 0) scores.push_back(counts.right[c] / either);
  }
  return mean(scores);
}

double diceOfImages(const json& input) {
  Row scores;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    const double score = dice(confusionOf(input["prediction"][i], input["target"][i]));
    if (!std::isnan(score)) scores.push_back(score);
  }
  return mean(scores);
}

double shareRight(const json& input) {
  const auto counts = confusionOfAll(input);
  double right = 0, all = 0;
  for (size_t c = 0; c < counts.right.size(); ++c)
    right += counts.right[c], all += counts.actual[c];
  return right / all;
}

void addAll(const json& input) {
  addCase("miou", {}, input, expectation(iou(confusionOfAll(input))));
  addCase("pixel_accuracy", {}, input, expectation(shareRight(input)));
  addCase("dice_score", {}, input, expectation(dice(confusionOfAll(input))));
  addCase("dice_score", {{"group", "image"}}, input, expectation(diceOfImages(input)));
  addCase("image_dice_score", {}, input, expectation(diceOfImages(input)));
}

json randomMaps(eq::RandomStream& random, int images, int classes, int pixels) {
  json input{{"prediction", json::array()}, {"target", json::array()}};
  for (int i = 0; i < images; ++i) {
    json image = randomRows(random, classes, pixels);
    json target = randomIndices(random, pixels, classes - 1);  // the last class is never true
    for (int p = 0; p < pixels; ++p) {
      if (random.uniform() < 0.2) target[p] = -100;
      if (random.uniform() < 0.5) image[random.below(classes)][p] = 9;
      image[static_cast<size_t>(classes) - 1][p] = -9;  // and class count - 1 never predicted
    }
    input["prediction"].push_back(image);
    input["target"].push_back(target);
  }
  return input;
}

/// One image whose decisions follow the sheet's confusion matrix.
json sheetImage() {
  const int matrix[3][3] = {{50, 2, 3}, {4, 30, 6}, {1, 2, 2}};
  json image{json::array(), json::array(), json::array()};
  json target = json::array();
  for (int t = 0; t < 3; ++t)
    for (int p = 0; p < 3; ++p)
      for (int i = 0; i < matrix[t][p]; ++i) {
        for (int c = 0; c < 3; ++c) image[static_cast<size_t>(c)].push_back(c == p ? 1.5 : 0.5);
        target.push_back(t);
      }
  return {{"prediction", {image}}, {"target", {target}}};
}

}  // namespace

class TestSegmentation : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    addCase("miou", {}, sheetImage(), 0.552670, 6e-7);
    addCase("pixel_accuracy", {}, sheetImage(), 0.82, 1e-12);
    addCase("dice_score", {}, sheetImage(), 0.656634, 6e-7);
    eq::RandomStream random(5);
    addAll(sheetImage());
    for (int i = 0; i < 3; ++i) addAll(randomMaps(random, 7, 3 + i, 5 + i));
    auto empty = randomMaps(random, 4, 3, 6);
    for (auto& pixel : empty["target"][2]) pixel = -100;  // an image that does not count
    addAll(empty);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void mapsStandForPixels() {
    eq::RandomStream random(6);
    const json flat = randomMaps(random, 3, 4, 6);
    for (const char* id : {"miou", "pixel_accuracy", "dice_score", "image_dice_score"}) {
      auto batch = batchOf(id, flat);
      const auto expected = valueOf(id, {}, {batch});
      batch.prediction = batch.prediction.reshape({3, 4, 2, 3});
      batch.target = batch.target.reshape({3, 2, 3});
      QVERIFY(valueOf(id, {}, {batch}) == expected);
    }
  }

  void tiesGoToTheLowerClass() {
    const json input{{"prediction", {{{1, 0}, {1, 2}, {0, 2}}}}, {"target", {{0, 1}}}};
    QVERIFY(valueOf("pixel_accuracy", {}, input) == json(1.0));
  }

  void undefined() {
    const json input{{"prediction", {{{1, 2}, {3, 4}}}}, {"target", {{-100, -100}}}};
    for (const char* id : {"miou", "pixel_accuracy", "dice_score", "image_dice_score"}) {
      QVERIFY(valueOf(id, {}, input).is_null());
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
    }
    QVERIFY(valueOf("dice_score", {{"group", "image"}}, input).is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("miou", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"target", {0, 1}}},
               "miou.prediction: expected logits [N, C, pixels] of at least 2 classes, found "
               "[2, 2]");
    addRefusal("pixel_accuracy", {}, {{"prediction", {{{1, 2}, {3, 4}}}}, {"target", {{0}}}},
               "pixel_accuracy.target: must have the shape of prediction without its axis of "
               "classes [1, 2], found [1, 1]");
    addRefusal("dice_score", {}, {{"prediction", {{{1, 2}, {3, 4}}}}, {"target", {{0, 2}}}},
               "dice_score.target: classes go from 0 to 1 (-100 = ignored), found 2");
    addRefusal("dice_score", {}, {{"prediction", {{{1, 2}, {3, 4}}}}},
               "dice_score.target: is required and missing");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestSegmentation)
#include "tst_segmentation.moc"
