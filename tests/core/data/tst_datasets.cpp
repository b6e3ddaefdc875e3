#include "dataset_support.h"

#include <QTest>

#include "arrays/array_support.h"
#include "images/picture_support.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::data::Problem;
using eq::data::Split;
using nlohmann::json;

namespace {

/// Ten images in each of two folders.
std::string smallImages() {
  static const FileFolder folder;
  for (const std::string name : {"a", "b"}) {
    std::filesystem::create_directories(folder.path() / name);
    for (int i = 0; i < 10; ++i)
      folder.write(name + "/" + std::to_string(i) + ".png", pictures::png(canvas(5, 4, 3, i)));
  }
  return folder.path().string();
}

/// Two images in each part, with depths.
std::string smallMaps() {
  static const FileFolder folder;
  for (const std::string part : {"train", "val", "test"})
    for (const std::string kind : {"image", "depth"}) {
      std::filesystem::create_directories(folder.path() / part / kind);
      for (const std::string file : {"/0.npy", "/1.npy"})
        folder.write(part + "/" + kind + file,
                     npyOf("<f4", "(2, 3)", std::vector<float>{0, 1, 2, 3, 4, 5}));
    }
  return folder.path().string();
}

/// 20 rows of two features and a class.
std::string smallArchive() {
  static const FileFolder folder;
  std::vector<float> features;
  std::vector<std::uint8_t> classes;
  for (int i = 0; i < 40; ++i) {
    features.push_back(static_cast<float>(i));
    classes.push_back(static_cast<std::uint8_t>(i % 3));
  }
  return folder
      .write("small.npz", zipOf({{"x.npy", npyOf("<f4", "(20, 2)", features)},
                                 {"c.npy", npyOf("|u1", "(20,)", bytesOf(classes).substr(20))}}))
      .string();
}

/// Small settings of every dataset, so that each of the catalog's rows is tested.
json smallSettings(const std::string& id) {
  if (id == "two_digits")
    return {{"train_pairs", 50}, {"validation_pairs", 20}, {"test_pairs", 10}};
  if (id == "scale_imbalance")
    return {{"train", 50}, {"validation", 20}, {"test", 10}, {"scales", {1, 10}}};
  if (id == "tokenised_series") return {{"train", 50}, {"validation", 20}, {"test", 10}};
  if (id == "rooms")
    return {{"train", 5}, {"validation", 3}, {"test", 2}, {"height", 12}, {"width", 16}};
  if (id == "funnel") return {{"lists", 4}, {"validation_lists", 2}, {"test_lists", 2}};
  if (id == "table")
    return {{"path", "data/wine.csv"},
            {"targets",
             {{{"column", "cultivar"}, {"kind", "class"}},
              {{"column", "alcohol"}, {"kind", "number"}}}}};
  if (id == "arrays")
    return {{"path", smallArchive()}, {"targets", {{{"array", "c"}, {"kind", "class"}}}}};
  if (id == "images") return {{"path", smallImages()}};
  if (id == "maps") return {{"path", smallMaps()}};
  return json::object();
}

/// Empty when the split keeps the promises of Split and TaskKind, else what is wrong.
QString fault(const Split& split, const Problem& problem) {
  if (split.inputs.scalar_type() != at::kFloat) return "inputs are not float32";
  std::vector<std::int64_t> shape{split.size()};
  shape.insert(shape.end(), problem.inputShape.begin(), problem.inputShape.end());
  if (split.inputs.sizes() != shape) return "inputs have another shape than inputShape says";
  if (!split.inputs.isfinite().all().item<bool>()) return "an input is not finite";
  if (split.targets.size() != problem.tasks.size()) return "not one target a task";
  if (split.masks.size() != problem.tasks.size()) return "not one mask a task";
  for (size_t k = 0; k < problem.tasks.size(); ++k) {
    const auto& task = problem.tasks[k];
    const auto& target = split.targets[k];
    if (task.kind == TaskKind::objective) {
      if (target.defined()) return "an objective has a target";
      continue;
    }
    const bool isMap = task.kind == TaskKind::segmentation;
    const bool classes =
        isMap || task.kind == TaskKind::classification || task.kind == TaskKind::ordinal;
    if (target.scalar_type() != (classes ? at::kLong : at::kFloat)) return "wrong type of target";
    std::vector<std::int64_t> expected{split.size()};
    if (task.kind == TaskKind::regression && task.width > 1) expected.push_back(task.width);
    if (isMap) expected.push_back(task.imageShape.at(0) * task.imageShape.at(1));
    if (target.sizes() != expected) return "wrong shape of target";
    if (!target.isfinite().all().item<bool>()) return "a target is not finite";
    if (classes && ((target >= task.width) | ((target < 0) & (target != -100))).any().item<bool>())
      return "a class is out of range";
    if (split.masks[k].defined() && split.masks[k].sizes() != target.sizes())
      return "wrong shape of mask";
    if (!task.classNames.empty() && task.kind != TaskKind::binary &&
        std::ssize(task.classNames) != task.width)
      return "not one name a class";
  }
  return {};
}

}  // namespace

class TestDatasets : public QObject {
  Q_OBJECT

  void everyDataset() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : eq::data::catalog().descriptors())
      QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }

 private Q_SLOTS:
  void keepsItsPromises_data() { everyDataset(); }
  void keepsItsPromises() {
    QFETCH(QString, id);
    const auto problem = loadData(id.toStdString(), smallSettings(id.toStdString()));
    for (const auto* split : {&problem.train, &problem.validation, &problem.test}) {
      QVERIFY(split->size() > 0);
      QCOMPARE(fault(*split, problem), QString());
    }
    for (const auto& task : problem.tasks)
      QVERIFY(eq::data::catalog().descriptor(id.toStdString()).accepts(task.kind));
  }

  void isDeterminedByItsSeed_data() { everyDataset(); }
  void isDeterminedByItsSeed() {
    QFETCH(QString, id);
    const json settings = smallSettings(id.toStdString());
    const auto first = loadData(id.toStdString(), settings, 7);
    QVERIFY(sameBits(first, loadData(id.toStdString(), settings, 7)));
    if (id != "two_valleys" && id != "maps")  // which draw nothing
      QVERIFY(!sameBits(first, loadData(id.toStdString(), settings, 8)));
  }

  void isDescribed_data() { everyDataset(); }
  void isDescribed() {
    QFETCH(QString, id);
    const auto& descriptor = eq::data::catalog().descriptor(id.toStdString());
    QVERIFY(!descriptor.title.empty() && !descriptor.formula.empty());
    QVERIFY(descriptor.summary.ends_with('.') && !descriptor.citation.empty());
    for (const auto& spec : descriptor.parameters) {
      QVERIFY2(!spec.doc.empty(), spec.name.c_str());
      if (!spec.required) eq::check(spec, spec.defaultValue, spec.name);
    }
  }

  void splitsMoveWhole() {
    const auto problem = loadData("two_valleys");
    const auto moved = problem.train.to(at::kCPU);
    QVERIFY(moved.inputs.defined() && !moved.targets.at(1).defined());
    QCOMPARE(Split{}.to(at::kCPU).size(), std::int64_t{0});
  }

  void refusesUnknownParameters() {
    QVERIFY(messageOf([] {
              loadData("two_digits", {{"canvs", 12}});
            }).startsWith("data.canvs: unknown parameter; known: folder, canvas"));
  }
};

EQUIPOISE_TEST(TestDatasets)
#include "tst_datasets.moc"
