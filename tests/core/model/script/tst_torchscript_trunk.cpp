#include <fstream>
#include <functional>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tanh.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/loss/script_fixture.h"
#include "core/model/catalog.h"
#include "core/model/model.h"
#include "core/model/script/scripts.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::loss::test::HeldTensor;
using eq::loss::test::trustFile;
using eq::loss::test::writeScript;
using eq::loss::test::writeTrunk;
using eq::model::Model;
using eq::model::Pass;
using nlohmann::json;

namespace {

using Kind = HeldTensor::Kind;

at::Tensor inputsOf(std::int64_t examples, std::int64_t features, std::uint64_t seed) {
  return at::randn({examples, features}, eq::model::generatorOn(at::kCPU, seed),
                   at::TensorOptions().dtype(at::kDouble));
}

eq::model::Setting settingOf(std::vector<std::int64_t> shape) {
  eq::model::Setting setting;
  setting.inputShape = std::move(shape);
  for (const char* name : {"left", "right"})
    setting.tasks.push_back({name, eq::TaskKind::regression, 1, {}, {}, {}});
  setting.seed = 3;
  setting.type = at::kDouble;
  return setting;
}

std::unique_ptr<Model> make(const json& params, const eq::model::Setting& setting) {
  return eq::model::catalog().create("torchscript_trunk", params, "model", setting);
}

QString refusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return "nothing thrown";
}

at::Tensor parameterOf(const Model& model, const std::string& name) {
  const auto& infos = model.parameters().infos();
  for (size_t i = 0; i < infos.size(); ++i)
    if (infos[i].name == name) return model.parameters().tensor(i).detach();
  return {};
}

at::Tensor trunkOf(const Model& model, const at::Tensor& inputs, Pass pass) {
  const at::NoGradGuard noGradients;
  return model.represent(inputs, pass).at(0);
}

Pass trainingAt(std::int64_t step) {
  Pass pass;
  pass.training = true;
  pass.at.step = step;
  return pass;
}

}  // namespace

