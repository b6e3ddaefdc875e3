#include <QTest>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/train/trainer.h"
#include "tests/balancers.h"
#include "tests/registry.h"

using eq::train::Trainer;
using nlohmann::json;

namespace {

json ofTable(const json& model) {
  return {{"data",
           {{"id", "table"},
            {"path", "data/wine.csv"},
            {"targets",
             {{{"column", "cultivar"}, {"kind", "class"}},
              {{"column", "alcohol"}, {"kind", "number"}},
              {{"column", "color_intensity"}, {"kind", "number"}}}}}},
          {"model", model},
          {"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
          {"batch_size", 32},
          {"epochs", 20},
          {"threads", 2}};
}

std::unique_ptr<Trainer> trainerOf(const json& model, const json& changes = json::object()) {
  auto value = ofTable(model);
  value.merge_patch(changes);
  return std::make_unique<Trainer>(
      eq::train::experimentFromJson(value, eq::test::inSource("samples")));
}

std::vector<json> models() {
  const json tokens{{"id", "prompts"}, {"width", 8}, {"attention_heads", 2}, {"layers", 1}};
  auto ofTasks = tokens;
  ofTasks["task_prompts"] = 2;
  return {{{"id", "task_lora"}, {"hidden", {8, 6}}},
          {{"id", "poly"}, {"hidden", {8, 6}}},
          {{"id", "c_poly"}, {"hidden", {8, 6}}},
          {{"id", "tensor_poly"}, {"hidden", {8, 6}}},
          {{"id", "mor1e"}, {"hidden", {8, 6}}},
          {{"id", "lora_experts"}, {"hidden", {8, 6}}},
          {{"id", "task_moe"}, {"hidden", {8, 6}}},
          {{"id", "task_level_moe"}, {"hidden", {8, 6}}},
          tokens,
          ofTasks};
}

/// Of a few steps; what it was refused with, or empty.
QString trainedWith(const json& model, const json& balancer) {
  try {
    const auto trainer = trainerOf(model, {{"balancer", balancer}});
    for (int i = 0; i < 3; ++i) trainer->step();
    for (const auto& record : trainer->takeRecords())
      for (const double loss : record.losses)
        if (!std::isfinite(loss)) return "a loss is not finite";
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

double meanLoss(const std::vector<eq::train::StepRecord>& records, size_t from, size_t count) {
  double sum = 0;
  for (size_t i = from; i < from + count; ++i)
    for (const double loss : records[i].losses) sum += loss / static_cast<double>(count);
  return sum;
}

}  // namespace

/// Models with additions to a base, with experts that examples or tasks are sent to, and with
/// prompts.
class TestLowRankTraining : public QObject {
  Q_OBJECT

  static void addModels() {
    QTest::addColumn<QString>("model");
    for (const auto& model : models())
      QTest::newRow(model["id"].get<std::string>().c_str()) << QString::fromStdString(model.dump());
  }
  static json fetchModel() {
    QFETCH(QString, model);
    return json::parse(model.toStdString());
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  void lossesFall_data() { addModels(); }
  void lossesFall() {
    const auto model = fetchModel();
    for (const bool base : {true, false}) {
      auto changed = model;
      const bool stays = model["id"] != "task_moe" && model["id"] != "task_level_moe";
      if (!base && !stays) continue;
      if (stays) changed["train_base"] = base;
      const auto trainer = trainerOf(changed);
      for (int i = 0; i < 80; ++i) trainer->step();
      const auto records = trainer->takeRecords();
      const double first = meanLoss(records, 0, 5), last = meanLoss(records, 75, 5);
      QVERIFY2(last < 0.8 * first, qPrintable(QString("%1 to %2").arg(first).arg(last)));
    }
  }

  /// Or it is refused in the words that say what the model lacks; what hard sharing is refused too
  /// says nothing of the model.
  void everyBalancerTakesThem_data() { addModels(); }
  void everyBalancerTakesThem() {
    const auto model = fetchModel();
    const auto id = QString::fromStdString(model["id"].get<std::string>());
    const json plain{{"id", "mlp"}, {"hidden", {8, 6}}};
    int worked = 0;
    for (const char* slot : {"weighting", "gradient"}) {
      const auto& catalog = std::string(slot) == "weighting" ? eq::balance::weightings()
                                                             : eq::balance::gradientMethods();
      for (const auto* descriptor : catalog.descriptors()) {
        auto params = eq::test::neededParams(descriptor->id, 3);
        params["id"] = descriptor->id;
        const json balancer{{slot, params}};
        const auto refused = trainedWith(model, balancer);
        worked += refused.isEmpty();
        const auto place = QString("balancer.%1.id: %2 ").arg(slot, descriptor->id.c_str());
        const bool known =
            refused == place + "needs one place where the tasks part; " + id + " has none" ||
            refused == place + "with the norms of the last layer needs one that all tasks share; " +
                           id + " has none; set norms to trunk";
        if (!refused.isEmpty() && !known)
          QVERIFY2(refused == trainedWith(plain, balancer), qPrintable(refused));
      }
    }
    QVERIFY(worked > 40);
  }
};

EQUIPOISE_TEST(TestLowRankTraining)
#include "tst_low_rank_training.moc"
