#include "core/model/structure/dfa.h"

#include <QTest>

#include "core/model/observations.h"
#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSizes{{"hidden", {6, 5}}, {"activation", "tanh"}};

/// What a task trains on, with its graph.
struct Trained {
  at::Tensor loss, surrogate;
  Observations seen = {};
};

Trained trainedOf(const Model& model, size_t task, const at::Tensor& inputs) {
  Trained trained;
  const Pass pass{.training = true, .seen = &trained.seen};
  const auto read = model.readBy(task, model.represent(inputs, pass));
  const auto output = model.head(task, read, pass);
  trained.loss = (output.prediction - 0.5).square().mean();
  trained.surrogate = model.surrogate(task, read, output, trained.loss, pass);
  return trained;
}

}  // namespace

class TestDfa : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sizesAreThoseOfTheSheet() {
    const auto model = modelFor("dfa", kSizes);
    QCOMPARE(model->parameters().count(kTrunk), std::int64_t(4 * 6 + 6 + 6 * 5 + 5));
    QCOMPARE(model->parameters().count(0), std::int64_t(6 + 5 + 5 + 1));
    QCOMPARE(model->parameters().trained().size(), model->parameters().values().numel() - 3 * 11);
    QCOMPARE(model->frontier(), size_t(0));
    // Of three classes, three columns.
    auto setting = settingOf(1);
    setting.tasks[0] = {"a", eq::TaskKind::classification, 3, {}, {}, {}};
    const auto values = parametersIn(*modelFor("dfa", kSizes, setting));
    QCOMPARE(values.at("head.a.feedback.1").sizes().vec(), (std::vector<std::int64_t>{5, 3}));
  }

  void predictionsAreThoseOfAnMlp() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("dfa", kSizes), plain = modelFor("mlp", kSizes);
    for (const size_t task : {0, 1, 2})
      QVERIFY(predictionOf(*model, task, x).equal(predictionOf(*plain, task, x)));
  }

  void projectionsHaveDeviationOneOverRootUnits() {
    const auto model = modelFor("dfa", {{"hidden", {400, 5}}}, settingOf(1));
    const auto b = parametersIn(*model).at("head.a.feedback.0");
    QVERIFY(std::abs(b.std().item<double>() * 20 - 1) < 0.15);
    QVERIFY(!b.requires_grad());
  }

  /// δ_s = (B_s e) ⊙ φ'(a_s), dW_s = δᵀ h_{s-1}; the head has its true gradient.
  void gradientsAreThoseOfDirectFeedback() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("dfa", kSizes);
    const auto values = parametersIn(*model);
    const auto trained = trainedOf(*model, 1, x);
    QVERIFY(trained.surrogate.equal(trained.loss));
    trained.surrogate.backward();
    const at::NoGradGuard noGradients;
    const auto first = layerOf(values, "trunk.0", x).tanh();
    const auto second = layerOf(values, "trunk.1", first).tanh();
    const auto output = layerOf(values, "head.b.linear-1", second);
    const auto error = (output - 0.5) * (2.0 / 7);
    const auto below = [&](const at::Tensor& h, const at::Tensor& projection) {
      return error.mm(projection.t()) * (1 - h * h);
    };
    const auto one = below(first, values.at("head.b.feedback.0"));
    const auto two = below(second, values.at("head.b.feedback.1"));
    const auto close = [&](const char* name, const at::Tensor& expected) {
      return largest(values.at(name).grad() - expected) < 1e-6;
    };
    QVERIFY(close("trunk.0.weight", one.t().mm(x)));
    QVERIFY(close("trunk.0.bias", one.sum(0)));
    QVERIFY(close("trunk.1.weight", two.t().mm(first)));
    QVERIFY(close("head.b.linear-1.weight", error.t().mm(second)));
    QVERIFY(!values.at("head.a.linear-1.weight").grad().defined());
  }

  /// With the transposed weights of what lies above, it is the true gradient.
  void alignmentIsTheCosineWithTheTrueGradient() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("dfa", {{"hidden", {6}}}, settingOf(1));
    const auto values = parametersIn(*model);
    const auto alignmentOf = [&] { return trainedOf(*model, 0, x).seen.all().at(0); };
    QCOMPARE(alignmentOf().name, std::string("alignment"));
    QCOMPARE(alignmentOf().place, std::string("1"));
    const double drawn = alignmentOf().values.item<double>();
    QVERIFY(std::abs(drawn) < 1 - 1e-3);
    const at::NoGradGuard noGradients;
    values.at("head.a.feedback.0").copy_(values.at("head.a.linear-1.weight").t());
    const at::AutoGradMode graph(true);
    QVERIFY(std::abs(alignmentOf().values.item<double>() - 1) < 1e-5);
  }

  /// Against autograd through the whole network, of two stages.
  void alignmentGoesDownTheWholeNetwork() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("dfa", kSizes, settingOf(1)),
               plain = modelFor("mlp", kSizes, settingOf(1));
    const auto trained = trainedOf(*model, 0, x);
    trained.surrogate.backward();
    (predictionOf(*plain, 0, x) - 0.5).square().mean().backward();
    const auto fed = parametersIn(*model), exact = parametersIn(*plain);
    for (const auto& one : trained.seen.all()) {
      const auto stage = "trunk." + std::to_string(std::stoi(one.place) - 1);
      const auto flat = [&](const auto& values) {
        return at::cat(
            {values.at(stage + ".weight").grad().flatten(), values.at(stage + ".bias").grad()});
      };
      const auto a = flat(fed), b = flat(exact);
      const double cosine = (a.dot(b) / (a.norm() * b.norm())).template item<double>();
      QVERIFY(std::abs(one.values.item<double>() - cosine) < 1e-5);
    }
    QCOMPARE(trained.seen.all().size(), size_t(2));
  }

  void refusals() {
    auto images = settingOf();
    images.inputShape = {1, 8, 8};
    QCOMPARE(refusalTo("dfa", {{"base", "cnn"}}, images),
             QString("model.base: dfa is for mlp alone, found cnn"));
    QCOMPARE(refusalTo("dfa", {{"head_hidden", {8, 4}}}),
             QString("model.head_hidden: dfa has heads of one layer, it must be [], found [8, 4]"));
  }
};

EQUIPOISE_TEST(TestDfa)
#include "tst_dfa.moc"
