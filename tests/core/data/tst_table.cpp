#include "dataset_support.h"

#include <QTest>

#include "core/data/cell_format.h"
#include "core/data/table_inputs.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::data::CellFormat;
using eq::data::Problem;
using nlohmann::json;

namespace {

/// Settings for a file x.csv whose rows all train, so that values can be compared row by row.
json settings(const std::vector<json>& targets, const json& more = json::object()) {
  json out{{"path", "x.csv"}, {"targets", targets}, {"validation", 0}, {"test", 0}};
  out.update(more);
  return out;
}

json target(const std::string& column, const std::string& kind, const json& more = json::object()) {
  json out{{"column", column}, {"kind", kind}};
  out.update(more);
  return out;
}

}  // namespace

class TestTable : public QObject {
  Q_OBJECT

  FileFolder folder_;

  Problem load(const std::string& text, const json& given, std::uint64_t seed = 1) const {
    folder_.write("x.csv", text);
    return loadData("table", given, seed, folder_.path());
  }

  QString message(const std::string& text, const json& given) const {
    QString all = messageOf([&] { load(text, given); });
    return all.replace(QString::fromStdString(folder_.path().string()) + "/", "");
  }

  /// Values of the training part in the order of the file, found by the column `row` (0, 1, ...).
  static std::vector<double> inFileOrder(const Problem& problem, const at::Tensor& values) {
    const auto order = problem.train.targets.back().argsort();
    return numbersOf(values.index_select(0, order));
  }

