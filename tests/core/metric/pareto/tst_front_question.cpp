#include <QTest>

#include "tests/core/metric/pareto/front_support.h"
#include "tests/registry.h"

using namespace eq::metric::test;

/// What is refused, by field and value.
class TestFrontQuestion : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void refuses_data() {
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* input, const char* message, const char* params = "{}") {
      QTest::newRow(qPrintable(QString(input) + params))
          << QString(input) << QString(params) << QString(message);
    };
    const char* two = R"({"points":[[1,2],[2,1]]})";
    const char* three = R"({"points":[[1,2,3]]})";
    add("[]", "input: expected an object with \"points\" or \"problem\", found []");
    add("{}", "points: is required and missing");
    add(R"({"points":null})", "points: expected a list of rows, found null");
    add(R"({"points":[[1]],"problem":{"id":"zdt1","x":[]}})", "problem: stands instead of points");
    add(R"({"points":7})", "points: expected a list of rows, found 7");
    add(R"({"points":[1,2]})", "points[0]: expected a list of numbers, found 1");
    add(R"({"points":[[1,2],null]})", "points[1]: expected a list of numbers, found null");
    add(R"({"points":[[]]})", "points[0]: expected a number for each objective, found []");
    add(R"({"points":[[1,2],[3]]})",
        "points[1]: expected 2 numbers as in the rows before, found 1: [3]");
    add(R"({"points":[[1,"x"]]})", "points[0][1]: expected a number, found \"x\"");
    add(R"({"points":[[1,true]]})", "points[0][1]: expected a number, found true");
    add(R"({"points":[[1,[[[{}]]]]]})", "points[0][1]: expected a number, found [[[{}]]]");
    add(R"({"points":[[1,2]],"maximise":[1]})",
        "maximise: expected 2 numbers as in points[0], found 1: [1]");
    add(R"({"points":[[1,2]],"maximise":[0,2]})", "maximise[1]: must be 0 or 1, found 2");
    add(R"({"points":[[1,2]],"maximise":[0,"1"]})", "maximise[1]: must be 0 or 1, found \"1\"");
    add(R"({"points":[[1,2]],"maximise":1})", "maximise: expected a list of 0 and 1, found 1");
    add(R"({"points":[[1,2]],"reference":[1]})",
        "reference: expected 2 numbers as in points[0], found 1: [1]");
    add(R"({"points":[[1,2]],"reference":[1,null]})",
        "reference[1]: expected a number, found null");
    add(R"({"points":[],"reference":[1,2],"maximise":[1]})",
        "reference: expected 1 numbers as in maximise, found 2");
    add(R"({"points":[[1,2]],"front":[]})", "front: expected at least one point, found []");
    add(R"({"points":[[1,2]],"front":[[1,2],[1]]})", "front[1]: expected 2 numbers");
    add(R"({"points":[[1,2]],"front":[[1,2,3]]})",
        "front: expected 2 numbers as in points[0], found 3");
    add(R"({"points":[[1,2]],"front":[[1,null]]})", "front[0][1]: expected a number, found null");
    add(R"({"points":[[1,2]],"front":"zdt1"})", "front: expected a list of rows, found \"zdt1\"");
    add(R"({"points":[[1,2]],"groups":[1,2]})",
        "groups: expected 1 integers, one a point, found 2: [1,2]");
    add(R"({"points":[[1,2]],"groups":[1.5]})",
        "groups[0]: expected an integer of 64 bits, found 1.5");
    add(R"({"points":[[1,2]],"groups":[18446744073709551615]})",
        "groups[0]: expected an integer of 64 bits, found 18446744073709551615");
    add(R"({"points":[[1,2,3]],"groups":[1]})",
        "groups: attainment surfaces need points of 2 objectives, found 3");
    add(R"({"points":[[1,2]],"curve":[[1,2,3]]})", "curve[0]: expected two numbers, x and y");
    add(R"({"points":[[1,2]],"curve":[[1,2],[1,null]]})", "curve[1][1]: expected a number");
    add(three, "pareto.knee: bend needs points of 2 objectives, found 3", R"({"knee":"bend"})");
    add(two, "pareto.epsilon: -1 is below 0", R"({"epsilon":-1})");
    add(two, "pareto.epsilon: expected a number, found \"0\"", R"({"epsilon":"0"})");
    add(two, "pareto.normalise: expected true or false, found 1", R"({"normalise":1})");
    add(two, "pareto.knee: expected one of distance, trade_off, bend, found \"angle\"",
        R"({"knee":"angle"})");
    add(two, "pareto.neighbourhood: 0 is not above 0", R"({"neighbourhood":0})");
    add(two, "pareto.bend_span: 0 is below 1", R"({"bend_span":0})");
    add(two, "pareto.bend_span: expected an integer, found 1.5", R"({"bend_span":1.5})");
    add(two, "pareto.levels[1]: 0 is not above 0", R"({"levels":[1,0]})");
    add(two, "pareto.levels[0]: 1.1 is above 1", R"({"levels":[1.1]})");
    add(two, "pareto.hypervolume: expected one of exact, monte_carlo", R"({"hypervolume":"mc"})");
    add(two, "pareto.samples: 99 is below 100", R"({"samples":99})");
    add(two, "pareto.eps: unknown parameter; known: epsilon", R"({"eps":1})");
    add(two, "pareto: expected an object of parameters, found [1]", "[1]");
  }
  void refuses() {
    QFETCH(QString, input);
    QFETCH(QString, params);
    QFETCH(QString, message);
    const auto found =
        refusalOf(json::parse(input.toStdString()), json::parse(params.toStdString()));
    QVERIFY2(found.starts_with(message.toStdString()), found.c_str());
    QVERIFY(found.find('\n') == std::string::npos);
  }

  void takesFlagsAsNumbersOrBooleansAndLargeIntegers() {
    const auto found = figures({{"points", {{1, 2}, {18446744073709551615U, 1}}},
                                {"maximise", {true, 0}},
                                {"groups", {-9223372036854775807, 9223372036854775807}}});
    QCOMPARE(found["rank"], (json{1, 0}));
    QCOMPARE(found["nadir"][0].get<double>(), 18446744073709551615.0);
  }
};

EQUIPOISE_TEST(TestFrontQuestion)
#include "tst_front_question.moc"
