#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>

#include <QTest>

#include "core/base/error.h"
#include "core/base/readout.h"
#include "core/model/parameters.h"
#include "core/model/readout_layer.h"
#include "tests/registry.h"

using eq::LearnedField;
using eq::Readout;
using eq::model::ParameterBuffer;
using eq::model::ReadoutLayer;

namespace {

constexpr std::int64_t kFeatures = 5, kExamples = 7;

Readout readout(Readout::Layer layer, std::int64_t outputs, std::vector<LearnedField> fields = {}) {
  Readout wanted;
  wanted.layer = layer;
  wanted.outputs = outputs;
  wanted.fields = std::move(fields);
  return wanted;
}

/// A layer with its own parameters.
struct Head {
  explicit Head(const std::vector<Readout>& readouts)
      : layer(parameters, 3, {0, eq::model::Part::head, "head.a"}, kFeatures, readouts) {
    parameters.allocate(at::kDouble);
  }
  eq::model::HeadOutput forward(const at::Tensor& h) const { return layer.forward(h, parameters); }
  QStringList names() const {
    QStringList all;
    for (const auto& info : parameters.infos()) all << QString::fromStdString(info.name);
    return all;
  }

  ParameterBuffer parameters;
  ReadoutLayer layer;
};

at::Tensor features() {
  return at::randn({kExamples, kFeatures}, at::TensorOptions().dtype(at::kDouble));
}

std::vector<std::int64_t> shape(const at::Tensor& tensor) {
  return tensor.sizes().vec();
}

using Shape = std::vector<std::int64_t>;

}  // namespace

