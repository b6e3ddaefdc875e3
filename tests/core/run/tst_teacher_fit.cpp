#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/run/teacher.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Experiment;
using nlohmann::json;

/// A teacher whose table is not the one of its pupil.
class TestTeacherFit : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    writeTable("teacher.csv", "x", 70, {"a", "b"});
    writeTable("pupil.csv", "x", 90, {"a", "b"});
    auto runner = Runner::start(experiment("teacher.csv"), path(""));
    while (!runner->finished()) runner->step();
    runner->close();
    teacher_ = runner->folder();
    checkpoint_ = RunReader(teacher_).checkpoints().back().path;
  }

  /// Both tables have the class by x < 100, and means of 100 and 120.
  void aTeacherReadsInputsInItsOwnScale() { QVERIFY(accuracyOfPupil() > 0.97); }

  void anEarlierCheckpointTakesItsScaleFromItsData() {
    const auto whole = eq::run::readSnapshot(checkpoint_);
    auto earlier = whole;
    for (const char* key : {"inputs", "input_shape", "tasks"}) earlier.meta.erase(key);
    eq::run::writeSnapshot(checkpoint_, earlier);
    QVERIFY(accuracyOfPupil() > 0.97);
    writeTable("teacher.csv", "x", 71, {"a", "b"});
    QVERIFY2(refused("pupil.csv").contains("its data are not those of then"),
             qPrintable(refused("pupil.csv")));
    eq::run::writeSnapshot(checkpoint_, whole);
    writeTable("teacher.csv", "x", 70, {"a", "b"});
  }

  void otherClassesAreRefused() {
    writeTable("classes.csv", "x", 90, {"b", "c"});
    QCOMPARE(refused("classes.csv"),
             QString(R"(tasks[0].teacher: its classes of c: ["a","b"], in this run: ["b","c"]; a )"
                     "teacher must know the same task"));
  }

  void otherColumnsAreRefused() {
    writeTable("columns.csv", "y", 90, {"a", "b"});
    QCOMPARE(refused("columns.csv"),
             QString(R"(tasks[0].teacher: its input 1 is "x", that of this run "y"; both must )"
                     "read the same columns in one order"));
  }

  void aTeacherThatWasTrainedAnewIsNoticed() {
    auto pupil = Runner::start(experiment("pupil.csv", teacher_.string()), path(""));
    pupil->step();
    pupil->close();
    const auto folder = pupil->folder();
    pupil.reset();
    Runner::resume(folder)->close();
    QVERIFY(!newestEvent(folder).contains("trained anew"));
    auto other = eq::run::readSnapshot(checkpoint_);
    for (auto& [name, tensor] : other.tensors)
      if (name.starts_with("model.")) tensor = tensor * 1.5;
    eq::run::writeSnapshot(checkpoint_, other);
    Runner::resume(folder)->close();
    QVERIFY2(newestEvent(folder).contains("the teacher of c was trained anew since the checkpoint"),
             qPrintable(newestEvent(folder)));
  }

 private:
  std::string path(const std::string& name) const {
    return folder_.filePath(name.c_str()).toStdString();
  }

  /// 400 rows with inputs from `low` to `low` + 60; the class changes at 100.
  void writeTable(const std::string& name, const std::string& column, double low,
                  const std::vector<std::string>& classes) const {
    std::ofstream file(path(name));
    file << column << ",c\n";
    for (int i = 0; i < 400; ++i) {
      const double x = low + 60 * ((i * 157) % 400) / 400.0;
      file << x << ',' << classes[x < 100 ? 0 : 1] << '\n';
    }
  }

  Experiment experiment(const std::string& table, const std::string& teacher = {}) const {
    json task = {{"name", "c"}};
    if (!teacher.empty())
      task.update({{"teacher", teacher}, {"loss", {{"id", "distillation"}, {"ce_weight", 0}}}});
    return eq::train::experimentFromJson(
        {{"name", "fit"},
         {"data",
          {{"id", "table"}, {"path", table}, {"targets", {{{"column", "c"}, {"kind", "class"}}}}}},
         {"model", {{"id", "mlp"}, {"hidden", {16}}}},
         {"tasks", {task}},
         {"optimizer", {{"id", "adam"}, {"lr", 0.02}}},
         {"batch_size", 32},
         {"epochs", 40},
         {"threads", 1}},
        path(""));
  }

  double accuracyOfPupil() const {
    auto runner = Runner::start(experiment("pupil.csv", teacher_.string()), path(""));
    while (!runner->finished()) runner->step();
    runner->close();
    return RunReader(runner->folder()).evaluations().back().tasks[0].at("accuracy");
  }

  QString refused(const std::string& table) const {
    try {
      eq::run::makeTrainer(experiment(table, teacher_.string()));
    } catch (const eq::Error& error) {
      return error.what();
    }
    return "nothing thrown";
  }

  static QString newestEvent(const fs::path& folder) {
    QString resumed;
    for (const auto& event : RunReader(folder).events())
      if (event.text.starts_with("resumed")) resumed = QString::fromStdString(event.text);
    return resumed;
  }

  QTemporaryDir folder_;
  fs::path teacher_, checkpoint_;
};

EQUIPOISE_TEST(TestTeacherFit)
#include "tst_teacher_fit.moc"
