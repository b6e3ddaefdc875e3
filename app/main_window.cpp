#include "app/main_window.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QLabel>
#include <QStackedWidget>
#include <QStatusBar>
#include <QUndoStack>
#include <QVBoxLayout>

#include "app/away_bar.h"
#include "app/best_forks.h"
#include "app/end_notices.h"
#include "app/experiment_link.h"
#include "app/explorer_link.h"
#include "app/file_drop.h"
#include "app/folder_trouble.h"
#include "app/front_link.h"
#include "app/import_link.h"
#include "app/lab_link.h"
#include "app/many_runs_link.h"
#include "app/plot_export.h"
#include "app/predictions_link.h"
#include "app/preferences.h"
#include "app/recent_files.h"
#include "app/recorded_run.h"
#include "app/replay_bar.h"
#include "app/report_link.h"
#include "app/run_controller.h"
#include "app/run_requests.h"
#include "app/run_view.h"
#include "app/runs_link.h"
#include "app/script_gate.h"
#include "app/shown_link.h"
#include "app/steering_link.h"
#include "app/stop_question.h"
#include "app/study_link.h"
#include "app/table_opening.h"
#include "app/transport_link.h"
#include "app/undo_offer.h"
#include "app/window_layout.h"
#include "app/window_menus.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/explorer/loss_explorer.h"
#include "widgets/plots/cursor_table.h"
#include "widgets/plots/pareto_page.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/runs/queue_panel.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/steering_bar.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/session/transport.h"
#include "widgets/style/frame_meter.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {
namespace {

using namespace widgets;

constexpr auto kRefused = "refused command";  // a message's cause
constexpr int kTold = 10000;                  // ms that a remark stands in the status bar

QString toQt(const std::filesystem::path& path) {
  return shownName(path.string());
}

}  // namespace

MainWindow::MainWindow(const std::filesystem::path& workspace, Session::JobFactory factory) {
  setWindowTitle(tr("Equipoise"));
  setDockNestingEnabled(true);
  undo_ = new QUndoStack(this);
  data_ = new RunData(this);
  link_ = new PlotLink(this);
  shown_ = new ShownRuns(*data_, this);
  link_->setRuns(*shown_);
  gate_ = std::make_unique<ScriptGate>(this);
  controller_ = new RunController(*data_, *gate_, workspace, std::move(factory), this);
  requests_ = new RunRequests(*this, *controller_, [this] { return view_->edits(); });
  transport_ = new Transport(this);
  addToolBar(transport_);

  auto* centre = new QWidget(this);
  messages_ = new MessageBar(centre);
  away_ = new AwayBar(centre);
  auto* steering = new SteeringBar(centre);
  pages_ = new QStackedWidget(centre);
  gallery_ = new Gallery(samplesFolder(), pages_);
  plots_ = new PlotArea(*data_, *link_, pages_);
  explorer_ = new LossExplorer(*data_, *link_);
  plots_->addPage(tr("Loss explorer"), explorer_, explorer_->plots());
  pages_->addWidget(gallery_);
  pages_->addWidget(plots_);
  plots_->setFocusPolicy(Qt::StrongFocus);
  gallery_->setFocus();
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(away_);
  layout->addWidget(steering);
  layout->addWidget(new ReplayBar(controller_->session(), centre));
  layout->addWidget(pages_, 1);
  setCentralWidget(centre);
  frames_ = new FrameMeter(this);

  makeDocks();
  addManyRunsPages(*plots_, *link_, *runsPanel_, workspace, *messages_);
  const LaneParts lanes{
      *this,   *queue_,    *runsPanel_,
      *shown_, *messages_, [this](const std::filesystem::path& run) { view_->showRun(run); }};
  studies_ = new StudyLink(
      {lanes, workspace, *experiment_, *gallery_, *gate_, [this] { return settled(); }}, this);
  auto* imports = new ImportLink(*this, workspace, *runsPanel_, *messages_);
  menus_ = new WindowMenus(*this, {*undo_, *transport_, docks_, *plots_,
                                   *new BestForks(*data_, *controller_, *requests_, this),
                                   studies_->actions(), imports->actions()});
  recent_ = &menus_->recent();
  new FileDrop(
      *this,
      [this](const std::filesystem::path& path, const std::function<void()>& then) {
        return openPath(path, then);
      },
      *recent_, *messages_);
  place_ = new QLabel(tr("Ready. Runs go to %1").arg(toQt(workspace)), this);
  place_->setTextFormat(Qt::PlainText);
  statusBar()->addWidget(place_, 1);
  makeView();
  connectMenus();
  connectController();
  connect(transport_, &Transport::startRequested, this, &MainWindow::startExperiment);
  connectTransport(
      *transport_, *controller_, *requests_, [this] { return settled(); },
      [this](const QString& text) { tell(text); });
  connectPanels();
  transport_->setLimit(Preferences::kept().speedLimit);
  standardLayout_ = saveState();
  restoreLayout(*this, *plots_);
  showGallery();
}