class TestReadout : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void namesTellLayersApart() {
    QCOMPARE(readout(Readout::Layer::linear, 3).name(), std::string("linear 3"));
    QCOMPARE(readout(Readout::Layer::features, 3).name(), std::string("features"));
    auto bins = readout(Readout::Layer::linear, 3);
    bins.role = "bins";
    QCOMPARE(bins.name(), std::string("bins linear 3"));
    auto wide = readout(Readout::Layer::linear, 3);
    wide.channels = 2;
    QCOMPARE(wide.name(), std::string("linear 3x2"));
  }

  void usualReadoutHasTheShapeOfTheKind() {
    eq::TaskInfo task{"t", eq::TaskKind::classification, 4, {}, {}, {}, {}};
    QCOMPARE(Head({eq::usualReadout(task)}).forward(features()).prediction.sizes().vec(),
             (Shape{kExamples, 4}));
    task.kind = eq::TaskKind::segmentation;
    task.imageShape = {2, 3};
    QCOMPARE(shape(Head({eq::usualReadout(task)}).forward(features()).prediction),
             (Shape{kExamples, 4, 6}));
    task.kind = eq::TaskKind::binary;
    QCOMPARE(shape(Head({eq::usualReadout(task)}).forward(features()).prediction),
             Shape{kExamples});
    task.kind = eq::TaskKind::regression;
    task.width = 1;
    auto channels = eq::usualReadout(task);
    channels.channels = 2;
    QCOMPARE(shape(Head({channels}).forward(features()).prediction), (Shape{kExamples, 2}));
  }

  void cosinesAreThoseOfUnitVectors() {
    const Head head({readout(Readout::Layer::cosines, 4)});
    const auto h = features();
    const auto& vectors = head.parameters.tensor(0);
    const auto expected = (h / h.norm(2, 1, true)).mm((vectors / vectors.norm(2, 1, true)).t());
    QVERIFY((head.forward(h).prediction - expected).abs().max().item<double>() < 1e-14);
    QCOMPARE(head.names(), QStringList{"head.a.cosines-4.vectors"});
  }

  /// An example whose ReLUs are all off had a slope of 1e12.
  void cosinesOfNothingHaveNoSlope() {
    const Head head({readout(Readout::Layer::cosines, 4)});
    const auto h = features();
    h[2].zero_();
    h.requires_grad_(true);
    const auto cosines = head.forward(h).prediction;
    cosines.sum().backward();
    QVERIFY((cosines[2] == 0).all().item<bool>());
    QVERIFY((h.grad()[2] == 0).all().item<bool>());
    QVERIFY(h.grad().abs().max().item<double>() < 100);
  }

  void oneScoreHasABiasAnOutput() {
    auto wanted = readout(Readout::Layer::oneScore, 3);
    wanted.biases = {1, 0.5, 0.25};
    const Head head({wanted});
    const auto found = head.forward(features()).prediction;
    const auto differences = found - found.narrow(1, 0, 1);
    for (const auto& [k, gap] : {std::pair{1, -0.5}, std::pair{2, -0.75}})
      QVERIFY((differences.select(1, k) - gap).abs().max().item<double>() < 1e-7);
  }

  void increasingNumbersIncreaseAndLearn() {
    const Head head(
        {readout(Readout::Layer::linear, 1, {{"thresholds", LearnedField::Kind::increasing, 4}})});
    const auto thresholds = head.forward(features()).fields.at("thresholds");
    QCOMPARE(shape(thresholds), Shape{4});
    // At first they part a logistic distribution evenly.
    QVERIFY((thresholds.sigmoid() * 5 - at::arange(1, 5)).abs().max().item<double>() < 1e-6);
    QVERIFY((thresholds.diff() > 0).all().item<bool>());
    thresholds.square().sum().backward();
    QVERIFY((head.parameters.tensor(2).grad() != 0).all().item<bool>());
  }

  void fieldsHaveTheirShapes() {
    const Head head({readout(Readout::Layer::linear, 3,
                             {{"slopes", LearnedField::Kind::weightOfHead, 3},
                              {"auxiliary", LearnedField::Kind::secondHead, 3},
                              {"centers", LearnedField::Kind::points, 3}})});
    const auto found = head.forward(features());
    QVERIFY(found.fields.at("slopes").is_same(head.parameters.tensor(0)));
    QCOMPARE(shape(found.fields.at("auxiliary")), (Shape{kExamples, 3}));
    QCOMPARE(shape(found.fields.at("centers")), (Shape{3, kFeatures}));
    QCOMPARE(head.names(),
             (QStringList{"head.a.linear-3.weight", "head.a.linear-3.bias",
                          "head.a.auxiliary.weight", "head.a.auxiliary.bias", "head.a.centers"}));
  }

  void furtherReadoutsStandAmongTheFields() {
    const Head head({readout(Readout::Layer::linear, 3), readout(Readout::Layer::features, 1)});
    const auto h = features();
    const auto found = head.forward(h);
    QCOMPARE(shape(found.prediction), (Shape{kExamples, 3}));
    QVERIFY(found.fields.at(eq::furtherReadout("features")).is_same(h));
  }

  void secondViewsFillTheirFields() {
    auto wanted = readout(Readout::Layer::predictor, 0);
    wanted.views = {"prediction2", "projection", "projection2"};
    const Head head({wanted});
    QVERIFY(head.layer.readsViews());
    const auto h = features(), other = features();
    auto found = head.forward(h);
    QCOMPARE(shape(found.prediction), (Shape{kExamples, kFeatures}));
    head.layer.addViews(found, h, other, head.parameters);
    QVERIFY(at::equal(found.fields.at("prediction2"), head.forward(other).prediction));
    QVERIFY(found.fields.at("projection").is_same(h));
    QVERIFY(found.fields.at("projection2").is_same(other));
    QCOMPARE(head.names(), (QStringList{"head.a.predictor.weight", "head.a.predictor.bias"}));
  }

  void mostReadoutsNeedNoSecondView() {
    const Head head({readout(Readout::Layer::linear, 3)});
    QVERIFY(!head.layer.readsViews());
    const auto h = features();
    auto found = head.forward(h);
    head.layer.addViews(found, h, features(), head.parameters);
    QCOMPARE(found.fields.size(), size_t{1});
    QVERIFY(found.fields.begin()->second.is_same(h));
  }

  void refusesTwoFieldsOfOneName() {
    const std::vector<Readout> wanted{
        readout(Readout::Layer::linear, 3, {{"centers", LearnedField::Kind::points, 3}}),
        readout(Readout::Layer::features, 1, {{"centers", LearnedField::Kind::points, 4}})};
    QVERIFY_THROWS_EXCEPTION(eq::Error, Head{wanted});
  }

  /// Whatever else the model holds: a swapped head begins the same in every run of the seed.
  void initialValuesDependOnSeedAndNameAlone() {
    const Head alone({readout(Readout::Layer::cosines, 4)});
    const Head second({readout(Readout::Layer::linear, 3), readout(Readout::Layer::cosines, 4)});
    QVERIFY(at::equal(alone.parameters.tensor(0), second.parameters.tensor(2)));
  }
};

EQUIPOISE_TEST(TestReadout)
#include "tst_readout.moc"
