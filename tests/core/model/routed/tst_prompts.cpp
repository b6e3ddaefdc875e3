#include <ATen/ops/cat.h>

#include <QTest>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSmall{{"width", 6}, {"attention_heads", 2}, {"layers", 1}};

json with(const json& more) {
  auto params = kSmall;
  params.merge_patch(more);
  return params;
}

/// A transformer over one column more for each prompt, whose token is that prompt.
std::unique_ptr<Model> prompted(const Values& values, const at::Tensor& prompts) {
  const auto count = prompts.size(0);
  auto model = modelFor("transformer", kSmall, settingOf(3, {4 + count}));
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < model->parameters().infos().size(); ++i) {
    const auto& name = model->parameters().infos()[i].name;
    const auto& own = model->parameters().tensor(i);
    if (!name.starts_with("trunk.embed")) {
      own.copy_(values.at(name));
      continue;
    }
    own.narrow(0, count, 4).copy_(values.at(name));
    own.narrow(0, 0, count).zero_();
    if (name.ends_with("bias")) own.narrow(0, 0, count).copy_(prompts);
  }
  return model;
}

}  // namespace

class TestPrompts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Prompts are tokens that no input moves.
  void promptsAreTokensBeforeTheInputs_data() {
    QTest::addColumn<int>("shared");
    QTest::addColumn<int>("own");
    QTest::newRow("shared") << 3 << 0;
    QTest::newRow("of tasks") << 0 << 2;
    QTest::newRow("both") << 3 << 2;
  }
  void promptsAreTokensBeforeTheInputs() {
    QFETCH(int, shared);
    QFETCH(int, own);
    const auto model =
        modelFor("prompts", with({{"shared_prompts", shared}, {"task_prompts", own}}));
    const auto values = valuesIn(*model);
    const auto x = normal({5, 4});
    const std::string tasks[] = {"a", "b", "c"};
    for (size_t k = 0; k < 3; ++k) {
      std::vector<at::Tensor> prompts;
      if (shared > 0) prompts.push_back(values.at("trunk.prompts.shared"));
      if (own > 0) prompts.push_back(values.at("task." + tasks[k] + ".prompts"));
      const auto plain = prompted(values, at::cat(prompts));
      const auto further = at::cat({normal({5, shared + own}, 8), x}, 1);
      QVERIFY(isNear(predictionOf(*model, k, x), predictionOf(*plain, k, further)));
    }
    QCOMPARE(model->frontier(), size_t(own == 0));
    for (const auto& [name, numbers] : values)
      if (name.find("prompts") != std::string::npos)
        QVERIFY(numbers.abs().max().item<double>() < 0.1 && numbers.std().item<double>() > 0.005);
  }

  void withoutPromptsItIsATransformer() {
    const auto plain = modelFor("transformer", kSmall);
    const auto none = modelFor("prompts", with({{"shared_prompts", 0}}));
    const auto expected = valuesIn(*plain), found = valuesIn(*none);
    QCOMPARE(found.size(), expected.size());
    for (const auto& [name, numbers] : expected) QVERIFY(found.at(name).equal(numbers));
    const auto x = normal({5, 4});
    QVERIFY(predictionOf(*none, 1, x).equal(predictionOf(*plain, 1, x)));
  }

  /// The transformer begins as it does without, and stays where only prompts are tuned.
  void theTransformerIsThatWithout() {
    const auto expected = valuesIn(*modelFor("transformer", kSmall));
    for (const bool trained : {true, false})
      for (const int own : {0, 2}) {
        const auto model =
            modelFor("prompts", with({{"task_prompts", own}, {"train_base", trained}}));
        const auto values = valuesIn(*model);
        for (const auto& [name, numbers] : expected) QVERIFY(values.at(name).equal(numbers));
        for (const auto& info : model->parameters().infos())
          QCOMPARE(info.block.trainable,
                   trained || !expected.contains(info.name) || info.name.starts_with("head."));
      }
  }

  void refuses() {
    QCOMPARE(refusalTo("prompts", {{"attention_heads", 5}}),
             QString("model.attention_heads: 5 does not divide the width 32"));
    QCOMPARE(refusalTo("prompts", {{"patch", 5}}, settingOf(3, {1, 12, 12})),
             QString("model.patch: 5 does not divide the height and width of the images, 12 x 12"));
    QCOMPARE(refusalTo("prompts", {{"shared_prompts", -1}}),
             QString("model.shared_prompts: -1 is below 0"));
    QVERIFY(refusalTo("prompts", json::object(), settingOf(3, {2, 3}))
                .startsWith("model.id: prompts needs images [channels, height, width] or the "
                            "columns of a table"));
  }
};

EQUIPOISE_TEST(TestPrompts)
#include "tst_prompts.moc"
