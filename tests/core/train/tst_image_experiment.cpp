#include "core/train/image_experiment.h"

#include <QTest>

#include "core/base/error.h"
#include "core/data/image_folder.h"
#include "core/train/trainer.h"
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

  void otherFoldersAreNone() {
    QVERIFY(!eq::data::isImageFolder(folder_->path()));
    folder_->write("1.png", pictures::png(canvas(4, 4, 1)));  // of no class
    QVERIFY(!eq::data::isImageFolder(folder_->path()));
    QVERIFY(!eq::data::isImageFolder(folder_->path() / "nowhere"));
  }
};

EQUIPOISE_TEST(TestImageExperiment)
#include "tst_image_experiment.moc"
