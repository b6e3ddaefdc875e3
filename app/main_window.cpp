#include "app/main_window.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QLabel>
#include <QStackedWidget>
#include <QStatusBar>
#include <QUndoStack>
#include <QVBoxLayout>

#include "app/about.h"
#include "app/experiment_link.h"
#include "app/explorer_link.h"
#include "app/file_dialogs.h"
#include "app/file_drop.h"
#include "app/interrupted_run.h"
#include "app/plot_export.h"
#include "app/recent_files.h"
#include "app/recorded_run.h"
#include "app/run_controller.h"
#include "app/script_gate.h"
#include "app/stop_question.h"
#include "app/table_opening.h"
#include "app/transport_link.h"
#include "app/window_layout.h"
#include "app/window_menus.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/data/csv.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/explorer/loss_explorer.h"
#include "widgets/plots/cursor_table.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/session/transport.h"
#include "widgets/style/frame_meter.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {
namespace {

using namespace widgets;

constexpr int kTold = 10000;  // ms that a remark stands in the status bar

QString toQt(const std::filesystem::path& path) {
  return shownName(path.string());
}

/// Why the experiment cannot be changed; empty where it can. What would be changed before the run
/// stands, or while it closes, would reach nothing.
QString lockText(SessionState state) {
  if (state == SessionState::preparing)
    return MainWindow::tr("The run is being prepared. Fields can be changed as soon as it stands.");
  if (state == SessionState::closing)
    return MainWindow::tr("The run is being closed. Fields can be changed when it has ended.");
  return {};
}

}  // namespace

MainWindow::MainWindow(const std::filesystem::path& workspace, Session::JobFactory factory) {
  setWindowTitle(tr("Equipoise"));
  setDockNestingEnabled(true);
  undo_ = new QUndoStack(this);
  data_ = new RunData(this);
  link_ = new PlotLink(this);
  gate_ = std::make_unique<ScriptGate>(this);
  controller_ = new RunController(*data_, *gate_, workspace, std::move(factory), this);
  transport_ = new Transport(this);
  addToolBar(transport_);

  auto* centre = new QWidget(this);
  messages_ = new MessageBar(centre);
  pages_ = new QStackedWidget(centre);
  gallery_ = new Gallery(samplesFolder(), pages_);
  plots_ = new PlotArea(*data_, *link_, pages_);
  explorer_ = new LossExplorer(*data_, *link_);
  plots_->addPage(tr("Loss explorer"), explorer_, explorer_->plots());
  pages_->addWidget(gallery_);
  pages_->addWidget(plots_);
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(messages_);
  layout->addWidget(pages_, 1);
  setCentralWidget(centre);
  frames_ = new FrameMeter(this);

  makeDocks();
  menus_ = new WindowMenus(*this, {*undo_, *transport_, docks_, *plots_});
  recent_ = &menus_->recent();
  new FileDrop(
      *this,
      [this](const std::filesystem::path& path, const std::function<void()>& then) {
        return openPath(path, then);
      },
      *recent_, *messages_);
  connectMenus();
  connectController();
  connect(transport_, &Transport::startRequested, this, &MainWindow::startExperiment);
  connectTransport(
      *transport_, *controller_, [this] { return settled(); },
      [this](const QString& text) { tell(text); });
  connectPanels();
  standardLayout_ = saveState();
  restoreLayout(*this, *plots_);
  showGallery();
  place_ = new QLabel(tr("Ready. Runs go to %1").arg(toQt(workspace)), this);
  place_->setTextFormat(Qt::PlainText);
  statusBar()->addWidget(place_, 1);
}

MainWindow::~MainWindow() {
  // Its signals must not meet half a window.
  controller_->session().disconnect(this);
  delete controller_;
}

// --- What it is made of

QDockWidget* MainWindow::addDock(const QString& title, const QString& name, QWidget* content,
                                 Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(content);
  addDockWidget(area, dock);
  docks_ << dock;
  return dock;
}

void MainWindow::makeDocks() {
  experiment_ = new ExperimentPanel(*undo_, this);
  timeline_ = new Timeline(*data_, *link_, this);
  runsPanel_ = new RunsPanel(controller_->workspace(), this);
  cursor_ = new CursorTable(*plots_, *link_, this);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  auto* left = addDock(tr("Experiment"), "experiment", experiment_, Qt::LeftDockWidgetArea);
  auto* events = addDock(tr("Timeline"), "timeline", timeline_, Qt::BottomDockWidgetArea);
  auto* table = addDock(tr("Runs"), "runs", runsPanel_, Qt::BottomDockWidgetArea);
  auto* values = addDock(tr("Values at the cursor"), "cursor", cursor_, Qt::BottomDockWidgetArea);
  splitDockWidget(events, table, Qt::Horizontal);
  tabifyDockWidget(table, values);
  table->raise();
  resizeDocks({left}, {330}, Qt::Horizontal);
  resizeDocks({events}, {190}, Qt::Vertical);
}

