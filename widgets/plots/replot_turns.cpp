#include "widgets/plots/replot_turns.h"

#include <qcustomplot.h>

#include <QCoreApplication>
#include <QPointer>
#include <QTimer>

namespace eq::widgets {
namespace {

class ReplotTurns : public QTimer {
 public:
  explicit ReplotTurns(QObject* parent) : QTimer(parent) {
    setInterval(0);  // once a pass
    callOnTimeout(this, &ReplotTurns::drawNext);
  }

  void ask(QCustomPlot& plot) {
    if (!waiting_.contains(&plot)) waiting_.append(&plot);
    start();
  }

  bool waits(QCustomPlot& plot) const { return waiting_.contains(&plot); }

 private:
  void drawNext() {
    while (!waiting_.isEmpty() && !waiting_.front()) waiting_.removeFirst();  // they are gone
    if (!waiting_.isEmpty()) waiting_.takeFirst()->replot(QCustomPlot::rpQueuedRefresh);
    if (waiting_.isEmpty()) stop();
  }

  QList<QPointer<QCustomPlot>> waiting_;
};

ReplotTurns& replotTurns() {
  static QPointer<ReplotTurns> turns;
  if (!turns) turns = new ReplotTurns(QCoreApplication::instance());
  return *turns;
}

}  // namespace

void replotInTurn(QCustomPlot& plot) {
  replotTurns().ask(plot);
}

void replotCursor(QCustomPlot& plot) {
  if (!replotTurns().waits(plot)) plot.layer("cursor")->replot();
}

}  // namespace eq::widgets
