#include <QTest>

#include <algorithm>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

// Past the warm-up of what has one.
const Progress kLater{.step = 3, .epoch = 3, .share = 0.3, .epochs = 10};

/// What a model needs, and what else it draws.
const std::map<std::string, json> kMore{
    {"tree", json::parse(R"({"stages": [[["a", "b"], ["c"]], [["a"], ["b"], ["c"]]]})")},
    {"subtuning", {{"tuned", {1}}}},
    {"mmoe", {{"gate_dropout", 0.4}}},
    {"mmoeex", {{"gate_dropout", 0.4}, {"mode", "exclusion"}, {"experts", 6}}},
    {"resnet", {{"channels", {4, 4}}, {"groups", 2}}},
    {"transformer", {{"width", 8}}},
    {"transtee", {{"width", 8}}},
    {"prompts", {{"width", 8}, {"task_prompts", 2}}},
    {"imagenet_resnet", {{"blocks", {1, 1}}, {"width", 4}}},
    {"vit", {{"patch", 4}, {"width", 8}, {"layers", 2}, {"attention_heads", 2}}},
};

bool draws(const eq::Descriptor& descriptor) {
  const auto& all = descriptor.parameters;
  return std::any_of(all.begin(), all.end(), [](const auto& spec) {
    return spec.name == "dropout" || spec.name == "missing";
  });
}

json paramsOf(const eq::Descriptor& descriptor) {
  json params = json::object();
  for (const auto& spec : descriptor.parameters) {
    if (spec.name == "dropout" || spec.name == "missing") params[spec.name] = 0.4;
    if (spec.name == "hidden" && descriptor.id != "cnn") params["hidden"] = {6, 5};
  }
  if (const auto more = kMore.find(descriptor.id); more != kMore.end()) params.update(more->second);
  return params;
}

/// [task] what training computes of the tasks that take part; undefined of the others.
std::vector<at::Tensor> trained(const Model& model, const at::Tensor& inputs,
                                const std::vector<char>& active) {
  Pass pass{.training = true, .at = kLater};
  pass.active = &active;
  const auto found = model.represent(inputs, pass);
  std::vector<at::Tensor> predictions(active.size());
  for (size_t k = 0; k < active.size(); ++k)
    if (active[k]) predictions[k] = model.head(k, model.readBy(k, found), pass).prediction.detach();
  return predictions;
}

}  // namespace

class TestDraws : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A step passes a batch again for some of its tasks (sam_mtl, maml_mtl, dot, fork_merge ...):
  /// what is drawn for a task does not hang on who else takes part.
  void drawsOfATaskAreItsOwn_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    const auto add = [](const std::string& row, const std::string& id, const json& params) {
      QTest::newRow(row.c_str()) << QString::fromStdString(id)
                                 << QString::fromStdString(params.dump());
    };
    for (const auto* descriptor : catalog().descriptors())
      if (draws(*descriptor)) add(descriptor->id, descriptor->id, paramsOf(*descriptor));
    const auto further = [&](const char* row, const char* id, const json& more) {
      auto params = paramsOf(catalog().descriptor(id));
      params.update(more);
      add(row, id, params);
    };
    further("ple of streams", "ple", {{"form", "libmtl"}});
    further("prompts of all", "prompts", {{"task_prompts", 0}});
    further("deep_safe at the outputs", "deep_safe", {{"gate_at", "decoder"}});
    further("subtuning of the last", "subtuning", {{"tuned", {2}}});
  }
  void drawsOfATaskAreItsOwn() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    const bool images = id == "cnn" || id == "resnet" || id == "imagenet_resnet" || id == "vit";
    const Shape shape = images ? Shape{1, 12, 12} : Shape{4};
    const auto model =
        modelFor(qPrintable(id), json::parse(params.toStdString()), settingOf(3, shape));
    wakeZeros(*model);
    auto batch = shape;
    batch.insert(batch.begin(), 9);
    const auto x = normal(batch);
    const auto state = model->randomState();
    const auto together = trained(*model, x, {1, 1, 1});
    const auto later = trained(*model, x, {1, 1, 1});
    for (size_t k = 0; k < 3; ++k) {
      QVERIFY(!later[k].equal(together[k]));
      std::vector<char> active(3);
      active[k] = 1;
      model->restoreRandomState(state);
      QVERIFY(trained(*model, x, active)[k].equal(together[k]));
    }
    model->restoreRandomState(state);
    QVERIFY(trained(*model, x, {1, 0, 1})[2].equal(together[2]));
  }
};

EQUIPOISE_TEST(TestDraws)
#include "tst_draws.moc"
