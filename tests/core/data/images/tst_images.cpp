#include <QTest>

#include <algorithm>

#include <ATen/Functions.h>

#include "core/data/fingerprint.h"
#include "tests/core/data/dataset_support.h"
#include "tests/core/data/images/picture_support.h"
#include "tests/core/data/reader_support.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::data::Problem;
using nlohmann::json;

namespace {

QString imageNotes(const Problem& problem) {
  QStringList notes;
  for (const auto& note : problem.warnings) notes << QString::fromStdString(note.message);
  return notes.join('\n');
}

/// An image of one grey.
std::string plainPng(int grey, int width = 4, int height = 3, int channels = 1) {
  return pictures::png({width, height, channels,
                        std::vector<std::uint8_t>(static_cast<size_t>(width * height * channels),
                                                  static_cast<std::uint8_t>(grey))});
}

/// The greys, 0 to 255, of the first pixels.
std::vector<int> greysOf(const eq::data::Split& split) {
  std::vector<int> greys;
  for (std::int64_t i = 0; i < split.size(); ++i)
    greys.push_back(static_cast<int>(std::lround(split.inputs[i][0][0][0].item<double>() * 255)));
  return greys;
}

std::vector<std::int64_t> classesOf(const eq::data::Split& split, size_t task = 0) {
  std::vector<std::int64_t> classes;
  for (std::int64_t i = 0; i < split.size(); ++i)
    classes.push_back(split.targets[task][i].item<std::int64_t>());
  return classes;
}

}  // namespace

/// The dataset "images".
class TestImages : public QObject {
  Q_OBJECT

