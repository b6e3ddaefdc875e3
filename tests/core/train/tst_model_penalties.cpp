#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr double kRate = 0.1;
constexpr double kWeight = 0.5;
const char* const kAlcohol = "model.head.alcohol.linear-1.weight";
const char* const kColour = "model.head.color_intensity.linear-1.weight";

/// Three tasks; the last layers of two have one shape.
json experimentOf(double weight, const json& changes = json::object()) {
  json value{{"data",
              {{"id", "table"},
               {"path", "data/wine.csv"},
               {"targets",
                {{{"column", "cultivar"}, {"kind", "class"}},
                 {{"column", "alcohol"}, {"kind", "number"}},
                 {{"column", "color_intensity"}, {"kind", "number"}}}}}},
             {"model",
              {{"id", "mlp"},
               {"hidden", {8}},
               {"regularisers",
                {{{"id", "head_similarity"},
                  {"weight", weight},
                  {"groups", json::array({json::array({"alcohol", "color_intensity"})})}}}}}},
             {"optimizer", {{"id", "sgd"}, {"lr", kRate}}},
             {"batch_size", 32},
             {"epochs", 4},
             {"threads", 2},
             {"conflict", {{"every", 1}}}};
  value.merge_patch(changes);
  return value;
}

std::unique_ptr<Trainer> trainerOf(const json& experiment) {
  return std::make_unique<Trainer>(
      eq::train::experimentFromJson(experiment, eq::test::inSource("samples")));
}

std::vector<StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

at::Tensor tensorOf(const Trainer& trainer, const char* name) {
  return trainer.snapshot().tensors.at(name).clone();
}