MainWindow::~MainWindow() {
  // Its signals must not meet half a window.
  controller_->session().disconnect(this);
  undo_->disconnect();  // it is emptied after the controller is gone, which UndoOffer asks
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
  runsPanel_ = new RunsPanel(controller_->workspace(), *undo_, this);
  queue_ = new QueuePanel(controller_->workspace(), this);
  cursor_ = new CursorTable(*plots_, *link_, this);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  auto* left = addDock(tr("Experiment"), "experiment", experiment_, Qt::LeftDockWidgetArea);
  auto* events = addDock(tr("Timeline"), "timeline", timeline_, Qt::BottomDockWidgetArea);
  auto* table = addDock(tr("Runs"), "runs", runsPanel_, Qt::BottomDockWidgetArea);
  auto* queue = addDock(tr("Queue"), "queue", queue_, Qt::BottomDockWidgetArea);
  auto* values = addDock(tr("Values at the cursor"), "cursor", cursor_, Qt::BottomDockWidgetArea);
  splitDockWidget(events, table, Qt::Horizontal);
  tabifyDockWidget(table, queue);
  tabifyDockWidget(queue, values);
  table->raise();
  resizeDocks({left}, {330}, Qt::Horizontal);
  resizeDocks({events}, {190}, Qt::Vertical);
}

// --- Who tells whom

void MainWindow::connectMenus() {
  connect(menus_, &WindowMenus::galleryRequested, this, &MainWindow::showGallery);
  connect(menus_, &WindowMenus::browseRequested, this, &MainWindow::browse);
  connect(menus_, &WindowMenus::browseTablesRequested, this, &MainWindow::browseTables);
  connect(menus_, &WindowMenus::browseImagesRequested, this, &MainWindow::browseImages);
  connect(menus_, &WindowMenus::openRequested, this,
          [this](const std::filesystem::path& path) { openPath(path); });
  connect(menus_, &WindowMenus::saveRequested, this, &MainWindow::saveExperiment);
  connect(menus_, &WindowMenus::exportRequested, this,
          [this] { exportPlots(plots_->visiblePanels()); });
  connect(menus_, &WindowMenus::reportRequested, this,
          [this] { showReport(this, *shown_, *messages_); });
  connect(menus_, &WindowMenus::plotsRequested, this, &MainWindow::showPlots);
  connect(menus_, &WindowMenus::layoutResetRequested, this, &MainWindow::resetLayout);
  connect(menus_, &WindowMenus::frameTimesToggled, this, &MainWindow::showFrameTimes);
}

