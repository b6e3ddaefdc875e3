#include "app/preferences.h"

#include <algorithm>
#include <utility>

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>

#include "app/window_options.h"
#include "core/train/experiment.h"
#include "widgets/style/curve_colours.h"
#include "widgets/style/theme.h"

namespace eq::app {
namespace {

constexpr qlonglong kMostThreads = 1024;
constexpr auto kTheme = "theme";
constexpr auto kCurves = "curves";
constexpr auto kSpeedLimit = "speed_limit";
constexpr auto kThreads = "threads";
constexpr auto kRuns = "runs_folder";
constexpr auto kFigures = "figure/folder";
constexpr auto kNotifyDesktop = "notify/desktop";
constexpr auto kNotifyCommand = "notify/command";

}  // namespace

Preferences Preferences::kept() {
  const QSettings settings;
  const Preferences none;
  const auto theme = settings.value(kTheme).toString();
  return {QStringList{"light", "dark", "system"}.contains(theme) ? theme : none.theme,
          settings.value(kCurves).toString(),
          std::max(settings.value(kSpeedLimit).toDouble(), 0.0),
          std::clamp(settings.value(kThreads).toLongLong(), 0LL, kMostThreads),
          settings.value(kRuns).toString(),
          settings.value(kFigures).toString(),
          settings.value(kNotifyDesktop, none.notifyDesktop).toBool(),
          settings.value(kNotifyCommand).toString()};
}

void Preferences::keep() const {
  QSettings settings;
  settings.setValue(kTheme, theme);
  settings.setValue(kCurves, curves);
  settings.setValue(kSpeedLimit, speedLimit);
  settings.setValue(kThreads, QVariant::fromValue(qlonglong{threads}));
  settings.setValue(kRuns, runsFolder);
  settings.setValue(kFigures, figuresFolder);
  settings.setValue(kNotifyDesktop, notifyDesktop);
  settings.setValue(kNotifyCommand, notifyCommand);
}

void applyAppearance(const Preferences& preferences) {
  widgets::applyTheme(*qApp, themeFrom(preferences.theme));
  widgets::useCurveColours(preferences.curves);
}

QString standardRunsFolder() {
  return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/runs";
}

QString runsFolderOf(const Preferences& preferences) {
  return preferences.runsFolder.isEmpty() ? standardRunsFolder() : preferences.runsFolder;
}

train::Experiment withPreferred(train::Experiment experiment, const Preferences& preferences) {
  if (experiment.threads == 0) experiment.threads = preferences.threads;
  return experiment;
}

}  // namespace eq::app
