#include <QTest>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/loss/loss_bench.h"
#include "tests/registry.h"

using eq::loss::benchLosses;
using eq::loss::LossBenchSpec;

class TestLossBench : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Its random input fits each loss, so that none is left out but torchscript, which costs what
  /// its file costs.
  void everyLossIsTimed() {
    LossBenchSpec spec;
    spec.samples = 64;
    spec.classes = 8;
    spec.rounds = 1;
    const auto rows = benchLosses(spec);
    QCOMPARE(rows.size(), eq::loss::catalog().rows().size() - 1);
    for (const auto& row : rows) {
      QVERIFY2(row.problem.empty(), (row.id + ": " + row.problem).c_str());
      QVERIFY2(row.minMs > 0 && row.ratio > 0, row.id.c_str());
    }
  }

  void unknownLossesAreRefused() {
    LossBenchSpec spec;
    spec.ids = {"focl"};
    QVERIFY_THROWS_EXCEPTION(eq::Error, benchLosses(spec));
  }
};

EQUIPOISE_TEST(TestLossBench)
#include "tst_loss_bench.moc"
