#include "app/application.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include <unistd.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QDockWidget>
#include <QIcon>
#include <QPainter>
#include <QPixmap>
#include <QSettings>
#include <QTimer>

#include "app/main_window.h"
#include "app/preferences.h"
#include "app/report_link.h"
#include "app/run_controller.h"
#include "app/signal_watch.h"
#include "app/window_options.h"
#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/train/table_experiment.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_loading.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/curve_colours.h"
#include "widgets/style/frame_meter.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/theme.h"

namespace eq::app {
namespace {

/// The window's own, beside those of the plots.
QList<QDockWidget*> docksOf(const MainWindow& window) {
  return window.findChildren<QDockWidget*>(Qt::FindDirectChildrenOnly);
}

QStringList titlesOf(const QList<QDockWidget*>& docks) {
  QStringList titles;
  for (const auto* dock : docks) titles << dock->windowTitle();
  return titles;
}

/// \returns whether there is one of the title.
bool raise(const QList<QDockWidget*>& docks, const QString& title) {
  for (auto* dock : docks) {
    if (dock->windowTitle().compare(title, Qt::CaseInsensitive) != 0) continue;
    dock->show();
    dock->raise();
    return true;
  }
  return false;
}

using namespace widgets;

constexpr int kSecondLook = 2000;  // ms

int exportPlot(const WindowOptions& options) {
  if (options.run.isEmpty() || options.to.isEmpty()) fail("--export-plot needs --run and --to");
  RunData data;
  PlotLink link;
  PlotArea area(data, link);
  area.resize(1000, 700);
  auto* panel = area.panel(options.plot);
  if (!panel) {
    QStringList names;
    for (const auto* known : area.panels()) names << known->objectName();
    fail("--export-plot: there is no plot \"{}\"; there are {}", options.plot.toStdString(),
         names.join(", ").toStdString());
  }
  loadRun(data, options.run.toStdString());
  if (panel->series().empty())
    fail("--export-plot {}: {} has nothing to draw there. {}", options.plot.toStdString(),
         options.run.toStdString(), panel->inWords().toStdString());
  FigureOptions figure;
  figure.theme = options.theme;
  exportFigure({panel}, options.to.toStdString(), figure);
  return 0;
}

/// Why the folder of the runs cannot be made; empty when it is there.
std::string workspaceProblem(const std::filesystem::path& workspace) {
  std::error_code problem;
  std::filesystem::create_directories(workspace, problem);
  if (!problem) return {};
  return fmt::format("{}: the folder of the runs cannot be made: {}", workspace.string(),
                     problem.message());
}

/// The folder of the runs. One that was preferred and cannot be made, such as that of a disk which
/// is not there, gives way to the standard one, which `told` says.
std::filesystem::path workspaceOf(const WindowOptions& options, QString& told) {
  const auto make = [](const std::filesystem::path& workspace) {
    const auto problem = workspaceProblem(workspace);
    if (!problem.empty()) fail("{}; choose another with --workspace", problem);
    return workspace;
  };
  if (!options.workspace.empty()) return make(options.workspace);
  const std::filesystem::path preferred = runsFolderOf(Preferences::kept()).toStdString();
  const auto problem = workspaceProblem(preferred);
  if (problem.empty()) return preferred;
  const std::filesystem::path standard = make(standardRunsFolder().toStdString());
  told = QCoreApplication::translate("Application", "%1. Runs go to %2 (Edit, Preferences)")
             .arg(QString::fromStdString(problem), standardRunsFolder());
  return standard;
}

void printFrameTimes(const FrameMeter& meter) {
  std::printf("{\"frames\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", meter.frameCount(),
              meter.percentile(0.5), meter.percentile(0.99));
  std::fflush(stdout);
}

/// The window with the dialog before it, if there is one.
QPixmap pictureOf(MainWindow& window) {
  auto picture = window.grab();
  if (auto* dialog = QApplication::activeModalWidget()) {
    const auto at = window.rect().center() - dialog->rect().center();
    QPainter(&picture).drawPixmap(at, dialog->grab());
  }
  return picture;
}

/// As the command line trains it: nobody is asked.
void startTable(MainWindow& window, const std::filesystem::path& file) {
  std::vector<std::string> notes;
  window.openExperiment(train::tableExperiment(file, {}, file.string(), notes),
                        [&window] { window.startExperiment(); });
}

int showWindow(const WindowOptions& options) {
  QString told;
  const auto workspace = workspaceOf(options, told);
  const SignalWatch watch;
  MainWindow window(workspace);
  if (!told.isEmpty()) window.messages().showError(told);
  if (options.size.isValid())
    window.resize(options.size);
  else if (!QSettings().contains("geometry"))
    window.resize(1280, 800);
  window.show();
  QObject::connect(
      qApp, &QGuiApplication::commitDataRequest, &window, [&] { window.endSession(); },
      Qt::DirectConnection);
  if (options.frameStats) window.showFrameTimes(true);
  window.offerInterrupted();
  // A program that was killed a moment ago may still be dying.
  QTimer::singleShot(kSecondLook, &window, [&] {
    if (window.runs().present().empty()) window.offerInterrupted();
  });
  for (const auto& path : options.paths) {
    const bool starts = options.start && path == options.paths.last();
    if (starts && data::isTableName(path.toStdString())) {
      startTable(window, path.toStdString());
      continue;
    }
    window.openPath(path.toStdString(), [&window, starts] {
      if (starts) window.startExperiment();
    });
  }
  for (const auto& folder : options.beside) window.shown().setShown(folder.toStdString(), true);
  if (!options.show.isEmpty())
    QTimer::singleShot(0, &window, [&] {
      const auto docks = docksOf(window);
      if (!window.plots().showDock(options.show) && !raise(docks, options.show))
        window.messages().showError(
            QApplication::translate("eq::app", "--show %1: there is no such tab; there are %2")
                .arg(options.show, (window.plots().titles() + titlesOf(docks)).join(", ")));
    });
  if (!options.screenshot.isEmpty())
    QTimer::singleShot(static_cast<int>(options.after * 1000), &window, [&] {
      if (!pictureOf(window).save(options.screenshot))
        std::fprintf(stderr, "%s: the picture could not be written\n",
                     qPrintable(options.screenshot));
      QApplication::exit(0);
    });
  const int code = QApplication::exec();
  if (options.frameStats) printFrameTimes(window.frameMeter());
  return code;
}

/// Figures and pictures need no display.
void chooseOffscreen(int argc, char** argv) {
  if (std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY")) return;
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--export-plot") ||
        std::string_view(argv[i]).starts_with("--screenshot") ||
        std::string_view(argv[i]) == "--report")
      setenv("QT_QPA_PLATFORM", "offscreen", 0);
}

constexpr int kNoDisplay = 3;  ///< exit code

/// What Qt warned of while it looked for a display.
QStringList& warnings() {
  static QStringList texts;
  return texts;
}

/// Where no display answers, Qt prints several lines and dumps core: this is one line and an exit
/// code.
void sayNoDisplay(QtMsgType type, const QMessageLogContext&, const QString& text) {
  warnings() << text.trimmed();
  if (type != QtFatalMsg) return;
  std::fprintf(stderr,
               "No window can be opened (DISPLAY=%s, WAYLAND_DISPLAY=%s): %s; without a display, "
               "equipoise-cli trains\n",
               qPrintable(qEnvironmentVariable("DISPLAY")),
               qPrintable(qEnvironmentVariable("WAYLAND_DISPLAY")), qPrintable(warnings().first()));
  std::fflush(stderr);
  _exit(kNoDisplay);
}

/// QApplication, made where the lack of a display can be said.
std::unique_ptr<QApplication> makeApplication(int& argc, char** argv) {
  chooseOffscreen(argc, argv);
  auto* handler = qInstallMessageHandler(sayNoDisplay);
  auto application = std::make_unique<QApplication>(argc, argv);
  qInstallMessageHandler(handler);
  for (const auto& text : warnings()) qWarning("%s", qPrintable(text));
  return application;
}

/// The words for that; a value of another option that reads so is of no harm.
bool asksOnly(int argc, char** argv) {
  static constexpr std::string_view kWords[]{"-h", "--help", "--help-all", "-v", "--version"};
  return std::any_of(argv + 1, argv + argc, [](const char* argument) {
    return std::ranges::find(kWords, std::string_view(argument)) != std::end(kWords);
  });
}

/// Needs no application yet.
void nameProgram() {
  QCoreApplication::setApplicationName("equipoise");
  QCoreApplication::setOrganizationName("equipoise");
  QCoreApplication::setApplicationVersion(EQUIPOISE_VERSION);
}

/// Help and version need no display: they are answered, and the program ended, before one is looked
/// for.
void answerWithoutDisplay(int argc, char** argv) {
  const QCoreApplication application(argc, argv);
  QCommandLineParser parser;
  addOptions(parser);
  parser.process(application);
}

}  // namespace

int runApplication(int argc, char** argv) {
  nameProgram();
  const bool reports = argc > 1 && std::string_view(argv[1]) == "--report";
  if (!reports && asksOnly(argc, argv)) answerWithoutDisplay(argc, argv);
  const auto application = makeApplication(argc, argv);
  if (reports) return printReport(argc, argv);
  QApplication::setApplicationDisplayName("Equipoise");
  QApplication::setDesktopFileName("equipoise");
  QApplication::setWindowIcon(QIcon(":/icons/equipoise.svg"));
  QCommandLineParser parser;
  addOptions(parser);
  parser.process(*application);
  if (parser.isSet("probe-display")) return 0;
  try {
    const WindowOptions options = optionsOf(parser);
    applyTheme(*application, options.theme);
    useCurveColours(Preferences::kept().curves);
    return options.plot.isEmpty() ? showWindow(options) : exportPlot(options);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == ErrorKind::user ? 2 : 1;
  }
}

}  // namespace eq::app
