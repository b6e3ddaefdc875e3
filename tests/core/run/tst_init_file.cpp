#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>
#include <fstream>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/run/teacher.h"
#include "core/train/experiment_files.h"
#include "core/train/snapshot.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::makeTrainer;
using eq::run::Runner;
using eq::train::Experiment;
using nlohmann::json;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

const json kMlp{{"id", "mlp"}, {"hidden", {12, 8}}};

Tensors tensorsOf(const eq::train::Trainer& trainer) {
  return trainer.snapshot().tensors;
}

const at::Tensor& parameter(const Tensors& tensors, const std::string& name) {
  return tensors.at("model." + name);
}

/// A file as other programs write it: no metadata, no checksums.
std::string plainFile(const Tensors& tensors) {
  json header = json::object();
  std::string data;
  for (const auto& [name, given] : tensors) {
    const auto tensor = given.contiguous();
    const std::map<at::ScalarType, const char*> types{
        {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kBFloat16, "BF16"}, {at::kLong, "I64"}};
    const auto begin = data.size();
    data.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    header[name] = {{"dtype", types.at(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  const auto text = header.dump();
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text + data;
}

/// The note that tells what was taken.
eq::train::EventRecord noteOf(eq::train::Trainer& trainer) {
  for (const auto& event : trainer.takeEvents())
    if (event.text.starts_with("begins with ")) return event;
  return {};
}

}  // namespace

class TestInitFile : public QObject {
  Q_OBJECT

  fs::path path(const std::string& name) const {
    return fs::path(folder_.path().toStdString()) / name;
  }

  void write(const std::string& name, const std::string& bytes) const {
    eq::run::writeAtomically(path(name), bytes);
  }

  Experiment experimentOf(const json& init = nullptr, const json& model = kMlp,
                          const json& changes = json::object()) const {
    json value{{"data", {{"id", "digit_facts"}}},
               {"model", model},
               {"tasks", {{{"name", "digit"}}, {{"name", "parity"}}}},
               {"batch_size", 32},
               {"epochs", 2},
               {"threads", 1}};
    value.update(changes);
    if (!init.is_null()) value["init"] = init;
    return eq::train::experimentFromJson(value, folder_.path().toStdString());
  }

  /// What a file of these tensors is refused with.
  QString refusal(const Tensors& tensors, json init = json::object()) const {
    write("refused.safetensors", plainFile(tensors));
    init["file"] = "refused.safetensors";
    return messageOf(init);
  }

  QString messageOf(const json& init) const {
    try {
      makeTrainer(experimentOf(init));
    } catch (const eq::Error& error) {
      return QString::fromStdString(error.what());
    }
    return "nothing thrown";
  }

 private Q_SLOTS:
  /// What `export RUN --checkpoint N --to FILE` writes is a file of weights.
  void anExportedCheckpointIsTakenWhole_data() {
    QTest::addColumn<QByteArray>("model");
    QTest::newRow("mlp") << QByteArray(R"({"id": "mlp", "hidden": [6]})");
    QTest::newRow("cnn") << QByteArray(R"({"id": "cnn", "channels": [3], "hidden": 6})");
    QTest::newRow("resnet") << QByteArray(R"({"id": "resnet", "channels": [4, 6], "groups": 2})");
    QTest::newRow("transformer") << QByteArray(
        R"({"id": "transformer", "width": 8, "layers": 1, "attention_heads": 2})");
  }
  void anExportedCheckpointIsTakenWhole() {
    QFETCH(QByteArray, model);
    const auto network = json::parse(model.toStdString());
    const json pictures{{"data", {{"id", "two_digits"}, {"train_pairs", 64}, {"test_pairs", 16}}},
                        {"tasks", nullptr}};
    auto trained = makeTrainer(experimentOf(nullptr, network, pictures));
    for (int i = 0; i < 2; ++i) trained->step();
    auto checkpoint = trained->snapshot();
    checkpoint.meta["records"] = json::object();
    eq::run::writeSnapshot(path("model.safetensors"), checkpoint);
    auto other = pictures;
    other["seed"] = 9;
    const json init{{"file", "model.safetensors"}};
    const auto taken = tensorsOf(*makeTrainer(experimentOf(init, network, other)));
    const auto fresh = tensorsOf(*makeTrainer(experimentOf(nullptr, network, other)));
    bool differs = false;
    for (const auto& [name, tensor] : checkpoint.tensors) {
      if (!name.starts_with("model.")) continue;
      QVERIFY2(at::equal(taken.at(name), tensor), name.c_str());
      differs = differs || !at::equal(fresh.at(name), tensor);
    }
    QVERIFY(differs);
  }

  /// [in, out] of another program, several layers in one tensor, a shape with a dimension more.
  void aMapFindsWhatAnotherProgramCallsOtherwise() {
    const auto first = at::arange(64 * 12, at::kFloat).reshape({64, 12}) / 1000;
    const auto bias = at::arange(12, at::kDouble).reshape({1, 12}) / 7;
    const auto both = at::arange(16 * 12, at::kFloat).reshape({16, 12}) / 500;
    write("other.safetensors", plainFile({{"net.dense_0.kernel", first},
                                          {"net.dense_0.bias", bias},
                                          {"net.joint", both.to(at::kBFloat16)},
                                          {"net.steps", at::arange(3, at::kLong)}}));
    write("names.json", R"({"description": "of a test", "tensors": [
        {"ours": "trunk.1.weight", "theirs": "net.joint", "part": [1, 2]},
        {"ours": "trunk.*.weight", "theirs": "net.dense_*.kernel", "permute": [1, 0]},
        {"ours": "trunk.*.bias", "theirs": "net.dense_*.bias", "reshape": true}]})");
    const json init{{"file", "other.safetensors"}, {"map", "names.json"}};
    auto trainer = makeTrainer(experimentOf(init));
    const auto taken = tensorsOf(*trainer);
    QVERIFY(at::equal(parameter(taken, "trunk.0.weight"), first.t()));
    QVERIFY(at::equal(parameter(taken, "trunk.0.bias"), bias.to(at::kFloat).reshape({12})));
    QVERIFY(at::equal(parameter(taken, "trunk.1.weight"),
                      both.to(at::kBFloat16).to(at::kFloat).narrow(0, 8, 8)));
    const auto fresh = tensorsOf(*makeTrainer(experimentOf()));
    for (const char* name : {"trunk.1.bias", "head.digit.linear-10.weight"})
      QVERIFY2(at::equal(parameter(taken, name), parameter(fresh, name)), name);

    const auto note = noteOf(*trainer);
    QCOMPARE(note.detail.at("taken").dump(),
             std::string(R"(["trunk.0.weight","trunk.0.bias","trunk.1.weight"])"));
    QCOMPARE(note.detail.at("unused").dump(), std::string(R"({"net.steps":[3]})"));
    QCOMPARE(
        note.detail.at("kept").dump(),
        std::string(R"({"head.digit.linear-10.bias":[10],"head.digit.linear-10.weight":[10,8],)"
                    R"("head.parity.linear-1.bias":[1],"head.parity.linear-1.weight":[1,8],)"
                    R"("trunk.1.bias":[8]})"));
    QCOMPARE(note.detail.at("rounded").dump(), std::string(R"(["trunk.0.bias"])"));
    QCOMPARE(note.detail.at("map").get<std::string>(), std::string("names.json"));
    QVERIFY2(note.text.find("not used of the file: net.steps [3]") != std::string::npos,
             note.text.c_str());
    QVERIFY2(note.text.find("begins as without the file: head.digit.linear-10.bias [10], ") !=
                 std::string::npos,
             note.text.c_str());
  }

  void patternsChoose() {
    Tensors tensors;
    for (const auto& [name, tensor] : tensorsOf(*makeTrainer(experimentOf())))
      if (name.starts_with("model."))
        tensors[name.substr(6)] = at::full(tensor.sizes(), 0.25, at::kFloat);
    write("quarter.safetensors", plainFile(tensors));
    const json init{
        {"file", "quarter.safetensors"}, {"take", {"trunk.1.*"}}, {"freeze", {"trunk.*"}}};
    auto trainer = makeTrainer(experimentOf(init));
    for (int i = 0; i < 2; ++i) trainer->step();
    const auto now = tensorsOf(*trainer);
    QVERIFY((parameter(now, "trunk.1.weight") == 0.25).all().item<bool>());
    QVERIFY((parameter(now, "trunk.1.bias") == 0.25).all().item<bool>());
    QVERIFY(!(parameter(now, "trunk.0.weight") == 0.25).any().item<bool>());
    QVERIFY(noteOf(*trainer).detail.at("kept").contains("trunk.0.weight"));
  }

  void shapesThatDifferAreListed() {
    write("wide.safetensors", plainFile({{"trunk.0.weight", at::full({12, 65}, 0.5, at::kFloat)},
                                         {"trunk.0.bias", at::full({12}, 0.5, at::kFloat)}}));
    auto trainer = makeTrainer(experimentOf({{"file", "wide.safetensors"}}));
    const auto note = noteOf(*trainer);
    QCOMPARE(note.detail.at("other_shape").dump(), std::string(R"(["trunk.0.weight"])"));
    QVERIFY2(
        note.text.find("of another shape there: trunk.0.weight [12, 65] instead of [12, 64]") !=
            std::string::npos,
        note.text.c_str());
    QCOMPARE(messageOf({{"file", "wide.safetensors"}, {"take", {"trunk.0.bias", "*weight"}}}),
             QString("init.take[1]: \"*weight\" takes nothing of wide.safetensors: trunk.0.weight "
                     "has another shape there: trunk.0.weight [12, 65] instead of [12, 64]"));
  }

  /// A resumed run does not need the file; one that begins anew wants the same content.
  void theContentIsPinned() {
    const auto bytes = plainFile({{"trunk.0.bias", at::full({12}, 0.5, at::kFloat)}});
    write("pinned.safetensors", bytes);
    auto whole = Runner::start(experimentOf({{"file", "pinned.safetensors"}}), path("runs"));
    const auto began = whole->trainer().experiment();
    QCOMPARE(began.init.sha256, eq::sha256(bytes));
    QCOMPARE(began.init.file, std::string("pinned.safetensors"));
    while (whole->trainer().stepsDone() < 3) whole->step();
    whole->checkpoint();
    while (whole->trainer().stepsDone() < 6) whole->step();
    const auto bits = tensorsOf(whole->trainer());
    const auto folder = whole->folder();
    whole->close();
    const auto events = eq::run::RunReader(folder).events();
    QVERIFY(std::any_of(events.begin(), events.end(), [&](const auto& event) {
      return event.detail.is_object() && event.detail.value("sha256", "") == eq::sha256(bytes);
    }));
    fs::remove(path("pinned.safetensors"));
    auto fork = Runner::fork(folder, 3, path("runs"));
    while (fork->trainer().stepsDone() < 6) fork->step();
    for (const auto& [name, tensor] : tensorsOf(fork->trainer()))
      QVERIFY2(at::equal(tensor, bits.at(name)), name.c_str());
    fork->close();
    write("pinned.safetensors", plainFile({{"trunk.0.bias", at::full({12}, 0.75, at::kFloat)}}));
    try {
      makeTrainer(began);
      QFAIL("another content was taken");
    } catch (const eq::Error& error) {
      QVERIFY(QString(error.what()).contains("is not the file that was used before"));
    }
  }

  void pathsAreReplacedAsThoseOfData() {
    auto experiment = experimentOf({{"file", "a.safetensors"}, {"map", "names.json"}});
    const auto moved = [](const std::string& given) { return "moved/" + given; };
    eq::train::replaceFiles(experiment, moved);
    QCOMPARE(experiment.init.file, std::string("moved/a.safetensors"));
    QCOMPARE(experiment.init.map, std::string("moved/names.json"));
    experiment.init.map = "vit-timm";
    eq::train::replaceFiles(experiment, moved);
    QCOMPARE(experiment.init.map, std::string("vit-timm"));
  }

  void everyTruncationIsRefused() {
    const auto bytes = plainFile({{"trunk.0.bias", at::full({12}, 0.5, at::kFloat)},
                                  {"trunk.1.bias", at::full({8}, 0.5, at::kFloat)}});
    for (size_t size = 0; size < bytes.size(); size += 1 + size / 9) {
      write("cut.safetensors", bytes.substr(0, size));
      const auto message = messageOf({{"file", "cut.safetensors"}});
      QVERIFY2(message.startsWith("init.file: ") && message.contains("cut.safetensors: damaged"),
               qPrintable(message));
    }
  }

  void refusalsNameTheTensor() {
    const auto half = at::full({12}, 0.5, at::kFloat);
    QCOMPARE(refusal({{"trunk.0.bias", half.to(at::kLong)}}),
             QString("refused.safetensors: trunk.0.bias has numbers of the type Long, and "
                     "trunk.0.bias needs Float"));
    QCOMPARE(
        refusal({{"trunk.0.bias", half / 0}}),
        QString("refused.safetensors: trunk.0.bias has numbers that are not finite, with which "
                "trunk.0.bias could not be trained"));
    QCOMPARE(
        refusal({{"conv1.weight", half}, {"fc.weight", half}}),
        QString("init.take[0]: \"*\" takes nothing of refused.safetensors: no parameter of this "
                "model has a name that fits and is there; there are conv1.weight, fc.weight, "
                "and init.map says what they are called here"));
    QVERIFY(refusal({{"trunk.0.bias", half}}, {{"map", "resnet"}})
                .startsWith("init.map: no map resnet comes with the program; there are "
                            "resnet-torchvision, "));
    QVERIFY(refusal({{"trunk.0.bias", half}}, {{"map", "none.json"}})
                .startsWith("init.map: there is no none.json in "));
    QVERIFY(refusal({{"trunk.0.bias", half}}, {{"sha256", std::string(64, '0')}})
                .contains("is not the file that was used before: its SHA-256 is "));
    QVERIFY(messageOf({{"file", "none.safetensors"}})
                .startsWith("init.file: there is no none.safetensors in "));
    QVERIFY(messageOf({{"file", "."}}).contains("is a folder; name a file"));
  }

 private:
  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestInitFile)
#include "tst_init_file.moc"