QString refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestModelPenalties : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  /// d = Jᵀ w + ∇ penalty, whatever makes the update, and no weight of a balancer acts on it.
  void enterTheUpdateBesideTheBalancer_data() {
    QTest::addColumn<QString>("changes");
    const auto add = [](const char* name, const char* changes) {
      QTest::newRow(name) << QString(changes);
    };
    add("equal", "{}");
    add("weights", R"({"balancer": {"weighting": {"id": "static", "weights": [3, 0.2, 0.5]}}})");
    add("learned weights", R"({"balancer": {"weighting": {"id": "uncertainty"}}})");
    add("norms", R"({"balancer": {"weighting": {"id": "gradnorm"}}})");
    add("gradient method", R"({"balancer": {"gradient": {"id": "mgda", "weight_heads": true}}})");
    add("direction", R"({"balancer": {"gradient": {"id": "pcgrad"}}})");
    add("representation", R"({"balancer": {"gradient": {"id": "mgda_ub"}}})");
    add("layers", R"({"balancer": {"gradient": {"id": "mgda", "granularity": "layer"}}})");
    add("sam_mtl", R"({"balancer": {"gradient": {"id": "mgda"}}, "scheme": {"id": "sam_mtl"}})");
    add("sparse_training", R"({"scheme": {"id": "sparse_training", "share": 1}})");
  }
  void enterTheUpdateBesideTheBalancer() {
    QFETCH(QString, changes);
    const auto patch = json::parse(changes.toStdString());
    const auto without = trainerOf(experimentOf(0, patch)),
               with = trainerOf(experimentOf(kWeight, patch));
    const auto alcohol = tensorOf(*with, kAlcohol), colour = tensorOf(*with, kColour);
    const auto plain = train(*without, 1), found = train(*with, 1);
    QCOMPARE(found[0].losses, plain[0].losses);
    QCOMPARE(found[0].weights, plain[0].weights);
    QCOMPARE(found[0].conflict.has_value(), plain[0].conflict.has_value());
    if (found[0].conflict) QCOMPARE(found[0].conflict->norms, plain[0].conflict->norms);
    const auto distance = (alcohol - colour).norm().item<double>();
    const auto& term = found[0].terms.back();
    QCOMPARE(term.task, std::int64_t(-1));
    QCOMPARE(term.name, std::string("head_similarity"));
    QVERIFY(std::abs(term.value - kWeight * distance) < 1e-6 * distance);
    const auto expected = (alcohol - colour) * (-kRate * kWeight / distance);
    const auto near = [](const at::Tensor& a, const at::Tensor& b) {
      return (a - b).abs().max().item<double>() < 1e-6;
    };
    QVERIFY(near(tensorOf(*with, kAlcohol) - tensorOf(*without, kAlcohol), expected));
    QVERIFY(near(tensorOf(*with, kColour) - tensorOf(*without, kColour), -expected));
    QVERIFY(
        tensorOf(*with, "model.trunk.0.weight").equal(tensorOf(*without, "model.trunk.0.weight")));
  }

  /// Of a task that is off nothing moves, though another is drawn towards it.
  void whatIsOffStays() {
    const auto trainer = trainerOf(experimentOf(kWeight));
    trainer->apply(Command::setTaskEnabled(1, false));
    const auto alcohol = tensorOf(*trainer, kAlcohol), colour = tensorOf(*trainer, kColour);
    const auto records = train(*trainer, 3);
    QVERIFY(tensorOf(*trainer, kAlcohol).equal(alcohol));
    QVERIFY(!tensorOf(*trainer, kColour).equal(colour));
    QVERIFY(records[2].terms.back().value > 0);
  }

  void oneThatIsNotFiniteLeavesTheStepOut() {
    auto experiment = experimentOf(1e38);
    auto& groups = experiment["model"]["regularisers"][0]["groups"];
    for (int i = 0; i < 20; ++i) groups.push_back(groups[0]);  // one after the other: too much
    const auto trainer = trainerOf(experiment);
    const auto before = trainer->snapshot().tensors;
    const auto records = train(*trainer, 2);
    QVERIFY(std::isinf(records[0].terms.back().value));
    const auto after = trainer->snapshot().tensors;
    for (const auto& [name, tensor] : before)
      if (name.starts_with("model.")) QVERIFY(tensor.equal(after.at(name)));
    const auto events = trainer->takeEvents();
    QCOMPARE(events.size(), size_t(1));
    QCOMPARE(
        events[0].text,
        std::string("the penalty head_similarity is inf; such steps are not applied. Lower the "
                    "learning rate or change the model or its regularisers"));
    QCOMPARE(trainer->stepsWithoutUpdate(), std::int64_t(2));
  }

  void aSchemeWithoutAPlaceForThemIsRefused_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"m_config", "fork_merge"}) QTest::newRow(id) << QString(id);
  }
  void aSchemeWithoutAPlaceForThemIsRefused() {
    QFETCH(QString, id);
    const QString expected =
        "scheme: " + id +
        " trains on the tasks' losses alone, and this model has penalties beside them; take "
        "another scheme, or a model without (model.regularisers, or selectors, give some)";
    const json scheme{{"scheme", {{"id", id.toStdString()}}}};
    QCOMPARE(refusal([&] { trainerOf(experimentOf(kWeight, scheme)); }), expected);
    const auto running = trainerOf(experimentOf(kWeight));
    const auto schemes = eq::train::experimentFromJson(
                             [&] {
                               auto value = experimentOf(kWeight, scheme);
                               value["model"].erase("regularisers");
                               return value;
                             }(),
                             eq::test::inSource("samples"))
                             .schemes;
    QCOMPARE(refusal([&] { running->apply(Command::setScheme(schemes)); }), expected);
    QVERIFY(running->experiment().schemes.empty());
  }

  /// Another loss may have a last layer of another shape.
  void aHeadThatCannotBeComparedIsRefused() {
    const auto running = trainerOf(experimentOf(kWeight));
    const auto found = refusal([&] { running->apply(Command::setLoss(1, {"gaussian_nll"})); });
    QVERIFY2(found.startsWith("model.regularisers[0].groups[0]: no two of these tasks have last "
                              "layers of equal shape"),
             qPrintable(found));
    QCOMPARE(running->experiment().tasks[1].loss.id, std::string("mse"));
    train(*running, 1);
  }
};

EQUIPOISE_TEST(TestModelPenalties)
#include "tst_model_penalties.moc"
