#include "core/train/image_experiment.h"

#include <QTest>

#include "core/base/error.h"
#include "core/data/image_folder.h"
#include "core/data/map_folder.h"
#include "core/train/trainer.h"
#include "tests/core/data/arrays/array_support.h"
#include "tests/core/data/images/picture_support.h"
#include "tests/core/data/reader_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::train::imageExperiment;

/// A folder of images without another word.
class TestImageExperiment : public QObject {
  Q_OBJECT

  std::unique_ptr<FileFolder> folder_;

  /// `count` images in each of two classes, dark and light.
  void write(int count, int width, int height) const {
    for (const int of : {0, 1}) {
      const auto name = of == 0 ? "dark" : "light";
      fs::create_directories(folder_->path() / name);
      for (int i = 0; i < count; ++i) {
        auto drawn = canvas(width, height, 1, i);
        for (auto& value : drawn.values)
          value = static_cast<std::uint8_t>(value / 2 + (of == 0 ? 0 : 120));
        folder_->write(std::string(name) + "/" + std::to_string(i) + ".png", pictures::png(drawn));
      }
    }
  }

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<FileFolder>(); }

  void trainsAsItIs() {
    write(40, 12, 12);
    QVERIFY(eq::data::isImageFolder(folder_->path()));
    std::vector<std::string> notes;
    auto experiment = imageExperiment(folder_->path(), notes);
    QCOMPARE(notes, std::vector<std::string>({"80 images; the folders name 2 classes"}));
    QVERIFY(!experiment.data.params.contains("size"));
    experiment.threads = 1;
    eq::train::Trainer trainer(experiment);
    QCOMPARE(trainer.tasks()[0].name, std::string("class"));
    for (int i = 0; i < 60; ++i) trainer.step();
    const auto evaluation = trainer.evaluate(eq::train::SplitName::test);
    QVERIFY(evaluation.tasks[0].at("accuracy") > 0.9);
  }

  void saysToWhichSizeItScales() {
    write(2, 200, 100);
    folder_->write("dark/other.png", pictures::png(canvas(60, 60, 1)));
    std::vector<std::string> notes;
    const auto experiment = imageExperiment(folder_->path(), notes);
    QVERIFY((experiment.data.params.at("size") == nlohmann::json({32, 64})));
    QCOMPARE(QString::fromStdString(notes.back()),
             QString("images of 100 x 200 pixels (height x width), the largest ones, and others "
                     "are scaled to 32 x 64"));
    notes.clear();
    const auto given = imageExperiment(folder_->path(), notes, {{"size", {16, 16}}});
    QVERIFY((given.data.params.at("size") == nlohmann::json({16, 16})));
    QCOMPARE(notes.size(), size_t{1});
  }

  /// As NYUv2 is passed around, only smaller.
  void mapsTrainAsTheyAre() {
    for (const std::string part : {"train", "val"})
      for (int i = 0; i < 4; ++i) {
        std::vector<float> image, label, depth, normal;
        for (int pixel = 0; pixel < 100 * 120; ++pixel) {
          const bool right = pixel % 120 > 60 + 10 * i;
          for (int c = 0; c < 3; ++c) {
            image.push_back(right ? 1.0F : 0.1F);
            normal.push_back(c == (right ? 2 : 0) ? 1.0F : 0.0F);
          }
          label.push_back(pixel == 0 ? -1.0F : right ? 1.0F : 0.0F);
          depth.push_back(right ? 3.0F : 1.0F);
        }
        const auto put = [&](const std::string& kind, const char* shape, const auto& numbers) {
          fs::create_directories(folder_->path() / part / kind);
          folder_->write(part + "/" + kind + "/" + std::to_string(i) + ".npy",
                         npyOf("<f4", shape, numbers));
        };
        put("image", "(100, 120, 3)", image);
        put("label", "(100, 120)", label);
        put("depth", "(100, 120, 1)", depth);
        put("normal", "(100, 120, 3)", normal);
      }
    QVERIFY(eq::data::isMapFolder(folder_->path()));
    std::vector<std::string> notes;
    auto experiment = eq::train::mapExperiment(folder_->path(), notes);
    QCOMPARE(
        notes,
        std::vector<std::string>(
            {"4 images to train on, 4 to validate on, 0 to test on; tasks depth, label, normal",
             "images of 100 x 120 pixels (height x width) are scaled to 80 x 96"}));
    experiment.threads = 1;
    eq::train::Trainer trainer(experiment);
    const auto before = trainer.evaluate(eq::train::SplitName::validation);
    for (int i = 0; i < 8; ++i) trainer.step();
    const auto after = trainer.evaluate(eq::train::SplitName::validation);
    for (size_t k = 0; k < 3; ++k) QVERIFY(after.tasks[k].at("loss") < before.tasks[k].at("loss"));
    QVERIFY(after.tasks[0].count("depth_delta") && after.tasks[1].count("miou") &&
            after.tasks[2].count("normal_angle"));
  }

  void otherFoldersAreNone() {
    QVERIFY(!eq::data::isImageFolder(folder_->path()));
    folder_->write("1.png", pictures::png(canvas(4, 4, 1)));  // of no class
    QVERIFY(!eq::data::isImageFolder(folder_->path()));
    QVERIFY(!eq::data::isImageFolder(folder_->path() / "nowhere"));
  }
};

EQUIPOISE_TEST(TestImageExperiment)
#include "tst_image_experiment.moc"
