#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/loss/script_fixture.h"
#include "core/model/catalog.h"
#include "core/train/series_name.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/balancers.h"
#include "tests/core/train/device/pretend_device.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

/// Three unlike tasks: cultivar, alcohol, color_intensity.
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
          {"threads", 2},
          {"device", eq::test::deviceOfTests()},
          {"conflict", {{"every", 3}}}};
}

json ofImages(const json& model) {
  auto value = ofTable(model);
  value["data"] = {{"id", "two_digits"}, {"train_pairs", 96}, {"test_pairs", 32}};
  return value;
}

std::unique_ptr<Trainer> trainerOf(json value, const json& changes = json::object()) {
  value.merge_patch(changes);
  return std::make_unique<Trainer>(
      eq::train::experimentFromJson(value, eq::test::inSource("samples")));
}

/// A trusted TorchScript file for the table's eleven inputs.
std::string trunkFile() {
  static const QTemporaryDir folder;
  const std::filesystem::path file = folder.filePath("trunk.pt").toStdString();
  if (!std::filesystem::exists(file))
    eq::loss::test::trustFile(eq::loss::test::writeTrunk(file, 11));
  return file.string();
}

json treeOf(const char* stages) {
  return {{"id", "tree"}, {"hidden", {8, 6}}, {"stages", json::parse(stages)}};
}
const char* const kPairAndOne =
    R"([[["alcohol", "color_intensity"], ["cultivar"]], [["alcohol"], ["color_intensity"], ["cultivar"]]])";
const char* const kAllThenPair =
    R"([[["cultivar", "alcohol", "color_intensity"]], [["cultivar", "color_intensity"], ["alcohol"]]])";

std::vector<StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

bool sameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

bool sameSteps(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const auto sameTerms = std::equal(
        x.terms.begin(), x.terms.end(), y.terms.begin(), y.terms.end(),
        [](const auto& a, const auto& b) { return a.name == b.name && a.value == b.value; });
    return sameTerms && sameNumbers(x.losses, y.losses) && sameNumbers(x.weights, y.weights) &&
           x.conflict.has_value() == y.conflict.has_value() &&
           (!x.conflict || sameNumbers(x.conflict->cosines, y.conflict->cosines));
  });
}

bool sameObserved(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  const auto sameNumber = [](double x, double y) {
    return x == y || (std::isnan(x) && std::isnan(y));
  };
  const auto same = [&](const auto& x, const auto& y) {
    return x.name == y.name && x.task == y.task && x.place == y.place && x.shape == y.shape &&
           std::equal(x.values.begin(), x.values.end(), y.values.begin(), y.values.end(),
                      sameNumber);
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return std::equal(x.observations.begin(), x.observations.end(), y.observations.begin(),
                      y.observations.end(), same);
  });
}

const json kAlikeHeads{{"id", "head_similarity"},
                       {"weight", 0.5},
                       {"groups", json::array({json::array({"alcohol", "color_intensity"})})}};

template <typename Work>
QString refusal(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

/// Parameters, moments and counters of what one task owns.
std::map<std::string, at::Tensor> ownOf(const Trainer& trainer, const std::string& task) {
  std::map<std::string, at::Tensor> own;
  const auto snapshot = trainer.snapshot();
  const auto description = trainer.description();
  std::int64_t begin = 0;
  for (const auto& one : description["parameters"]) {
    std::int64_t count = 1;
    for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
    const auto name = one["name"].get<std::string>();
    if (one["owner"] == json::array({task})) {
      own[name] = snapshot.tensors.at("model." + name).clone();
      for (const char* moment : {"mean", "square"})
        if (one["trainable"].get<bool>())
          own[name + moment] = snapshot.tensors.at(std::string("optimizer.") + moment)
                                   .narrow(0, begin, count)
                                   .clone();
    }
    begin += count;
  }
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name == "optimizer.steps.head." + task || name == "optimizer.steps.task." + task)
      own[name] = tensor.clone();
  return own;
}

bool sameTensors(const std::map<std::string, at::Tensor>& a,
                 const std::map<std::string, at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.equal(y.second);
  });
}

}  // namespace

class TestArchitectures : public QObject {
  Q_OBJECT