class TestTorchscriptTrunk : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }
  json script(const std::string& code, const std::vector<HeldTensor>& held = {}) const {
    const auto file = writeScript(path("script.pt"), code, held);
    trustFile(file);
    return {{"path", file.string()}};
  }
  json trunk(double dropout = 0.3) const {
    const auto file = writeTrunk(path("trunk.pt"), 4, dropout);
    trustFile(file);
    return {{"path", file.string()}};
  }

 private Q_SLOTS:
  void holdsWhatTheFileHolds() {
    const auto model = make(trunk(), settingOf({4}));
    std::vector<std::string> names;
    for (const auto& info : model->parameters().infos()) {
      names.push_back(info.name);
      QCOMPARE(info.block.owner, info.name.starts_with("trunk.")      ? eq::model::kTrunk
                                 : info.name.starts_with("head.left") ? eq::model::Owner(0)
                                                                      : eq::model::Owner(1));
      QVERIFY(info.block.trainable);
    }
    names.resize(4);
    QCOMPARE(names, (std::vector<std::string>{"trunk.weight", "trunk.bias", "trunk.scale",
                                              "trunk.shift"}));
    QCOMPARE(model->buffers().size(), size_t(3));
    QCOMPARE(model->buffers().at("trunk.batches").scalar_type(), at::kLong);
    QVERIFY(!model->isPlain() && !model->leavesTraces());
    QCOMPARE(model->frontier(), size_t(1));
    const auto inputs = inputsOf(5, 4, 1);
    const auto h = at::addmm(parameterOf(*model, "trunk.bias"), inputs,
                             parameterOf(*model, "trunk.weight").t());
    const auto expected = at::tanh(h / std::sqrt(1 + 1e-5) * parameterOf(*model, "trunk.scale") +
                                   parameterOf(*model, "trunk.shift"));
    QVERIFY(at::allclose(trunkOf(*model, inputs, {}), expected, 1e-12, 1e-12));
  }

  /// Whatever passes a method makes beside, the first of a step moves them, once it is over.
  void statisticsMoveOnceAStep() {
    const auto model = make(trunk(0), settingOf({4}));
    const auto& mean = model->buffers().at("trunk.mean");
    const auto& var = model->buffers().at("trunk.var");
    const auto inputs = inputsOf(8, 4, 1);
    auto expectedMean = mean.clone(), expectedVar = var.clone();
    for (const std::int64_t step : {0, 1}) {
      const auto h = at::addmm(parameterOf(*model, "trunk.bias"), inputs,
                               parameterOf(*model, "trunk.weight").t());
      expectedMean = expectedMean * 0.9 + h.mean(0) * 0.1;
      expectedVar = expectedVar * 0.9 + h.var(0) * 0.1;
      trunkOf(*model, inputs, trainingAt(step));
      trunkOf(*model, inputsOf(8, 4, 2), trainingAt(step));
      trunkOf(*model, inputs, {});
      QCOMPARE(model->buffers().at("trunk.batches").item<std::int64_t>(), step);
      model->afterStep({step, 0, 0, 1});
      trunkOf(*model, inputsOf(8, 4, 3), trainingAt(step));  // a look at the losses afterwards
      model->afterStep({step, 0, 0, 1});
      QVERIFY(at::allclose(mean, expectedMean, 1e-12, 1e-12));
      QVERIFY(at::allclose(var, expectedVar, 1e-12, 1e-12));
      QCOMPARE(model->buffers().at("trunk.batches").item<std::int64_t>(), step + 1);
    }
    const auto z = trunkOf(*model, inputs, trainingAt(2));
    model->afterStep({2, 0, 0, 1});
    QVERIFY(at::equal(trunkOf(*model, inputs, trainingAt(3)), z));  // of the batch's own
    QVERIFY(!at::allclose(trunkOf(*model, inputs, {}), z));
  }

  /// A run that goes back to an earlier state of the same step takes that step's pass anew.
  void restoredStatisticsAreGoneOnFrom() {
    const auto model = make(trunk(0), settingOf({4}));
    const auto before = model->buffers().at("trunk.mean").clone();
    const auto stepWith = [&](std::uint64_t seed) {
      trunkOf(*model, inputsOf(8, 4, seed), trainingAt(0));
      model->afterStep({});
      return model->buffers().at("trunk.mean").clone();
    };
    const auto once = stepWith(1);
    model->buffers().at("trunk.mean").detach().copy_(before);
    QVERIFY(!at::allclose(stepWith(2), once));
    model->buffers().at("trunk.mean").detach().copy_(before);
    QVERIFY(at::equal(stepWith(1), once));
  }

  void whatIsNotFiniteIsNotKept() {
    const auto model = make(trunk(0), settingOf({4}));
    auto inputs = inputsOf(8, 4, 1);
    inputs[0].fill_(std::numeric_limits<double>::infinity());
    trunkOf(*model, inputs, trainingAt(0));
    model->afterStep({});
    QVERIFY(model->buffers().at("trunk.mean").isfinite().all().item<bool>());
    QVERIFY(model->buffers().at("trunk.var").isfinite().all().item<bool>());
  }

  void randomDrawsComeFromTheModelsStream() {
    const auto model = make(trunk(), settingOf({4})), twin = make(trunk(), settingOf({4}));
    auto global = at::globalContext().defaultGenerator(at::kCPU);
    const auto untouched = global.get_state().clone();
    const auto inputs = inputsOf(16, 4, 1);
    const auto state = model->randomState();
    const auto first = trunkOf(*model, inputs, trainingAt(0));
    QVERIFY((first == 0).any().item<bool>());
    QVERIFY(at::equal(trunkOf(*twin, inputs, trainingAt(0)), first));
    const auto second = trunkOf(*model, inputs, trainingAt(0));
    QVERIFY(!at::equal(second, first));
    QVERIFY(at::equal(trunkOf(*model, inputs, {}), trunkOf(*model, inputs, {})));
    model->restoreRandomState(state);
    QVERIFY(at::equal(trunkOf(*model, inputs, trainingAt(0)), first));
    trunkOf(*model, inputs, {});  // draws nothing
    QVERIFY(at::equal(trunkOf(*model, inputs, trainingAt(0)), second));
    QVERIFY(at::equal(global.get_state(), untouched));
  }

  void aFrozenTrunkIsAFixedFunction() {
    auto frozen = trunk();
    frozen["frozen"] = true;
    auto setting = settingOf({4});
    setting.frozen = {"trunk.*"};
    for (const auto& model : {make(frozen, settingOf({4})), make(trunk(), setting)}) {
      QCOMPARE(model->parameters().columns().size(), std::int64_t(0));
      QVERIFY(model->isPlain());
      const auto inputs = inputsOf(8, 4, 1);
      const auto before = model->buffers().at("trunk.mean").clone();
      QVERIFY(at::equal(trunkOf(*model, inputs, trainingAt(0)), trunkOf(*model, inputs, {})));
      model->afterStep({});
      QVERIFY(at::equal(model->buffers().at("trunk.mean"), before));
    }
  }

  void whatTheFileFreezesStaysFrozen() {
    const auto model =
        make(script("def forward(self, x):\n  return x * self.a + self.b\n",
                    {{"a", {1, 2, 3, 4}, Kind::frozenParameter}, {"b", {1}, Kind::parameter}}),
             settingOf({4}));
    QVERIFY(!model->parameters().infos()[0].block.trainable);
    QVERIFY(model->parameters().infos()[1].block.trainable);
  }

  void imagesAreReadFlattened() {
    const auto model =
        make(script("def forward(self, x):\n  return torch.max_pool2d(x * self.a, [2, 2])\n",
                    {{"a", {2}, Kind::parameter}}),
             settingOf({3, 4, 6}));
    const auto& infos = model->parameters().infos();
    QCOMPARE(infos.at(1).shape, (std::vector<std::int64_t>{1, 3 * 2 * 3}));
    const auto inputs = inputsOf(2, 72, 1).view({2, 3, 4, 6});
    QCOMPARE(model->head(0, model->represent(inputs, {}), {}).prediction.sizes().vec(),
             std::vector<std::int64_t>{2});
  }

  void countsMultiplyAdds() {
    const auto countOf = [](const Model& model, const at::Tensor& inputs) {
      std::int64_t count = 0;
      Pass pass;
      pass.multiplyAdds = &count;
      model.represent(inputs, pass);
      return count;
    };
    QCOMPARE(countOf(*make(trunk(), settingOf({4})), inputsOf(3, 4, 1)), std::int64_t(3 * 4 * 6));
    const auto convolution =
        make(script("def forward(self, x):\n"
                    "  return torch.conv2d(x, self.w.view(6, 2, 3, 3), None, [2, 1], [1, 0])\n",
                    {{"w", std::vector<double>(108, 0.1), Kind::parameter}}),
             settingOf({2, 7, 8}));
    QCOMPARE(countOf(*convolution, inputsOf(1, 112, 1).view({1, 2, 7, 8})),
             std::int64_t(4 * 6 * 108));
    const auto attention =
        make(script("def forward(self, x):\n"
                    "  return torch.scaled_dot_product_attention(x * self.a, x, x)\n",
                    {{"a", {1}, Kind::parameter}}),
             settingOf({2, 5, 3}));
    QCOMPARE(countOf(*attention, inputsOf(1, 30, 1).view({1, 2, 5, 3})),
             std::int64_t(2 * 2 * 5 * 5 * 3));
  }

  void refusesWhatIsNoTrunk_data() {
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* code, const char* message) {
      QTest::newRow(code) << QString("def forward(self, x):\n") + code + "\n" << QString(message);
    };
    add("  return x.sum()",
        "forward must return one representation an example, [N, ...], returns [] for inputs [2, "
        "4]");
    add("  return x.sum(1)", "an example, [N, ...], returns [2] for inputs [2, 4]");
    add("  return x.t()", "an example, [N, ...], returns [4, 2] for inputs [2, 4]");
    add("  return x > 0", "forward must return floating numbers, returns Bool");
    add("  return x / 0.0", "forward must return finite numbers, and some of [2, 4]");
    add("  return x, x", "forward must return a tensor, returns (Tensor, Tensor)");
    add("  return torch.matmul(x, x)", "mat1 and mat2 shapes cannot be multiplied (2x4 and 2x4)");
    add("  self.training = False\n  return x",
        "forward sets the attribute training: bool, which no checkpoint holds");
    add("  self.w.detach().add_(1)\n  return x * self.w",
        "forward writes to the parameter w, which only the updates of a run may move");
    add("  self.b = torch.cat([self.b, self.b])\n  return x * self.w",
        "forward gives the buffer b another shape or type");
    QTest::newRow("two inputs") << QString("def forward(self, x, y):\n  return x + y\n")
                                << QString(
                                       "needs forward(inputs) of one tensor, found "
                                       "forward(Tensor x, Tensor y)");
    QTest::newRow("no forward") << QString("def other(self, x):\n  return x\n")
                                << QString("needs a method forward(inputs), has none");
  }
  void refusesWhatIsNoTrunk() {
    QFETCH(QString, code);
    QFETCH(QString, message);
    const auto params = script(code.toStdString(), {{"w", {1}, Kind::parameter}, {"b", {1}}});
    const auto found = refusalOf([&] { make(params, settingOf({4})); });
    QVERIFY2(found.startsWith(QString::fromStdString("model.path: " + path("script.pt").string())),
             qPrintable(found));
    QVERIFY2(found.contains(message), qPrintable(found));
  }

  void refusesFiles() {
    const auto damaged = path("damaged.pt");
    std::ofstream(damaged) << "no script";
    trustFile(damaged);
    QVERIFY(refusalOf([&] {
              make({{"path", damaged.string()}}, settingOf({4}));
            }).contains("is no TorchScript file, as torch.jit.save writes it, or is damaged"));
    QVERIFY(refusalOf([&] { make(json::object(), settingOf({4})); }).contains("path"));
    QVERIFY(refusalOf([&] {
              make({{"path", "/not/there.pt"}}, settingOf({4}));
            }).startsWith("model.path: there is no "));
    const auto trace = path("trace");
    const auto writes =
        writeScript(path("writes.pt"), "def forward(self, x):\n  return x\n" +
                                           eq::loss::test::writingWhenLoaded(trace));
    QVERIFY(refusalOf([&] {
              make({{"path", writes.string()}}, settingOf({4}));
            }).contains("is not trusted"));
    QVERIFY(!fs::exists(trace));
    auto pinned = trunk();
    pinned["sha256"] = std::string(64, 'a');
    QVERIFY(refusalOf([&] {
              make(pinned, settingOf({4}));
            }).contains("is not the file that was used before"));
    pinned["sha256"] = "short";
    QVERIFY(refusalOf([&] {
              make(pinned, settingOf({4}));
            }).startsWith("model.sha256: expected 64 hexadecimal digits"));
    QVERIFY(refusalOf([&] { make(trunk(), settingOf({5})); }).contains("on inputs [2, 5]"));
  }

  void knowsItsFile() {
    const auto file = writeTrunk(path("unknown.pt"), 4, 0.123);
    std::vector<eq::script::ScriptFile> files;
    eq::model::scripts().addUntrusted(files, "torchscript_trunk", {{"path", "unknown.pt"}},
                                      file.parent_path());
    QCOMPARE(files.size(), size_t(1));
    QCOMPARE(files[0].path, file);
    const auto pinned = eq::model::scripts().pinned("torchscript_trunk", {{"path", "unknown.pt"}},
                                                    file.parent_path(), "model");
    QCOMPARE(pinned["sha256"].get<std::string>(), files[0].sha256);
  }
};

EQUIPOISE_TEST(TestTorchscriptTrunk)
#include "tst_torchscript_trunk.moc"
