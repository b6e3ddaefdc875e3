#include <QTest>

#include <cmath>
#include <set>

#include "core/balance/answers.h"
#include "core/balance/catalog.h"
#include "core/base/gramian.h"
#include "tests/registry.h"

using namespace eq;
using namespace eq::balance;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

const MatrixXd kJa{{-4, 1, 1}, {6, 1, 1}};  // balancers.md, section 0

Answerer methodOf(const std::string& id, Eigen::Index tasks = 2) {
  for (const auto& method : answerers(tasks))
    if (method.descriptor->id == id) return method;
  qFatal("no such method");
}

}  // namespace

class TestAnswers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theNumbersOfTheSheet() {
    // balancers.md, section 0.5: d = Jᵀ w.
    const VectorXd losses{{2, 1}};
    const auto ask = [&](const std::string& id) {
      return answer(methodOf(id), kJa * kJa.transpose(), losses);
    };
    const VectorXd mgda = kJa.transpose() * ask("mgda");
    QVERIFY((mgda - VectorXd{{0, 1, 1}}).norm() < 1e-4);
    QVERIFY((ask("imtl_g").normalized() - VectorXd{{0.5923, 0.4077}}.normalized()).norm() < 1e-4);
    QVERIFY((ask("equal").normalized() - VectorXd{{1, 1}}.normalized()).norm() < 1e-12);
  }

  void everyMethodAnswersOrSaysWhyNot_data() {
    QTest::addColumn<int>("tasks");
    QTest::newRow("two") << 2;
    QTest::newRow("three") << 3;
  }

  void everyMethodAnswersOrSaysWhyNot() {
    QFETCH(int, tasks);
    const MatrixXd rows{{2, 0, 1}, {-1, 2, 0}, {0, -3, 2}};
    const MatrixXd jacobian = rows.topRows(tasks);
    const VectorXd losses = VectorXd{{2, 1, 0.5}}.head(tasks);
    const auto methods = answerers(tasks);
    QCOMPARE(methods.size(), allDescriptors().size());
    int asked = 0;
    for (const auto& method : methods) {
      if (!method.obstacle.empty()) continue;
      const auto weights = answer(method, jacobian * jacobian.transpose(), losses);
      QVERIFY2(weights.size() == tasks && weights.allFinite(), method.descriptor->id.c_str());
      // Asked again it says the same: nothing is remembered.
      QCOMPARE(answer(method, jacobian * jacobian.transpose(), losses), weights);
      ++asked;
    }
    QVERIFY(asked >= 10);
  }

  void whoRemembersIsSaid() {
    QVERIFY(!methodOf("mgda").remembers && !methodOf("equal").remembers);
    QVERIFY(methodOf("uncertainty").remembers);
  }

  void whatIsNotFiniteIsRefused() {
    MatrixXd gramian = kJa * kJa.transpose();
    gramian(0, 0) = std::nan("");
    QVERIFY_EXCEPTION_THROWN(answer(methodOf("mgda"), gramian, VectorXd{{2, 1}}), std::exception);
  }

  void placesHaveTheGramian() {
    const MatrixXd rows{{2, 0, 1}, {-1, 2, 0}, {0, -3, 2}};
    const MatrixXd gramian = rows * rows.transpose();
    const MatrixXd places = coordinatesOf(gramian);
    QVERIFY((places * places.transpose() - gramian).norm() < 1e-12);
    QCOMPARE(places(0, 1), 0.0);
    QCOMPARE(places(1, 2), 0.0);
    // Zero and dependent rows have their place as well.
    MatrixXd flat(3, 2);
    flat << 0, 0, 3, 4, -6, -8;
    const MatrixXd flatPlaces = coordinatesOf(flat * flat.transpose());
    QVERIFY((flatPlaces * flatPlaces.transpose() - flat * flat.transpose()).norm() < 1e-9);
    QVERIFY(flatPlaces.row(0).isZero());
  }
};

EQUIPOISE_TEST(TestAnswers)
#include "tst_answers.moc"
