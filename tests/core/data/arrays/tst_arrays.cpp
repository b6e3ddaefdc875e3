#include <QTest>

#include <algorithm>
#include <cmath>

#include <ATen/Functions.h>

#include "array_support.h"
#include "core/data/fingerprint.h"
#include "tests/core/data/dataset_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::data::changedSplits;
using eq::data::Problem;
using nlohmann::json;
using Numbers = std::vector<double>;
using Shape = std::vector<std::int64_t>;

namespace {

/// 0, 1 ... count - 1, each times `factor`, modulo `wrap`.
template <typename Number>
std::vector<Number> ramp(int count, int factor = 1, int wrap = 1 << 30) {
  std::vector<Number> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(static_cast<Number>(i * factor % wrap));
  return numbers;
}

QString notesOf(const Problem& problem) {
  QStringList notes;
  for (const auto& note : problem.warnings)
    notes << QString::fromStdString(note.place + ": " + note.message);
  return notes.join('\n');
}

Numbers allOf(const Problem& problem, size_t task) {
  Numbers all;
  for (const auto* split : {&problem.train, &problem.validation, &problem.test})
    for (const double number : numbersOf(split->targets.at(task))) all.push_back(number);
  return all;
}

}  // namespace

/// The dataset "arrays".
class TestArrays : public QObject {
  Q_OBJECT

  FileFolder folder_;
  using Members = std::vector<std::pair<std::string, std::string>>;

  Problem load(const Members& members, const json& keys, std::uint64_t seed = 1,
               bool deflate = false) const {
    folder_.write("x.npz", zipOf(members, deflate));
    json given{{"path", "x.npz"}, {"validation", 0}, {"test", 0}};
    given.update(keys);
    return loadData("arrays", given, seed, folder_.path());
  }
  QString refusal(const Members& members, const json& keys) const {
    return messageOf([&] { load(members, keys); })
        .replace(QString::fromStdString(folder_.path().string()) + "/", "");
  }
  static json target(const std::string& array, const std::string& kind = "auto") {
    return {{"array", array}, {"kind", kind}};
  }
  static json targets(const std::string& array, const std::string& kind = "auto") {
    return {{"targets", json::array({target(array, kind)})}};
  }
  /// Ten rows: features x [10, 2], classes c, numbers y.
  static Members tenRows() {
    return {{"x.npy", npyOf("<f4", "(10, 2)", ramp<float>(20))},
            {"c.npy", npyOf("|u1", "(10,)", ramp<std::uint8_t>(10, 1, 3))},
            {"y.npy", npyOf("<f8", "(10,)", ramp<double>(10))}};
  }

