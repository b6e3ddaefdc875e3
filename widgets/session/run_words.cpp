#include "widgets/session/run_words.h"

#include <cmath>

#include <QCoreApplication>

#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

QString inRunWords(const char* text) {
  return QCoreApplication::translate("RunWords", text);
}

}  // namespace

QString stateText(run::RunState state, bool elsewhere) {
  switch (state) {
    case run::RunState::running:
      return elsewhere ? inRunWords("running, another process") : inRunWords("running");
    case run::RunState::paused:
      return elsewhere ? inRunWords("paused, another process") : inRunWords("paused");
    case run::RunState::finished:
      return inRunWords("finished");
    case run::RunState::stopped:
      return inRunWords("stopped");
    case run::RunState::failed:
      return inRunWords("failed");
    case run::RunState::died:
      return inRunWords("interrupted");
  }
  return {};
}

QString progressText(const run::RunInfo& info) {
  const auto place = inRunWords("step %1 of %2");
  const auto at = place.arg(countText(info.steps), countText(info.totalSteps));
  switch (info.state) {
    case run::RunState::running:
      return inRunWords("another process trains it: %1").arg(at);
    case run::RunState::paused:
      return inRunWords("another process holds it, paused: %1").arg(at);
    case run::RunState::finished:
      return inRunWords("finished after %1").arg(stepsText(info.steps));
    default:
      return inRunWords("%1 at %2").arg(stateText(info.state), at);
  }
}

QString durationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return inRunWords("unknown");
  const auto whole = static_cast<qint64>(std::llround(seconds));
  if (whole < 60) return inRunWords("%1 s").arg(whole);
  if (whole < 3600) return inRunWords("%1 min %2 s").arg(whole / 60).arg(whole % 60);
  return inRunWords("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60, 2, 10, QChar('0'));
}

QString stepsText(std::int64_t steps) {
  return steps == 1 ? inRunWords("1 step") : inRunWords("%1 steps").arg(countText(steps));
}

}  // namespace eq::widgets
