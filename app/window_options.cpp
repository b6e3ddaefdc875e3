#include "app/window_options.h"

#include <QCommandLineParser>

#include "app/preferences.h"
#include "core/base/error.h"

namespace eq::app {
namespace {

using widgets::Theme;

constexpr double kLongestWait = 86400;  // seconds before a screenshot

QSize sizeFrom(const QString& text) {
  const auto parts = text.split('x');
  const QSize size(parts.value(0).toInt(), parts.value(1).toInt());
  if (parts.size() != 2 || size.width() < 100 || size.height() < 100)
    fail("--size: as 1280x800, found {}", text.toStdString());
  return size;
}

double secondsFrom(const QString& text) {
  bool isNumber = false;
  const double seconds = text.toDouble(&isNumber);
  if (!isNumber || !(seconds >= 0 && seconds <= kLongestWait))
    fail("--after: seconds from 0 to {}, found {}", kLongestWait, text.toStdString());
  return seconds;
}

}  // namespace

widgets::Theme themeFrom(const QString& name) {
  if (name == "system") return widgets::systemTheme();
  if (name != "light" && name != "dark")
    fail("--theme: light, dark or system, found {}", name.toStdString());
  return name == "dark" ? Theme::dark : Theme::light;
}

void addOptions(QCommandLineParser& parser) {
  parser.setApplicationDescription("Equipoise: a workbench for multi-task training");
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument("paths", "An experiment file, a table (CSV) or a run folder",
                               "[FILE|RUN]");
  parser.addOptions({
      {"workspace", "Folder of the runs", "DIR"},
      {"beside", "Show this run in the plots as well; may be given again", "RUN"},
      {"start", "Start the experiment at once"},
      {"show", "Bring a tab to the front: Conflict, \"Loss explorer\", Queue, ...", "TITLE"},
      {"theme", "light, dark or system (as the desktop)", "NAME"},
      {"screenshot", "Save a picture of the window and quit", "FILE"},
      {"after", "Seconds before the screenshot", "S", "3"},
      {"size", "Size of the window, as 1280x800", "WxH"},
      {"probe-display", "Say whether a window can be opened: exit code 0, or 3"},
      {"frame-stats", "Print frame times when the window closes"},
      {"export-plot", "Export a plot of --run to --to, without a window", "NAME"},
      {"run", "Run folder for --export-plot", "RUN"},
      {"report", "First of all: write a report about runs, as equipoise-cli report does"},
      {"to", "File for --export-plot: pdf, svg, png, csv or tex", "FILE"},
  });
}

WindowOptions optionsOf(const QCommandLineParser& parser) {
  WindowOptions options;
  options.paths = parser.positionalArguments();
  if (parser.isSet("workspace"))
    options.workspace = std::filesystem::absolute(parser.value("workspace").toStdString());
  options.beside = parser.values("beside");
  options.start = parser.isSet("start");
  options.show = parser.value("show");
  options.theme =
      themeFrom(parser.isSet("theme") ? parser.value("theme") : Preferences::kept().theme);
  options.screenshot = parser.value("screenshot");
  options.after = secondsFrom(parser.value("after"));
  if (parser.isSet("size")) options.size = sizeFrom(parser.value("size"));
  options.frameStats = parser.isSet("frame-stats");
  options.plot = parser.value("export-plot");
  options.run = parser.value("run");
  options.to = parser.value("to");
  return options;
}

}  // namespace eq::app