 private Q_SLOTS:
  void makesInputsAndTasks() {
    const auto problem = load(
        tenRows(), {{"targets", {target("c"), target("y")}}, {"validation", 0.2}, {"test", 0.1}});
    QCOMPARE(problem.train.size(), std::int64_t{7});
    QCOMPARE(problem.validation.size(), std::int64_t{2});
    QCOMPARE(problem.test.size(), std::int64_t{1});
    QCOMPARE(problem.inputShape, Shape{2});
    QCOMPARE(problem.inputs[0].name, std::string("x[0]"));
    QCOMPARE(problem.tasks[0].kind, TaskKind::classification);
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"0", "1", "2"}));
    QCOMPARE(problem.tasks[1].kind, TaskKind::regression);
    auto numbers = allOf(problem, 1);
    std::sort(numbers.begin(), numbers.end());
    QCOMPARE(numbers, ramp<double>(10));
  }

  /// Each row keeps its own inputs and targets: x[0] = 2 y and c = y mod 3 before the scaling.
  void rowsStayTogether() {
    const auto problem = load(tenRows(), {{"targets", {target("c"), target("y")}},
                                          {"validation", 0.3},
                                          {"test", 0.3},
                                          {"scaling", "none"}});
    for (const auto* split : {&problem.train, &problem.validation, &problem.test}) {
      QVERIFY(split->inputs.select(1, 0).equal(split->targets[1] * 2));
      QVERIFY(split->targets[0].equal(split->targets[1].to(at::kLong).remainder(3)));
    }
  }

  /// (x - mean) / deviation of the training rows alone, in double before 32 bits are left.
  void scalesByTheTrainingRows() {
    const std::vector<double> far{1e11, 1e11 + 1, 1e11 + 2, 1e11 + 3, 1e11 + 9};
    const Members members{
        {"x.npy", npyOf("<f8", "(5,)", far)},
        {"y.npy", npyOf("<f4", "(5,)", ramp<float>(5))},
        {"part.npy", npyOf("|i1", "(5,)", bytesOf<std::int8_t>({0, 0, 0, 0, 1}))}};
    auto keys = targets("y");
    keys.update({{"split", "given"}, {"split_array", "part"}});
    const auto problem = load(members, keys);
    const double deviation = std::sqrt(1.25);  // of 0, 1, 2, 3
    QCOMPARE(problem.inputs[0].offset, 1e11 + 1.5);
    QVERIFY(std::abs(problem.inputs[0].scale - deviation) < 1e-12);
    const auto trained = numbersOf(problem.train.inputs),
               kept = numbersOf(problem.validation.inputs);
    for (size_t i = 0; i < 4; ++i)
      QVERIFY(std::abs(trained[i] - (static_cast<double>(i) - 1.5) / deviation) < 1e-6);
    QVERIFY(std::abs(kept[0] - 7.5 / deviation) < 1e-6);
  }

  void setsArraysSideBySide() {
    auto members = tenRows();
    members.push_back({"z.npy", npyOf("<i4", "(10,)", ramp<std::int32_t>(10))});
    auto keys = targets("c");
    keys.update({{"inputs", {"z", "x"}}, {"scaling", "none"}});
    const auto problem = load(members, keys);
    QCOMPARE(problem.inputShape, Shape{3});
    QCOMPARE(problem.inputs[0].name, std::string("z"));
    QCOMPARE(problem.inputs[2].name, std::string("x[1]"));
    QVERIFY((problem.train.inputs.select(1, 0) * 2).equal(problem.train.inputs.select(1, 1)));
  }

  /// One number by its place, as it is read from each of the layouts.
  void takesImages_data() {
    QTest::addColumn<QString>("shape");
    QTest::addColumn<QList<int>>("expected");
    QTest::addColumn<QList<int>>("order");  // of the axes of a row, as channels, height, width
    QTest::newRow("grey") << "(4, 5, 7)" << QList{1, 5, 7} << QList<int>{};
    QTest::newRow("channels first") << "(4, 3, 5, 7)" << QList{3, 5, 7} << QList{0, 1, 2};
    QTest::newRow("channels last") << "(4, 5, 7, 3)" << QList{3, 5, 7} << QList{2, 0, 1};
  }
  void takesImages() {
    QFETCH(QString, shape);
    QFETCH(QList<int>, expected);
    QFETCH(QList<int>, order);
    const int count = 4 * expected[0] * expected[1] * expected[2];
    auto keys = targets("y");
    keys["scaling"] = "none";
    const auto problem =
        load({{"x.npy", npyOf("<u2", shape.toStdString(), ramp<std::uint16_t>(count))},
              {"y.npy", npyOf("<f4", "(4,)", ramp<float>(4))}},
             keys);
    QCOMPARE(problem.inputShape, Shape(expected.begin(), expected.end()));
    QCOMPARE(problem.inputs.size(), size_t{1});
    const auto row = numbersOf(problem.train.targets[0]).front();
    auto image = at::arange(count, at::kFloat).view({4, -1})[static_cast<std::int64_t>(row)];
    if (order.size() == 3) {
      Shape sizes(3);
      for (int i = 0; i < 3; ++i) sizes[static_cast<size_t>(order[i])] = expected[i];
      image = image.view(sizes).permute({order[0], order[1], order[2]});
    }
    QVERIFY(problem.train.inputs[0].equal(image.reshape(problem.inputShape)));
  }

  void imagesAreScaledTogether() {
    const auto problem = load({{"x.npy", npyOf("|u1", "(6, 2, 2)", ramp<std::uint8_t>(24))},
                               {"y.npy", npyOf("<f4", "(6,)", ramp<float>(6))}},
                              targets("y"));
    QCOMPARE(problem.inputs[0].name, std::string("pixel"));
    QVERIFY(std::abs(problem.inputs[0].offset - 11.5) < 1e-12);
    QVERIFY(std::abs(problem.inputs[0].scale - std::sqrt((24 * 24 - 1) / 12.0)) < 1e-12);
    QVERIFY(std::abs(problem.train.inputs.mean().item<double>()) < 1e-6);
  }

  void guessesKinds_data() {
    QTest::addColumn<QByteArray>("array");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("width");
    const auto row = [](const char* name, const std::string& bytes, TaskKind kind, int width) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << static_cast<int>(kind) << width;
    };
    row("few whole numbers", npyOf("<i8", "(30,)", ramp<std::int64_t>(30, 1, 20)),
        TaskKind::classification, 20);
    row("many whole numbers", npyOf("<i8", "(30,)", ramp<std::int64_t>(30, 1, 21)),
        TaskKind::regression, 1);
    row("all different", npyOf("<i8", "(30,)", ramp<std::int64_t>(30)), TaskKind::regression, 1);
    row("a column", npyOf("<i8", "(30, 1)", ramp<std::int64_t>(30, 1, 3)), TaskKind::classification,
        3);
    row("truth", npyOf("|b1", "(30,)", ramp<std::int8_t>(30, 1, 2)), TaskKind::binary, 1);
    row("fractions", npyOf("<f4", "(30,)", ramp<float>(30, 1, 2)), TaskKind::regression, 1);
    row("vectors", npyOf("<f4", "(30, 4)", ramp<float>(120)), TaskKind::regression, 4);
    row("labels", npyOf("|u1", "(30, 4)", ramp<std::uint8_t>(120, 1, 2)), TaskKind::multilabel, 4);
    row("truths", npyOf("|b1", "(30, 4)", ramp<std::uint8_t>(120, 1, 2)), TaskKind::multilabel, 4);
    row("maps", npyOf("|u1", "(30, 2, 3)", ramp<std::uint8_t>(180, 1, 5)), TaskKind::segmentation,
        5);
    row("depths", npyOf("<f2", "(30, 2, 3)", ramp<std::uint16_t>(180)), TaskKind::regression, 6);
  }
  void guessesKinds() {
    QFETCH(QByteArray, array);
    QFETCH(int, kind);
    QFETCH(int, width);
    const auto problem =
        load({{"x.npy", npyOf("<f4", "(30,)", ramp<float>(30))}, {"t.npy", array.toStdString()}},
             targets("t"));
    QCOMPARE(static_cast<int>(problem.tasks[0].kind), kind);
    QCOMPARE(problem.tasks[0].width, std::int64_t{width});
    QVERIFY2(notesOf(problem).contains("array \"t\": taken as \"kind\": \""),
             qPrintable(notesOf(problem)));
  }

  void targetsHaveTheShapesOfTheirKinds() {
    Members members{{"x.npy", npyOf("<f4", "(4,)", ramp<float>(4))},
                    {"map.npy", npyOf("|u1", "(4, 2, 3)", ramp<std::uint8_t>(24, 1, 3))},
                    {"depth.npy", npyOf("<f4", "(4, 1, 2, 3)", ramp<float>(24))},
                    {"grade.npy", npyOf("|u1", "(4,)", bytesOf<std::uint8_t>({5, 9, 7, 5}))}};
    const auto problem = load(
        members,
        {{"targets",
          {target("map", "segmentation"), target("depth", "number"), target("grade", "ordinal")}}});
    QCOMPARE(problem.tasks[0].imageShape, (Shape{2, 3}));
    QCOMPARE(problem.tasks[1].imageShape, (Shape{2, 3}));
    QCOMPARE(problem.train.targets[0].sizes().vec(), (Shape{4, 6}));
    QCOMPARE(problem.train.targets[0].scalar_type(), at::kLong);
    QCOMPARE(problem.train.targets[1].sizes().vec(), (Shape{4, 6}));
    QCOMPARE(problem.tasks[2].classNames, (std::vector<std::string>{"5", "7", "9"}));
    auto ranks = numbersOf(problem.train.targets[2]);
    std::sort(ranks.begin(), ranks.end());
    QCOMPARE(ranks, (Numbers{0, 0, 1, 2}));
  }

  void leavesMissingTargetsOut() {
    const double nan = std::nan("");
    const Members members{
        {"x.npy", npyOf("<f4", "(4,)", ramp<float>(4))},
        {"y.npy", npyOf("<f8", "(4,)", bytesOf<double>({1, nan, 3, -1}))},
        {"c.npy", npyOf("<i2", "(4,)", bytesOf<std::int16_t>({0, 1, -100, 255}))}};
    auto y = target("y", "number"), c = target("c", "class");
    y["missing"] = {-1};
    c["missing"] = {-100, 255};
    const auto problem = load(members, {{"targets", {y, c}}});
    QCOMPARE(problem.train.masks[0].sum().item<double>(), 2.0);
    QVERIFY(!problem.train.masks[1].defined());
    QCOMPARE((problem.train.targets[1] == -100).sum().item<std::int64_t>(), std::int64_t{2});
    QCOMPARE(problem.tasks[1].width, std::int64_t{2});
    const auto notes = notesOf(problem);
    QVERIFY2(notes.contains("y.npy: element [1]: array \"y\": 2 of 4 targets are missing"),
             qPrintable(notes));
    QVERIFY2(notes.contains("c.npy: element [2]: array \"c\": 2 of 4 targets are missing"),
             qPrintable(notes));
  }

  void replacesMissingInputsByTheMean() {
    const auto problem = load({{"x.npy", npyOf("<f4", "(3, 1)", bytesOf<float>({1, NAN, 4}))},
                               {"y.npy", npyOf("<f4", "(3,)", ramp<float>(3))}},
                              {{"targets", {target("y")}}, {"scaling", "none"}});
    auto numbers = numbersOf(problem.train.inputs);
    std::sort(numbers.begin(), numbers.end());
    QCOMPARE(numbers, (Numbers{1, 2.5, 4}));
    QVERIFY(
        notesOf(problem).contains("x.npy: element [1, 0]: array \"x\": 1 missing number (nan) "
                                  "replaced by the training mean"));
  }

  void namesClasses() {
    auto c = target("c", "class");
    c["classes"] = {"sea", "land", "sky", "unseen"};
    const auto problem = load(tenRows(), {{"targets", {c}}, {"inputs", {"x"}}});
    QCOMPARE(problem.tasks[0].width, std::int64_t{4});
    QCOMPARE(problem.tasks[0].classNames[2], std::string("sky"));
    QVERIFY2(notesOf(problem).contains("without an example in the training part: class unseen"),
             qPrintable(notesOf(problem)));
  }

  void standardisesTargets() {
    auto keys = targets("y", "number");
    keys.update({{"standardize_targets", true}, {"inputs", {"x"}}});
    const auto problem = load(tenRows(), keys);
    QCOMPARE(problem.tasks[0].offset, 4.5);
    QVERIFY(std::abs(problem.tasks[0].scale - std::sqrt(8.25)) < 1e-12);
    QVERIFY(std::abs(problem.train.targets[0].square().mean().item<double>() - 1) < 1e-6);
  }

  void readsFields() {
    auto members = tenRows();
    members.push_back({"q.npy", npyOf("<i8", "(10,)", ramp<std::int64_t>(10, 100, 300))});
    members.push_back({"w.npy", npyOf("<f4", "(10, 2, 3)", ramp<float>(60))});
    auto y = target("y", "number");
    y["fields"] = {{"group", "q"}, {"weight", "w"}};
    const auto problem = load(members, {{"targets", {y}}, {"inputs", {"x"}}});
    const auto& fields = problem.train.fields[0];
    QCOMPARE(fields.at("weight").sizes().vec(), (Shape{10, 2, 3}));
    QVERIFY(fields.at("group").equal(problem.train.targets[0].to(at::kLong).remainder(3)));
    QCOMPARE(problem.tasks[0].fields, (std::vector<std::string>{"group", "weight"}));
  }

  void dividesByStrata() {
    auto keys = targets("c");
    keys.update({{"inputs", {"x"}},
                 {"split", "stratified"},
                 {"split_array", "c"},
                 {"validation", 0.4},
                 {"test", 0.2}});
    Members members{{"x.npy", npyOf("<f4", "(100,)", ramp<float>(100))},
                    {"c.npy", npyOf("|u1", "(100,)", ramp<std::uint8_t>(100, 1, 4))}};
    const auto problem = load(members, keys);
    for (int c = 0; c < 4; ++c) {
      const auto count = [&](const eq::data::Split& split) {
        return (split.targets[0] == c).sum().item<std::int64_t>();
      };
      QCOMPARE(count(problem.validation), std::int64_t{10});
      QCOMPARE(count(problem.test), std::int64_t{5});
    }
    keys["split"] = "group";
    const auto grouped = load(members, keys);
    QCOMPARE(grouped.test.size(), std::int64_t{25});
    QVERIFY((grouped.test.targets[0] == grouped.test.targets[0][0]).all().item<bool>());
  }

  /// As Keras' mnist.npz names them.
  void takesPartsFromNames() {
    auto keys = targets("y", "class");
    keys.update({{"split", "given"}, {"validation", 0.25}});
    const Members members{{"x_test.npy", npyOf("<f4", "(3, 2)", ramp<float>(6))},
                          {"x_train.npy", npyOf("<f4", "(8, 2)", ramp<float>(16))},
                          {"y_train.npy", npyOf("|u1", "(8,)", ramp<std::uint8_t>(8, 1, 2))},
                          {"y_test.npy", npyOf("|u1", "(3,)", ramp<std::uint8_t>(3, 1, 2))}};
    const auto problem = load(members, keys);
    QCOMPARE(problem.train.size(), std::int64_t{6});
    QCOMPARE(problem.validation.size(), std::int64_t{2});
    QCOMPARE(problem.test.size(), std::int64_t{3});
    QCOMPARE(numbersOf(problem.test.targets[0]), (Numbers{0, 1, 0}));
    QVERIFY2(notesOf(problem).contains("no array is named for validation; 2 of 8 training rows"),
             qPrintable(notesOf(problem)));
    keys.erase("split");
    QVERIFY(refusal(members, keys)
                .endsWith("has no array \"y\"; it has x_test, x_train, y_train, y_test; with "
                          "data.split \"given\", "
                          "names that say a part are pieces of one array"));
  }

  void readsFolders() {
    std::filesystem::create_directories(folder_.path() / "set/train");
    std::filesystem::create_directories(folder_.path() / "set/val");
    folder_.write("set/README", "not an array");
    for (const char* part : {"train", "val"}) {
      const std::string before = fmt::format("set/{}/", part);
      folder_.write(before + "image.npy", npyOf("|u1", "(4, 2, 2)", ramp<std::uint8_t>(16)));
      folder_.write(before + "depth.npy", npyOf("<f4", "(4, 2, 2)", ramp<float>(16)));
    }
    json keys = targets("depth");
    keys.update({{"path", "set"}, {"split", "given"}, {"test", 0}});
    const auto problem = loadData("arrays", keys, 1, folder_.path());
    QCOMPARE(problem.train.size(), std::int64_t{4});
    QCOMPARE(problem.validation.size(), std::int64_t{4});
    QCOMPARE(problem.inputShape, (Shape{1, 2, 2}));
  }

  /// The four files of MNIST, two of them packed.
  void readsIdxFolders() {
    std::filesystem::create_directories(folder_.path() / "mnist");
    const auto idx = [&](const std::string& name, const QByteArray& header, int count) {
      const auto bytes =
          QByteArray::fromHex(header).toStdString() + bytesOf(ramp<std::uint8_t>(count, 1, 10));
      folder_.write("mnist/" + name, name.ends_with(".gz") ? gzipped(bytes) : bytes);
    };
    idx("train-images-idx3-ubyte", "00000803 0000000a 00000003 00000003", 90);
    idx("train-labels-idx1-ubyte.gz", "00000801 0000000a", 10);
    idx("t10k-images-idx3-ubyte.gz", "00000803 00000004 00000003 00000003", 36);
    idx("t10k-labels-idx1-ubyte", "00000801 00000004", 4);
    json keys = targets("labels", "class");
    keys.update({{"path", "mnist"}, {"split", "given"}, {"validation", 0.2}});
    const auto problem = loadData("arrays", keys, 1, folder_.path());
    QCOMPARE(problem.train.size(), std::int64_t{8});
    QCOMPARE(problem.validation.size(), std::int64_t{2});
    QCOMPARE(numbersOf(problem.test.targets[0]), (Numbers{0, 1, 2, 3}));
    QCOMPARE(problem.inputShape, (Shape{1, 3, 3}));
    QCOMPARE(problem.tasks[0].width, std::int64_t{10});
  }

  void isTheSameDeflatedAndForASeed() {
    auto keys = targets("y");
    keys.update({{"inputs", {"x"}}, {"validation", 0.2}, {"test", 0.2}});
    const auto first = load(tenRows(), keys, 7);
    QVERIFY(sameBits(first, load(tenRows(), keys, 7, true)));
    QVERIFY(!sameBits(first, load(tenRows(), keys, 8)));
  }

  /// A changed training row changes the scale of all rows; the sources say which part changed.
  void saysWhichPartChanged() {
    const auto of = [&](float first, float last) {
      auto numbers = ramp<float>(6);
      numbers.front() = first, numbers.back() = last;
      auto keys = targets("y");
      keys.update({{"split", "given"}, {"split_array", "part"}, {"inputs", {"x"}}});
      return eq::data::fingerprint(
          load({{"x.npy", npyOf("<f4", "(6,)", numbers)},
                {"y.npy", npyOf("<f4", "(6,)", ramp<float>(6))},
                {"part.npy", npyOf("|u1", "(6,)", bytesOf<std::uint8_t>({0, 0, 0, 1, 1, 2}))}},
               keys));
    };
    const auto before = of(0, 5);
    QVERIFY(changedSplits(before, of(0, 5)).empty());
    QCOMPARE(changedSplits(before, of(-3, 5)), std::vector<std::string>{"training"});
    QCOMPARE(changedSplits(before, of(0, 8)), std::vector<std::string>{"test"});
  }

  void refusesWhatDoesNotFit_data() {
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const json& keys, const char* expected) {
      QTest::newRow(name) << QByteArray::fromStdString(keys.dump()) << QString(expected);
    };
    row("no array", targets("q"),
        "data.targets[0].array: x.npz has no array \"q\"; it has x, c, y, text, few, inf");
    row("texts", targets("text"),
        "data.targets[0].array: x.npz: text.npy holds texts (<U5); save numbers");
    row("other rows", {{"targets", {target("few", "number")}}, {"inputs", {"x"}}},
        "x.npz: few.npy: expected as many rows in each part as \"x\" (float32 [10, 2]), found "
        "\"few\" (float32 [3]); name the arrays in data.inputs and data.targets");
    row("infinity", {{"targets", {target("inf", "number")}}, {"inputs", {"x"}}},
        "x.npz: inf.npy: element [2]: expected a finite number, found inf");
    row("infinite input", {{"targets", {target("y")}}, {"inputs", {"inf"}}},
        "x.npz: inf.npy: element [2]: expected a finite number, found inf");
    row("no classes", {{"targets", {target("x", "class")}}, {"inputs", {"y"}}},
        "data.targets[0]: x.npz: x.npy is \"x\" (float32 [10, 2]); kind class needs [N]");
    row("no map", {{"targets", {target("x", "segmentation")}}, {"inputs", {"y"}}},
        "data.targets[0]: x.npz: x.npy is \"x\" (float32 [10, 2]); kind segmentation needs [N, "
        "height, width]");
    row("not binary", {{"targets", {target("c", "binary")}}, {"inputs", {"x"}}},
        "data.targets[0]: x.npz: c.npy: holds 3 different values (0, 1, 2); binary needs 2");
    row("both", {{"targets", {target("c")}}, {"inputs", {"x", "c"}}},
        "data.inputs[1]: \"c\" is a target or a field of one too");
    row("strata of nothing", {{"targets", {target("c")}}, {"split", "stratified"}},
        "data.split_array: stratified goes by an array; name it");
    row("no part", {{"targets", {target("c")}}, {"inputs", {"x"}}, {"split", "given"}},
        "data.split: x.npz: given, but the name of \"x\" says no part, as x_train and x_test do, "
        "and data.split_array names no array");
    row("no such part",
        {{"targets", {target("c")}}, {"inputs", {"x"}}, {"split", "given"}, {"split_array", "y"}},
        "x.npz: y.npy: element [3]: expected 0 (train), 1 (validation) or 2 (test), found 3");
    row("shift", {{"targets", {target("c")}}, {"inputs", {"x"}}, {"view_shift", 1}},
        "data.view_shift: the inputs are no images; set it to 0");
    row("kind", targets("c", "classes"),
        "data.targets[0].kind: expected one of auto, binary, class, multilabel, number, ordinal, "
        "segmentation, found \"classes\"");
    row("too far", {{"targets", {target("far", "number")}}, {"inputs", {"x"}}}, "");
  }
  void refusesWhatDoesNotFit() {
    QFETCH(QByteArray, keys);
    QFETCH(QString, expected);
    auto members = tenRows();
    members.push_back({"text.npy", npyOf("<U5", "(10,)", std::string(200, 'x'))});
    members.push_back({"few.npy", npyOf("<f4", "(3,)", ramp<float>(3))});
    auto numbers = ramp<float>(10);
    numbers[2] = HUGE_VALF;
    members.push_back({"inf.npy", npyOf("<f4", "(10,)", numbers)});
    if (expected.isEmpty()) {
      std::vector<double> far;
      for (int i = 0; i < 10; ++i) far.push_back(1.7e9 + 0.1 * i);
      members.push_back({"far.npy", npyOf("<f8", "(10,)", far)});
      expected =
          "data.targets[0]: x.npz: far.npy: its 10 different values are 1 as numbers of 32 bits, "
          "which a network trains on (mean 1700000000, standard deviation 0.2872); set "
          "data.standardize_targets to true";
    }
    QCOMPARE(refusal(members, json::parse(keys.toStdString())), expected);
  }

  void refusesFilesThatAreNoArrays() {
    const auto refused = [&](const std::string& name, const std::string& bytes) {
      folder_.write(name, bytes);
      return messageOf([&] {
        auto keys = targets("y");
        keys["path"] = name;
        loadData("arrays", keys, 1, folder_.path());
      });
    };
    QVERIFY(refused("one.npy", npyOf("|u1", "(2,)", "ab")).contains("found one array"));
    QVERIFY(refused("x.csv", "a,b\n1,2\n").contains("x.csv: byte 0: expected an .npz file"));
    QVERIFY(
        refused("empty.npz", zipOf({})).contains("empty.npz: there is no array (.npy, IDX) in it"));
  }
};

EQUIPOISE_TEST(TestArrays)
#include "tst_arrays.moc"