// --- Who tells whom

void MainWindow::connectMenus() {
  connect(menus_, &WindowMenus::galleryRequested, this, &MainWindow::showGallery);
  connect(menus_, &WindowMenus::browseRequested, this, &MainWindow::browse);
  connect(menus_, &WindowMenus::browseTablesRequested, this, &MainWindow::browseTables);
  connect(menus_, &WindowMenus::openRequested, this,
          [this](const std::filesystem::path& path) { openPath(path); });
  connect(menus_, &WindowMenus::saveRequested, this, &MainWindow::saveExperiment);
  connect(menus_, &WindowMenus::exportRequested, this,
          [this] { exportPlots(plots_->visiblePanels()); });
  connect(menus_, &WindowMenus::plotsRequested, this, &MainWindow::showPlots);
  connect(menus_, &WindowMenus::layoutResetRequested, this, &MainWindow::resetLayout);
  connect(menus_, &WindowMenus::frameTimesToggled, this, &MainWindow::showFrameTimes);
  connect(menus_, &WindowMenus::aboutRequested, this, [this] { showAbout(this); });
}

void MainWindow::connectController() {
  auto* session = &controller_->session();
  connect(session, &Session::stateChanged, this,
          [this](SessionState state) { experiment_->lock(lockText(state)); });
  connect(session, &Session::recordsArrived, this, [this](const run::Records& records) {
    if (!records.steps.empty())
      runsPanel_->showSteps(controller_->present(), records.steps.back().step);
  });
  connect(session, &Session::commandRefused, this,
          [this](const train::Command& command, const QString& reason) {
            messages_->showError(reason);
            experiment_->refused(command, reason, controller_->inForce());
          });
  connect(session, &Session::checkpointed, this,
          [this](const QString& file) { tell(tr("Checkpoint written: %1").arg(file)); });
  connect(controller_, &RunController::opened, this, &MainWindow::runOpened);
  connect(controller_, &RunController::ended, this, &MainWindow::runEnded);
  connect(controller_, &RunController::problemMet, messages_, &MessageBar::showError);
  connect(controller_, &RunController::noteGiven, this,
          [this](const QString& text) { messages_->showNote(text); });
}

void MainWindow::connectPanels() {
  connect(gallery_, &Gallery::startRequested, this, [this](const train::Experiment& experiment) {
    openExperiment(experiment, [this] { startExperiment(); });
  });
  connect(gallery_, &Gallery::openRequested, this,
          [this](const train::Experiment& experiment) { openExperiment(experiment); });
  connect(gallery_, &Gallery::browseRequested, this, &MainWindow::browse);
  connect(gallery_, &Gallery::tableRequested, this, &MainWindow::browseTables);
  connect(gallery_, &Gallery::returnRequested, this, &MainWindow::showPlots);
  connectExperiment(*experiment_, *controller_, *undo_, *gate_);
  recorded_ = new RecordedRun(*experiment_, *data_, *link_, this);
  connect(timeline_, &Timeline::noteRequested, this, [this](const QString& text) {
    controller_->session().send(train::Command::note(text.toStdString()));
  });
  connect(timeline_, &Timeline::forkRequested, this,
          [this](qint64 step) { controller_->fork(controller_->present(), step); });
  connect(runsPanel_, &RunsPanel::openRequested, this, &MainWindow::viewRun);
  connect(runsPanel_, &RunsPanel::resumeRequested, controller_, &RunController::resume);
  connect(runsPanel_, &RunsPanel::forkRequested, controller_, &RunController::forkLatest);
  connect(runsPanel_, &RunsPanel::problemMet, messages_, &MessageBar::showError);
  connect(runsPanel_, &RunsPanel::trashed, this, [this](const QString& name) {
    messages_->showNote(tr("%1 is in the trash.").arg(name), tr("Put it back"),
                        [this] { runsPanel_->restore(); });
  });
  connect(plots_, &PlotArea::exportRequested, this, &MainWindow::exportPlots);
  // After the plots have let go of the former run's columns.
  connect(data_, &RunData::restarted, link_, &PlotLink::follow);
  connectExplorer(*explorer_, *controller_, *experiment_, *gate_);
}

// --- What it does

bool MainWindow::tried(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    messages_->showError(QString::fromUtf8(error.what()));
    return false;
  }
}

bool MainWindow::settled() {
  const auto problem = experiment_->settle();
  if (!problem.isEmpty()) messages_->showError(problem);
  return problem.isEmpty();
}

