#include "core/run/teacher.h"

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Experiment;
using nlohmann::json;

namespace {

Experiment wine(json task, std::int64_t width) {
  task["name"] = "cultivar";
  return eq::train::experimentFromJson(
      {{"name", "wine"},
       {"data",
        {{"id", "table"},
         {"path", "data/wine.csv"},
         {"targets", {{{"column", "cultivar"}, {"kind", "class"}}}}}},
       {"model", {{"id", "mlp"}, {"hidden", {width}}}},
       {"tasks", {task}},
       {"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
       {"batch_size", 32},
       {"epochs", 40},
       {"threads", 1}},
      eq::test::inSource("samples"));
}

/// Cross-entropy is left out: all that this student learns comes from its teacher.
Experiment student(const std::string& teacher) {
  return wine({{"teacher", teacher}, {"loss", {{"id", "distillation"}, {"ce_weight", 0}}}}, 8);
}

void trainTo(Runner& runner, std::int64_t step) {
  while (runner.trainer().stepsDone() < step) runner.step();
}

std::vector<std::vector<double>> lossesOf(const fs::path& folder) {
  std::vector<std::vector<double>> losses;
  for (const auto& step : RunReader(folder).steps()) losses.push_back(step.losses);
  return losses;
}

QString messageOf(const Experiment& experiment) {
  try {
    eq::run::makeTrainer(experiment);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return "nothing thrown";
}

}  // namespace

class TestTeacher : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    auto teacher = Runner::start(wine(json::object(), 32), folder_.path().toStdString());
    trainTo(*teacher, 120);
    teacher->close();
    teacher_ = teacher->folder().string();
  }

  void aStudentLearnsFromTheTeacherAlone() {
    auto runner = Runner::start(student(teacher_), folder_.path().toStdString());
    trainTo(*runner, 160);
    runner->close();
    const auto evaluations = RunReader(runner->folder()).evaluations();
    QVERIFY(evaluations.back().tasks[0].at("accuracy") > 0.9);
    // The checkpoint that taught stands in the experiment.
    const auto& spec = runner->trainer().experiment().tasks[0];
    QCOMPARE(spec.teacher, teacher_ + "@120");
  }

  void resumesBitForBit() {
    auto whole = Runner::start(student(teacher_), folder_.path().toStdString());
    trainTo(*whole, 10);
    whole->checkpoint();
    trainTo(*whole, 20);
    const auto folder = whole->folder();
    whole.reset();
    const auto expected = lossesOf(folder);
    auto rest = Runner::resume(folder);
    QCOMPARE(rest->trainer().stepsDone(), std::int64_t{10});
    trainTo(*rest, 20);
    rest.reset();
    QVERIFY(lossesOf(folder) == expected);
  }

  void namesWhatDoesNotFit() {
    QVERIFY(messageOf(student("nowhere")).startsWith("tasks[0].teacher: "));
    QVERIFY(messageOf(student(teacher_ + "@7")).endsWith("has no checkpoint of step 7"));
    QVERIFY(messageOf(wine({{"loss", {{"id", "distillation"}}}}, 8)).contains("teacher"));
    auto other = student(teacher_);
    other.data.params["targets"] = {
        {{"column", "cultivar"}, {"kind", "class"}, {"name", "kind of wine"}}};
    other.tasks[0].name = "kind of wine";
    QVERIFY(messageOf(other).startsWith("tasks[0].teacher: "));
  }

 private:
  QTemporaryDir folder_;
  std::string teacher_;
};

EQUIPOISE_TEST(TestTeacher)
#include "tst_teacher.moc"
