#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>
#include <limits>
#include <memory>

#include "core/data/map_folder.h"
#include "tests/core/data/arrays/array_support.h"
#include "tests/core/data/dataset_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::TaskKind;
using nlohmann::json;

Q_DECLARE_METATYPE(json)

/// Folders of images with maps, as NYUv2 and Cityscapes are passed around.
class TestMaps : public QObject {
  Q_OBJECT

  std::unique_ptr<FileFolder> folder_;

  static constexpr int kHeight = 4, kWidth = 6, kPixels = kHeight * kWidth;

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_->path() / name).parent_path());
    folder_->write(name, bytes);
  }

  static std::string npy(const std::string& shape, const std::vector<float>& numbers) {
    return npyOf("<f4", shape, numbers);
  }

  /// The images' value at a pixel says where it is: 100 row + 10 column + channel, plus the number.
  static std::vector<float> ramp(int channels, int number) {
    std::vector<float> all;
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < channels; ++c)
          all.push_back(static_cast<float>(100 * y + 10 * x + c + 1000 * number));
    return all;
  }

  static std::vector<float> labels(int number) {
    std::vector<float> all;
    for (int i = 0; i < kPixels; ++i) all.push_back(static_cast<float>((i + number) % 4 - 1));
    return all;
  }

  /// (0.6, 0, 0.8) and (0, -1, 0) in turn, the first one unknown.
  static std::vector<float> normals() {
    std::vector<float> all{0, 0, 0};
    for (int i = 1; i < kPixels; ++i)
      for (int c = 0; c < 3; ++c)
        all.push_back(i % 2 == 0 ? (c == 1 ? -1.0F : 0.0F) : (c == 0 ? 0.6F : c == 1 ? 0 : 0.8F));
    return all;
  }

  static std::vector<float> depths(int number) {
    auto all = ramp(1, number);
    all[0] = 0;
    return all;
  }

  void writeExample(const std::string& part, int number) const {
    const auto file = "/" + std::to_string(number) + ".npy";
    write(part + "/image" + file, npy("(4, 6, 3)", ramp(3, number)));
    write(part + "/label" + file, npy("(4, 6)", labels(number)));
    write(part + "/depth" + file, npy("(4, 6, 1)", depths(number)));
    write(part + "/normal" + file, npy("(4, 6, 3)", normals()));
  }

  void writeAll() const {
    for (const int number : {0, 2, 10}) writeExample("train", number);
    writeExample("val", 0);
  }

  eq::data::Problem load(json keys = json::object()) const {
    keys["path"] = folder_->path().string();
    if (!keys.contains("scaling")) keys["scaling"] = "none";
    return loadData("maps", keys);
  }

  QString refusal(const json& keys = json::object()) const {
    return messageOf([&] { load(keys); }).remove(QString::fromStdString(folder_->path().string()));
  }

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<FileFolder>(); }

  void readsEveryKind() {
    writeAll();
    QVERIFY(eq::data::isMapFolder(folder_->path()));
    const auto problem = load();
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{3, kHeight, kWidth}));
    QCOMPARE(problem.train.size(), std::int64_t{3});
    QCOMPARE(problem.validation.size(), std::int64_t{1});
    QCOMPARE(problem.test.size(), std::int64_t{0});
    // 2 before 10; channels first.
    for (const auto& [row, number] : {std::pair(0, 0), std::pair(1, 2), std::pair(2, 10)})
      QCOMPARE(problem.train.inputs[row][2][3][5].item<double>(), 352.0 + 1000 * number);
    QCOMPARE(problem.tasks.size(), size_t{3});
    const auto& depth = problem.tasks[0];
    const auto& label = problem.tasks[1];
    const auto& normal = problem.tasks[2];
    QCOMPARE(QString::fromStdString(depth.name + label.name + normal.name),
             QString("depthlabelnormal"));
    for (const auto& task : problem.tasks)
      QCOMPARE(task.imageShape, (std::vector<std::int64_t>{kHeight, kWidth}));
    QVERIFY(label.kind == TaskKind::segmentation && label.width == 3);
    QVERIFY(depth.kind == TaskKind::regression && depth.width == kPixels);
    QVERIFY(normal.kind == TaskKind::regression && normal.width == 3 * kPixels);
    const auto& train = problem.train;
    QCOMPARE(train.targets[0][1][9].item<double>(), 2130.0);
    QCOMPARE(train.masks[0][1].sum().item<double>(), kPixels - 1.0);
    QCOMPARE(train.targets[1][0][0].item<std::int64_t>(), std::int64_t{-100});
    QCOMPARE(train.targets[1][0][3].item<std::int64_t>(), std::int64_t{2});
    const auto vectors = train.targets[2][0].view({3, kPixels});
    QCOMPARE(vectors[2][1].item<float>(), 0.8F);
    QCOMPARE(vectors[1][2].item<float>(), -1.0F);
    QCOMPARE(train.masks[2][0].view({3, kPixels}).sum(1)[1].item<double>(), kPixels - 1.0);
    QStringList notes;
    for (const auto& warning : problem.warnings) notes << QString::fromStdString(warning.message);
    QVERIFY(notes.contains("task depth: 4 of 96 pixels have no value and do not count"));
    QVERIFY(notes.contains("task label: 24 of 96 pixels have no value and do not count"));
    QVERIFY(notes.contains("there is no part test to measure on"));
  }

  void anySubsetOfTasksWillDo() {
    writeAll();
    for (const char* part : {"train", "val"}) {
      fs::remove_all(folder_->path() / part / "normal");
      fs::rename(folder_->path() / part / "label", folder_->path() / part / "label_7");
    }
    const auto problem = load();
    QCOMPARE(problem.tasks.size(), size_t{2});
    QCOMPARE(problem.tasks[1].name, std::string("label_7"));
    QVERIFY(problem.tasks[1].kind == TaskKind::segmentation);
  }

  void standardisesByTheTrainingPart() {
    writeAll();
    const auto problem = load({{"scaling", "standard"}});
    QVERIFY(std::abs(problem.train.inputs.mean(at::kDouble).item<double>()) < 1e-5);
    QVERIFY(std::abs(problem.train.inputs.square().mean(at::kDouble).item<double>() - 1) < 1e-4);
    const auto& scale = problem.inputs.at(0);
    const auto first = problem.validation.inputs[0][0][1][1].item<double>();
    QVERIFY(std::abs(first * scale.scale + scale.offset - 110) < 1e-2);
  }

  /// Other orders of axes give the same bits.
  void axesMayBeInOtherOrders() {
    writeAll();
    const auto expected = load();
    std::vector<float> planes;
    const auto pixels = ramp(3, 2);
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < kPixels; ++i) planes.push_back(pixels[static_cast<size_t>(3 * i + c)]);
    write("train/image/2.npy", npy("(3, 4, 6)", planes));
    write("train/depth/2.npy", npy("(1, 4, 6)", depths(2)));
    std::vector<double> columns;  // Fortran order, float64
    for (int x = 0; x < kWidth; ++x)
      for (int y = 0; y < kHeight; ++y)
        columns.push_back(labels(10)[static_cast<size_t>(y * kWidth + x)]);
    write("train/label/10.npy", npyOf("<f8", "(4, 6)", bytesOf(columns), true));
    QVERIFY(sameBits(expected, load()));
  }

  void scalesToOneSize() {
    writeAll();
    const auto problem = load({{"size", {2, 3}}});
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{3, 2, 3}));
    // Of two by two pixels the one at the middle's lower right.
    QCOMPARE(problem.train.targets[0][0][4].item<double>(), 330.0);
    QCOMPARE(problem.train.targets[1][0].size(0), std::int64_t{6});
    QVERIFY(problem.train.inputs.isfinite().all().item<bool>());
    QCOMPARE(problem.tasks[2].width, std::int64_t{18});
  }

  void whatIsMissingCanBeSaid() {
    writeAll();
    auto marked = depths(0);
    marked[1] = std::numeric_limits<float>::quiet_NaN();
    write("train/depth/0.npy", npy("(4, 6)", marked));
    const auto problem = load({{"depth_missing", nullptr}, {"ignored", json::array({-1, 2})}});
    QCOMPARE(problem.train.masks[0][0].sum().item<double>(), kPixels - 1.0);  // NaN alone
  }

  void refusals_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<json>("keys");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* name, const char* file, const std::string& bytes,
                        const char* message, const json& keys = json::object()) {
      QTest::newRow(name) << QString(file) << QByteArray::fromStdString(bytes) << keys
                          << QString(message);
    };
    const auto whole = npy("(4, 6)", ramp(1, 0));
    add("cut off", "/train/depth/2.npy", whole.substr(0, whole.size() - 5),
        "/train/depth/2.npy: byte 219: the file ends here");
    add("no array", "/train/depth/2.npy", "hello", "/train/depth/2.npy: byte ");
    add("empty", "/train/image/0.npy", "", "/train/image/0.npy: byte 0: ");
    add("texts", "/val/label/0.npy", npyOf("<U1", "(4, 6)", std::string(96, 'a')),
        "/val/label/0.npy: holds texts");
    add("a half label", "/train/label/10.npy", npy("(4, 6)", std::vector<float>(24, 0.5F)),
        "/train/label/10.npy: element [0, 0]: a label is a whole number from 0 to 999 or one of "
        "data.ignored, found 0.5");
    add("a negative label", "/train/label/10.npy",
        npy("(4, 6, 1)",
            [] {
              auto all = std::vector<float>(24, 1);
              all[13] = -2;
              return all;
            }()),
        "/train/label/10.npy: element [2, 1, 0]: a label is a whole number from 0 to 999 or one of "
        "data.ignored, found -2");
    add("an infinite depth", "/val/depth/0.npy",
        npy("(1, 4, 6)",
            [] {
              auto all = std::vector<float>(24, 1);
              all[23] = std::numeric_limits<float>::infinity();
              return all;
            }()),
        "/val/depth/0.npy: element [0, 3, 5]: inf is no number to learn from or to learn");
    add("NaN in an image", "/train/image/2.npy",
        npy("(4, 6, 3)", std::vector<float>(72, std::numeric_limits<float>::quiet_NaN())),
        "/train/image/2.npy: element [0, 0, 0]: nan is no number to learn from or to learn");
    add("two channels", "/train/image/0.npy", npy("(4, 6, 2)", std::vector<float>(48)),
        "/train/image/0.npy: expected [height, width, 3] or [height, width], or with the channels "
        "first, found float32 [4, 6, 2]");
    add("flat normals", "/train/normal/0.npy", npy("(4, 6)", std::vector<float>(24)),
        "/train/normal/0.npy: expected [height, width, 3], found float32 [4, 6]");
    add("either order", "/train/image/0.npy", npy("(3, 8, 3)", std::vector<float>(72)),
        "/train/image/0.npy: the channels of float32 [3, 8, 3] can be its first axis or its last; "
        "say it in data.layout");
    add("the other layout", "/train/image/0.npy", npy("(4, 6, 3)", ramp(3, 0)),
        "/train/image/0.npy: expected [height, width, 3] or [height, width] with data.layout "
        "channels_first, found float32 [4, 6, 3]",
        {{"layout", "channels_first"}});
    add("no pixel", "/train/image/0.npy", npy("(0, 6, 3)", std::vector<float>()),
        "/train/image/0.npy: expected [height, width, 3] or [height, width] with at least one "
        "pixel, found float32 [0, 6, 3]");
    add("a larger image", "/train/image/2.npy", npy("(8, 6, 3)", std::vector<float>(144)),
        "/train/image/2.npy: 8 x 6 pixels (height x width), /train/image/0.npy has 4 x 6; say to "
        "which size all are scaled (data.size)");
    add("a larger map", "/val/depth/0.npy", npy("(8, 6)", std::vector<float>(48, 1)),
        "/val/depth/0.npy: 8 x 6 pixels (height x width), image/0.npy has 4 x 6");
    add("a grey image", "/val/image/0.npy", npy("(4, 6)", ramp(1, 0)),
        "/val/image/0.npy: has 1 channels, /train/image/0.npy has 3");
    add("one size", "/train/other.txt", "", "data.size: expected [height, width], found 1 numbers",
        {{"size", {4}}});
  }
  void refusals() {
    QFETCH(QString, file);
    QFETCH(QByteArray, bytes);
    QFETCH(json, keys);
    QFETCH(QString, message);
    writeAll();
    write(file.mid(1).toStdString(), bytes.toStdString());
    const auto found = refusal(keys);
    QVERIFY2(found.startsWith(message), qPrintable(found));
  }

  void incompleteFoldersAreRefused() {
    const auto without = [&](const char* what) {
      folder_ = std::make_unique<FileFolder>();
      writeAll();
      fs::remove_all(folder_->path() / what);
      return refusal();
    };
    QCOMPARE(without("val"),
             QString(": there is no folder val with a folder image of .npy files in it"));
    QCOMPARE(without("val/image"), QString("/val: there is no folder image with .npy files in it"));
    QCOMPARE(without("val/depth"), QString("/val: there is no folder depth, which train has"));
    QCOMPARE(without("train/depth"), QString("/train: there is no folder depth, which val has"));
    QCOMPARE(without("train/depth/10.npy"),
             QString("/train/depth: there is no 10.npy, which image has"));
    folder_ = std::make_unique<FileFolder>();
    for (const char* part : {"train", "val"})
      write(std::string(part) + "/image/0.npy", npy("(4, 6)", ramp(1, 0)));
    QCOMPARE(refusal(), QString("/train: beside image there is no folder label, depth or normal to "
                                "learn"));
    folder_ = std::make_unique<FileFolder>();
    QVERIFY(!eq::data::isMapFolder(folder_->path()));
    QVERIFY(!eq::data::isMapFolder(folder_->path() / "nowhere"));
  }

  void whatIsNotReadIsSaid() {
    writeAll();
    write("train/depth/77.npy", "no image");
    write("train/masks/0.npy", "no task");
    write("README", "words");
    QStringList notes;
    for (const auto& warning : load().warnings)
      notes << QString::fromStdString(warning.place + ": " + warning.message)
                   .remove(QString::fromStdString(folder_->path().string()));
    QVERIFY(notes.contains("/README: is no part (train, val, test) and is not read"));
    QVERIFY(
        notes.contains("/train/masks: is no folder image, label..., depth... or normal... and "
                       "is not read"));
    QVERIFY(notes.contains("/train/depth: 1 entries have no image and are not read"));
  }

  void lengthsOfNormalsAreSaid() {
    writeAll();
    auto longer = normals();
    for (auto& number : longer) number *= 2;
    write("train/normal/0.npy", npy("(4, 6, 3)", longer));
    const auto problem = load();
    const auto square = problem.train.targets[2].view({3, 3, kPixels}).square().sum(1);
    QVERIFY((square.narrow(1, 1, kPixels - 1) - 1).abs().max().item<double>() < 1e-6);
    bool said = false;
    for (const auto& warning : problem.warnings)
      said = said || warning.message ==
                         "task normal: 23 of 96 normals are of another length than 1 and are "
                         "scaled to it";
    QVERIFY(said);
  }
};

EQUIPOISE_TEST(TestMaps)
#include "tst_maps.moc"
