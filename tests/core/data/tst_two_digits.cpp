#include "dataset_support.h"

#include <set>

#include <QTest>

#include "core/data/two_digits.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::data::Problem;
using eq::data::Split;
using nlohmann::json;

namespace {

std::string idx(const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string bytes{0, 0, 8, static_cast<char>(shape.size())};
  for (const auto size : shape)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>((size >> shift) & 0xff));
  return bytes + values;
}

/// `count` images, each of one grey value of its own beginning with `first`; label = value mod 10.
void writeIdx(const FileFolder& folder, const std::string& part, int first, int count, int edge,
              bool packed) {
  std::string pixels, labels;
  for (int i = first; i < first + count; ++i) {
    pixels += std::string(static_cast<size_t>(edge * edge), static_cast<char>(i));
    labels.push_back(static_cast<char>(i % 10));
  }
  const auto n = static_cast<std::uint32_t>(count), side = static_cast<std::uint32_t>(edge);
  const std::string images = idx({n, side, side}, pixels), names = idx({n}, labels);
  const std::string ending = packed ? ".gz" : "";
  folder.write(part + "-images-idx3-ubyte" + ending, packed ? gzipped(images) : images);
  folder.write(part + "-labels-idx1-ubyte" + ending, packed ? gzipped(names) : names);
}

json pairs(int train, int validation, int test) {
  return {{"train_pairs", train}, {"validation_pairs", validation}, {"test_pairs", test}};
}

/// The originals seen in a split whose two images do not overlap.
std::set<std::vector<double>> originals(const Split& split, std::int64_t edge) {
  std::set<std::vector<double>> seen;
  const auto left = split.inputs.narrow(2, 0, edge).narrow(3, 0, edge);
  const auto right = split.inputs.narrow(2, edge, edge).narrow(3, edge, edge);
  for (std::int64_t i = 0; i < split.size(); ++i) {
    seen.insert(numbersOf(left[i]));
    seen.insert(numbersOf(right[i]));
  }
  return seen;
}

bool disjoint(const std::set<std::vector<double>>& a, const std::set<std::vector<double>>& b) {
  return std::none_of(a.begin(), a.end(), [&](const auto& image) { return b.contains(image); });
}

}  // namespace

