#include <memory>
#include <vector>

#include <qcustomplot.h>

#include <QCoreApplication>
#include <QTest>

#include "tests/registry.h"
#include "widgets/plots/replot_turns.h"

using eq::widgets::replotInTurn;

class TestReplotTurns : public QObject {
  Q_OBJECT

 private:
  std::vector<std::unique_ptr<QCustomPlot>> plots_;
  QList<int> drawn_;

 private slots:
  void init() {
    drawn_.clear();
    plots_.clear();
    for (int i = 0; i < 3; ++i) {
      plots_.push_back(std::make_unique<QCustomPlot>());
      connect(plots_.back().get(), &QCustomPlot::afterReplot, this, [this, i] { drawn_ << i; });
    }
    QTRY_COMPARE(drawn_.size(), 3);  // a new plot draws itself
    drawn_.clear();
  }

  void oneIsDrawnInAPassInTheOrderOfAsking() {
    for (const int i : {2, 0, 1}) replotInTurn(*plots_[static_cast<std::size_t>(i)]);
    QVERIFY(drawn_.isEmpty());
    for (int pass = 0; pass < 1000 && drawn_.size() < 3; ++pass) {
      const auto before = drawn_.size();
      QCoreApplication::processEvents();
      QVERIFY(drawn_.size() - before <= 1);
    }
    QCOMPARE(drawn_, QList<int>({2, 0, 1}));
  }

  void whatAsksTwiceIsDrawnOnce() {
    replotInTurn(*plots_[0]);
    replotInTurn(*plots_[1]);
    replotInTurn(*plots_[0]);
    QTRY_COMPARE(drawn_.size(), 2);
    QTest::qWait(20);
    QCOMPARE(drawn_, QList<int>({0, 1}));
    replotInTurn(*plots_[0]);
    QTRY_COMPARE(drawn_, QList<int>({0, 1, 0}));
  }

  void onesThatAreGoneAreLeftOut() {
    for (const auto& plot : plots_) replotInTurn(*plot);
    plots_[0].reset();
    plots_[1].reset();
    QTRY_COMPARE(drawn_, QList<int>{2});
  }
};

EQUIPOISE_TEST(TestReplotTurns)
#include "tst_replot_turns.moc"