void MainWindow::connectController() {
  auto* session = &controller_->session();
  connect(session, &Session::commandRefused, this,
          [this](const train::Command& command, const QString& reason) {
            messages_->showError(reason, kRefused);
            if (!controller_->away()) experiment_->refused(command, reason, controller_->inForce());
          });
  connect(experiment_, &ExperimentPanel::editRefused, messages_,
          [this](const QString& reason) { messages_->showError(reason, kRefused); });
  connect(session, &Session::experimentChanged, this, [this] { messages_->resolve(kRefused); });
  new FolderTrouble(*this, *session);
  auto* notices = new EndNotices(*controller_, this);
  connect(queue_, &QueuePanel::sweepEnded, notices, &EndNotices::tellOfSweep);
  connect(notices, &EndNotices::problemMet, messages_,
          [this](const QString& text) { messages_->showError(text); });
  new UndoOffer(*undo_, *data_, *controller_, *requests_, *messages_, this);
  connect(link_, &PlotLink::edited, this, [this](const PlotEdit& edit) { keep(*undo_, edit); });
  connect(link_, &PlotLink::forkRequested, requests_, &RunRequests::fork);
  connect(link_, &PlotLink::experimentProposed, this,
          [this](const train::Experiment& experiment, const QString& remark) {
            openExperiment(experiment, [this, remark] { messages_->showNote(remark); });
          });
  connect(link_, &PlotLink::openRequested, this, [this](const auto& run) { view_->showRun(run); });
  connect(session, &Session::checkpointed, this,
          [this](const QString& file) { tell(tr("Checkpoint written: %1").arg(file)); });
  connect(controller_, &RunController::problemMet, messages_,
          [this](const QString& text) { messages_->showError(text); });
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
  connect(gallery_, &Gallery::imagesRequested, this, &MainWindow::browseImages);
  connect(gallery_, &Gallery::returnRequested, this, &MainWindow::showPlots);
  connectExperiment(*experiment_, *controller_, *undo_, *gate_);
  connect(experiment_, &ExperimentPanel::tableRequested, this, [this] {
    if (settled()) tried([this] { changeTable(*this); });
  });
  connect(runsPanel_, &RunsPanel::openRequested, view_, &RunView::showRun);
  connectRuns(*runsPanel_, *timeline_, *controller_, *requests_, *messages_);
  connect(plots_, &PlotArea::exportRequested, this, &MainWindow::exportPlots);
  connect(plots_, &PlotArea::samplingRequested, experiment_, &ExperimentPanel::chooseSampling);
  // After the plots have let go of the former run's columns.
  connect(data_, &RunData::restarted, link_, &PlotLink::follow);
  connectExplorer(*explorer_, *controller_, *experiment_, *gate_);
  new FrontLink({*plots_->findChild<ParetoPage*>(), *controller_, *data_, *link_, *gate_,
                 *messages_, [this](const QString& text) { tell(text); }},
                this);
}

void MainWindow::makeView() {
  recorded_ = new RecordedRun(*experiment_, *data_, *link_, this);
  view_ = new RunView(
      {*controller_, *data_, *experiment_, *recorded_, *timeline_, *runsPanel_, *transport_,
       *messages_, *away_, *new SteeringLink(*findChild<SteeringBar*>(), *messages_, this)},
      this);
  addPredictionsPage(*plots_, *controller_, *view_, *data_, *link_);
  addLabPage(*plots_, *link_,
             {*controller_, *requests_, *view_, *runsPanel_, *messages_, [this] { showPlots(); }});
  connect(view_, &RunView::placeChanged, place_, &QLabel::setText);
  connectShown(*shown_, *view_, *controller_, *runsPanel_, *messages_);
  connect(view_, &RunView::runShown, this,
          [this](const std::filesystem::path& folder) { recent_->add(folder); });
  connect(view_, &RunView::shown, this, [this](const std::string& name) {
    setWindowTitle(tr("%1 – Equipoise").arg(titleText(QString::fromStdString(name))));
    showPlots();
  });
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
  return settle(*experiment_, *messages_);
}

void MainWindow::exportPlots(const std::vector<PlotPanel*>& panels) {
  showPlotExport(this, panels, *messages_, [this](const QString& text) { tell(text); });
}

void MainWindow::tell(const QString& text) {
  statusBar()->showMessage(text, kTold);
}

void MainWindow::showGallery() {
  gallery_->offerReturn(!data_->experiment().data.id.empty());
  turnTo(*gallery_);
}
void MainWindow::showPlots() {
  turnTo(*plots_);
}

/// The keyboard is at the beginning of a page that comes to the front.
void MainWindow::turnTo(QWidget& page) {
  if (pages_->currentWidget() == &page) return;
  pages_->setCurrentWidget(&page);
  page.setFocus(Qt::OtherFocusReason);
}

void MainWindow::showFrameTimes(bool shown) {
  frames_->setRunning(shown);
}

// --- Settings, closing

void MainWindow::resetLayout() {
  app::resetLayout(*this, *plots_, standardLayout_, *undo_);
}

void MainWindow::endSession() {
  saveLayout(*this, *plots_);
  studies_->pauseWaiting();
  controller_->session().finish();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!controller_->active()) {
    saveLayout(*this, *plots_);
    studies_->pauseWaiting();
    event->accept();
    return;
  }
  event->ignore();
  askToStop(this, [this] { controller_->stopThen([this] { close(); }); });
}

}  // namespace eq::app