  std::unique_ptr<FileFolder> folder_;

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_->path() / name).parent_path());
    folder_->write(name, bytes);
  }
  Problem load(const json& keys = json::object(), std::uint64_t seed = 1) const {
    json given{{"path", folder_->path().string()}, {"scaling", "none"}};
    given.update(keys);
    return loadData("images", given, seed);
  }
  QString refusal(const json& keys = json::object()) const {
    return messageOf([&] { load(keys); });
  }
  /// Ten cats of greys 10 to 19, ten dogs of greys 110 to 119.
  void writeAnimals() const {
    for (int i = 0; i < 10; ++i) {
      write("cat/" + std::to_string(i) + ".png", plainPng(10 + i));
      write("dog/more/" + std::to_string(i) + ".PNG", plainPng(110 + i));
    }
  }

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<FileFolder>(); }

  void foldersNameTheClasses() {
    writeAnimals();
    write("cat/notes.txt", "none");
    write("cat/.hidden.png", "none");
    const auto problem = load({{"validation", 0.2}, {"test", 0.1}});
    QCOMPARE(problem.tasks.size(), size_t{1});
    QCOMPARE(problem.tasks[0].name, std::string("class"));
    QCOMPARE(problem.tasks[0].classNames, std::vector<std::string>({"cat", "dog"}));
    QCOMPARE(problem.inputShape, std::vector<std::int64_t>({1, 3, 4}));
    QCOMPARE(problem.validation.size(), std::int64_t{4});
    QCOMPARE(problem.test.size(), std::int64_t{2});
    std::vector<int> greys;
    for (const auto* split : {&problem.train, &problem.validation, &problem.test}) {
      const auto found = greysOf(*split);
      const auto classes = classesOf(*split);
      for (size_t i = 0; i < found.size(); ++i) QCOMPARE(classes[i], found[i] < 100 ? 0 : 1);
      greys.insert(greys.end(), found.begin(), found.end());
    }
    std::sort(greys.begin(), greys.end());
    for (int i = 0; i < 20; ++i) QCOMPARE(greys[static_cast<size_t>(i)], i < 10 ? 10 + i : 100 + i);
    QVERIFY2(imageNotes(problem).contains("1 file that ends in .txt left out"),
             qPrintable(imageNotes(problem)));
  }

  void foldersTrainAndTestDivide() {
    for (const char* name : {"train/a/1.png", "train/b/1.png", "train/b/2.png", "val/a/1.png",
                             "test/b/1.png", "test/b/2.png"})
      write(name, plainPng(7));
    const auto problem = load();
    QCOMPARE(problem.train.size(), std::int64_t{3});
    QCOMPARE(classesOf(problem.validation), std::vector<std::int64_t>({0}));
    QCOMPARE(classesOf(problem.test), std::vector<std::int64_t>({1, 1}));
    const auto mixed = load({{"split", "random"}, {"validation", 0}, {"test", 0}});
    QCOMPARE(mixed.train.size(), std::int64_t{6});
  }

  void whatIsBesideTheClassesIsSaid() {
    writeAnimals();
    write("lost.png", plainPng(1));
    fs::create_symlink("nowhere.png", folder_->path() / "cat/link.png");
    fs::create_symlink("loop.png", folder_->path() / "cat/loop.png");
    fs::create_directory_symlink(folder_->path() / "dog", folder_->path() / "cat/dogs");
    fs::create_symlink("loop", folder_->path() / "loop");
    const auto problem = load({{"validation", 0}, {"test", 0}});
    QCOMPARE(problem.train.size(), std::int64_t{20});
    const auto notes = imageNotes(problem);
    QVERIFY2(notes.contains("1 image beside the folders of classes is of no class and left out"),
             qPrintable(notes));
    QCOMPARE(notes.count("is no file, or a link to none, and is left out"), 2);
    QVERIFY(notes.contains("is a link to a folder, which is not followed"));
  }

  /// Folders that are no parts, beside those that are, made "train" and "val" the classes.
  void partsStayPartsBesideOtherFolders() {
    for (const char* name : {"train/a/1.png", "train/b/1.png", "val/a/1.png", "__MACOSX/1.png"})
      write(name, plainPng(7));
    write("train/2.png", plainPng(7));
    const auto problem = load();
    QCOMPARE(problem.tasks[0].classNames, std::vector<std::string>({"a", "b"}));
    QCOMPARE(problem.train.size(), std::int64_t{2});
    QCOMPARE(problem.validation.size(), std::int64_t{1});
    const auto notes = imageNotes(problem);
    QVERIFY2(notes.contains("is no part (train, validation, test) and is not read"),
             qPrintable(notes));
    QVERIFY2(notes.contains("1 image beside the folders of classes"), qPrintable(notes));
  }

  void aClassMayBeCalledTrain() {
    for (const char* name : {"train/1.png", "bus/1.png", "car/1.png"}) write(name, plainPng(7));
    const auto problem = load({{"validation", 0}, {"test", 0}});
    QCOMPARE(problem.tasks[0].classNames, std::vector<std::string>({"bus", "car", "train"}));
  }

  /// Names that a table would take for missing values, and numbers.
  void anyNameIsAClass() {
    for (const char* name : {"NA/1.png", "none/1.png", "?/1.png"}) write(name, plainPng(1));
    const auto problem = load({{"validation", 0}, {"test", 0}});
    QCOMPARE(problem.tasks[0].classNames, std::vector<std::string>({"?", "NA", "none"}));
    auto classes = classesOf(problem.train);
    std::sort(classes.begin(), classes.end());
    QCOMPARE(classes, std::vector<std::int64_t>({0, 1, 2}));
  }

  void aTableGivesSeveralTasks() {
    std::string rows = "file,kind,age\n";
    for (int i = 0; i < 8; ++i) {
      write("img/" + std::to_string(i) + ".png", plainPng(20 * i));
      rows += "img/" + std::to_string(i) + ".png," + (i % 2 == 0 ? "even" : "odd") + ',' +
              (i == 3 ? "" : std::to_string(i)) + '\n';
    }
    write("labels.csv", rows);
    const json keys{{"table", "labels.csv"},
                    {"validation", 0},
                    {"test", 0},
                    {"targets",
                     {{{"column", "kind"}, {"kind", "class"}},
                      {{"column", "age"}, {"kind", "number"}, {"unit", "years"}}}}};
    const auto problem = load(keys);
    QCOMPARE(problem.tasks.size(), size_t{2});
    QCOMPARE(problem.tasks[1].unit, std::string("years"));
    const auto greys = greysOf(problem.train);
    for (size_t i = 0; i < greys.size(); ++i) {
      const int number = greys[i] / 20;
      QCOMPARE(classesOf(problem.train)[i], number % 2);
      const auto at = static_cast<std::int64_t>(i);
      QCOMPARE(problem.train.masks[1][at].item<double>(), number == 3 ? 0.0 : 1.0);
      if (number != 3) QCOMPARE(problem.train.targets[1][at].item<double>(), double(number));
    }
    QVERIFY(refusal({{"table", "labels.csv"}}).startsWith("data.targets: name what of labels.csv"));
    auto other = keys;
    other["image"] = "picture";
    QVERIFY(refusal(other).startsWith("data.image: "));
    write("labels.csv", rows + "img/none.png,odd,4\n");
    QVERIFY2(
        refusal(keys).contains("labels.csv:10: column \"file\": there is no file img/none.png"),
        qPrintable(refusal(keys)));
  }

  void coloursAndGreysAreNeverMixedWithoutAWord() {
    write("a/1.png", plainPng(50));
    write("c/2.png", plainPng(60, 4, 3, 2));
    QCOMPARE(load({{"validation", 0}, {"test", 0}}).inputShape[0], std::int64_t{1});
    QVERIFY(imageNotes(load({{"validation", 0}, {"test", 0}}))
                .contains("1 image has transparency, which is left out"));
    Canvas red{4, 3, 3, {}};
    for (int i = 0; i < 12; ++i)
      for (const int value : {200, 100, 50}) red.values.push_back(static_cast<std::uint8_t>(value));
    write("b/1.png", pictures::png(red));
    const auto colours = load({{"validation", 0}, {"test", 0}});
    QCOMPARE(colours.inputShape[0], std::int64_t{3});
    QVERIFY(imageNotes(colours).contains("2 images are grey and get three equal channels"));
    const auto greys = load({{"validation", 0}, {"test", 0}, {"colour", "grey"}});
    QCOMPARE(greys.inputShape[0], std::int64_t{1});
    QVERIFY(imageNotes(greys).contains("1 image in colour is made grey"));
    const auto found = greysOf(greys.train);
    QVERIFY(std::count(found.begin(), found.end(),
                       static_cast<int>(std::lround(0.299 * 200 + 0.587 * 100 + 0.114 * 50))) == 1);
  }

  void otherSizesAreScaledOnlyWhenAsked() {
    write("a/1.png", plainPng(80));
    write("b/2.png", plainPng(90, 8, 6));
    write("a/3.png", plainPng(100, 5, 5));
    QVERIFY2(refusal().contains("a/3.png: 5 x 5 pixels (height x width), "), qPrintable(refusal()));
    QVERIFY(refusal().contains("(data.size)"));
    const auto problem = load({{"size", {2, 3}}, {"validation", 0}, {"test", 0}});
    QCOMPARE(problem.inputShape, std::vector<std::int64_t>({1, 2, 3}));
    auto greys = greysOf(problem.train);
    std::sort(greys.begin(), greys.end());
    QCOMPARE(greys, std::vector<int>({80, 90, 100}));
    QVERIFY(imageNotes(problem).contains("3 images are scaled to 2 x 3 pixels"));
    QVERIFY(imageNotes(problem).contains("3 images of other proportions are stretched"));
    QVERIFY(refusal({{"size", {2}}}).startsWith("data.size: expected [height, width]"));
  }

  void brokenImagesStopOrAreCounted() {
    writeAnimals();
    const auto whole = plainPng(33);
    write("cat/broken.png", whole.substr(0, whole.size() - 20));
    QVERIFY2(refusal().contains("cat/broken.png: byte "), qPrintable(refusal()));
    const auto problem = load({{"broken", "skip"}});
    const auto total = problem.train.size() + problem.validation.size() + problem.test.size();
    QCOMPARE(total, std::int64_t{20});
    QVERIFY2(imageNotes(problem).contains("1 image cannot be read and is left out: "),
             qPrintable(imageNotes(problem)));
    QVERIFY(imageNotes(problem).contains("broken.png: byte "));
  }

  void pixelsAreScaledByTheTrainingPart() {
    write("train/a/1.png", plainPng(0));
    write("train/b/1.png", plainPng(255));
    write("test/b/1.png", plainPng(51));
    const auto problem = load({{"scaling", "standard"}});
    QCOMPARE(problem.inputs[0].offset, 0.5);
    QCOMPARE(problem.inputs[0].scale, 0.5);
    QVERIFY(std::abs(problem.test.inputs[0][0][0][0].item<double>() - (0.2 - 0.5) / 0.5) < 1e-6);
  }

  void theSameAgainAndAnotherFileIsNoticed() {
    writeAnimals();
    const auto first = load(), again = load();
    QVERIFY(sameBits(first.train, again.train));
    QCOMPARE(first.train.source, again.train.source);
    write("cat/0.png", plainPng(99));
    const auto other = load();
    QVERIFY(other.train.source != first.train.source ||
            other.validation.source != first.validation.source ||
            other.test.source != first.test.source);
    QVERIFY(!sameBits(load(json::object(), 2).train, other.train));
  }

  void whatIsNoFolderOfImagesIsRefused() {
    QVERIFY(refusal().contains("has no folders, which would name the classes"));
    write("a/x.txt", "none");
    QVERIFY(refusal().contains("has no PNG or JPEG image in its folders"));
    QVERIFY(refusal({{"split", "group"}}).contains("has no PNG"));
    writeAnimals();
    QVERIFY(refusal({{"split", "group"}}).startsWith("data.split_column: group goes by a column"));
    QVERIFY(refusal({{"split_column", "class"}})
                .startsWith("data.split_column: random reads no column"));
  }
};

EQUIPOISE_TEST(TestImages)
#include "tst_images.moc"
