#include "tests/core/loss/loss_support.h"

#include <fstream>

#include <QTemporaryDir>

#include "core/base/sha256.h"
#include "core/loss/curve.h"
#include "core/loss/custom/scripts.h"
#include "core/loss/nesting.h"
#include "core/loss/script_fixture.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;
using Kind = HeldTensor::Kind;
namespace fs = std::filesystem;

namespace {

const char* const kSquares = "def forward(self, p, t):\n  return (p - t) ** 2\n";
const char* const kSampleSquares =
    "def forward(self, p, t):\n  return ((p - t) ** 2).reshape([len(p), -1]).mean(1)\n";
const char* const kMeanSquare = "def forward(self, p, t):\n  return ((p - t) ** 2).mean()\n";
const char* const kCrossEntropies =
    "def forward(self, p, t):\n"
    "  return p.logsumexp(1) - p.gather(1, t.unsqueeze(1)).squeeze(1)\n";
const char* const kMeanCrossEntropy =
    "def forward(self, p, t):\n"
    "  kept = t != -100\n"
    "  rows = torch.nonzero(kept).squeeze(1)\n"
    "  z = p.index_select(0, rows)\n"
    "  return (z.logsumexp(1) - z.gather(1, t.index_select(0, "
    "rows).unsqueeze(1)).squeeze(1)).mean()\n";

json numbers() {
  RandomStream random(2);
  return {{"prediction", randomRows(random, 5, 3)}, {"target", randomRows(random, 5, 3)}};
}

json vectors() {
  RandomStream random(4);
  return {{"prediction", randomNumbers(random, 6)}, {"target", randomNumbers(random, 6)}};
}

json classes(bool someIgnored = false) {
  RandomStream random(5);
  json input{{"prediction", randomRows(random, 6, 3)}, {"target", {2, 0, 1, 1, 0, 2}}};
  if (someIgnored) input["target"] = {2, -100, 1, -100, 0, 2};
  return input;
}

json withMask(json input, json mask) {
  input["mask"] = std::move(mask);
  return input;
}

/// Of a loss that holds others, whose inputs it reads.
Result evaluateNested(const std::string& id, const json& params) {
  std::vector<std::string> fields;
  for (const auto& field : eq::loss::inputsOf(id, params)) fields.push_back(field.name);
  const auto batch = eq::loss::batchFromJson(classes(), fields, id);
  const auto loss = make(id, params);
  loss->check(batch);
  return evaluate(*loss, batch);
}

}  // namespace

