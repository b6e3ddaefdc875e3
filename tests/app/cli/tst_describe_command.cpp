#include <fstream>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "tests/registry.h"

using nlohmann::json;

Q_DECLARE_METATYPE(json)

class TestDescribeCommand : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  std::string fileOf(const json& data, const json& model) const {
    const auto file = folder_.filePath("experiment.json").toStdString();
    std::ofstream(file) << json{{"name", "x"}, {"data", data}, {"model", model}, {"threads", 1}};
    return file;
  }

  static json wine() {
    return {{"id", "table"},
            {"path", eq::test::inSource("samples/data/wine.csv")},
            {"targets",
             {{{"column", "cultivar"}, {"kind", "class"}},
              {{"column", "alcohol"}, {"kind", "number"}}}}};
  }

  static json threeOfWine() {
    auto data = wine();
    data["targets"].push_back({{"column", "color_intensity"}, {"kind", "number"}});
    return data;
  }

  json describe(const json& data, const json& model) const {
    const auto answer = call({"describe", fileOf(data, model), "--json"});
    if (answer.code != 0) qFatal("%s", answer.err.c_str());
    return json::parse(answer.out);
  }

 private Q_SLOTS:
  /// The worked example of the public interface.
  void twoDigitsAreAsWorkedOut() {
    const auto found = describe({{"id", "two_digits"}}, {{"id", "cnn"}});
    QCOMPARE(found["total"].dump(), std::string("73044"));
    QCOMPARE(found["shared"].dump(), std::string("70464"));
    QCOMPARE(found["per_task"].dump(), std::string(R"({"left":1290,"right":1290})"));
    QCOMPARE(found["flops_per_example"].dump(), std::string("1022080"));
    QCOMPARE(found["frontier"].dump(), std::string("1"));
    QCOMPARE(found["groups"].dump(), std::string("[]"));
    QCOMPARE(found["not_trainable"].dump(), std::string("0"));
    QCOMPARE(found["series"].dump(), std::string("[]"));
    QCOMPARE(found["parameters"][0].dump(),
             std::string(R"({"architecture":false,"name":"trunk.0.weight","owner":"shared",)"
                         R"("shape":[16,1,3,3],"trainable":true})"));
    QCOMPARE(found["parameters"].back()["owner"].dump(), std::string(R"(["right"])"));
  }

  void aHierarchyIsAsWorkedOut() {
    const json model{{"id", "hierarchical"}, {"hidden", {16, 12, 8}}};
    const auto found = describe(threeOfWine(), model);
    QCOMPARE(found["total"].dump(), std::string("573"));
    QCOMPARE(found["shared"].dump(), std::string("192"));
    QCOMPARE(found["groups"].dump(),
             std::string(R"([{"count":204,"tasks":["alcohol","color_intensity"]}])"));
    QCOMPARE(found["per_task"].dump(),
             std::string(R"({"alcohol":13,"color_intensity":113,"cultivar":51})"));
    QCOMPARE(found["frontier"].dump(), std::string("0"));
    QCOMPARE(found["parameters"][0]["name"].get<std::string>(),
             std::string("group.alcohol+color_intensity.1.weight"));
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (11 * 16 + 16 * 12 + 12 * 8 + 16 * 3 + 12 + 8));
    const auto text = call({"describe", fileOf(threeOfWine(), model)}).out;
    QVERIFY2(text.ends_with("total 573, shared 192, of alcohol, color_intensity 204, alcohol 13, "
                            "color_intensity 113, cultivar 51; 1064 FLOPs an example\n"),
             text.c_str());
  }

  /// What a group computes is needed by the group alone: 2 x its multiplications.
  void ownersShareNumbersAndOperations() {
    const json model{{"id", "hierarchical"}, {"hidden", {16, 12, 8}}};
    const auto owners = describe(threeOfWine(), model)["owners"];
    const auto partOf = [](const json& owner) {
      return fmt::format("{} {} {}", owner["tasks"].dump(), owner["parameters"].get<std::int64_t>(),
                         owner["flops_per_example"].get<std::int64_t>());
    };
    QStringList found;
    for (const auto& owner : owners) found << QString::fromStdString(partOf(owner));
    QCOMPARE(found, QStringList({R"("shared" 192 352)", R"(["alcohol","color_intensity"] 204 384)",
                                 R"(["cultivar"] 51 96)", R"(["alcohol"] 13 24)",
                                 R"(["color_intensity"] 113 208)"}));
    QCOMPARE(owners[4]["layers"].dump(),
             std::string(R"([{"head":false,"name":"task.color_intensity.2","parameters":104,)"
                         R"("trainable":104},{"head":true,"name":"head.color_intensity.linear-1",)"
                         R"("parameters":9,"trainable":9}])"));
  }

  /// Of any model they are all of it: no number and no operation twice.
  void ownersAddUp_data() {
    QTest::addColumn<QByteArray>("model");
    for (const char* model :
         {R"({"id": "cnn"})", R"({"id": "mmoe", "base": "cnn"})",
          R"({"id": "mmoeex", "experts": 3, "mode": "exclusion"})", R"({"id": "cross_stitch"})",
          R"({"id": "adapters"})", R"({"id": "ltb"})", R"({"id": "transformer"})",
          R"({"id": "subtuning", "tuned": [2]})", R"({"id": "ple", "form": "libmtl"})"})
      QTest::newRow(model) << QByteArray(model);
  }
  void ownersAddUp() {
    QFETCH(QByteArray, model);
    const auto found = describe({{"id", "two_digits"}}, json::parse(model.toStdString()));
    std::int64_t numbers = 0, trainable = 0, flops = 0, inLayers = 0;
    for (const auto& owner : found["owners"]) {
      QVERIFY(owner["flops_per_example"].get<std::int64_t>() >= 0);
      numbers += owner["parameters"].get<std::int64_t>();
      flops += owner["flops_per_example"].get<std::int64_t>();
      for (const auto& layer : owner["layers"]) {
        inLayers += layer["parameters"].get<std::int64_t>();
        trainable += layer["trainable"].get<std::int64_t>();
      }
    }
    QCOMPARE(numbers, found["total"].get<std::int64_t>());
    QCOMPARE(inLayers, numbers);
    QCOMPARE(numbers - trainable, found["not_trainable"].get<std::int64_t>());
    QCOMPARE(flops, found["flops_per_example"].get<std::int64_t>());
    QVERIFY(found["owners"][0]["tasks"] == "shared");
    QCOMPARE(found["owners"][0]["parameters"].get<std::int64_t>(),
             found["shared"].get<std::int64_t>());
  }

  /// K p + Σ H_k numbers and K F + Σ M_k operations.
  void singleTasksAreSoManyNetworks() {
    const json images{{"id", "two_digits"}};
    const auto one = describe(images, {{"id", "cnn"}});
    const auto all = describe(images, {{"id", "single_task"}, {"base", "cnn"}});
    QCOMPARE(all["total"].get<int>(), 2 * 70464 + 2 * 1290);
    QCOMPARE(all["shared"].get<int>(), 0);
    QCOMPARE(all["per_task"]["left"].get<int>(), 70464 + 1290);
    const auto heads = 2 * 2 * 128 * 10;
    QCOMPARE(all["flops_per_example"].get<int>(),
             2 * (one["flops_per_example"].get<int>() - heads) + heads);
    QCOMPARE(all["frontier"].get<int>(), 0);
  }

  /// The worked examples of the public interface.
  void mixturesAreAsWorkedOut() {
    const auto experts =
        describe({{"id", "two_digits"}}, {{"id", "mmoe"}, {"base", "cnn"}, {"experts", 3}});
    QCOMPARE(experts["total"].get<int>(), 217434);
    QCOMPARE(experts["shared"].get<int>(), 211392);
    QCOMPARE(experts["per_task"]["left"].get<int>(), 3021);
    QCOMPARE(experts["flops_per_example"].get<int>(), 3064448);
    QCOMPARE(experts["frontier"].get<int>(), 3);
    QCOMPARE(experts["series"].dump(),
             std::string(R"(["diversity","gate.left","utilisation","gate.right"])"));
    const auto towers =
        describe({{"id", "digit_facts"}}, {{"id", "cross_stitch"}, {"hidden", {32, 16, 16}}});
    QCOMPARE(towers["total"].get<int>(), 12844);
    QCOMPARE(towers["shared"].get<int>(), 10464);
    QCOMPARE(towers["per_task"].dump(),
             std::string(R"({"digit":442,"image":1360,"ink":289,"parity":289})"));
    QCOMPARE(towers["flops_per_example"].get<int>(),
             2 * (4 * (64 * 32 + 32 * 16 + 16 * 16) + 16 * (32 + 16) + 16 * (10 + 1 + 1 + 64)));
    QCOMPARE(towers["frontier"].get<int>(), 0);
    const auto levels = describe({{"id", "digit_facts"}}, {{"id", "ple"}, {"hidden", {32, 16}}});
    QCOMPARE(levels["total"].get<int>(), 15441);
    QCOMPARE(levels["shared"].get<int>(), 11253);
    QCOMPARE(levels["per_task"]["digit"].get<int>(), 894);
    const auto units = describe({{"id", "digit_facts"}}, {{"id", "adatt"}, {"hidden", {32, 16}}});
    QCOMPARE(units["total"].get<int>(), 16617);
    QCOMPARE(units["shared"].get<int>(), 14665);
    QCOMPARE(units["per_task"]["digit"].get<int>(), 335);
    const int below = 5 * 64 * 32 + 5 * (64 * 5 + 5 * 32);  // experts, gates, mixtures
    const int last = 5 * 32 * 16 + 4 * (32 * 5 + 5 * 16) + 16 * (10 + 1 + 1 + 64);
    QCOMPARE(units["flops_per_example"].get<int>(), 2 * (below + last));
    QCOMPARE(towers["series"].dump(), std::string(R"(["stitch.1","stitch.2"])"));
  }

  /// E p shared, of a task lin(n0, q m) + lin(n0, q) + H; E F + Σ (2 n0 q (m + 1) + 2 E n_S + M).
  void selectorsHaveTheSizeOfTheirFormula() {
    const json model{{"id", "dselect_k"}, {"hidden", {16, 8}}, {"experts", 5}, {"nonzeros", 3}};
    const auto found = describe(threeOfWine(), model);
    const int n0 = 11, p = n0 * 16 + 16 + 16 * 8 + 8;
    QCOMPARE(found["shared"].get<int>(), 5 * p);
    QCOMPARE(found["per_task"]["alcohol"].get<int>(), (n0 + 1) * 9 + (n0 + 1) * 3 + 8 + 1);
    QCOMPARE(found["flops_per_example"].get<int>(),
             5 * 2 * (n0 * 16 + 16 * 8) + 3 * (2 * n0 * 12 + 2 * 5 * 8) + 2 * 8 * (3 + 1 + 1));
  }

  /// Of E experts ⌊E exclusivity⌋ are assigned: the task's, or the group's of the others. E F + Σ
  /// (2 n0 E + 2 E_k n_S + M_k), E_k those that task k may use.
  void exclusiveExpertsAreOwned() {
    const int n0 = 11, p = n0 * 8 + 8, gate = (n0 + 1) * 5;
    json model{{"id", "mmoeex"}, {"hidden", {8}}, {"experts", 5}};
    auto found = describe(threeOfWine(), model);
    QCOMPARE(found["shared"].get<int>(), 3 * p);
    QCOMPARE(found["per_task"].dump(), json({{"alcohol", p + gate + 9},
                                             {"color_intensity", gate + 9},
                                             {"cultivar", p + gate + 27}})
                                           .dump());
    QCOMPARE(found["groups"].dump(), std::string("[]"));
    QCOMPARE(found["frontier"].get<int>(), 3);
    const int heads = 2 * 8 * (3 + 1 + 1), gates = 3 * 2 * n0 * 5;
    QCOMPARE(found["flops_per_example"].get<int>(),
             5 * 2 * n0 * 8 + gates + 2 * 8 * (4 + 4 + 3) + heads);
    model["mode"] = "exclusion";
    found = describe(threeOfWine(), model);
    QCOMPARE(found["groups"].size(), size_t(2));
    for (const auto& group : found["groups"]) QCOMPARE(group["count"].get<int>(), p);
    QCOMPARE(found["shared"].get<int>(), 3 * p);
    QCOMPARE(found["frontier"].get<int>(), 5);
    QCOMPARE(found["flops_per_example"].get<int>(),
             5 * 2 * n0 * 8 + gates + 2 * 8 * (4 + 4 + 5) + heads);
    QCOMPARE(found["series"].dump(), std::string(R"(["diversity","gate.cultivar","utilisation",)"
                                                 R"("gate.alcohol","gate.color_intensity"])"));
  }

  /// Shared experts of a level above the first run once a task.
  void expertsOfStreamsRunOnceATask() {
    const json model{{"id", "ple"}, {"hidden", {8, 6}}, {"form", "libmtl"}, {"shared_experts", 2}};
    const auto found = describe(threeOfWine(), model);
    const int first = 11 * 8, second = 8 * 6;
    QCOMPARE(found["shared"].get<int>(), 2 * (first + 8 + second + 6));
    QCOMPARE(found["per_task"]["alcohol"].get<int>(),
             first + 8 + second + 6 + (11 + 1) * 3 + (8 + 1) * 3 + 6 + 1);
    const int below = 2 * first + 3 * first + 3 * (11 * 3 + 3 * 8);
    const int above = 3 * (2 + 1) * second + 3 * (8 * 3 + 3 * 6);
    QCOMPARE(found["flops_per_example"].get<int>(), 2 * (below + above + 6 * (3 + 1 + 1)));
    QCOMPARE(found["frontier"].get<int>(), 0);
  }

  /// Stage 1 once, the others once a task, places (4 d b) for each adapter.
  void adaptersHaveTheSizeOfTheirFormula() {
    const auto lin = [](int in, int out) { return in * out + out; };
    const json model{{"id", "adapters"}, {"base", "cnn"}, {"bottleneck", 4}};
    const auto one = describe({{"id", "two_digits"}}, {{"id", "cnn"}});
    const auto found = describe({{"id", "two_digits"}}, model);
    QCOMPARE(found["shared"].get<int>(), 70464);
    const int own =
        lin(16, 4) + lin(4, 16) + 1 + lin(32, 4) + lin(4, 32) + 1 + lin(128, 4) + lin(4, 128) + 1;
    QCOMPARE(found["per_task"]["left"].get<int>(), own + 1290);
    const int firstStage = 2 * 22 * 22 * 9 * 16, heads = 2 * 2 * 128 * 10;
    const int others = one["flops_per_example"].get<int>() - heads - firstStage;
    const int added = 4 * 4 * (11 * 11 * 16 + 4 * 4 * 32 + 128);
    QCOMPARE(found["flops_per_example"].get<int>(), firstStage + 2 * (others + added) + heads);
    QCOMPARE(
        found["series"].dump(),
        std::string(R"(["adapter_norm.left.1","adapter_norm.left.2","adapter_norm.left.3",)"
                    R"("adapter_norm.right.1","adapter_norm.right.2","adapter_norm.right.3"])"));
  }

  void subjectsAndPairsHaveTheSizeOfTheirFormula() {
    const auto subjects = describe(
        threeOfWine(), {{"id", "subject_adapters"}, {"hidden", {8}}, {"adapter_width", 5}});
    QCOMPARE(subjects["shared"].get<int>(), 5 * 8 + 8);
    QCOMPARE(subjects["per_task"]["cultivar"].get<int>(), 11 * 5 + 5 + 8 * 3 + 3);
    QCOMPARE(subjects["flops_per_example"].get<int>(),
             2 * (3 * (11 * 5 + 5 * 8) + 8 * (3 + 1 + 1)));
    const auto pairs =
        describe({{"id", "digit_facts"}}, {{"id", "pair_encoder"}, {"hidden", {32, 16}}});
    QCOMPARE(pairs["shared"].get<int>(), 32 * 32 + 32 + 32 * 16 + 16);
    QCOMPARE(pairs["per_task"]["digit"].get<int>(), 3 * 16 * 10 + 10);
    QCOMPARE(pairs["flops_per_example"].get<int>(),
             2 * (2 * (32 * 32 + 32 * 16) + 48 * (10 + 1 + 1 + 64)));
    QCOMPARE(pairs["frontier"].get<int>(), 1);
  }

  /// Shared p + 2 n0 r + lin(task_dim, r²); of a task task_dim + lin(n0, q) + lin(q, n0) + H.
  void refinedInputsHaveTheSizeOfTheirFormula() {
    const json model{{"id", "dtrn"}, {"hidden", {8}}, {"hyper_rank", 3}, {"reduction", 4}};
    const auto found = describe(threeOfWine(), model);
    const int n0 = 11, p = n0 * 8 + 8, r = 3, q = 2;
    QCOMPARE(found["shared"].get<int>(), p + 2 * n0 * r + 17 * r * r);
    QCOMPARE(found["per_task"]["alcohol"].get<int>(), 16 + (n0 + 1) * q + (q + 1) * n0 + 8 + 1);
    const int ofTask = 16 * r * r + r * r + r * n0 + 2 * n0 * q + n0 * 8;
    QCOMPARE(found["flops_per_example"].get<int>(), 2 * (n0 * r + 3 * ofTask + 8 * (3 + 1 + 1)));
    QCOMPARE(found["series"].size(), size_t(3));
  }

  void headsOfAllStagesHaveTheSizeOfTheirFormula() {
    const auto lin = [](int in, int out) { return in * out + out; };
    const auto found =
        describe({{"id", "two_digits"}}, {{"id", "medusa"}, {"base", "cnn"}, {"width", 8}});
    const auto one = describe({{"id", "two_digits"}}, {{"id", "cnn"}});
    QCOMPARE(found["shared"].get<int>(), 70464);
    const int own = lin(16, 16) + lin(16, 8) + lin(32, 32) + lin(32, 8) + lin(128, 128) +
                    lin(128, 8) + lin(8, 1) + lin(8, 10);
    QCOMPARE(found["per_task"]["left"].get<int>(), own);
    const int shared = one["flops_per_example"].get<int>() - 2 * 2 * 128 * 10;
    const int masks = 121 * 16 * 16 + 16 * 32 * 32 + 128 * 128;
    const int ofTask = masks + (16 + 32 + 128) * 8 + 3 * 8 + 3 * 8 + 8 * 10;
    QCOMPARE(found["flops_per_example"].get<int>(), shared + 2 * 2 * ofTask);
    QCOMPARE(found["series"][3].get<std::string>(), std::string("scale.left"));
  }

  /// Shared p; of a task lin(d_1, r_1) + lin(r_1, d_1) + Σ_{s>1} (lin(2 d_s, r_s) + lin(r_s, d_s))
  /// + Σ_{s<last} conv(d_s, d_{s+1}, 3) + H.
  void attendedStagesHaveTheSizeOfTheirFormula() {
    const auto lin = [](int in, int out) { return in * out + out; };
    const json sizes{{"base", "cnn"}, {"channels", {8, 16}}, {"same", true}};
    auto model = sizes;
    model["id"] = "mtan";
    model["reduction"] = 4;
    const auto found = describe({{"id", "two_digits"}}, model);
    const int p = 9 * 8 + 8 + 9 * 8 * 16 + 16 + lin(16 * 36, 128);
    QCOMPARE(found["shared"].get<int>(), p);
    const int own = lin(8, 2) + lin(2, 8) + lin(32, 4) + lin(4, 16) + 9 * 8 * 16 + 16;
    QCOMPARE(found["per_task"]["left"].get<int>(), own + 1290);
    const int shared = 576 * 9 * 8 + 144 * 9 * 8 * 16;
    const int ofTask = 576 * (8 * 2 + 2 * 8) + 576 * 9 * 8 * 16 + 144 * (32 * 4 + 4 * 16) +
                       16 * 36 * 128 + 128 * 10;
    QCOMPARE(found["flops_per_example"].get<int>(), 2 * (shared + 2 * ofTask));
    QCOMPARE(found["series"].dump(),
             std::string(R"(["mask.left.1","mask.left.2","mask.right.1","mask.right.2"])"));
  }

  /// Tokens and what is read of them once; of a task its query, shares and mixture, and its head.
  void queriesHaveTheSizeOfTheirFormula() {
    const auto lin = [](int in, int out) { return in * out + out; };
    json model{{"id", "transtee"}, {"width", 8}, {"layers", 1}};
    auto found = describe(threeOfWine(), model);
    const int d = 8, tokens = 11;
    const int body = 2 * tokens * d + 4 * lin(d, d) + lin(d, 2 * d) + lin(2 * d, d) + 6 * d;
    QCOMPARE(found["shared"].get<int>(), body + 4 * lin(d, d) + 4 * d);
    QCOMPARE(found["per_task"]["cultivar"].get<int>(), d + lin(d, 3));
    const int encoder = tokens * (4 * d * d + 4 * d * d) + 2 * tokens * tokens * d;
    const int ofTask = 2 * d * d + 2 * tokens * d;
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (encoder + 2 * tokens * d * d + 3 * ofTask + d * (3 + 1 + 1)));
    model["treatment"] = "malic_acid";
    found = describe(threeOfWine(), model);
    QCOMPARE(found["shared"].get<int>(), body + 4 * lin(d, d) + 6 * d);
    QCOMPARE(found["series"].dump(), std::string(R"(["attention.cultivar","attention.alcohol",)"
                                                 R"("attention.color_intensity"])"));
  }

  /// Heads read every state: M + 1 places.
  void statesHaveTheSizeOfTheirFormula() {
    const auto lin = [](int in, int out) { return in * out + out; };
    const auto found =
        describe(threeOfWine(), {{"id", "multimodn"}, {"state", 4}, {"encoder_hidden", {6}}});
    QCOMPARE(found["shared"].get<int>(), 4 + lin(6, 6) + lin(6 + 4, 4) + lin(5, 6) + lin(6 + 4, 4));
    QCOMPARE(found["per_task"]["cultivar"].get<int>(), lin(4, 3));
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (6 * 6 + 5 * 6 + 2 * 10 * 4 + 3 * 4 * (3 + 1 + 1)));
    QCOMPARE(found["series"].dump(),
             std::string(R"(["change","loss_after.cultivar",)"
                         R"("loss_after.alcohol","loss_after.color_intensity"])"));
  }

  /// The worked example of the public interface, then the formulas of the others: Σ r (in + out)
  /// a task, or Σ Q r (in + out) shared and Σ h Q a task, or beside those Σ (T r (in + out) + T).
  void additionsOfLowRankHaveTheSizeOfTheirFormula() {
    const json facts{{"id", "digit_facts"}};
    const auto of = [](const char* id, json params) {
      params["id"] = id;
      params["hidden"] = {32, 16};
      return params;
    };
    const int p = 64 * 32 + 32 + 32 * 16 + 16, sides = 64 + 32 + 32 + 16, head = 16 * 10 + 10;
    const int heads = head + 2 * (16 + 1) + 16 * 64 + 64;
    auto found = describe(facts, of("poly", {{"skills", 4}, {"rank", 2}}));
    QCOMPARE(found["total"].get<int>(), 5084);
    QCOMPARE(found["shared"].get<int>(), 3760);
    QCOMPARE(found["per_task"]["digit"].get<int>(), 178);
    QCOMPARE(found["frontier"].get<int>(), 0);
    QCOMPARE(found["series"][1].get<std::string>(), std::string("route.parity.1"));
    QCOMPARE(found["series"].size(), size_t(8));
    const int weights = 64 * 32 + 4 * 32 * 16, readouts = 16 * (10 + 1 + 1 + 64);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (weights + 4 * (4 * 2 * sides + 2 * sides) + readouts));
    found = describe(facts, of("poly", {{"skills", 3}, {"rank", 2}, {"splits", 8}}));
    QCOMPARE(found["shared"].get<int>(), p + 3 * 2 * sides);
    QCOMPARE(found["per_task"]["digit"].get<int>(), 2 * 8 * 3 + head);

    found = describe(facts, of("task_lora", {{"rank", 3}, {"train_base", false}}));
    QCOMPARE(found["shared"].get<int>(), p);
    QCOMPARE(found["not_trainable"].get<int>(), p);
    QCOMPARE(found["per_task"]["digit"].get<int>(), 3 * sides + head);
    QCOMPARE(found["total"].get<int>(), p + 4 * 3 * sides + heads);
    QCOMPARE(found["flops_per_example"].get<int>(), 2 * (weights + 4 * 3 * sides + readouts));
    QCOMPARE(found["series"].dump(), std::string("[]"));

    found = describe(facts, of("c_poly", {{"skills", 3}, {"rank", 2}, {"task_skills", 2}}));
    QCOMPARE(found["shared"].get<int>(), p + 3 * 2 * sides);
    QCOMPARE(found["per_task"]["digit"].get<int>(), 2 * 3 + 2 * 2 * sides + 2 * 2 + head);

    // q of 64, 32 and 16: 8, 6 and 4.
    found = describe(facts, of("tensor_poly", {{"tensor_rank", 3}}));
    QCOMPARE(found["shared"].get<int>(), p + 3 * 2 * 2 * (8 + 6 + 6 + 4));
    QCOMPARE(found["per_task"]["digit"].get<int>(), 2 * 3 + head);
    found = describe(facts, of("tensor_poly", {{"tensor_rank", 3}, {"routing", "order"}}));
    QCOMPARE(found["per_task"]["digit"].get<int>(), 2 * 2 * 3 + head);
    QCOMPARE(found["series"][0].get<std::string>(), std::string("route.digit.1"));
  }

  /// Σ (E (in + out) + lin(in, E) + E clusters), or Σ ((E + 1) r (in + out) + lin(in, E)), all
  /// shared.
  void gatedAdditionsHaveTheSizeOfTheirFormula() {
    const json facts{{"id", "digit_facts"}};
    const int p = 64 * 32 + 32 + 32 * 16 + 16, sides = 64 + 32 + 32 + 16, head = 16 * 10 + 10;
    const int base = 64 * 32 + 32 * 16 + 16 * (10 + 1 + 1 + 64);
    auto found =
        describe(facts, {{"id", "mor1e"}, {"hidden", {32, 16}}, {"experts", 3}, {"clusters", 5}});
    QCOMPARE(found["shared"].get<int>(), p + 3 * sides + 3 * (65 + 33) + 2 * 3 * 5);
    QCOMPARE(found["per_task"]["digit"].get<int>(), head);
    QCOMPARE(found["frontier"].get<int>(), 1);
    QCOMPARE(found["series"].dump(), std::string(R"(["gate.1","utilisation","gate.2"])"));
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (base + 3 * sides + 3 * (64 + 32) + 2 * 3 * 5 + 64 * 5));
    found = describe(facts,
                     {{"id", "lora_experts"}, {"hidden", {32, 16}}, {"experts", 3}, {"rank", 2}});
    QCOMPARE(found["shared"].get<int>(), p + 4 * 2 * sides + 3 * (65 + 33));
    QCOMPARE(found["frontier"].get<int>(), 1);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (base + 4 * 2 * sides + 3 * (64 + 32) + 3 * (32 + 16)));
  }

  /// Σ E p + lin(n + task_dim, E) at stages with experts, p elsewhere; Σ (E p + lin(task_dim,
  /// E)).
  void routedExpertsHaveTheSizeOfTheirFormula() {
    const json facts{{"id", "digit_facts"}};
    const int p1 = 64 * 32 + 32, p2 = 32 * 16 + 16, head = 16 * 10 + 10;
    const int readouts = 16 * (10 + 1 + 1 + 64);
    auto found = describe(facts, {{"id", "task_moe"}, {"hidden", {32, 16}}});
    QCOMPARE(found["shared"].get<int>(), p1 + 4 * p2 + (32 + 16) * 4 + 4);
    QCOMPARE(found["per_task"]["digit"].get<int>(), 16 + head);
    QCOMPARE(found["frontier"].get<int>(), 0);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (64 * 32 + 4 * 32 * 16 + 4 * ((32 + 16) * 4 + 4 * 16) + readouts));
    QCOMPARE(found["series"].dump(),
             std::string(R"(["gate.digit.2","utilisation","gate.parity.2","gate.ink.2",)"
                         R"("gate.image.2"])"));
    found = describe(facts, {{"id", "task_moe"}, {"hidden", {32, 16}}, {"moe_stages", {1}}});
    QCOMPARE(found["shared"].get<int>(), 4 * p1 + (64 + 16) * 4 + 4 + p2);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (4 * 64 * 32 + 4 * ((64 + 16) * 4 + 4 * 32) + 4 * 32 * 16 + readouts));

    found = describe(facts, {{"id", "task_level_moe"}, {"hidden", {32, 16}}, {"task_dim", 6}});
    QCOMPARE(found["shared"].get<int>(), 3 * (p1 + p2) + 2 * (6 * 3 + 3));
    QCOMPARE(found["per_task"]["digit"].get<int>(), 6 + head);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (3 * 64 * 32 + 4 * 3 * 32 * 16 + 4 * (2 * 6 * 3 + 3 * (32 + 16)) + readouts));
    QCOMPARE(found["series"][2].get<std::string>(), std::string("route.digit.1"));
  }

  /// Tokens more, and a stream a task where tasks have some of their own.
  void promptsAreTokensMore() {
    const json images{{"id", "two_digits"}};  // 36 squares
    const auto plain = describe(images, {{"id", "transformer"}});
    auto found = describe(images, {{"id", "prompts"}});
    const auto shared = plain["shared"].get<int>();
    QCOMPARE(found["shared"].get<int>(), shared + 4 * 32);
    QCOMPARE(found["frontier"].get<int>(), 1);
    const auto encoder = [](std::int64_t tokens) {
      return 2 * (tokens * (2 * (4 * 32 * 32 + 2 * 32 * 64)) + 2 * 2 * tokens * tokens * 32);
    };
    const std::int64_t embedding = 2 * 36 * 16 * 32, heads = 2 * 2 * 32 * 10;
    QCOMPARE(plain["flops_per_example"].get<std::int64_t>(), embedding + encoder(36) + heads);
    QCOMPARE(found["flops_per_example"].get<std::int64_t>(), embedding + encoder(40) + heads);
    found = describe(images, {{"id", "prompts"}, {"task_prompts", 3}, {"train_base", false}});
    QCOMPARE(found["per_task"]["left"].get<int>(), 3 * 32 + 330);
    QCOMPARE(found["not_trainable"].get<int>(), shared);
    QCOMPARE(found["frontier"].get<int>(), 0);
    QCOMPARE(found["flops_per_example"].get<std::int64_t>(), embedding + 2 * encoder(43) + heads);
  }

  /// What is not trained is shared all the same, stages after a tuned one run once a task.
  void subtuningCountsWhatIsNotTrained() {
    const json model{{"id", "subtuning"}, {"hidden", {16, 12, 8}}, {"tuned", {2}}};
    const auto found = describe(threeOfWine(), model);
    const int fixed = 11 * 16 + 16 + 12 * 8 + 8, own = 16 * 12 + 12;
    QCOMPARE(found["shared"].get<int>(), fixed);
    QCOMPARE(found["not_trainable"].get<int>(), fixed);
    QCOMPARE(found["per_task"]["alcohol"].get<int>(), own + 8 + 1);
    QCOMPARE(found["flops_per_example"].get<int>(),
             2 * (11 * 16 + 3 * (16 * 12 + 12 * 8) + 8 * (3 + 1 + 1)));
  }

  /// Σ_s p_s (groups of s) numbers; one place where the tasks part, if all that is shared leads
  /// there.
  void aTreeHasTheSizeOfItsCopies() {
    auto model = json{{"id", "tree"}, {"hidden", {8, 6}}};
    model["stages"] = json::parse(R"([[["cultivar", "alcohol", "color_intensity"]],
                        [["alcohol", "color_intensity"], ["cultivar"]]])");
    const auto stage1 = 11 * 8 + 8, stage2 = 8 * 6 + 6;
    auto found = describe(threeOfWine(), model);
    QCOMPARE(found["total"].get<int>(), stage1 + 2 * stage2 + (6 * 3 + 3) + 2 * (6 + 1));
    QCOMPARE(found["groups"][0]["count"].get<int>(), stage2);
    QCOMPARE(found["frontier"].get<int>(), 0);
    model["stages"][1] = json::parse(R"([["alcohol"], ["color_intensity"], ["cultivar"]])");
    found = describe(threeOfWine(), model);
    QCOMPARE(found["per_task"]["cultivar"].get<int>(), stage2 + 6 * 3 + 3);
    QCOMPARE(found["groups"].dump(), std::string("[]"));
    QCOMPARE(found["frontier"].get<int>(), 1);
  }

  /// total = shared + own numbers of the tasks = numbers of the parameters, as `check` counts
  /// them.
  void whatIsSharedAndOwnedAddsUp_data() {
    QTest::addColumn<json>("data");
    QTest::addColumn<json>("model");
    const json images{{"id", "two_digits"}};
    const json small{{"id", "mlp"}, {"hidden", {9, 5}}, {"head_hidden", {7}}};
    QTest::newRow("mlp") << wine() << small;
    QTest::newRow("cnn") << images << json{{"id", "cnn"}, {"head_hidden", {6}}};
    QTest::newRow("resnet") << images << json{{"id", "resnet"}, {"blocks", 2}};
    QTest::newRow("transformer") << images << json{{"id", "transformer"}, {"attention", "linear"}};
    QTest::newRow("columns") << wine() << json{{"id", "transformer"}};
    const json pixels{{"id", "two_digits"}, {"pixels", true}};
    QTest::newRow("dense_cnn") << pixels << json{{"id", "dense_cnn"}};
    QTest::newRow("imagenet_resnet") << images << json{{"id", "imagenet_resnet"}, {"width", 4}};
    QTest::newRow("vit") << images << json{{"id", "vit"}, {"patch", 6}, {"width", 12}};
    QTest::newRow("point") << json{{"id", "two_valleys"}} << json{{"id", "point"}};
  }
  void whatIsSharedAndOwnedAddsUp() {
    QFETCH(json, data);
    QFETCH(json, model);
    const auto found = describe(data, model);
    std::int64_t all = 0, shared = 0;
    std::map<std::string, std::int64_t> own;
    for (const auto& one : found["parameters"]) {
      std::int64_t count = 1;
      for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
      all += count;
      if (one["owner"] == "shared")
        shared += count;
      else
        own[one["owner"][0]] += count;
    }
    QCOMPARE(found["total"].get<std::int64_t>(), all);
    QCOMPARE(found["shared"].get<std::int64_t>(), shared);
    for (const auto& [task, count] : found["per_task"].items()) {
      QCOMPARE(count.get<std::int64_t>(), own[task]);
      shared += own[task];
    }
    QCOMPARE(shared, all);
    const auto check = json::parse(call({"check", fileOf(data, model), "--json"}).out);
    QCOMPARE(check["parameters"].dump(), found["total"].dump());
    QCOMPARE(check["shared_parameters"].dump(), found["shared"].dump());
  }

  /// 2 for each multiplication and addition, by the closed forms of the models.
  void operationsAreCounted() {
    const json images{{"id", "two_digits"}};  // 1 x 24 x 24, so 36 squares of 4 x 4
    const auto flops = [&](const json& model) {
      return describe(images, model)["flops_per_example"].get<std::int64_t>();
    };
    const std::int64_t heads = 2 * 32 * 10, full = 36 * (16 * 32 + 2 * (4 * 32 * 32 + 2 * 32 * 64));
    QCOMPARE(flops({{"id", "transformer"}}), 2 * (full + heads) + 2 * (4 * 36 * 36 * 32));
    QCOMPARE(flops({{"id", "transformer"}, {"attention", "linear"}}),
             2 * (full + heads) + 2 * (4 * 36 * 32 * 32 / 4));
    const std::int64_t maps =
        576 * (9 * 16 + 2 * 9 * 16 * 16) + 144 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32);
    QCOMPARE(flops({{"id", "resnet"}}), 2 * (maps + heads));
    const auto mlp = json{{"id", "mlp"}, {"hidden", {8}}, {"head_hidden", {6}}};
    QCOMPARE(flops(mlp), 2 * std::int64_t(576 * 8 + 2 * (8 * 6 + 6 * 10)));
  }

  void printsATable() {
    const auto answer = call({"describe", fileOf({{"id", "two_digits"}}, {{"id", "cnn"}})});
    QCOMPARE(answer.code, 0);
    const auto text = QString::fromStdString(answer.out);
    QVERIFY2(
        text.contains("trunk.0.weight                                       [16,1,3,3]          "
                      "144  shared"),
        qPrintable(text));
    QVERIFY2(text.endsWith("total 73044, shared 70464, left 1290, right 1290; 1022080 FLOPs an "
                           "example\n"),
             qPrintable(text));
  }

  void takesSettings() {
    const auto file = fileOf({{"id", "two_digits"}}, {{"id", "cnn"}});
    const auto answer = call({"describe", file, "--json", "--set", "model.id=resnet"});
    QCOMPARE(answer.code, 0);
    const auto found = json::parse(answer.out);
    QCOMPARE(found["parameters"][0]["name"].get<std::string>(), std::string("trunk.stem.weight"));
  }

  /// With the words of `check`.
  void refusesWhatCannotBeTrained() {
    const auto file = fileOf(wine(), {{"id", "resnet"}});
    for (const char* command : {"describe", "check"}) {
      const auto answer = call({command, file});
      QCOMPARE(answer.code, 2);
      QVERIFY2(answer.err.find("model.id: resnet needs images [channels, height, width], found "
                               "inputs [12]") != std::string::npos,
               answer.err.c_str());
    }
    const auto settings = {"describe", "--set", "balancer.gradient.id=mgdaa"};
    std::vector<std::string> arguments(settings.begin(), settings.end());
    arguments.push_back(fileOf(wine(), {{"id", "mlp"}}));
    QCOMPARE(call(arguments).code, 2);
  }
};

EQUIPOISE_TEST(TestDescribeCommand)
#include "tst_describe_command.moc"