  static void addModels() {
    QTest::addColumn<QString>("experiment");
    const auto add = [](const char* name, const json& experiment) {
      QTest::newRow(name) << QString::fromStdString(experiment.dump());
    };
    add("mlp", ofTable({{"id", "mlp"}, {"hidden", {8}}, {"dropout", 0.2}}));
    add("cnn", ofImages({{"id", "cnn"}, {"channels", {4}}, {"hidden", 8}}));
    add("resnet", ofImages({{"id", "resnet"}, {"channels", {4}}, {"groups", 2}}));
    add("transformer",
        ofTable({{"id", "transformer"}, {"width", 8}, {"attention_heads", 2}, {"layers", 1}}));
    add("single_task", ofTable({{"id", "single_task"}, {"hidden", {8}}, {"dropout", 0.2}}));
    add("tree", ofTable(treeOf(kAllThenPair)));
    add("tree with a task outside", ofTable(treeOf(kPairAndOne)));
    add("hierarchical",
        ofTable({{"id", "hierarchical"}, {"hidden", {9, 8, 7}}, {"shortcut", true}}));
    add("cross_stitch", ofTable({{"id", "cross_stitch"}, {"hidden", {8, 6}}, {"unit", "channel"}}));
    add("mmoe", ofTable({{"id", "mmoe"},
                         {"hidden", {8}},
                         {"experts", 3},
                         {"dropout", 0.2},
                         {"gate_dropout", 0.3}}));
    add("mmoeex", ofTable({{"id", "mmoeex"}, {"hidden", {8}}, {"dropout", 0.2}}));
    add("mmoeex of groups",
        ofTable({{"id", "mmoeex"}, {"hidden", {8}}, {"mode", "exclusion"}, {"gate_dropout", 0.3}}));
    add("dselect_k", ofTable({{"id", "dselect_k"}, {"hidden", {8}}, {"experts", 3}}));
    add("cgc", ofTable({{"id", "cgc"}, {"hidden", {8}}, {"shared_experts", 2}, {"dropout", 0.2}}));
    add("ple", ofTable({{"id", "ple"},
                        {"hidden", {8, 7, 6}},
                        {"levels", 3},
                        {"shared_experts", 2},
                        {"dropout", 0.2}}));
    add("ple of streams", ofTable({{"id", "ple"},
                                   {"hidden", {8, 7}},
                                   {"form", "libmtl"},
                                   {"shared_experts", 2},
                                   {"dropout", 0.2}}));
    add("adatt",
        ofTable({{"id", "adatt"}, {"hidden", {8, 7}}, {"task_experts", 2}, {"dropout", 0.2}}));
    add("subtuning", ofTable({{"id", "subtuning"}, {"hidden", {9, 8, 7}}, {"tuned", {2}}}));
    add("taps", ofTable({{"id", "taps"}, {"hidden", {8, 7}}, {"warmup", 0.5}, {"dropout", 0.2}}));
    add("taps on a fixed base",
        ofTable({{"id", "taps"}, {"hidden", {8, 7}}, {"train_base", false}}));
    add("computation_sharing", ofTable({{"id", "computation_sharing"},
                                        {"hidden", {8, 7}},
                                        {"primary", 2},
                                        {"dropout", 0.2},
                                        {"dense_steps", 3}}));
    add("ltb", ofTable({{"id", "ltb"}, {"hidden", {8, 7}}, {"nodes", 2}, {"dropout", 0.2}}));
    add("deep_safe", ofTable({{"id", "deep_safe"}, {"hidden", {8, 7}}, {"dropout", 0.2}}));
    add("deep_safe of outputs",
        ofTable(
            {{"id", "deep_safe"}, {"hidden", {8}}, {"head_hidden", {5}}, {"gate_at", "decoder"}}));
    add("dfa", ofTable({{"id", "dfa"}, {"hidden", {8, 7}}, {"dropout", 0.2}}));
    add("rank_updates",
        ofTable({{"id", "rank_updates"}, {"hidden", {8, 7}}, {"rank", 4}, {"dropout", 0.2}}));
    add("mtsl",
        ofTable({{"id", "mtsl"}, {"hidden", {8, 7}}, {"task_epochs", 1}, {"transfer_steps", 2}}));
    add("mtan", ofTable({{"id", "mtan"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    add("mtan of images", ofImages({{"id", "mtan"},
                                    {"base", "cnn"},
                                    {"channels", {4, 5}},
                                    {"same", true},
                                    {"hidden", {8}}}));
    add("dtrn", ofTable({{"id", "dtrn"}, {"hidden", {8, 6}}, {"hyper_rank", 3}}));
    add("medusa", ofTable({{"id", "medusa"}, {"hidden", {8, 6}}, {"width", 5}}));
    add("adapters",
        ofTable({{"id", "adapters"}, {"hidden", {8, 6}}, {"bottleneck", 3}, {"dropout", 0.2}}));
    add("subject_adapters",
        ofTable({{"id", "subject_adapters"}, {"hidden", {8, 6}}, {"adapter_width", 5}}));
    add("pair_encoder", ofImages({{"id", "pair_encoder"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    add("transtee", ofTable({{"id", "transtee"},
                             {"width", 8},
                             {"attention_heads", 2},
                             {"layers", 1},
                             {"treatment", "malic_acid"}}));
    add("multimodn",
        ofTable(
            {{"id", "multimodn"}, {"sizes", {3, 4, 4}}, {"missing", 0.2}, {"order", "random"}}));
    add("task_lora", ofTable({{"id", "task_lora"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    add("task_lora of images", ofImages({{"id", "task_lora"},
                                         {"base", "cnn"},
                                         {"channels", {4}},
                                         {"hidden", {8}},
                                         {"train_base", false}}));
    add("poly", ofTable({{"id", "poly"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    add("poly in parts", ofTable({{"id", "poly"}, {"hidden", {22, 11}}, {"splits", 11}}));
    add("poly on a base that stays",
        ofTable({{"id", "poly"}, {"hidden", {8}}, {"train_base", false}}));
    add("c_poly", ofTable({{"id", "c_poly"}, {"hidden", {8}}, {"task_skills", 2}}));
    add("tensor_poly", ofTable({{"id", "tensor_poly"}, {"hidden", {8}}, {"order", 3}}));
    add("tensor_poly by order", ofImages({{"id", "tensor_poly"},
                                          {"base", "cnn"},
                                          {"channels", {4}},
                                          {"hidden", {8}},
                                          {"routing", "order"}}));
    add("mor1e", ofTable({{"id", "mor1e"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    add("mor1e of images",
        ofImages({{"id", "mor1e"}, {"base", "cnn"}, {"channels", {4}}, {"hidden", {8}}}));
    add("lora_experts",
        ofTable({{"id", "lora_experts"}, {"hidden", {8, 6}}, {"top_k", 2}, {"dropout", 0.2}}));
    add("task_moe", ofTable({{"id", "task_moe"},
                             {"hidden", {8, 6}},
                             {"moe_stages", {1, 2}},
                             {"top_k", 2},
                             {"dropout", 0.2}}));
    add("task_moe of images",
        ofImages({{"id", "task_moe"}, {"base", "cnn"}, {"channels", {4}}, {"hidden", {8}}}));
    add("task_level_moe",
        ofTable({{"id", "task_level_moe"}, {"hidden", {8, 6}}, {"dropout", 0.2}}));
    const json tokens{{"width", 8}, {"attention_heads", 2}, {"layers", 1}, {"dropout", 0.2}};
    const auto prompts = [&](json more) {
      more.merge_patch(tokens);
      more["id"] = "prompts";
      return more;
    };
    add("prompts", ofTable(prompts(json::object())));
    add("prompts of tasks", ofTable(prompts({{"task_prompts", 2}})));
    add("prompts on a base that stays", ofTable(prompts({{"train_base", false}})));
    add("mlp with alike heads",
        ofTable({{"id", "mlp"}, {"hidden", {8}}, {"regularisers", {kAlikeHeads}}}));
    add("single_task with soft sharing",
        ofTable({{"id", "single_task"},
                 {"hidden", {8}},
                 {"regularisers", {{{"id", "soft_sharing"}, {"weight", 0.01}}}}}));
    add("hierarchical of images",
        ofImages({{"id", "hierarchical"}, {"base", "cnn"}, {"channels", {4}}, {"hidden", {8}}}));
    auto maps = ofImages({{"id", "dense_cnn"}, {"channels", {4, 5}}, {"decoder", 4}});
    maps["data"]["pixels"] = true;
    add("dense_cnn", maps);
    add("imagenet_resnet",
        ofImages({{"id", "imagenet_resnet"}, {"blocks", {1, 1}}, {"width", 6}, {"dropout", 0.1}}));
    add("vit",
        ofImages(
            {{"id", "vit"}, {"patch", 4}, {"width", 8}, {"layers", 1}, {"attention_heads", 2}}));
    add("torchscript_trunk", ofTable({{"id", "torchscript_trunk"}, {"path", trunkFile()}}));
    add("torchscript_trunk that stays",
        ofTable({{"id", "torchscript_trunk"}, {"path", trunkFile()}, {"frozen", true}}));
    add("point", {{"data", {{"id", "two_valleys"}}},
                  {"model", {{"id", "point"}}},
                  {"threads", 2},
                  {"device", eq::test::deviceOfTests()}});
  }
  static json fetchExperiment() {
    QFETCH(QString, experiment);
    return json::parse(experiment.toStdString());
  }
  static bool shares(const json& experiment) {
    const auto& id = experiment["model"]["id"];
    return id != "single_task" && id != "subtuning" && id != "mtsl" &&
           experiment["model"].value("train_base", true) &&
           !experiment["model"].value("frozen", false);
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  void everyModelIsTrainedHere() {
    std::set<std::string> known{"mlp",
                                "cnn",
                                "resnet",
                                "transformer",
                                "single_task",
                                "tree",
                                "cgc",
                                "hierarchical",
                                "cross_stitch",
                                "mmoe",
                                "dselect_k",
                                "point",
                                "subtuning",
                                "ple",
                                "adatt",
                                "taps",
                                "ltb",
                                "deep_safe",
                                "dfa",
                                "computation_sharing",
                                "rank_updates",
                                "mtsl",
                                "mmoeex",
                                "mtan",
                                "dtrn",
                                "medusa",
                                "adapters",
                                "pair_encoder",
                                "subject_adapters",
                                "transtee",
                                "multimodn"};
    std::set<std::string> all;
    for (const auto* descriptor : eq::model::catalog().descriptors()) all.insert(descriptor->id);
    known.insert({"task_lora", "poly", "c_poly", "tensor_poly", "mor1e", "lora_experts"});
    known.insert({"task_moe", "task_level_moe", "prompts", "dense_cnn", "torchscript_trunk"});
    known.insert({"imagenet_resnet", "vit"});
    QCOMPARE(known, all);
  }

  /// What is owned adds up, and the buffer holds it in this order.
  void descriptionsAddUp_data() { addModels(); }
  void descriptionsAddUp() {
    const auto trainer = trainerOf(fetchExperiment());
    const auto found = trainer->description();
    std::map<std::string, std::int64_t> counted;
    std::int64_t total = 0;
    for (const auto& one : found["parameters"]) {
      std::int64_t count = 1;
      for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
      counted[one["owner"].dump()] += count;
      total += count;
    }
    QCOMPARE(found["total"].get<std::int64_t>(), total);
    QCOMPARE(trainer->parameterCount(), total);
    QCOMPARE(found["shared"].get<std::int64_t>(), counted[R"("shared")"]);
    auto sum = found["shared"].get<std::int64_t>();
    for (const auto& [task, count] : found["per_task"].items()) {
      QCOMPARE(count.get<std::int64_t>(), counted[json::array({task}).dump()]);
      sum += count.get<std::int64_t>();
    }
    for (const auto& group : found["groups"]) {
      QCOMPARE(group["count"].get<std::int64_t>(), counted[group["tasks"].dump()]);
      QVERIFY(group["tasks"].size() > 1 && group["tasks"].size() < trainer->tasks().size());
      sum += group["count"].get<std::int64_t>();
    }
    QCOMPARE(sum, total);
  }

  void resumesBitForBit_data() { addModels(); }
  void resumesBitForBit() {
    const auto experiment = fetchExperiment();
    std::vector<json> balancers{json::object(), {{"weighting", {{"id", "uncertainty"}}}}};
    if (shares(experiment)) {
      balancers.push_back({{"gradient", {{"id", "mgda"}}}});
      balancers.push_back({{"gradient", {{"id", "cagrad"}, {"granularity", "layer"}}}});
    }
    for (const auto& balancer : balancers) {
      const auto whole = trainerOf(experiment, {{"balancer", balancer}});
      train(*whole, 5);
      const auto snapshot = whole->snapshot();
      const auto rest = train(*whole, 6);
      const auto resumed = trainerOf(experiment, {{"balancer", balancer}});
      resumed->restore(snapshot);
      const auto again = train(*resumed, 6);
      QVERIFY(sameSteps(rest, again) && sameObserved(rest, again));
      QVERIFY(sameTensors(resumed->snapshot().tensors, whole->snapshot().tensors));
    }
  }

  /// Each task's mean loss over an epoch, the first and the last of twelve.
  void lossesFall_data() { addModels(); }
  void lossesFall() {
    const auto experiment = fetchExperiment();
    if (experiment["model"]["id"] == "point") return;  // its valleys lead apart
    if (experiment["model"]["id"] == "torchscript_trunk" &&
        eq::test::deviceOfTests().starts_with("pretend"))
      QSKIP("dropout of a pretended device draws on the CPU, which a script may not");
    const auto trainer = trainerOf(experiment);
    const auto records = train(*trainer, 12 * 4);
    const auto tasks = trainer->tasks().size();
    const auto meanOf = [&](size_t first) {
      double sum = 0;
      for (size_t i = first; i < first + 4; ++i)
        for (size_t k = 0; k < tasks; ++k) sum += records[i].losses[k];
      return sum / static_cast<double>(4 * tasks);
    };
    // Of images, which take longer, it is seen that they fall.
    const double share = experiment["data"]["id"] == "table" ? 0.9 : 0.99;
    QVERIFY2(meanOf(records.size() - 4) < share * meanOf(0),
             qPrintable(QString("%1 after %2").arg(meanOf(records.size() - 4)).arg(meanOf(0))));
  }

  /// With every balancer it trains, or is refused in the words for what it does not have.
  void everyBalancerTrainsItOrSaysWhyNot_data() { addModels(); }
  void everyBalancerTrainsItOrSaysWhyNot() {
    const auto experiment = fetchExperiment();
    const auto id = experiment["model"]["id"].get<std::string>();
    // What is refused depends neither on the data nor on the variant of a model.
    const bool isVariant = QByteArray(QTest::currentDataTag()).contains(' ');
    if (experiment["data"]["id"] != "table" || isVariant) return;
    constexpr int tasks = 3;
    const auto model = QString::fromStdString(id);
    for (const auto* descriptor : eq::balance::allDescriptors()) {
      const auto& balancer = descriptor->id;
      if (eq::test::fewestTasks(balancer) > tasks) continue;
      if (balancer == "dtp") continue;  // numbers have no metric that it reads
      auto method = eq::test::neededParams(balancer, tasks);
      method["id"] = balancer;
      const char* slot = eq::balance::weightings().contains(balancer) ? "weighting" : "gradient";
      json changes{{"balancer", {{slot, method}}}};
      std::unique_ptr<Trainer> trainer;
      const auto refused = refusal([&] { trainer = trainerOf(experiment, changes); });
      if (!trainer) {
        QVERIFY2(refused.endsWith("needs one place where the tasks part; " + model + " has none") ||
                     refused.contains("needs shared parameters; " + model + " has none") ||
                     refused.contains("needs parameters that each task shares with another"),
                 qPrintable(QString::fromStdString(balancer) + ": " + refused));
        continue;
      }
      for (const auto& record : train(*trainer, 2))
        for (const auto loss : record.losses) QVERIFY2(std::isfinite(loss), balancer.c_str());
      QCOMPARE(trainer->stepsWithoutUpdate(), std::int64_t(0));
    }
  }

  /// L_k is the mean over the places that a head reads, in training and where it is evaluated.
  void lossesAreMeansOverPlaces() {
    const auto trainer = trainerOf(ofTable({{"id", "multimodn"}, {"sizes", {3, 4, 4}}}),
                                   {{"observe", {{"every", 1}}}, {"batch_size", 1000}});
    const auto before = trainer->evaluate(eq::train::SplitName::train);
    const auto record = train(*trainer, 1)[0];
    size_t found = 0;
    for (const auto& one : record.observations) {
      if (one.name != "loss_after") continue;
      QCOMPARE(one.shape, std::vector<std::int64_t>{4});
      double sum = 0;
      for (const double loss : one.values) sum += loss;
      const auto k = static_cast<size_t>(one.task);
      QVERIFY(std::abs(record.losses[k] - sum / 4) < 1e-6 * std::abs(sum));
      QVERIFY(std::abs(one.values[0] - one.values[3]) > 1e-3 * std::abs(sum));
      QVERIFY(std::abs(before.tasks[k].at("loss") - record.losses[k]) < 1e-4 * std::abs(sum));
      ++found;
    }
    QCOMPARE(found, size_t(3));
  }

  /// Additions that begin at zero leave the first losses of hard sharing, whatever is drawn
  /// beside, under the same masks of dropout.
  void beginsAsHardSharing_data() {
    QTest::addColumn<QString>("params");
    const auto add = [](const char* name, json params) {
      QTest::newRow(name) << QString::fromStdString(params.dump());
    };
    for (const char* id : {"adapters", "dtrn", "taps", "computation_sharing", "task_lora", "poly"})
      add(id, {{"id", id}});
    add("poly on a base that stays", {{"id", "poly"}, {"train_base", false}});
    add("c_poly", {{"id", "c_poly"}});
    add("tensor_poly", {{"id", "tensor_poly"}});
    add("tensor_poly by order", {{"id", "tensor_poly"}, {"routing", "order"}, {"order", 3}});
    add("mor1e", {{"id", "mor1e"}});
    add("lora_experts", {{"id", "lora_experts"}, {"top_k", 2}});
  }
  void beginsAsHardSharing() {
    QFETCH(QString, params);
    auto model = json::parse(params.toStdString());
    const auto differ = [](const json& plain, const json& added, bool images) {
      const auto firstOf = [&](const json& one) {
        return train(*trainerOf(images ? ofImages(one) : ofTable(one)), 1)[0].losses;
      };
      const auto expected = firstOf(plain), found = firstOf(added);
      double most = 0;
      for (size_t k = 0; k < expected.size(); ++k)
        most = std::max(most, std::abs(found[k] - expected[k]) / std::abs(expected[k]));
      return most;
    };
    model.merge_patch({{"hidden", {8, 6}}, {"dropout", 0.3}});
    const json mlp{{"id", "mlp"}, {"hidden", {8, 6}}, {"dropout", 0.3}};
    QVERIFY(differ(mlp, model, false) < 1e-6);
    model.merge_patch({{"base", "cnn"}, {"channels", {4}}, {"hidden", {8}}});
    const json cnn{{"id", "cnn"}, {"channels", {4}}, {"hidden", 8}, {"dropout", 0.3}};
    QVERIFY(differ(cnn, model, true) < 1e-6);
  }

  /// What is recorded is what `describe` names and the descriptor says how to draw.
  void recordsWhatItSays_data() { addModels(); }
  void recordsWhatItSays() {
    const auto experiment = fetchExperiment();
    const auto trainer = trainerOf(experiment, {{"observe", {{"every", 3}}}});
    std::vector<std::string> tasks;
    for (const auto& task : trainer->tasks()) tasks.push_back(task.name);
    const auto expected = trainer->description()["series"];
    std::set<std::string> kinds, drawn;
    std::map<std::string, size_t> dimensions;
    for (const auto& record : train(*trainer, 5)) {
      auto names = json::array();
      for (const auto& one : record.observations) {
        names.push_back(eq::train::observationName(one, tasks));
        kinds.insert(one.name);
        dimensions[one.name] = one.shape.size();
      }
      QVERIFY(names == (record.step % 3 == 1 ? expected : json::array()));
    }
    const auto& traits =
        eq::model::catalog().descriptor(experiment["model"]["id"].get<std::string>()).traits;
    for (const auto& one : traits.value("series", json::array())) {
      const auto name = one["series"].get<std::string>();
      if (name != "distance" || experiment["model"].contains("regularisers")) drawn.insert(name);
      const std::set<std::string> pictures{"areas", "bars",  "tree", "matrix",
                                           "lines", "curve", "masks"};
      QVERIFY(pictures.contains(one["draw"].get<std::string>()));
      QVERIFY(!one["label"].get<std::string>().empty());
      if (drawn.contains(name)) QCOMPARE(one.value("axes", json::array()).size(), dimensions[name]);
    }
    QCOMPARE(kinds, drawn);
  }

  void recordingChangesNothing_data() { addModels(); }
  void recordingChangesNothing() {
    const auto experiment = fetchExperiment();
    std::vector<json> balancers{json::object()};
    if (shares(experiment)) balancers.push_back({{"gradient", {{"id", "mgda"}}}});
    for (const auto& balancer : balancers) {
      const auto withEvery = [&](int every) {
        return trainerOf(experiment, {{"balancer", balancer}, {"observe", {{"every", every}}}});
      };
      const auto silent = withEvery(0), telling = withEvery(1);
      QVERIFY(sameSteps(train(*silent, 5), train(*telling, 5)));
      QVERIFY(sameTensors(silent->snapshot().tensors, telling->snapshot().tensors));
    }
  }

  void observedStitchesAreThoseOfTheStep() {
    const auto trainer = trainerOf(ofTable({{"id", "cross_stitch"}, {"hidden", {8, 6}}}),
                                   {{"observe", {{"every", 1}}}});
    for (int step = 0; step < 3; ++step) {
      const auto before = trainer->snapshot().tensors.at("model.trunk.stitch.1").clone();
      const auto records = train(*trainer, 1);
      const auto& found = records[0].observations.at(0);
      QCOMPARE(found.shape, (std::vector<std::int64_t>{3, 3}));
      for (std::int64_t i = 0; i < 9; ++i)
        QCOMPARE(found.values.at(static_cast<size_t>(i)),
                 static_cast<double>(before.flatten()[i].item<float>()));
    }
  }

  void whatIsNotTrainedStaysUnderSchemes_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"sam_mtl", "maml_mtl", "m_config", "sparse_training", "fork_merge"})
      QTest::newRow(id) << QString(id);
  }
  void whatIsNotTrainedStaysUnderSchemes() {
    QFETCH(QString, id);
    const auto trainer = trainerOf(
        ofTable({{"id", "subtuning"}, {"hidden", {9, 8, 7}}, {"tuned", {2}}}),
        {{"scheme", {{"id", id.toStdString()}}}, {"optimizer", {{"id", "sgd"}, {"lr", 0.05}}}});
    const auto before = trainer->snapshot().tensors;
    train(*trainer, 4);
    const auto after = trainer->snapshot().tensors;
    for (const auto& one : trainer->description()["parameters"]) {
      const auto name = "model." + one["name"].get<std::string>();
      QCOMPARE(after.at(name).equal(before.at(name)), !one["trainable"].get<bool>());
    }
  }

  /// What is not trained is counted, keeps its bits and has no moments.
  void whatIsNotTrainedStays() {
    const auto trainer =
        trainerOf(ofTable({{"id", "subtuning"}, {"hidden", {9, 8, 7}}, {"tuned", {2}}}));
    const auto found = trainer->description();
    std::int64_t fixed = 0;
    std::set<std::string> names;
    for (const auto& one : found["parameters"]) {
      QCOMPARE(one["trainable"].get<bool>(), one["owner"] != "shared");
      if (one["trainable"].get<bool>()) continue;
      names.insert(one["name"].get<std::string>());
      std::int64_t count = 1;
      for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
      fixed += count;
    }
    QCOMPARE(names, (std::set<std::string>{"trunk.0.weight", "trunk.0.bias", "trunk.2.weight",
                                           "trunk.2.bias"}));
    QCOMPARE(found["not_trainable"].get<std::int64_t>(), fixed);
    QCOMPARE(found["shared"].get<std::int64_t>(), fixed);
    const auto before = trainer->snapshot().tensors;
    QCOMPARE(before.at("optimizer.mean").numel(), trainer->parameterCount() - fixed);
    QVERIFY(
        before.at("model.task.alcohol.1.weight").equal(before.at("model.task.cultivar.1.weight")));
    train(*trainer, 4);
    const auto after = trainer->snapshot().tensors;
    for (const auto& name : names)
      QVERIFY(after.at("model." + name).equal(before.at("model." + name)));
    QVERIFY(
        !after.at("model.task.alcohol.1.weight").equal(after.at("model.task.cultivar.1.weight")));
    QVERIFY(!after.contains("optimizer.steps.trunk"));
  }

  /// Switched off or frozen, a task keeps what is its own to the bit: below its head and in it.
  void whatATaskOwnsRestsWithIt_data() { addModels(); }
  void whatATaskOwnsRestsWithIt() {
    const auto experiment = fetchExperiment();
    if (experiment["model"]["id"] == "point") return;  // its tasks own nothing
    std::vector<json> balancers{json::object()};
    if (shares(experiment)) balancers.push_back({{"gradient", {{"id", "pcgrad"}}}});
    for (const auto& balancer : balancers)
      for (const bool frozen : {false, true}) {
        const auto trainer = trainerOf(experiment, {{"balancer", balancer}});
        const auto task = trainer->tasks()[1].name;
        train(*trainer, 3);
        const auto before = ownOf(*trainer, task);
        QVERIFY(before.size() > 6);
        trainer->apply(frozen ? Command::setTaskFrozen(1, true)
                              : Command::setTaskEnabled(1, false));
        train(*trainer, 4);
        QVERIFY(sameTensors(ownOf(*trainer, task), before));
        const auto other = trainer->tasks()[0].name;
        const auto moving = ownOf(*trainer, other);
        train(*trainer, 1);
        for (const auto& [name, tensor] : ownOf(*trainer, other))
          if (name.ends_with(".weight")) QVERIFY(!tensor.equal(moving.at(name)));
      }
  }

  /// With all levels at the top, nothing tells it from hard sharing.
  void hierarchicalAtTheTopIsHardSharing() {
    const json gradient{{"balancer", {{"gradient", {{"id", "nash_mtl"}}}}}};
    const json levels{{"cultivar", 2}, {"alcohol", 2}, {"color_intensity", 2}};
    for (const auto& changes : {json::object(), gradient}) {
      const auto plain =
          trainerOf(ofTable({{"id", "mlp"}, {"hidden", {8, 6}}, {"dropout", 0.2}}), changes);
      const auto top = trainerOf(
          ofTable(
              {{"id", "hierarchical"}, {"hidden", {8, 6}}, {"dropout", 0.2}, {"levels", levels}}),
          changes);
      const auto expected = train(*plain, 8), found = train(*top, 8);
      for (size_t i = 0; i < expected.size(); ++i)
        for (size_t k = 0; k < 3; ++k)
          QVERIFY(std::abs(found[i].losses[k] - expected[i].losses[k]) <
                  1e-5 * std::abs(expected[i].losses[k]));
    }
  }

  /// What mixes the towers moves at a rate of its own, and nowhere where that is next to nothing.
  void architectureHasARateOfItsOwn() {
    const auto movedBy = [](double factor) {
      const json model{{"id", "cross_stitch"}, {"hidden", {8, 6}}, {"architecture_lr", factor}};
      const auto trainer = trainerOf(ofTable(model));
      const auto before = trainer->snapshot().tensors.at("model.trunk.stitch.1").clone();
      train(*trainer, 1);
      return (trainer->snapshot().tensors.at("model.trunk.stitch.1") - before)
          .abs()
          .max()
          .item<double>();
    };
    const double usual = movedBy(1);
    QVERIFY(usual > 0);
    // Adam's first step is as long as its rate.
    QVERIFY(std::abs(movedBy(5) / usual - 5) < 1e-3);
    const auto found =
        trainerOf(ofTable({{"id", "cross_stitch"}, {"hidden", {8, 6}}}))->description();
    for (const auto& one : found["parameters"])
      QCOMPARE(one["architecture"].get<bool>(),
               one["name"].get<std::string>().starts_with("trunk.stitch"));
  }

  /// Of what nobody shares there is no conflict, and weights act.
  void singleTasksAreWeighedAndNotCompared() {
    const json model{{"id", "single_task"}, {"hidden", {8}}};
    const json weights{{"balancer", {{"weighting", {{"id", "static"}, {"weights", {0, 1, 1}}}}}}};
    const auto trainer = trainerOf(ofTable(model), weights);
    const auto still = ownOf(*trainer, "cultivar"), moving = ownOf(*trainer, "alcohol");
    for (const auto& record : train(*trainer, 4)) QVERIFY(!record.conflict);
    const auto name = [](const char* task) { return std::string("task.") + task + ".0.weight"; };
    QVERIFY(ownOf(*trainer, "cultivar").at(name("cultivar")).equal(still.at(name("cultivar"))));
    QVERIFY(!ownOf(*trainer, "alcohol").at(name("alcohol")).equal(moving.at(name("alcohol"))));
  }

  /// A row of zeros would be the shortest of all: a task that shares nothing is not in J.
  void aTaskThatSharesNothingIsNotBalanced() {
    for (const char* id : {"mgda", "nash_mtl", "pcgrad", "mgda_ub"}) {
      const json slot{{"id", id}, {"weight_heads", true}};
      const auto trainer =
          trainerOf(ofTable(treeOf(kPairAndOne)), {{"balancer", {{"gradient", slot}}}});
      const auto before = ownOf(*trainer, "cultivar");
      for (const auto& record : train(*trainer, 4)) {
        QCOMPARE(record.weights[0], 1.0);
        QVERIFY(record.weights[1] > 0 && record.weights[2] > 0);
        if (std::string(id).starts_with("mgda"))
          QVERIFY(std::abs(record.weights[1] + record.weights[2] - 1) < 1e-9);
      }
      QVERIFY(!sameTensors(ownOf(*trainer, "cultivar"), before));
    }
  }

  /// A layer balances the tasks that reach it, and one of a single active task is left as it is.
  void layersBalanceTheirMembers() {
    const json gradient{{"id", "mgda"}, {"granularity", "layer"}};
    const auto trainer =
        trainerOf(ofTable(treeOf(kAllThenPair)), {{"balancer", {{"gradient", gradient}}}});
    for (const auto& record : train(*trainer, 3))
      for (const double weight : record.weights) QVERIFY(weight >= 0 && weight <= 1);
    trainer->apply(Command::setTaskEnabled(2, false));
    const auto description = trainer->description();
    // Of the group cultivar is left: its weight there is 1, in the trunk that of MGDA with
    // alcohol.
    const auto shared = description["shared"].get<double>();
    const auto group = description["groups"][0]["count"].get<double>();
    for (const auto& record : train(*trainer, 3)) {
      const double inTrunk = 1 - record.weights[1];  // alcohol reaches nothing else
      const double mean = (shared * inTrunk + group) / (shared + group);
      QVERIFY(std::abs(record.weights[0] - mean) < 1e-9);
      QCOMPARE(record.weights[2], 0.0);
    }
  }

  void refusesWhatReadsGradientsThatAreNotShared_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("expected");
    const QString single = R"({"id": "single_task"})";
    const auto tree = [](const char* stages) {
      return QString::fromStdString(treeOf(stages).dump());
    };
    const auto row = [](const QString& model, const char* changes, const char* expected) {
      QTest::newRow(expected) << model << changes << expected;
    };
    row(single, R"({"balancer": {"gradient": {"id": "pcgrad"}}})",
        "balancer.gradient.id: pcgrad needs shared parameters; single_task has none");
    row(tree(R"([[["cultivar"], ["alcohol"], ["color_intensity"]],
                 [["cultivar"], ["alcohol"], ["color_intensity"]]])"),
        R"({"balancer": {"gradient": {"id": "mgda_ub"}}})",
        "balancer.gradient.id: mgda_ub needs shared parameters; tree has none");
    row(tree(kAllThenPair), R"({"balancer": {"gradient": {"id": "mgda_ub"}}})",
        "balancer.gradient.id: mgda_ub needs one place where the tasks part; tree has none");
    row(tree(kAllThenPair), R"({"conflict": {"source": "representation"}})",
        "conflict.source: representation needs one place where the tasks part; tree has none");
    row(R"({"id": "subtuning", "tuned": [1]})", R"({"balancer": {"gradient": {"id": "pcgrad"}}})",
        "balancer.gradient.id: pcgrad needs shared parameters; subtuning has none");
    row(single, R"({"balancer": {"weighting": {"id": "gradnorm"}}})",
        "balancer.weighting.id: gradnorm needs shared parameters; single_task has none");
    row(tree(kPairAndOne), R"({"balancer": {"weighting": {"id": "gradnorm"}}})",
        "balancer.weighting.id: gradnorm needs parameters that each task shares with another; "
        "tree "
        "has none of task cultivar");
    row(tree(R"([[["cultivar", "alcohol"], ["color_intensity"]],
                 [["cultivar", "alcohol"], ["color_intensity"]]])"),
        R"({"balancer": {"weighting": {"id": "gradnorm", "norms": "last"}}})",
        "balancer.weighting.id: gradnorm needs parameters that each task shares with another; "
        "tree "
        "has none of task color_intensity");
  }
  void refusesWhatReadsGradientsThatAreNotShared() {
    QFETCH(QString, model);
    QFETCH(QString, changes);
    QFETCH(QString, expected);
    const auto experiment = ofTable(json::parse(model.toStdString()));
    const auto changed = json::parse(changes.toStdString());
    QCOMPARE(refusal([&] { trainerOf(experiment, changed); }), expected);
    // A running job refuses the same and goes on as it was.
    const auto running = trainerOf(experiment), untouched = trainerOf(experiment);
    const auto wanted = eq::train::experimentFromJson(
        [&] {
          auto value = experiment;
          value.merge_patch(changed);
          return value;
        }(),
        eq::test::inSource("samples"));
    for (const auto& command : {Command::setGradient(wanted.balancer.gradient),
                                Command::setWeighting(wanted.balancer.weighting),
                                Command::setConflict(wanted.conflict)}) {
      const auto found = refusal([&] { running->apply(command); });
      QVERIFY(found.isEmpty() || found == expected);
    }
    QVERIFY(running->experiment().balancer == untouched->experiment().balancer);
    QVERIFY(sameSteps(train(*running, 3), train(*untouched, 3)));
  }

  /// A head that a loss swaps begins anew; what is below it goes on.
  void swappingAHeadKeepsWhatIsBelow() {
    const auto trainer = trainerOf(ofTable(treeOf(kAllThenPair)));
    train(*trainer, 3);
    const auto before = trainer->snapshot().tensors;
    trainer->apply(Command::setLoss(1, {"gaussian_nll"}));
    const auto after = trainer->snapshot().tensors;
    QVERIFY(
        after.at("model.task.alcohol.1.weight").equal(before.at("model.task.alcohol.1.weight")));
    QCOMPARE(after.at("optimizer.steps.task.alcohol").item<double>(), 3.0);
    QCOMPARE(after.at("optimizer.steps.head.alcohol").item<double>(), 0.0);
    QCOMPARE(after.at("optimizer.steps.group.color_intensity+cultivar").item<double>(), 3.0);
    train(*trainer, 1);
    QCOMPARE(trainer->snapshot().tensors.at("optimizer.steps.task.alcohol").item<double>(), 4.0);
  }
};

EQUIPOISE_TEST(TestArchitectures)
#include "tst_architectures.moc"
