#include "widgets/plots/event_marks.h"

#include <cmath>

#include <qcustomplot.h>

#include <QStringList>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kTickHeight = 0.035;  // of the axis's length
constexpr int kTexts = 8;              // that a tool tip lists at most

}  // namespace

EventMarks::EventMarks(const PaneAxes& axes) {
  for (QCPGraph*& graph : graphs_) {
    graph = axes.x->parentPlot()->addGraph(axes.x, axes.edge);
    graph->setLineStyle(QCPGraph::lsImpulse);
    graph->setLayer("events");
    graph->setAntialiased(false);
  }
}

EventMarks::~EventMarks() {
  for (QCPGraph* graph : graphs_) graph->parentPlot()->removeGraph(graph);
}

EventMarks::Kind EventMarks::kindOf(const train::EventRecord& event) {
  if (event.kind == "nonfinite" || event.kind == "failed") return kAlarm;
  const bool changes = event.kind == "command" || event.kind == "merge" || event.kind == "note";
  return changes ? kCommand : kTick;
}

void EventMarks::grow(const RunData& data, XUnit unit) {
  for (; count_ < data.events().size(); ++count_) {
    const auto& event = data.events()[count_];
    const Kind kind = kindOf(event);
    graphs_[kind]->addData(data.xAt(event.step, unit), kind == kTick ? kTickHeight : 1);
  }
}

void EventMarks::clear() {
  for (QCPGraph* graph : graphs_) graph->data()->clear();
  count_ = 0;
}

void EventMarks::restyle(const PlotStyle& style) {
  const PlotColours& colours = plotColours(style.theme);
  graphs_[kCommand]->setPen(QPen(colours.event, style.lineWidth, Qt::DashLine));
  graphs_[kAlarm]->setPen(QPen(colours.alarm, style.lineWidth));
  graphs_[kTick]->setPen(QPen(colours.event, style.lineWidth));
}

QString EventMarks::textsNear(const RunData& data, XUnit unit, double x, double distance) {
  QStringList texts;
  for (const auto& event : data.events()) {
    if (std::abs(data.xAt(event.step, unit) - x) > distance) continue;
    if (texts.size() == kTexts) return texts.join('\n') + "\n…";
    texts << QString("Step %1: %2").arg(countText(event.step), shownName(event.text));
  }
  return texts.join('\n');
}

}  // namespace eq::widgets
