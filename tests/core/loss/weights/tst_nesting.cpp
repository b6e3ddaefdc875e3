#include <QTest>

#include "core/loss/nesting.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::loss::Missing;
using nlohmann::json;

class TestNesting : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void leavesOutMissingTargets_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QByteArray>("params");
    QTest::addColumn<bool>("masked");
    QTest::addColumn<bool>("ignored");
    const auto row = [](const char* id, const char* params, bool masked, bool ignored) {
      QTest::addRow("%s %s", id, params) << QString(id) << QByteArray(params) << masked << ignored;
    };
    row("cross_entropy", "{}", true, true);
    row("focal", "{}", false, true);
    row("mse", "{}", true, false);
    row("coral", "{}", false, true);
    row("ranknet", "{}", false, false);
    row("info_nce", "{}", true, true);  // reads no target
    row("dynamic_reweight", R"({"base": {"id": "mse"}})", true, false);
    row("sum", R"({"terms": [{"id": "focal"}, {"id": "supcon"}]})", false, true);
    row("sum", R"({"terms": [{"id": "focal"}, {"id": "ranknet"}]})", false, false);
  }
  void leavesOutMissingTargets() {
    QFETCH(QString, id);
    QFETCH(QByteArray, params);
    QFETCH(bool, masked);
    QFETCH(bool, ignored);
    const auto given = json::parse(params.toStdString());
    QCOMPARE(eq::loss::leavesOut(Missing::masked, id.toStdString(), given), masked);
    QCOMPARE(eq::loss::leavesOut(Missing::ignored, id.toStdString(), given), ignored);
  }

  void aWrapperTakesTheKindsOfItsBaseThatItKnows() {
    const json mse{{"base", {{"id", "mse"}}}}, focal{{"base", {{"id", "focal"}}}};
    QVERIFY(eq::loss::acceptsKind("dynamic_reweight", mse, TaskKind::regression));
    QVERIFY(!eq::loss::acceptsKind("dynamic_reweight", mse, TaskKind::classification));
    QVERIFY(eq::loss::acceptsKind("dynamic_reweight", focal, TaskKind::segmentation));
    QVERIFY(!eq::loss::acceptsKind("class_aware", focal, TaskKind::segmentation));
    QVERIFY(eq::loss::acceptsKind("class_aware", focal, TaskKind::classification));
  }

  void runsMakePairsThemselves() {
    for (const char* id : {"info_nce", "simsiam", "barlow_twins", "margin_ranking"})
      QCOMPARE(eq::loss::whyNotInRuns(id, json::object()), std::string());
    QVERIFY(eq::loss::whyNotInRuns("one_to_k", json::object()).find("texts") != std::string::npos);
    QCOMPARE(eq::loss::whyNotInRuns("one_to_k", json::object(), {"texts"}), std::string());
    QVERIFY(!eq::loss::whyNotInRuns("presto_penalty", json::object()).empty());
  }
};

EQUIPOISE_TEST(TestNesting)
#include "tst_nesting.moc"