bool MainWindow::openPath(const std::filesystem::path& path, const std::function<void()>& then) {
  if (run::isRun(path)) {
    viewRun(path);
    then();
    return true;
  }
  return tried([&] {
    const auto opened = [this, path, then] {
      recent_->add(path);
      then();
    };
    if (data::isTableName(path)) return openTable(*this, path, opened);
    openExperiment(train::readExperiment(path), opened);
  });
}

void MainWindow::openExperiment(const train::Experiment& experiment,
                                const std::function<void()>& then) {
  gate_->pass(run::untrustedScripts(experiment), [this, experiment, then] {
    if (!controller_->leave()) return;
    showExperiment(experiment);
    then();
  });
}

void MainWindow::showExperiment(const train::Experiment& experiment) {
  recorded_->close();
  experiment_->open(experiment);
  data_->start(experiment, {});
  transport_->setStartable(true);
  transport_->showPrepared();
  messages_->clear();
  place_->setText(tr("Not started yet. Runs go to %1").arg(toQt(controller_->workspace())));
  showName(experiment.name);
  showPlots();
}

void MainWindow::startExperiment() {
  messages_->clear();
  const auto start = [this](const train::Experiment& experiment) {
    controller_->start(experiment);
  };
  if (recorded_->isOpen()) return recorded_->start(this, start);
  if (settled()) start(experiment_->experiment());
}

void MainWindow::viewRun(const std::filesystem::path& folder) {
  if (controller_->active() && folder == controller_->present()) return showPlots();
  if (!controller_->view(folder)) return;
  messages_->clear();
  recorded_->open(toQt(folder.filename()));
  transport_->setStartable(true);
  const auto& steps = data_->x(XUnit::step);
  transport_->showRecorded(steps.empty() ? 0 : static_cast<std::int64_t>(steps.back()),
                           data_->finished());
  place_->setText(tr("A recorded run, in %1").arg(toQt(folder)));
  showName(data_->experiment().name);
  recent_->add(folder);
  showPlots();
}

void MainWindow::runOpened(const RunFacts& facts) {
  messages_->clear();
  recorded_->close();
  experiment_->open(facts.experiment, facts.tasks, facts.classCounts);
  experiment_->setRunning(true);
  timeline_->setRunning(true);
  transport_->open(facts);
  showName(facts.experiment.name);
  showPlots();
  runsPanel_->refresh();
  place_->setText(
      tr("%1 parameters, %2 of them shared. Recorded in %3")
          .arg(countText(facts.parameters), countText(facts.sharedParameters), toQt(facts.folder)));
}

void MainWindow::runEnded(const QString& problem) {
  experiment_->setRunning(false);
  timeline_->setRunning(false);
  transport_->setStartable(true);
  runsPanel_->refresh();
  if (!problem.isEmpty()) return messages_->showError(problem);
  messages_->clearNote();
  place_->setText(tr("The run ended and is kept in %1").arg(toQt(controller_->present())));
}

void MainWindow::offerInterrupted() {
  if (controller_->active() || !messages_->text().isEmpty()) return;
  runsPanel_->refresh();
  offerInterruptedRun(*runsPanel_, *controller_, *messages_);
}

void MainWindow::browse() {
  askForExperiment(this, [this](const std::filesystem::path& path) { openPath(path); });
}

void MainWindow::browseTables() {
  askForTable(this, [this](const std::filesystem::path& path) { openPath(path); });
}

void MainWindow::saveExperiment() {
  if (!settled()) return;
  askForSaving(this, [this](const std::filesystem::path& file) {
    tried([&] {
      run::writeAtomically(file, train::toJson(experiment_->experiment()).dump(2) + "\n");
      recent_->add(file);
    });
  });
}

void MainWindow::exportPlots(const std::vector<PlotPanel*>& panels) {
  showPlotExport(this, panels, *messages_, [this](const QString& text) { tell(text); });
}

void MainWindow::tell(const QString& text) {
  statusBar()->showMessage(text, kTold);
}

void MainWindow::showGallery() {
  gallery_->offerReturn(!data_->experiment().data.id.empty());
  pages_->setCurrentWidget(gallery_);
}
void MainWindow::showPlots() {
  pages_->setCurrentWidget(plots_);
}

void MainWindow::showName(const std::string& name) {
  setWindowTitle(tr("%1 – Equipoise").arg(titleText(QString::fromStdString(name))));
}

void MainWindow::showFrameTimes(bool shown) {
  frames_->setRunning(shown);
}

// --- Settings, closing

void MainWindow::resetLayout() {
  restoreState(standardLayout_);
  plots_->resetLayout();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!controller_->active()) {
    saveLayout(*this, *plots_);
    event->accept();
    return;
  }
  event->ignore();
  askToStop(this, [this] { controller_->stopThen([this] { close(); }); });
}

}  // namespace eq::app
