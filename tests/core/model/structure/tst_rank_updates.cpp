#include "core/model/structure/rank_updates.h"

#include <QTest>

#include <ATen/ops/eye.h>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

const json kSizes{{"hidden", {6}}, {"rank", 3}, {"increment", 2}};

QStringList namesOf(const Model& model, const std::vector<size_t>& indices) {
  QStringList names;
  for (const auto index : indices)
    names << QString::fromStdString(model.parameters().infos()[index].name);
  names.sort();
  return names;
}

}  // namespace

class TestRankUpdates : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Task k of 3: r_1 + k r_2 columns; those that come with it are reached by it and all later
  /// ones.
  void sizesAreThoseOfTheSheet() {
    const auto model = modelFor("rank_updates", kSizes);
    const auto& parameters = model->parameters();
    QCOMPARE(parameters.count(kTrunk), std::int64_t(3 * (4 + 6)));
    QCOMPARE(model->groups(), (std::vector<std::vector<size_t>>{{1, 2}}));
    QCOMPARE(parameters.count(kTrunk - 1), std::int64_t(2 * (4 + 6)));
    const std::int64_t head = 6 + 1;
    QCOMPARE(parameters.count(0), 3 + 6 + head);
    QCOMPARE(parameters.count(1), 3 + 2 + 6 + head);
    QCOMPARE(parameters.count(2), 3 + 4 + 6 + head + 2 * (4 + 6));  // its columns are its own
  }

  void columnsBeginOrthonormal() {
    const auto values = parametersIn(*modelFor("rank_updates", kSizes));
    for (const char* name : {"trunk.u.0", "trunk.v.0", "group.b+c.u.0", "task.c.v.0"}) {
      const auto& factor = values.at(name);
      const auto products = factor.t().mm(factor);
      QVERIFY2(largest(products - at::eye(products.size(0))) < 1e-5, name);
    }
    // More columns than inputs: orthonormal rows.
    const auto wide = parametersIn(*modelFor("rank_updates", {{"hidden", {6}}})).at("trunk.u.0");
    QCOMPARE(wide.sizes().vec(), (std::vector<std::int64_t>{4, 11}));
    QVERIFY(largest(wide.mm(wide.t()) - at::eye(4)) < 1e-5);
  }

  /// Old columns are chosen by 0, new ones by 1; biases are 0.
  void tasksBeginWithTheirOwnColumns() {
    const auto values = parametersIn(*modelFor("rank_updates", kSizes));
    const auto isZeros = [](const at::Tensor& some) { return (some == 0).all().item<bool>(); };
    QVERIFY((values.at("task.a.selector.0") == 1).all().item<bool>());
    const auto last = values.at("task.c.selector.0");
    QVERIFY(isZeros(last.narrow(0, 0, 5)) && (last.narrow(0, 5, 2) == 1).all().item<bool>());
    QVERIFY(isZeros(values.at("task.c.bias.0")));
  }

  /// x U diag(σ) Vᵀ + b over the columns of both tasks, by hand.
  void weightsAreWeighedColumns() {
    const auto x = normal({7, 4}, 1);
    const auto model = modelFor("rank_updates", kSizes);
    const auto values = parametersIn(*model);
    const at::NoGradGuard noGradients;
    values.at("task.b.selector.0").copy_(normal({5}, 2));
    values.at("task.b.bias.0").copy_(normal({6}, 3));
    const auto u = at::cat({values.at("trunk.u.0"), values.at("group.b+c.u.0")}, 1);
    const auto v = at::cat({values.at("trunk.v.0"), values.at("group.b+c.v.0")}, 1);
    const auto h =
        at::relu((x.mm(u) * values.at("task.b.selector.0")).mm(v.t()) + values.at("task.b.bias.0"));
    QVERIFY(largest(predictionOf(*model, 1, x) - layerOf(values, "head.b.linear-1", h).squeeze(1)) <
            1e-5);
  }

  void olderColumnsAreSettled() {
    const auto model = modelFor("rank_updates", kSizes);
    QVERIFY(model->settledBefore(0).empty());
    QCOMPARE(namesOf(*model, model->settledBefore(1)), (QStringList{"trunk.u.0", "trunk.v.0"}));
    QCOMPARE(namesOf(*model, model->settledBefore(2)),
             (QStringList{"group.b+c.u.0", "group.b+c.v.0", "trunk.u.0", "trunk.v.0"}));
  }

  /// A convolution's factors are [channels q², r] and [filters, r].
  void convolutionsHaveFactorsToo() {
    auto setting = settingOf(2);
    setting.inputShape = {2, 8, 8};
    const auto model =
        modelFor("rank_updates", {{"base", "cnn"}, {"channels", {3}}, {"hidden", {5}}, {"rank", 2}},
                 setting);
    const auto values = parametersIn(*model);
    QCOMPARE(values.at("trunk.u.0").sizes().vec(), (std::vector<std::int64_t>{18, 2}));
    QCOMPARE(values.at("trunk.v.0").sizes().vec(), (std::vector<std::int64_t>{3, 2}));
    QCOMPARE(predictionOf(*model, 1, normal({3, 2, 8, 8}, 1)).size(0), std::int64_t(3));
  }

  void refusals() {
    QCOMPARE(refusalTo("rank_updates", {{"rank", 0}}), QString("model.rank: 0 is below 1"));
    QCOMPARE(refusalTo("rank_updates", {{"increment", 0}}),
             QString("model.increment: 0 is below 1"));
  }
};

EQUIPOISE_TEST(TestRankUpdates)
#include "tst_rank_updates.moc"