 private Q_SLOTS:
  void readsWine() {
    const auto problem = loadData(
        "table", {{"path", "data/wine.csv"},
                  {"targets",
                   {target("cultivar", "class"), target("alcohol", "number", {{"unit", "% vol"}}),
                    target("color_intensity", "number")}}});
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{11}));
    QCOMPARE(problem.train.size() + problem.validation.size() + problem.test.size(),
             std::int64_t{178});
    QCOMPARE(problem.validation.size(), std::int64_t{27});
    QCOMPARE(problem.test.size(), std::int64_t{27});
    QCOMPARE(problem.tasks[0].width, std::int64_t{3});
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"0", "1", "2"}));
    QCOMPARE(problem.tasks[1].unit, std::string("% vol"));
    const auto mean = problem.train.inputs.mean(0), square = problem.train.inputs.square().mean(0);
    QVERIFY(mean.abs().max().item<float>() < 1e-5);
    QVERIFY((square - 1).abs().max().item<float>() < 1e-4);
    QVERIFY(problem.validation.inputs.mean(0).abs().max().item<float>() > 1e-3);
    const double alcohol = problem.train.targets[1].mean().item<double>();
    QVERIFY(alcohol > 12.5 && alcohol < 13.5);
    QVERIFY(problem.warnings.empty());
    for (const auto& mask : problem.train.masks) QVERIFY(!mask.defined());
  }

  void everyRowIsInOnePart() {
    std::string text = "x,row\n";
    for (int i = 0; i < 200; ++i) text += "1," + std::to_string(i) + "\n";
    const auto problem =
        load(text, settings({target("row", "number")}, {{"validation", 0.2}, {"test", 0.1}}));
    std::set<double> seen;
    size_t count = 0;
    for (const auto* split : {&problem.train, &problem.validation, &problem.test})
      for (const double row : numbersOf(split->targets[0])) seen.insert(row), ++count;
    QCOMPARE(seen.size(), size_t{200});
    QCOMPARE(count, size_t{200});
    QCOMPARE(problem.validation.size(), std::int64_t{40});
    QCOMPARE(problem.test.size(), std::int64_t{20});
    QVERIFY(problem.train.targets[0][0].item<double>() != 0 ||
            problem.train.targets[0][1].item<double>() != 1);  // shuffled
  }

  void encodesInputs() {
    const auto problem = load("a,colour,code,row\n1,red,1,0\n3,blue,2,1\n5, red ,1,2\n",
                              settings({target("row", "number")}, {{"categorical", {"code"}}}));
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{5}));
    const double s = std::sqrt(1.5);  // a: mean 3, deviation sqrt(8/3)
    const std::vector<double> expected{-s, 0, 1, 1, 0, 0, 1, 0, 0, 1, s, 0, 1, 1, 0};
    const auto found = inFileOrder(problem, problem.train.inputs);
    for (size_t i = 0; i < expected.size(); ++i)
      QVERIFY2(std::abs(found[i] - expected[i]) < 1e-6, qPrintable(QString::number(i)));
  }

  void takesNamedInputsInTheirOrder() {
    const auto problem = load("a,b,c,row\n1,10,x,0\n2,30,y,1\n",
                              settings({target("row", "number")}, {{"inputs", {"b", "a"}}}));
    QCOMPARE(inFileOrder(problem, problem.train.inputs), (std::vector<double>{-1, -1, 1, 1}));
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{2}));
  }

  void fillsMissingInputsAndWarns() {
    const auto problem =
        load("a,c,y\n1,x,0\n?,y,1\nNA,,2\n3,x,4\n", settings({target("y", "number")}));
    QCOMPARE(inFileOrder(problem, problem.train.inputs),
             (std::vector<double>{-1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0}));
    QCOMPARE(problem.warnings.size(), size_t{2});
    QVERIFY(problem.warnings[0].place.ends_with("x.csv:3"));
    QCOMPARE(problem.warnings[0].message,
             std::string("column \"a\": 2 missing values replaced by the training mean"));
    QVERIFY(problem.warnings[1].place.ends_with("x.csv:4"));
    QCOMPARE(problem.warnings[1].message,
             std::string("column \"c\": 1 missing value left without a category"));
  }

  void statisticsAreThoseOfTheTrainingPart() {
    std::string text = "a,row\n";
    for (int i = 0; i < 50; ++i) text += std::to_string(i * i) + "," + std::to_string(i) + "\n";
    const auto problem = load(text, settings({target("row", "number")},
                                             {{"validation", 0.4}, {"standardize_targets", true}}));
    const auto& train = problem.train;
    QVERIFY(std::abs(train.inputs.mean().item<double>()) < 1e-6);
    QVERIFY(std::abs(train.inputs.square().mean().item<double>() - 1) < 1e-5);
    QVERIFY(std::abs(train.targets[0].mean().item<double>()) < 1e-6);
    QVERIFY(std::abs(train.targets[0].square().mean().item<double>() - 1) < 1e-5);
    QVERIFY(std::abs(problem.validation.targets[0].mean().item<double>()) > 1e-3);
    QVERIFY(problem.tasks[0].scale > 1);
  }

  void masksMissingTargetsTaskByTask() {
    const auto problem =
        load("x,c,b,o,n,row\n1,u,no,1,,0\n2,,yes,3,2.5,1\n3,v,?,2,1.5,2\n4,u,no,NA,NaN,3\n",
             settings({target("c", "class"), target("b", "binary"), target("o", "ordinal"),
                       target("n", "number"), target("row", "number")}));
    const auto& train = problem.train;
    const auto values = [&](size_t k) { return inFileOrder(problem, train.targets[k]); };
    const auto mask = [&](size_t k) { return inFileOrder(problem, train.masks[k]); };
    QCOMPARE(values(0), (std::vector<double>{0, -100, 1, 0}));
    QVERIFY(!train.masks[0].defined());
    QCOMPARE(values(1), (std::vector<double>{0, 1, 0, 0}));
    QCOMPARE(mask(1), (std::vector<double>{1, 1, 0, 1}));
    QCOMPARE(values(2), (std::vector<double>{0, 2, 1, -100}));
    QCOMPARE(values(3), (std::vector<double>{0, 2.5, 1.5, 0}));
    QCOMPARE(mask(3), (std::vector<double>{0, 1, 1, 0}));
    QVERIFY(!train.masks[4].defined());
    QCOMPARE(problem.tasks[1].kind, TaskKind::binary);
    QCOMPARE(problem.tasks[1].width, std::int64_t{1});
    QCOMPARE(problem.tasks[1].classNames, (std::vector<std::string>{"no", "yes"}));
    QCOMPARE(problem.tasks[2].width, std::int64_t{3});
  }

  void standardisedTargetsKeepTheirMask() {
    const auto problem =
        load("x,n,row\n1,10,0\n2,,1\n3,30,2\n",
             settings({target("n", "number", {{"unit", "kg"}}), target("row", "number")},
                      {{"standardize_targets", true}}));
    QCOMPARE(inFileOrder(problem, problem.train.targets[0]), (std::vector<double>{-1, 0, 1}));
    QCOMPARE(inFileOrder(problem, problem.train.masks[0]), (std::vector<double>{1, 0, 1}));
    QCOMPARE(problem.tasks[0].unit, std::string("kg"));
    QCOMPARE(problem.tasks[0].scale, 10.0);
    QCOMPARE(problem.tasks[0].offset, 20.0);
  }

  void takesTheOrderThatIsGiven() {
    const auto problem = load(
        "x,size,row\n1,M,0\n2,S,1\n3,L,2\n",
        settings({target("size", "ordinal", {{"order", {"S", "M", "L", "XL"}}, {"name", "fit"}}),
                  target("row", "number")}));
    QCOMPARE(problem.tasks[0].name, std::string("fit"));
    QCOMPARE(problem.tasks[0].width, std::int64_t{4});
    QCOMPARE(inFileOrder(problem, problem.train.targets[0]), (std::vector<double>{1, 0, 2}));
  }

  void ordersNumbersByValue() {
    const auto problem = load("x,n,row\n1,10,0\n2,9,1\n3,-1,2\n",
                              settings({target("n", "ordinal"), target("row", "number")}));
    QCOMPARE(problem.tasks[0].classNames, (std::vector<std::string>{"-1", "9", "10"}));
  }

  void readsDecimalCommas() {
    const auto problem =
        load("a;row\n1,5;0\n2,5;1\n", settings({target("row", "number")}, {{"decimal", "comma"}}));
    QCOMPARE(inFileOrder(problem, problem.train.inputs), (std::vector<double>{-1, 1}));
  }

  void fieldsAreColumnsAndGroupsOfThem() {
    const auto problem =
        load("a,b,c,d,x,row\n1,2,3,4,0,0\n5,6,7,8,1,1\n",
             settings({target("row", "number",
                              {{"fields",
                                {{"weight", "a"},
                                 {"pair", {"a", "d"}},
                                 {"texts", json::array({{"a", "b"}, {"c", "d"}})}}}})}));
    const auto& fields = problem.train.fields.at(0);
    QCOMPARE(problem.inputShape, std::vector<std::int64_t>{1});
    QCOMPARE(fields.at("weight").sizes().vec(), std::vector<std::int64_t>{2});
    QCOMPARE(fields.at("pair").sizes().vec(), (std::vector<std::int64_t>{2, 2}));
    QCOMPARE(fields.at("texts").sizes().vec(), (std::vector<std::int64_t>{2, 2, 2}));
    for (std::int64_t i = 0; i < 2; ++i) {
      const auto first = fields.at("weight")[i].item<double>();
      QCOMPARE(numbersOf(fields.at("pair")[i]), (std::vector<double>{first, first + 3}));
      QCOMPARE(numbersOf(fields.at("texts")[i].flatten()),
               (std::vector<double>{first, first + 1, first + 2, first + 3}));
    }
  }

  /// A column named as the header writes it was not found.
  void spacesAroundColumnNamesDoNotCount() {
    const json fields{{"fields", {{"weight", " w "}}}};
    const auto problem = load(" a , w , row \n1,5,0\n2,6,1\n",
                              settings({target(" row ", "number", fields)}, {{"inputs", {" a"}}}));
    QCOMPARE(problem.tasks[0].name, std::string("row"));
    QCOMPARE(inFileOrder(problem, problem.train.inputs), (std::vector<double>{-1, 1}));
    QCOMPARE(inFileOrder(problem, problem.train.fields[0].at("weight")),
             (std::vector<double>{5, 6}));
    QCOMPARE(load(" a , row \n1,0\n2,1\n", settings({target(" row ", "number")})).inputShape,
             std::vector<std::int64_t>{1});
  }

  /// Passed through 32-bit floats, queries above 2^24 became one.
  void largeGroupsStayApart() {
    const json fields{{"fields", {{"group", "q"}, {"steps", "s"}}}};
    const auto given = settings({target("row", "number", fields)});
    const auto problem = load(
        "x,q,s,row\n0,16777216,0,0\n1,16777217,1,1\n2,9223372036854775806,2.0,2\n"
        "3,9223372036854775807,1e1,3\n",
        given);
    const auto& found = problem.train.fields.at(0);
    QCOMPARE(found.at("group").scalar_type(), at::kLong);
    QCOMPARE(inFileOrder(problem, found.at("group")), (std::vector<double>{0, 1, 2, 3}));
    QCOMPARE(inFileOrder(problem, found.at("steps")), (std::vector<double>{0, 1, 2, 10}));
    for (const char* id : {"1.5", "9223372036854775808", "9007199254740993.0", "1e30", "inf"})
      QCOMPARE(message(std::string("x,q,s,row\n0,1,0,0\n1,") + id + ",1,1\n", given),
               QString("x.csv:3: column \"q\": expected a whole number from -2^63 to 2^63 - 1, "
                       "found \"%1\"; number the values anew")
                   .arg(id));
    QCOMPARE(message("x,q,s,row\n0,1,0,0\n1,NA,1,1\n", given),
             QString("data.targets[0].fields.group: x.csv:3: column \"q\" has no value; a field "
                     "needs one in every row"));
  }

  void leavesOutWhatCannotBeAnInput() {
    std::string text = "name,empty,constant,a,row\n";
    for (int i = 0; i < 120; ++i)
      text += "n" + std::to_string(i) + ",,7," + std::to_string(i) + "," + std::to_string(i) + "\n";
    const auto given = settings({target("row", "number")});
    const auto problem = load(text, given);
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{2}));
    QCOMPARE(problem.train.inputs.select(1, 0).abs().max().item<float>(), 0.0F);
    QStringList notes;
    for (const auto& note : problem.warnings) notes << QString::fromStdString(note.message);
    QCOMPARE(notes,
             (QStringList{"column \"name\": identifier (n0, n1, n2 ...), left out; data.inputs "
                          "can name it",
                          "column \"constant\": every value is \"7\"; it tells nothing",
                          "column \"a\": it counts the rows from 0: a row number? data.columns "
                          "can say \"ignored\"",
                          "column \"row\": it is to be predicted, but looks like a row number (0, "
                          "1, 2 ...)",
                          "column \"empty\": no value at all; it is left out",
                          "column \"a\": it is the same up to unit and offset as the target "
                          "\"row\"; is it known before the target is?"}));
    QCOMPARE(message(text, settings({target("row", "number")}, {{"inputs", {"name"}}})),
             QString("x.csv: column \"name\": 120 different texts, more than 100; leave it out of "
                     "data.inputs"));
  }

  void refusesBrokenTables_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* tag, const char* text, const json& given,
                        const char* expected) {
      QTest::newRow(tag) << QByteArray(text) << QByteArray::fromStdString(given.dump())
                         << QString(expected);
    };
    const std::vector<json> y{target("y", "number")};
    row("broken row", "x,y\n1,2\n3\n", settings(y),
        "x.csv:3: expected 2 fields as in the first line, found 1; mend or remove this row");
    row("no row", "x,y\n", settings(y),
        "x.csv: expected more rows, found 0, of which 0 are kept for validation and test");
    row("typing error", "x,y\n1,2\n1o,3\n2,4\n", settings(y),
        "x.csv:3: column \"x\": expected a number, found \"1o\" (1 of 3 cells is none); mend it, "
        "name "
        "the text in data.missing, or give the kind of the column in data.columns: \"number\" "
        "takes "
        "such cells as missing, \"category\" each text as a category");
    row("text as number", "x,y\n1,2\n2,many\n", settings(y),
        "x.csv:3: column \"y\": expected a number, found \"many\" (1 of 2 cells is none); mend it, "
        "name "
        "the text in data.missing, or give the kind of the column in data.columns: \"number\" "
        "takes "
        "such cells as missing, \"category\" each text as a category");
    row("infinite", "x,y\n1,2\n2,inf\n", settings(y),
        "x.csv:3: column \"y\": expected a number, found \"inf\" (1 of 2 cells is none); mend it, "
        "name "
        "the text in data.missing, or give the kind of the column in data.columns: \"number\" "
        "takes "
        "such cells as missing, \"category\" each text as a category");
    row("no column", "x,y\n1,2\n", settings({target("z", "number")}),
        "data.targets[0].column: x.csv has no column \"z\"; it has x, y");
    row("no input column", "x,y\n1,2\n", settings(y, {{"inputs", {"x", "w"}}}),
        "data.inputs[1]: x.csv has no column \"w\"; it has x, y");
    row("leak", "x,y\n1,2\n", settings(y, {{"inputs", {"y"}}}),
        "data.inputs[0]: \"y\" is a target or a field of one too");
    row("nothing to go by", "y\n1\n2\n", settings(y), "data.inputs: x.csv leaves no input column");
    row("three for binary", "x,y\n1,a\n2,b\n3,c\n", settings({target("y", "binary")}),
        "data.targets[0]: x.csv: column \"y\" holds 3 different values (a, b, c); binary needs 2");
    row("one class", "x,y\n1,a\n2,a\n", settings({target("y", "class")}),
        "data.targets[0]: x.csv: column \"y\" holds fewer than 2 different values");
    row("no order", "x,y\n1,low\n2,high\n", settings({target("y", "ordinal")}),
        "data.targets[0]: x.csv: column \"y\" holds texts; give their order: \"order\": "
        "[\"high\", ...]");
    row("outside the order", "x,y\n1,low\n2,hihg\n",
        settings({target("y", "ordinal", {{"order", {"low", "high"}}})}),
        "x.csv:3: column \"y\": expected one of low, high, found \"hihg\"");
    row("no value", "x,y\n1,\n2,NA\n", settings(y),
        "data.targets[0]: x.csv: column \"y\" has no value in the training part");
    row("same name", "x,y\n1,2\n", settings({target("y", "number"), target("y", "ordinal")}),
        "data.targets[1].name: \"y\" stands at data.targets[0] already");
    row("unknown key", "x,y\n1,2\n", settings({target("y", "number", {{"units", "kg"}})}),
        "data.targets[0].units: unknown parameter; known: column, kind, name, order, unit, fields");
    row("uneven groups", "x,y\n1,2\n",
        settings({target("y", "number", {{"fields", {{"texts", {{"x"}, {"x", "y"}}}}}})}),
        "data.targets[0].fields.texts[1]: expected as many columns as in "
        "data.targets[0].fields.texts[0], found 2");
    row("field of nothing", "x,y\n1,2\n",
        settings({target("y", "number", {{"fields", {{"pair", json::array()}}}})}),
        "data.targets[0].fields.pair: needs at least one column, found []");
    row("unknown kind", "x,y\n1,2\n", settings({target("y", "numbers")}),
        "data.targets[0].kind: expected one of class, binary, ordinal, number, found \"numbers\"");
    row("no target", "x,y\n1,2\n", settings({}),
        "data.targets: expected a list of {\"column\": ..., \"kind\": ...}, found []");
    row("order of a number", "x,y\n1,2\n", settings({target("y", "number", {{"order", {"1"}}})}),
        "data.targets[0].order: a number has no order of categories; remove it");
    row("inputs no list", "x,y\n1,2\n", settings(y, {{"inputs", "x"}}),
        "data.inputs: expected a list of texts, found \"x\"");
    row("named twice", "x,y\n1,2\n", settings(y, {{"inputs", {"x", "x"}}}),
        "data.inputs[1]: \"x\" stands there twice");
    row("nothing left", "x,y\n1,2\n", settings(y, {{"validation", 0.5}, {"test", 0.5}}),
        "data.validation: 0.5 and data.test 0.5 leave nothing to train on");
    row("too few rows", "x,y\n1,2\n", settings(y, {{"validation", 0.6}}),
        "x.csv: expected more rows, found 1, of which 1 are kept for validation and test");
  }
  void refusesBrokenTables() {
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, given);
    QFETCH(QString, expected);
    QCOMPARE(message(text.toStdString(), json::parse(given.toStdString())), expected);
  }

  void readsNumbers_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("value");  // 99: no number
    QTest::newRow("plain") << "12.5" << 12.5;
    QTest::newRow("signs") << "+3" << 3.0;
    QTest::newRow("minus") << "-3e-2" << -0.03;
    QTest::newRow("spaces") << " 7\t" << 7.0;
    QTest::newRow("point first") << ".5" << 0.5;
    QTest::newRow("two signs") << "+-3" << 99.0;
    QTest::newRow("thousands") << "1,000" << 99.0;
    QTest::newRow("tail") << "3 kg" << 99.0;
    QTest::newRow("hexadecimal") << "0x10" << 99.0;
    QTest::newRow("NaN") << "nan" << 99.0;
    QTest::newRow("too large for 32 bits") << "1e39" << 99.0;
    QTest::newRow("too large for 64 bits") << "1e999" << 99.0;
    QTest::newRow("plus alone") << "+" << 99.0;
    QTest::newRow("empty") << "" << 99.0;
  }
  void readsNumbers() {
    QFETCH(QString, text);
    QFETCH(double, value);
    QCOMPARE(CellFormat().number(text.toStdString()).value_or(99), value);
  }
};

EQUIPOISE_TEST(TestTable)
#include "tst_table.moc"
