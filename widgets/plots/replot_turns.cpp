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

 private:
  void drawNext() {
    while (!waiting_.isEmpty() && !waiting_.front()) waiting_.removeFirst();  // they are gone
    if (!waiting_.isEmpty()) waiting_.takeFirst()->replot(QCustomPlot::rpQueuedRefresh);
    if (waiting_.isEmpty()) stop();
  }

  QList<QPointer<QCustomPlot>> waiting_;
};

}  // namespace

void replotInTurn(QCustomPlot& plot) {
  static QPointer<ReplotTurns> turns;
  if (!turns) turns = new ReplotTurns(QCoreApplication::instance());
  turns->ask(plot);
}

}  // namespace eq::widgets