class TestTwoDigits : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void overlapsByTheLargerValue() {
    const std::vector<std::uint8_t> left{1, 2, 3, 9}, right{5, 6, 7, 8};
    std::vector<std::uint8_t> canvas(9, 255);
    eq::data::composePair(left.data(), right.data(), 2, 3, canvas);
    QCOMPARE(canvas, (std::vector<std::uint8_t>{1, 2, 0, 3, 9, 6, 0, 7, 8}));
  }

  void mapsSayWhichDigitAPixelShows() {
    const std::vector<std::uint8_t> left{9, 0, 3, 8}, right{8, 9, 0, 6};
    std::vector<std::uint8_t> map(9, 255);
    eq::data::composeMap(left.data(), right.data(), 2, 3, 10, map);
    // 3 is darker than half of 10; where both lie, 8 against 8 is the left one's.
    QCOMPARE(map, (std::vector<std::uint8_t>{1, 0, 0, 0, 1, 2, 0, 0, 2}));
  }

  void pixelsAreAThirdTask() {
    auto params = pairs(30, 10, 10);
    const auto without = loadData("two_digits", params);
    params["pixels"] = true;
    const auto problem = loadData("two_digits", params);
    QCOMPARE(problem.tasks.size(), size_t{3});
    QCOMPARE(problem.tasks[2].kind, eq::TaskKind::segmentation);
    QCOMPARE(problem.tasks[2].imageShape, (std::vector<std::int64_t>{24, 24}));
    const auto& map = problem.train.targets[2];
    QCOMPARE(map.sizes().vec(), (std::vector<std::int64_t>{30, 24 * 24}));
    // The images stay as they were, and are light exactly where the map shows a digit.
    QVERIFY(problem.train.inputs.equal(without.train.inputs));
    QVERIFY((map > 0).equal(problem.train.inputs.flatten(1) >= 0.5));
    for (const int digit : {1, 2}) QVERIFY((map == digit).any(1).all().item<bool>());
    // The left digit lies in the upper left 8 of 12 canvas rows and columns, drawn twice as large.
    const auto square = (map == 1).view({30, 24, 24});
    QVERIFY(!square.narrow(1, 16, 8).any().item<bool>());
    QVERIFY(!square.narrow(2, 16, 8).any().item<bool>());
  }

  void hasTheStatedShapes() {
    const auto problem = loadData("two_digits");
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{1, 24, 24}));
    QCOMPARE(problem.train.size(), std::int64_t{20000});
    QCOMPARE(problem.validation.size(), std::int64_t{4000});
    QCOMPARE(problem.test.size(), std::int64_t{4000});
    QCOMPARE(problem.tasks[0].name, std::string("left"));
    QCOMPARE(problem.tasks[1].name, std::string("right"));
    QCOMPARE(problem.tasks[1].width, std::int64_t{10});
    QCOMPARE(problem.train.inputs.min().item<float>(), 0.0F);
    QCOMPARE(problem.train.inputs.max().item<float>(), 1.0F);
    for (const auto& target : problem.train.targets)
      for (int digit = 0; digit < 10; ++digit) {
        const auto share = (target == digit).to(at::kDouble).mean().item<double>();
        QVERIFY2(share > 0.07 && share < 0.13, qPrintable(QString::number(share)));
      }
  }

  void drawsEveryPixelTwice() {
    const auto x = loadData("two_digits", pairs(20, 1, 1)).train.inputs;
    const auto even = x.slice(2, 0, 24, 2).slice(3, 0, 24, 2);
    QVERIFY(even.equal(x.slice(2, 1, 24, 2).slice(3, 1, 24, 2)));
    QVERIFY(even.equal(x.slice(2, 0, 24, 2).slice(3, 1, 24, 2)));
    const auto corners = x.narrow(2, 0, 8).narrow(3, 16, 8);  // canvas 12: beside both images
    QCOMPARE(corners.abs().max().item<float>(), 0.0F);
  }

  void keepsOriginalsApart() {
    auto settings = pairs(20000, 4000, 4000);
    settings["canvas"] = 16;
    settings["size"] = 16;
    const auto problem = loadData("two_digits", settings);
    const auto train = originals(problem.train, 8), validation = originals(problem.validation, 8),
               test = originals(problem.test, 8);
    QVERIFY(disjoint(train, validation) && disjoint(train, test) && disjoint(validation, test));
    QCOMPARE(train.size() + validation.size() + test.size(), size_t{1797});
  }

  void labelsBelongToTheirPlace() {
    auto settings = pairs(3000, 1, 1);
    settings["canvas"] = 16;
    settings["size"] = 16;
    const auto problem = loadData("two_digits", settings);
    std::map<std::vector<double>, std::int64_t> labels;
    for (int side = 0; side < 2; ++side)
      for (std::int64_t i = 0; i < problem.train.size(); ++i) {
        const auto image =
            numbersOf(problem.train.inputs[i].narrow(1, 8 * side, 8).narrow(2, 8 * side, 8));
        const auto label = problem.train.targets[static_cast<size_t>(side)][i].item<std::int64_t>();
        QCOMPARE(labels.try_emplace(image, label).first->second, label);
      }
  }

  void standardises() {
    auto settings = pairs(2000, 500, 500);
    settings["scaling"] = "standard";
    const auto problem = loadData("two_digits", settings);
    QVERIFY(std::abs(problem.train.inputs.mean(at::kDouble).item<double>()) < 1e-5);
    QVERIFY(std::abs(problem.train.inputs.square().mean(at::kDouble).item<double>() - 1) < 1e-4);
    QVERIFY(std::abs(problem.test.inputs.mean(at::kDouble).item<double>()) > 1e-6);
  }

  void readsAFolderOfIdxFiles_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("plain") << false;
    QTest::newRow("gz") << true;
  }
  void readsAFolderOfIdxFiles() {
    QFETCH(bool, packed);
    const FileFolder folder;
    writeIdx(folder, "train", 1, 120, 28, packed);
    writeIdx(folder, "t10k", 200, 50, 28, packed);
    auto settings = pairs(1000, 300, 300);
    settings["folder"] = ".";
    const auto problem = loadData("two_digits", settings, 1, folder.path());
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{1, 28, 28}));
    std::vector<std::set<int>> seen;
    for (const auto* split : {&problem.train, &problem.validation, &problem.test}) {
      const auto left = (split->inputs.select(2, 0).select(2, 0).squeeze(1) * 255).round();
      QVERIFY(left.fmod(10).to(at::kLong).equal(split->targets[0]));
      const auto right = (split->inputs.select(2, 27).select(2, 27).squeeze(1) * 255).round();
      QVERIFY(right.fmod(10).to(at::kLong).equal(split->targets[1]));
      std::set<int> values;
      for (const double value : numbersOf(left)) values.insert(static_cast<int>(value));
      for (const double value : numbersOf(right)) values.insert(static_cast<int>(value));
      seen.push_back(values);
    }
    QCOMPARE(seen[0].size(), size_t{100});
    QCOMPARE(seen[1].size(), size_t{20});
    QCOMPARE(seen[2].size(), size_t{50});
    QVERIFY(*seen[2].begin() == 200);
    for (const int value : seen[1]) QVERIFY(!seen[0].contains(value) && value <= 120);
  }

  void scalesTheCanvasByNearestPixel() {
    const FileFolder folder;
    writeIdx(folder, "train", 1, 12, 28, false);
    writeIdx(folder, "t10k", 200, 2, 28, false);
    auto settings = pairs(1, 1, 1);
    settings["folder"] = folder.path().string();
    const auto problem = loadData("two_digits", settings);
    const auto x = (problem.train.inputs[0][0] * 255).round();
    const double left = x[0][0].item<double>(), right = x[27][27].item<double>();
    // Canvas 36: the left image covers 0..27, the right one 8..35; row i shows (2i + 1) 36 / 56.
    for (int i = 0; i < 28; ++i) {
      const int row = (2 * i + 1) * 36 / 56;
      const double expected = row < 8 ? left : row < 28 ? std::max(left, right) : right;
      QCOMPARE(x[i][i].item<double>(), expected);
    }
  }

  void refusesWhatDoesNotFit() {
    QCOMPARE(messageOf([] {
               loadData("two_digits", {{"canvas", 7}});
             }),
             QString("data.canvas: 7 is below 8"));
    QCOMPARE(messageOf([] {
               loadData("two_digits", {{"train_pairs", 1000000}, {"size", 128}});
             }),
             QString("data.train_pairs: 1008000 pairs of 128x128 pixels take more than 4 GiB; ask "
                     "for fewer"));
    QVERIFY(messageOf([] {
              loadData("two_digits", {{"folder", "no/such"}});
            }).startsWith("data.folder: there is no no/such in "));
  }

  void namesTheBrokenIdxFile() {
    const FileFolder folder;
    const QString place = QString::fromStdString(folder.path().string());
    const auto message = [&](const json& more = json::object()) {
      json settings = pairs(1, 1, 1);
      settings["folder"] = folder.path().string();
      settings.update(more);
      return messageOf([&] { loadData("two_digits", settings); });
    };
    QCOMPARE(message(), place +
                            ": there is no train-images-idx3-ubyte or "
                            "train-images-idx3-ubyte.gz in this folder");
    writeIdx(folder, "train", 1, 12, 28, false);
    QVERIFY(message().contains("there is no t10k-images-idx3-ubyte"));
    writeIdx(folder, "t10k", 200, 2, 20, false);
    QCOMPARE(message(), place + ": the training images are 28 pixels wide, the test images 20");
    writeIdx(folder, "t10k", 200, 2, 28, false);
    QCOMPARE(message(), QString());
    QCOMPARE(message({{"canvas", 27}}),
             QString("data.canvas: 27 is smaller than the images, which are 28 pixels wide"));

    folder.write("t10k-labels-idx1-ubyte", idx({2}, {3, 26}));
    QCOMPARE(message(), place +
                            "/t10k-labels-idx1-ubyte: byte 9: expected a label of 0 to 9, "
                            "found 26");
    folder.write("t10k-labels-idx1-ubyte", idx({1}, "\3"));
    QVERIFY(message().contains("/t10k-labels-idx1-ubyte: byte 4: expected one label for each of"));
    folder.write("t10k-images-idx3-ubyte", idx({2, 28, 28}, "cut"));
    QVERIFY(message().contains("/t10k-images-idx3-ubyte: byte 19: the file ends here"));
    folder.write("t10k-images-idx3-ubyte", idx({2, 1, 2}, "abcd"));
    QVERIFY(message().contains("expected square images"));
  }
};

EQUIPOISE_TEST(TestTwoDigits)
#include "tst_two_digits.moc"
