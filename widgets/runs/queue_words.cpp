#include "widgets/runs/queue_words.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QObject>
#include <QRegularExpression>
#include <QStringList>

#include "widgets/session/run_words.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kLongestLaneValue = 40;  // characters

QString queueText(const char* text) {
  return QObject::tr(text);
}

bool isRace(const study::SweepStanding& sweep) {
  return sweep.method == "lanes";
}

/// "focal" of {"id": "focal"}, "none" of null, numbers as they are.
QString laneValueText(const nlohmann::json& value) {
  if (value.is_null()) return queueText("none");
  if (value.is_object() && value.contains("id") && value.size() == 1)
    return laneValueText(value.at("id"));
  const auto text = value.is_string() ? value.get<std::string>() : value.dump();
  return text.empty() ? queueText("none")
                      : shortName(shownName(QString::fromStdString(text)), kLongestLaneValue);
}

/// "tasks[0, 1].loss focal": tasks that have the same in one place are named together.
QStringList fieldTexts(const study::SweepRun& run) {
  static const QRegularExpression ofTask("^tasks\\[(\\d+)\\](.*)$");
  std::vector<std::pair<QString, QStringList>> places;  // with the numbers of tasks
  for (const auto& setting : run.settings) {
    if (!run.fields.contains(setting.path)) continue;  // the seed
    const auto path = QString::fromStdString(setting.path);
    const auto task = ofTask.match(path);
    const auto text =
        (task.hasMatch() ? task.captured(2) : path) + ' ' + laneValueText(setting.value);
    const auto same = std::find_if(places.begin(), places.end(), [&](const auto& one) {
      return task.hasMatch() && !one.second.isEmpty() && one.first == text;
    });
    if (same != places.end())
      same->second << task.captured(1);
    else
      places.emplace_back(text, task.hasMatch() ? QStringList{task.captured(1)} : QStringList());
  }
  QStringList texts;
  for (const auto& [text, tasks] : places)
    texts << (tasks.isEmpty() ? text : QString("tasks[%1]%2").arg(tasks.join(", "), text));
  return texts;
}

bool haveSeveralSeeds(const study::SweepStanding& sweep) {
  return std::any_of(sweep.runs.begin(), sweep.runs.end(),
                     [&](const auto& one) { return one.run.seed != sweep.runs.front().run.seed; });
}

}  // namespace

QString sweepTitle(const study::SweepStanding& sweep) {
  const auto name = shownName(sweep.name);
  return isRace(sweep) ? queueText("Race: %1").arg(name) : queueText("Sweep: %1").arg(name);
}

QString sweepStateText(const study::SweepStanding& sweep) {
  switch (sweep.state) {
    case study::SweepState::running:
      if (sweep.control.paused) return queueText("pausing");
      return sweep.other.empty() ? queueText("running") : queueText("waits for its turn");
    case study::SweepState::finished:
      return queueText("done");
    case study::SweepState::failed:
      return queueText("done, with failures");
    case study::SweepState::died:
      return queueText("interrupted");
    case study::SweepState::submitted:
      return queueText("with a cluster");
    case study::SweepState::stopped:
      break;
  }
  return sweep.control.paused ? queueText("paused") : queueText("stopped");
}

QString sweepCountsText(const study::SweepStanding& sweep) {
  QStringList parts{queueText("%1 of %2 done").arg(sweep.finished).arg(std::ssize(sweep.runs))};
  if (sweep.running > 0) parts << queueText("%1 running").arg(sweep.running);
  if (sweep.failed > 0) parts << queueText("%1 failed").arg(sweep.failed);
  if (sweep.stopped > 0) parts << queueText("%1 stopped").arg(sweep.stopped);
  if (!sweep.control.cancelled.empty())
    parts << queueText("%1 cancelled").arg(std::ssize(sweep.control.cancelled));
  if (!sweep.clones.empty()) parts << queueText("%1 cloned").arg(std::ssize(sweep.clones));
  return parts.join(", ");
}

QString sweepLeftText(const study::SweepStanding& sweep) {
  if (!sweep.secondsLeft) return {};
  return queueText("about %1").arg(durationText(*sweep.secondsLeft));
}

QString sweepRunTitle(const study::SweepStanding& sweep, std::size_t run) {
  const auto& one = sweep.runs[run];
  auto parts = fieldTexts(one.run);
  if (!one.run.weights.empty()) {
    QStringList weights;
    for (const double weight : one.run.weights) weights << shortText(weight);
    parts << queueText("weights %1").arg(weights.join(" : "));
  }
  if (haveSeveralSeeds(sweep) || parts.isEmpty()) parts << queueText("seed %1").arg(one.run.seed);
  return parts.join(", ");
}

QString sweepRunStateText(const study::SweepStanding& sweep, std::size_t run) {
  const auto& info = sweep.runs[run].info;
  const bool open = !info || !study::hasEnded(*info);
  if (sweep.isCancelled(run) && open && !sweep.runs[run].isRunning()) return queueText("cancelled");
  return info ? stateText(info->state) : queueText("waiting");
}

QString stepsOfText(const run::RunInfo& info) {
  return queueText("step %1 of %2").arg(countText(info.steps), countText(info.totalSteps));
}

}  // namespace eq::widgets