class TestTorchScript : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  int files_ = 0;

  fs::path path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }

  /// Parameters of a new file that is trusted.
  json script(const std::string& code, const std::vector<HeldTensor>& held = {}) {
    const auto file = writeScript(path("loss" + std::to_string(++files_) + ".pt"), code, held);
    trustFile(file);
    return {{"path", file.string()}};
  }

  /// What a person is told about the script with this input, without the file's place.
  QString messageOf(const json& params, const json& input) {
    auto text = message("torchscript", params, input);
    const auto file = QString::fromStdString(params.at("path").get<std::string>());
    return text.replace(file, "FILE");
  }

 private Q_SLOTS:
  void equalsTheBuiltInLoss_data() {
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("input");
    QTest::addColumn<bool>("samples");
    const json mask{{1, 0, 1}, {0, 0, 0}, {1, 1, 1}, {0, 1, 0}, {1, 1, 1}};
    const auto add = [](const char* name, const char* code, const char* id, const json& input,
                        bool samples = true) {
      QTest::newRow(name) << code << id << input << samples;
    };
    add("elements", kSquares, "mse", numbers());
    add("elements, masked", kSquares, "mse", withMask(numbers(), mask));
    add("elements of vectors", kSquares, "mse", vectors());
    add("elements of masked vectors", kSquares, "mse", withMask(vectors(), {1, 0, 0, 1, 1, 1}));
    add("samples", kSampleSquares, "mse", numbers());
    add("samples, masked", kSampleSquares, "mse", withMask(vectors(), {1, 0, 0, 1, 1, 1}));
    add("nothing valid", kSampleSquares, "mse", withMask(vectors(), {0, 0, 0, 0, 0, 0}));
    add("one number", kMeanSquare, "mse", numbers(), false);
    add("classes", kCrossEntropies, "cross_entropy", classes());
    add("ignored classes", kCrossEntropies, "cross_entropy", classes(true));
    add("classes, one number", kMeanCrossEntropy, "cross_entropy", classes(), false);
    add("ignored classes, one number", kMeanCrossEntropy, "cross_entropy", classes(true), false);
    json integers = vectors();
    integers["target"] = {1, 0, 1, 0, 0, 1};
    add("labels as integers", "def forward(self, p, t):\n  return (1 + p.exp()).log() - t * p\n",
        "binary_cross_entropy", integers);
  }
  void equalsTheBuiltInLoss() {
    QFETCH(QString, code);
    QFETCH(QString, id);
    QFETCH(json, input);
    QFETCH(bool, samples);
    const auto expected = evaluate(id.toStdString(), json::object(), input);
    const auto found = evaluate("torchscript", script(code.toStdString()), input);
    QVERIFY(std::abs(found.value - expected.value) < 1e-12);
    QVERIFY(distance(found.gradient, expected.gradient) < 1e-12);
    QCOMPARE(found.perSample.defined(), samples);
    if (samples) QVERIFY(distance(found.perSample, expected.perSample) < 1e-12);
  }

  void hasTheSlopesOfItsValues() {
    const json params = script(
        "def forward(self, p, t):\n  return (torch.tanh(p) * t).exp() + (p * p).sum(1, True)\n");
    const auto loss = make("torchscript", params);
    const auto batch = batchOf("torchscript", numbers());
    loss->check(batch);
    QVERIFY(distance(evaluate(*loss, batch).gradient, differences(*loss, batch)) < 1e-7);
  }

  /// In one loss object, in both precisions by turns; integers that a file holds stay integers.
  void keepsThePrecisionOfThePrediction() {
    const json params = script(
        "def forward(self, p, t):\n"
        "  return self.weights.index_select(0, self.order.index_select(0, t)) * p.logsumexp(1)\n",
        {{"weights", {0.5, 1, 2}}, {"order", {2, 1, 0}, Kind::integers}});
    const auto loss = make("torchscript", params);
    const auto wide = batchOf("torchscript", classes());
    const eq::loss::Batch narrow{wide.prediction.to(at::kFloat), wide.target, {}};
    loss->check(wide);
    const auto a = evaluate(*loss, wide), b = evaluate(*loss, narrow), c = evaluate(*loss, wide);
    QCOMPARE(a.perSample.scalar_type(), at::kDouble);
    QCOMPARE(b.perSample.scalar_type(), at::kFloat);
    QCOMPARE(b.gradient.scalar_type(), at::kFloat);
    QCOMPARE(c.value, a.value);
    QVERIFY(std::abs(b.value - a.value) < 1e-5);
    double sum = 0;
    const double weights[] = {2, 1, 0.5};
    for (std::int64_t i = 0; i < 6; ++i)
      sum += weights[wide.target[i].item<std::int64_t>()] *
             wide.prediction[i].exp().sum().log().item<double>();
    QVERIFY(std::abs(a.value - sum / 6) < 1e-12);
  }

  void canBeWrappedAndAdded() {
    const json own = script(kCrossEntropies), whole = script(kMeanCrossEntropy);
    const auto in = [](const char* id, const json& params) {
      return json{{"id", id}, {"params", params}};
    };
    for (const char* wrapper : {"dynamic_reweight", "class_aware"}) {
      const json more = std::string(wrapper) == "class_aware"
                            ? json{{"counts", {10, 20, 30}}, {"base", nullptr}}
                            : json{{"base", nullptr}};
      json expected = more, given = more;
      expected["base"] = in("cross_entropy", json::object());
      given["base"] = in("torchscript", own);
      if (!eq::loss::catalog().contains(wrapper)) continue;
      const auto a = evaluateNested(wrapper, expected), b = evaluateNested(wrapper, given);
      QVERIFY(std::abs(a.value - b.value) < 1e-12);
      QVERIFY(distance(a.gradient, b.gradient) < 1e-12);
    }
    try {
      evaluateNested("dynamic_reweight", {{"base", in("torchscript", whole)}});
      QFAIL("was not refused");
    } catch (const eq::Error& error) {
      QCOMPARE(QString::fromUtf8(error.what()),
               "dynamic_reweight.base: torchscript has no value of its own for a sample with this "
               "input");
    }
    const auto sum =
        evaluateNested("sum", {{"terms", {in("torchscript", own), in("torchscript", whole)}}});
    const auto once = evaluate("cross_entropy", json::object(), classes());
    QVERIFY(std::abs(sum.value - 2 * once.value) < 1e-12);
    QVERIFY(!sum.perSample.defined());
  }

  void canBeDrawn() {
    const auto drawn = [](const json& params, const char* axis, const char* id, const json& own) {
      eq::loss::CurveRequest request{"torchscript", params, axis, -3, 3, 201};
      const auto found = eq::loss::sampleCurve(request);
      request.id = id;
      request.params = own;
      request.points = static_cast<int>(found.x.size());
      const auto expected = eq::loss::sampleCurve(request);
      double most = 0;
      for (size_t i = 0; i < found.x.size(); ++i)
        most = std::max({most, std::abs(found.value[i] - expected.value[i]),
                         std::abs(found.slope[i] - expected.slope[i])});
      return most;
    };
    QVERIFY(drawn(script(kCrossEntropies), "margin", "cross_entropy", json::object()) < 1e-12);
    QVERIFY(drawn(script(kMeanCrossEntropy), "margin", "cross_entropy", json::object()) < 1e-12);
    QVERIFY(drawn(script(kSquares), "residual", "mse", json::object()) < 1e-12);
  }

  // --- Trust

  void nothingRunsBeforeItIsTrusted() {
    const auto trace = path("trace");
    const auto file = writeScript(path("writes.pt"), kSquares + writingWhenLoaded(trace));
    const json params{{"path", file.string()}};
    const auto loss = make("torchscript", params);
    const auto batch = batchOf("torchscript", vectors());
    QCOMPARE(messageOf(params, vectors()),
             QString("torchscript.path: FILE: is not trusted; a TorchScript file is a program that "
                     "can do all that you may do: if you trust it, say so with --trust, or when "
                     "the window asks"));
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->evaluate(batch));
    QVERIFY_THROWS_EXCEPTION(eq::Error,
                             eq::loss::sampleCurve({"torchscript", params, "residual", -1, 1, 10}));
    QVERIFY(!fs::exists(trace));
    trustFile(file);
    QCOMPARE(messageOf(params, vectors()), QString());
    QVERIFY(fs::exists(trace));  // so it would have been seen
  }

  void trustIsInAContentNotInAName() {
    const json params = script(kSquares);
    const fs::path file = params["path"].get<std::string>();
    QCOMPARE(messageOf(params, vectors()), QString());
    writeScript(file, "def forward(self, p, t):\n  return (p - t).abs() + 7\n");
    QVERIFY(messageOf(params, vectors()).contains("is not trusted"));
    writeScript(file, kSquares);
    QCOMPARE(messageOf(params, vectors()), QString());
  }

  void namesTheFilesToAskAbout() {
    const auto outer = writeScript(path("outer.pt"), "def forward(self, p, t):\n  return p - t\n");
    const auto inner = writeScript(path("inner.pt"), "def forward(self, p, t):\n  return p * t\n");
    fs::copy_file(inner, path("copy.pt"));
    const auto term = [](const char* file) {
      return json{{"id", "torchscript"}, {"params", {{"path", file}}}};
    };
    const json params{{"terms",
                       {term("outer.pt"),
                        {{"id", "dynamic_reweight"}, {"params", {{"base", term("inner.pt")}}}},
                        term("copy.pt"),
                        term("not-there.pt"),
                        {{"id", "torchscript"},
                         {"params", {{"path", "outer.pt"}, {"sha256", std::string(64, '0')}}}},
                        {{"id", "mse"}}}}};
    const fs::path folder = folder_.path().toStdString();
    std::vector<eq::script::ScriptFile> files;
    eq::loss::scripts().addUntrusted(files, "sum", params, folder);
    QCOMPARE(files.size(), size_t{2});
    QCOMPARE(files[0].path, outer);
    QCOMPARE(files[0].size, fs::file_size(outer));
    QCOMPARE(files[1].path, inner);
    eq::script::trustScript(files[0].sha256);
    files.clear();
    eq::loss::scripts().addUntrusted(files, "sum", params, folder);
    QCOMPARE(files.size(), size_t{1});
    QCOMPARE(files[0].path, inner);
  }

  // --- Places and pins

  void placesAndPinsTheFilesOfLossesInALoss() {
    writeScript(path("here.pt"), kSquares);
    const fs::path folder = folder_.path().toStdString();
    const json params{{"base", {{"id", "torchscript"}, {"params", {{"path", "here.pt"}}}}}};
    const auto placed = eq::loss::scripts().placed("dynamic_reweight", params, folder, "loss");
    QCOMPARE(placed["base"]["params"]["path"].get<std::string>(), path("here.pt").string());
    const auto pinned = eq::loss::scripts().pinned("dynamic_reweight", params, folder, "loss");
    QCOMPARE(pinned["base"]["params"]["path"].get<std::string>(), std::string("here.pt"));
    const auto content = eq::sha256(eq::script::readScript(path("here.pt"), "test"));
    QCOMPARE(pinned["base"]["params"]["sha256"].get<std::string>(), content);
    QVERIFY(eq::loss::scripts().withoutPins("dynamic_reweight", pinned) == params);
    auto other = params;
    other["base"]["params"]["path"] = "not-there.pt";
    for (const auto make : {&eq::script::MethodFiles::placed, &eq::script::MethodFiles::pinned}) {
      try {
        (eq::loss::scripts().*make)("dynamic_reweight", other, folder, "tasks[0].loss");
        QFAIL("a file that is not there");
      } catch (const eq::Error& error) {
        QVERIFY(QString(error.what())
                    .startsWith("tasks[0].loss.base.params.path: there is no not-there.pt in " +
                                folder_.path()));
      }
    }
  }

  void refusesAnotherContentThanThePinned() {
    json params = script(kSquares);
    const fs::path file = params["path"].get<std::string>();
    const auto first = eq::sha256(eq::script::readScript(file, "test"));
    params["sha256"] = first;
    QCOMPARE(messageOf(params, vectors()), QString());
    writeScript(file, kSampleSquares);
    trustFile(file);
    const auto second = eq::sha256(eq::script::readScript(file, "test"));
    QCOMPARE(messageOf(params, vectors()),
             QString("torchscript.path: FILE: is not the file that was used before: its SHA-256 is "
                     "%1, sha256 says %2; put that one back, or empty sha256 to take this one")
                 .arg(QString::fromStdString(second), QString::fromStdString(first)));
    params["sha256"] = "12AB";
    QCOMPARE(
        messageOf(params, vectors()),
        QString("torchscript.sha256: expected 64 hexadecimal digits in lower case, found 12AB"));
  }

  // --- What is wrong with a file or its forward

  void refusesScripts_data() {
    QTest::addColumn<QString>("code");
    QTest::addColumn<json>("input");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* body, const char* expected, json input = vectors()) {
      QTest::newRow(body) << QString("def forward(self, p, t):\n") + body + "\n"
                          << input << expected;
    };
    add("  return p * float('nan') + t", "forward must return finite numbers, their mean is nan");
    add("  return (p - p) / (t - t)", "forward must return finite numbers, their mean is nan");
    add("  return p.detach()", "what forward returns has no gradient in the prediction");
    add("  return t * t", "what forward returns has no gradient in the prediction");
    add("  return (p - p.detach()).sqrt()",
        "its gradient must be finite, found inf where the prediction is");
    add("  return p > t", "forward must return numbers, returns Bool");
    add("  return p[:2]",
        "forward must return one number, one a sample [6] or one an entry of the target [6], "
        "returns [2]");
    add("  return p.unsqueeze(1)",
        "forward must return one number, one a sample [6] or one an entry of the target [6], "
        "returns [6, 1]");
    add("  return p, t", "forward must return a tensor, returns (Tensor, Tensor)");
    add("  return float(p.sum())", "forward must return a tensor, returns float");
    add("  assert p.dim() == 2, 'takes rows'\n  return p",
        "forward fails: AssertionError: takes rows");
    add("  return torch.mm(p, t)", "forward fails: ");
    add("  x: List[int] = []\n  return p * x[2]", "forward fails: list index out of range");
    add("  return p * torch.rand_like(p)", "forward returns");
    add("  return p.mean() + t.mean()",
        "forward returns one number for the batch, of which masked entries cannot be left out; let "
        "it return one a sample",
        withMask(vectors(), {1, 1, 0, 1, 1, 1}));
  }
  void refusesScripts() {
    QFETCH(QString, code);
    QFETCH(json, input);
    QFETCH(QString, expected);
    auto found = messageOf(script(code.toStdString()), input);
    const auto start = "torchscript.path: FILE: " + expected;
    QVERIFY2(found.replace("-nan", "nan").startsWith(start), qPrintable(found));
    QVERIFY(!found.contains('\n'));
  }

  void refusesOtherMethods_data() {
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("expected");
    QTest::newRow("none") << "def other(self, p, t):\n  return p\n"
                          << "needs a method forward(prediction, target), has none";
    QTest::newRow("one") << "def forward(self, p):\n  return p\n"
                         << "needs forward(prediction, target) of two tensors, found "
                            "forward(Tensor p)";
    QTest::newRow("a number") << "def forward(self, p, t: int):\n  return p\n"
                              << "needs forward(prediction, target) of two tensors, found "
                                 "forward(Tensor p, int t)";
    QTest::newRow("three") << "def forward(self, p, t, w):\n  return p\n"
                           << "needs forward(prediction, target) of two tensors, found "
                              "forward(Tensor p, Tensor t, Tensor w)";
    QTest::newRow("a third with a default")
        << "def forward(self, p, t, a: float = 2.0):\n  return a * (p - t).abs()\n"
        << "";
  }
  void refusesOtherMethods() {
    QFETCH(QString, code);
    QFETCH(QString, expected);
    const auto found = messageOf(script(code.toStdString()), vectors());
    QCOMPARE(found, expected.isEmpty() ? QString() : "torchscript.path: FILE: " + expected);
  }

  void refusesWhatWouldHaveToBeSaved() {
    const std::string scaled = "def forward(self, p, t):\n  return self.w * (p - t).abs()\n";
    QCOMPARE(messageOf(script(scaled, {{"w", {2}, Kind::parameter}}), vectors()),
             QString("torchscript.path: FILE: holds parameters to be trained (w), which a run does "
                     "not train; make them buffers, or freeze them with requires_grad_(False)"));
    QCOMPARE(messageOf(script(scaled, {{"w", {2}, Kind::frozenParameter}}), vectors()), QString());
    const auto found = evaluate("torchscript", script(scaled, {{"w", {2}}}), vectors());
    QVERIFY(std::abs(found.value - 2 * evaluate("l1", json::object(), vectors()).value) < 1e-12);
    const std::string counts = "def forward(self, p, t):\n  self.w = self.w + 1\n  return p - t\n";
    QCOMPARE(messageOf(script(counts, {{"w", {2}}}), vectors()),
             QString("torchscript.path: FILE: forward sets the attribute w, which no checkpoint "
                     "holds; a loss may not remember"));
    const std::string adds = "def forward(self, p, t):\n  self.w.add_(1)\n  return p - t\n";
    QCOMPARE(messageOf(script(adds, {{"w", {2}}}), vectors()),
             QString("torchscript.path: FILE: forward changes a tensor that it holds, which no "
                     "checkpoint has; a loss may not remember"));
  }

  void refusesFiles() {
    const auto told = [&](const fs::path& file) {
      return messageOf({{"path", file.string()}}, vectors());
    };
    QCOMPARE(told(path("none.pt")), QString("torchscript.path: there is no FILE"));
    QCOMPARE(told(path("")), QString("torchscript.path: FILE is a folder; name a file"));
    QCOMPARE(message("torchscript", {{"path", ""}}, vectors()),
             QString("torchscript.path: expected a path, found an empty text"));
    QCOMPARE(message("torchscript", json::object(), vectors()).left(45),
             QString("torchscript.path: is required and missing (Fi"));
    std::ofstream(path("text.pt")) << "import torch\n";
    trustFile(path("text.pt"));
    QVERIFY(told(path("text.pt"))
                .startsWith("torchscript.path: FILE: is no TorchScript file, as torch.jit.save "
                            "writes it, or is damaged: "));
  }

  /// A file that was cut or changed is refused or works; it never ends the program.
  void survivesDamagedFiles() {
    const auto whole = scriptBytes(kSquares);
    RandomStream random(8);
    int refused = 0;
    for (int i = 0; i < 150; ++i) {
      auto bytes = whole;
      if (i % 3 == 0)
        bytes.resize(random.below(bytes.size()));
      else
        for (int k = 0; k < 4; ++k)
          bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
      const auto file = path("damaged.pt");
      std::ofstream(file, std::ios::binary) << bytes;
      trustFile(file);
      const auto told = messageOf({{"path", file.string()}}, vectors());
      QVERIFY(!told.contains('\n') && told != "not a user's");
      refused += !told.isEmpty();
    }
    QVERIFY(refused > 50);
  }

  void failuresInAStepAreFailures() {
    const json params = script(
        "def forward(self, p, t):\n  assert len(p) == 6, 'six only'\n  return (p - t).abs()\n");
    const auto loss = make("torchscript", params);
    const auto batch = batchOf("torchscript", vectors());
    loss->check(batch);
    try {
      loss->evaluate({batch.prediction.narrow(0, 0, 3), batch.target.narrow(0, 0, 3), {}});
      QFAIL("three samples");
    } catch (const eq::Error& error) {
      QCOMPARE(error.kind(), eq::ErrorKind::failure);
      QVERIFY(QString::fromUtf8(error.what()).endsWith("forward fails: AssertionError: six only"));
    }
  }

  void checksItsInput() {
    const json params = script(kSquares);
    const auto told = [&](const char* field, const json& value) {
      auto input = vectors();
      input[field] = value;
      return messageOf(params, input);
    };
    QCOMPARE(
        told("target", {1, 2}),
        QString("torchscript.target: needs one row a sample of the prediction [6], found [2]"));
    QCOMPARE(told("mask", {1, 0, 1}),
             QString("torchscript.mask: must have the shape of target [6], found [3]"));
    auto batch = batchOf("torchscript", vectors());
    batch.prediction[2] = std::nan("");
    try {
      make("torchscript", params)->check(batch);
      QFAIL("NaN");
    } catch (const eq::Error& error) {
      QCOMPARE(QString(error.what()), QString("torchscript.prediction: must be finite, found nan"));
    }
  }
};

EQUIPOISE_TEST(TestTorchScript)
#include "tst_torchscript.moc"
