#include "core/run/exchange/python_model.h"

#include <fstream>

#include <ATen/ops/randn.h>

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "core/run/safetensors.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::TaskInfo;
using eq::TaskKind;
using eq::model::Setting;
using nlohmann::json;

namespace {

struct ModelCase {
  const char* name;
  json spec;
  std::vector<std::int64_t> inputShape;
};

const std::vector<ModelCase> kCases{
    {"mlp", {{"id", "mlp"}, {"hidden", {9, 7}}, {"activation", "gelu"}, {"head_hidden", {5}}}, {6}},
    {"mlp of images",
     {{"id", "mlp"}, {"hidden", {9}}, {"activation", "tanh"}, {"dropout", 0.5}},
     {2, 3, 4}},
    {"cnn", {{"id", "cnn"}, {"channels", {3, 4}}, {"hidden", 8}, {"dropout", 0.1}}, {2, 14, 12}},
    {"cnn, same",
     {{"id", "cnn"}, {"channels", {3}}, {"kernel", 5}, {"same", true}, {"hidden", 8}},
     {1, 9, 8}},
    {"resnet",
     {{"id", "resnet"}, {"channels", {8, 16}}, {"blocks", 2}, {"groups", 4}, {"dropout", 0.2}},
     {3, 8, 10}},
    {"transformer",
     {{"id", "transformer"}, {"patch", 4}, {"width", 8}, {"attention_heads", 2}, {"dropout", 0.2}},
     {3, 8, 12}},
    {"transformer of a table",
     {{"id", "transformer"}, {"width", 8}, {"attention", "linear"}, {"head_hidden", {4}}},
     {5}},
};

TaskInfo taskOf(const char* name, TaskKind kind, std::int64_t width) {
  TaskInfo task;
  task.name = name;
  task.kind = kind;
  task.width = width;
  return task;
}

/// Names that are hard on files and on Python.
const std::vector<TaskInfo> kTasks{taskOf("digit", TaskKind::classification, 4),
                                   taskOf("größe.\"in\" {cm}", TaskKind::regression, 1),
                                   taskOf("digit.sold", TaskKind::binary, 1),
                                   taskOf("place", TaskKind::regression, 2)};

std::unique_ptr<eq::model::Model> modelOf(
    const ModelCase& one, const std::vector<std::vector<eq::Readout>>& readouts = {}) {
  Setting setting;
  setting.inputShape = one.inputShape;
  setting.tasks = kTasks;
  setting.seed = 7;
  setting.readouts = readouts;
  auto params = one.spec;
  params.erase("id");
  return eq::model::catalog().create(one.spec.at("id"), params, "model", setting);
}

eq::train::Snapshot checkpointOf(const ModelCase& one, const eq::model::Model& model) {
  eq::train::Snapshot snapshot;
  const auto& parameters = model.parameters();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    snapshot.tensors["model." + parameters.infos()[i].name] = parameters.tensor(i).detach().clone();
  auto tasks = json::array();
  for (const auto& task : kTasks) tasks.push_back(toJson(task));
  snapshot.meta = {{"experiment", {{"model", one.spec}}},
                   {"input_shape", one.inputShape},
                   {"tasks", tasks},
                   {"step", 12},
                   {"inputs", {{{"name", "a \"b\""}, {"offset", 0.5}, {"scale", 2}}}}};
  return snapshot;
}

eq::train::Snapshot outputsOf(const ModelCase& one, const eq::model::Model& model) {
  eq::train::Snapshot outputs;
  auto shape = one.inputShape;
  shape.insert(shape.begin(), 3);
  const auto inputs = at::randn(shape);
  outputs.tensors["inputs"] = inputs;
  const auto representations = model.represent(inputs, {});
  for (size_t k = 0; k < kTasks.size(); ++k)
    outputs.tensors["output." + kTasks[k].name] =
        model.head(k, model.readBy(k, representations), {}).prediction.detach().contiguous();
  return outputs;
}

/// One that has PyTorch; empty where none is known.
QString pythonWithTorch() {
  const auto cache = qEnvironmentVariable("XDG_CACHE_HOME", QDir::homePath() + "/.cache");
  for (const auto& python : {qEnvironmentVariable("EQUIPOISE_TEST_PYTHON"),
                             cache + "/equipoise/python-tests/bin/python", QString("python3")})
    if (!python.isEmpty() && QProcess::execute(python, {"-c", "import torch"}) == 0) return python;
  return {};
}

std::string refusalOf(const eq::train::Snapshot& checkpoint) {
  try {
    eq::run::pythonModel(checkpoint, "x");
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

}  // namespace

class TestPythonModel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void itsOutputsAreThoseOfTheModel() {
    const auto python = pythonWithTorch();
    if (python.isEmpty())
      QSKIP("no Python with PyTorch; EQUIPOISE_TEST_TORCH=1 tests/scripts/check-python makes one");
    QTemporaryDir folder;
    QStringList arguments{
        QString::fromStdString(eq::test::inSource("tests/core/run/check_python_model.py"))};
    for (const auto& one : kCases) {
      const fs::path place = folder.filePath(one.name).toStdString();
      fs::create_directory(place);
      const auto model = modelOf(one);
      const auto checkpoint = checkpointOf(one, *model);
      eq::run::writeSnapshot(place / "w.safetensors", checkpoint);
      eq::run::writeSnapshot(place / "outputs", outputsOf(one, *model));
      std::ofstream(place / "model.py") << eq::run::pythonModel(checkpoint, "w.safetensors");
      arguments << QString::fromStdString(place / "model.py")
                << QString::fromStdString(place / "outputs");
    }
    QProcess process;
    process.start(python, arguments);
    QVERIFY(process.waitForFinished(120000));
    const auto said = process.readAllStandardError();
    QVERIFY2(process.exitCode() == 0, said.constData());
    QCOMPARE(process.readAllStandardOutput().count('\n'),
             static_cast<int>(kCases.size() * kTasks.size()));
  }

  void whatItDoesNotHaveIsRefusedByName() {
    const ModelCase mixture{"mmoe", {{"id", "mmoe"}}, {6}};
    QCOMPARE(refusalOf(checkpointOf(mixture, *modelOf(mixture))),
             std::string("export --python: the model mmoe is not written in PyTorch; those that "
                         "are: mlp, cnn, resnet, transformer"));
    std::vector<std::vector<eq::Readout>> readouts;
    for (const auto& task : kTasks) readouts.push_back({eq::usualReadout(task)});
    auto cosines = readouts;
    cosines[0][0].layer = eq::Readout::Layer::cosines;
    QCOMPARE(refusalOf(checkpointOf(kCases[0], *modelOf(kCases[0], cosines))),
             std::string("export --python: the loss of task digit reads no linear output; such a "
                         "head is not written in PyTorch"));
    readouts[0][0].fields = {{"centers", eq::LearnedField::Kind::points, 4}};
    QCOMPARE(
        refusalOf(checkpointOf(kCases[0], *modelOf(kCases[0], readouts))),
        std::string("export --python: model.head.digit.centers belongs to a loss that reads more "
                    "than a linear output; such a head is not written in PyTorch"));
  }
};

EQUIPOISE_TEST(TestPythonModel)
#include "tst_python_model.moc"
