#include <QString>
#include <QTest>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/curve.h"
#include "core/loss/loss.h"
#include "tests/registry.h"

using namespace eq::loss;

namespace {

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

CurveRequest request(const std::string& id, const std::string& axis,
                     const nlohmann::json& params = nlohmann::json::object()) {
  CurveRequest wanted;
  wanted.id = id;
  wanted.axis = axis;
  wanted.params = params;
  wanted.lower = curveAxis(axis).lower;
  wanted.upper = curveAxis(axis).upper;
  wanted.points = 201;
  return wanted;
}

QString refusal(const CurveRequest& wanted) {
  try {
    sampleCurve(wanted);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestCurve : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void crossEntropyIsSoftplusOfTheMargin() {
    for (const std::int64_t classes : {2, 3, 50}) {
      auto wanted = request("cross_entropy", "margin");
      wanted.classes = classes;
      wanted.target = classes - 1;
      const auto curve = sampleCurve(wanted);
      QCOMPARE(curve.x.size(), size_t{201});
      QCOMPARE(curve.x.front(), -8.0);
      QCOMPARE(curve.x.back(), 8.0);
      for (size_t i = 0; i < curve.x.size(); ++i) {
        QVERIFY(std::abs(curve.value[i] - std::log1p(std::exp(-curve.x[i]))) < 1e-12);
        QVERIFY(std::abs(curve.slope[i] - (sigmoid(curve.x[i]) - 1)) < 1e-12);
      }
    }
  }

  void axesSayWhatTheyAre() {
    auto raw = request("cross_entropy", "raw");
    raw.level = 0.7;
    raw.classes = 4;
    const auto curve = sampleCurve(raw);
    QVERIFY(std::abs(curve.value[100] - std::log(1 + 3 * std::exp(0.7))) < 1e-12);
    // The sheet's minimum of squentropy on the centred slice, C = 3.
    auto centred = request("squentropy", "centred");
    centred.lower = 1.443424 - 1e-3;
    centred.upper = 1.443424 + 1e-3;
    QVERIFY(std::abs(sampleCurve(centred).slope[100]) < 1e-6);
    const auto residual = sampleCurve(request("huber", "residual", {{"delta", 0.5}}));
    QVERIFY(std::abs(residual.value.back() - 0.5 * (4 - 0.25)) < 1e-12);
    QCOMPARE(residual.slope.back(), 0.5);
    auto wrong = request("binary_cross_entropy", "logit");
    auto right = wrong;
    right.target = 1;
    QVERIFY(std::abs(sampleCurve(right).slope[100] + 0.5) < 1e-12);
    QVERIFY(std::abs(sampleCurve(wrong).slope[100] - 0.5) < 1e-12);
  }

  /// Every loss on every axis that it names, against differences of its own values; but for those
  /// of a file: tst_torchscript.cpp.
  void everyNamedCurveCanBeDrawn_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("axis");
    for (const auto* descriptor : catalog().descriptors())
      for (const auto& axis : curveAxes())
        if (drawableOn(descriptor->id, axis.id) && !descriptor->traits.contains("files"))
          QTest::addRow("%s over %s", descriptor->id.c_str(), axis.id.c_str())
              << QString::fromStdString(descriptor->id) << QString::fromStdString(axis.id);
  }
  void everyNamedCurveCanBeDrawn() {
    QFETCH(QString, id);
    QFETCH(QString, axis);
    auto wanted = request(id.toStdString(), axis.toStdString());
    for (const auto& spec : catalog().descriptor(wanted.id).parameters)
      if (spec.name == "counts")
        wanted.params["counts"] = {10, 20, 30};
      else if (spec.name == "values")
        wanted.params["values"] = {1, 2, 4};
    // With detached weights the slope is not that of the value.
    for (const auto& spec : catalog().descriptor(wanted.id).parameters)
      if (spec.name == "detach_focus") wanted.params["detach_focus"] = false;
    wanted.points = 8001;
    const auto curve = sampleCurve(wanted);
    int kinks = 0;
    for (size_t i = 1; i + 1 < curve.x.size(); ++i) {
      QVERIFY(std::isfinite(curve.value[i]) && std::isfinite(curve.slope[i]));
      const double difference =
          (curve.value[i + 1] - curve.value[i - 1]) / (curve.x[i + 1] - curve.x[i - 1]);
      if (std::abs(difference - curve.slope[i]) > 1e-3 * (1 + std::abs(curve.slope[i]))) ++kinks;
    }
    QVERIFY2(kinks <= 8, qPrintable(QString("%1 slopes differ").arg(kinks)));
  }

  void gapsAndOverlapsAreTheSheets() {
    const auto rank = sampleCurve(request("ranknet", "gap"));
    for (size_t i = 0; i < rank.x.size(); ++i) {
      QVERIFY(std::abs(rank.value[i] - std::log1p(std::exp(-rank.x[i]))) < 1e-12);
      QVERIFY(std::abs(rank.slope[i] - (sigmoid(rank.x[i]) - 1)) < 1e-12);
    }
    // Each class has one pixel with probability x and one with 1 - x: 1 - 2x / 2.
    for (const char* activation : {"softmax", "sigmoid", "none"}) {
      const auto dice = sampleCurve(request(
          "dice", "overlap", {{"activation", activation}, {"smooth_nr", 0}, {"smooth_dr", 0}}));
      for (size_t i = 0; i < dice.x.size(); ++i) {
        QVERIFY(std::abs(dice.value[i] - (1 - dice.x[i])) < 1e-9);
        QVERIFY(std::abs(dice.slope[i] + 1) < 1e-6);
      }
    }
  }

  void simplexFlowsTowardsTheTarget() {
    const auto points = sampleSimplex("cross_entropy", nlohmann::json::object(), 1, 20);
    QCOMPARE(points.size(), size_t{19 * 18 / 2});
    for (const auto& point : points) {
      QVERIFY(std::abs(point.p[0] + point.p[1] + point.p[2] - 1) < 1e-12);
      QVERIFY(std::abs(point.value + std::log(point.p[1])) < 1e-12);
      QVERIFY(std::abs(point.descent[0] + point.descent[1] + point.descent[2]) < 1e-12);
      QVERIFY(point.descent[1] > 0);
      // dp/dt = (diag p - p pᵀ)(e - p) for the cross-entropy.
      const double inner =
          point.p[1] - point.p[0] * point.p[0] - point.p[1] * point.p[1] - point.p[2] * point.p[2];
      QVERIFY(std::abs(point.descent[0] - point.p[0] * (-point.p[0] - inner)) < 1e-12);
    }
  }

  void refusesWhatCannotBeDrawn() {
    QVERIFY(refusal(request("mse", "margin")).contains("cannot be drawn"));
    auto wanted = request("cross_entropy", "margin");
    wanted.axis = "tangent";
    QVERIFY(refusal(wanted).contains("no axis \"tangent\""));
    wanted = request("cross_entropy", "margin", {{"label_smoothing", 2}});
    QVERIFY(refusal(wanted).contains("label_smoothing"));
    wanted = request("cross_entropy", "raw", {{"class_weights", {1, 2}}});
    QVERIFY(refusal(wanted).contains("class_weights"));
    wanted.params = nlohmann::json::object();
    wanted.target = 3;
    QVERIFY(refusal(wanted).contains("0 to 2"));
    wanted.target = 0;
    wanted.upper = wanted.lower;
    QVERIFY(refusal(wanted).contains("range"));
  }
};

EQUIPOISE_TEST(TestCurve)
#include "tst_curve.moc"
