#include "core/data/number_resolution.h"

#include <QTest>

#include <fmt/format.h>

#include "table_support.h"
#include "tests/registry.h"

namespace {

std::string secondsSince1970(double step) {
  std::string text = "x,y\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("{},{:.1f}\n", i * i % 13, 1.7e9 + i * step);
  return text;
}

double roundingIn(const std::string& cells, bool decimalComma = false) {
  eq::data::CellFormat format;
  format.decimalComma = decimalComma;
  return eq::data::roundingOf(eq::data::parseCsv("x;y\n" + cells, "x.csv"), 0, format);
}

}  // namespace

/// Tensors hold 32 bits; what they round away is said before it is trained on.
class TestNumberResolution : public QObject {
  Q_OBJECT

  TableLoader loader_;

 private Q_SLOTS:
  /// 193 values became 3, and r2 -7e14.
  void targetsThat32BitsMergeAreRefusedUnlessStandardised() {
    const auto text = secondsSince1970(3.5);
    const auto message = messageOf([&] { loader_.load(text, "y", "number"); });
    QVERIFY2(message.startsWith("data.targets[0]: "), qPrintable(message));
    QVERIFY(message.contains("column \"y\": its 60 different values are 3 as numbers of 32 bits"));
    QVERIFY(message.contains("set data.standardize_targets to true"));
    const auto problem = loader_.load(text, "y", "number", {{"standardize_targets", true}});
    const auto& target = problem.train.targets[0];
    for (std::int64_t i = 0; i < target.numel(); ++i)
      for (std::int64_t j = 0; j < i; ++j)
        QVERIFY(target.flatten()[i].item<float>() != target.flatten()[j].item<float>());
    QCOMPARE(problem.tasks[0].offset, 1.7e9 + 29.5 * 3.5);
  }

  void targetsFarFromZeroAreSaid() {
    std::string text = "x,y\n";
    for (int i = 0; i < 30; ++i) text += fmt::format("{},{}\n", i * i % 13, 100000 + i * 7 % 30);
    QVERIFY(notesOf(loader_.load(text, "y", "number")).contains("lie far from 0"));
    QVERIFY(!notesOf(loader_.load(text, "y", "number", {{"standardize_targets", true}}))
                 .contains("lie far from 0"));
  }

  void inputsAreStandardisedIn64Bits() {
    const auto problem =
        loader_.load("x,y\n1700000000,0\n1700000001,1\n1700000002,2\n", "y", "number");
    const auto order = problem.train.targets[0].flatten().argsort();
    const auto found = numbersOf(problem.train.inputs.select(1, 0).index_select(0, order));
    QVERIFY(std::abs(found[0] + std::sqrt(1.5)) < 1e-6 && std::abs(found[1]) < 1e-6);
  }

  void anInputThatFlattensTheOthersIsSaid() {
    std::string text = "x,y\n1e30,0\n";
    for (int i = 0; i < 30; ++i) text += fmt::format("{},{}\n", i, i * i % 7);
    QVERIFY(
        notesOf(loader_.load(text, "y", "number"))
            .contains("column \"x\": its 31 different values are 2 once standardised; a value as "
                      "far out as 1e+30"));
  }

  void fieldsThat32BitsMergeAreSaid() {
    std::string text = "t,x,y\n";
    for (int i = 0; i < 30; ++i) text += fmt::format("{},{},{}\n", 1700000000 + i, i % 3, i % 5);
    const nlohmann::json target{{"column", "y"}, {"kind", "number"}, {"fields", {{"weight", "t"}}}};
    QVERIFY(
        notesOf(loader_.load(text, "y", "number", {{"targets", nlohmann::json::array({target})}}))
            .contains("column \"t\": its 30 different values are 1 as numbers of 32 bits"));
  }

  void missingTargetsAreCounted() {
    const auto problem = loader_.load("x,y\n1,2\n2,\n3,NA\n4,1\n", "y", "number");
    QVERIFY(
        notesOf(problem).contains("column \"y\": 2 of 4 targets are missing; those rows do not "
                                  "count for the task"));
  }

  void roundingIsHalfTheLastDecimalWritten() {
    QCOMPARE(roundingIn("12.5;1\n3;1\n"), 0.05);
    QCOMPARE(roundingIn("12;1\n3;1\n"), 0.5);
    QCOMPARE(roundingIn("12,25;1\n3;1\n", true), 0.005);
    QCOMPARE(roundingIn("1.5e2;1\nx;1\n"), 5.0);
  }
};

EQUIPOISE_TEST(TestNumberResolution)
#include "tst_number_resolution.moc"
