#include "app/main_window.h"

#include <fstream>

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QUndoStack>
#include <QVBoxLayout>

#include "app/about.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "widgets/cursor_table.h"
#include "widgets/experiment_panel.h"
#include "widgets/export_dialog.h"
#include "widgets/frame_meter.h"
#include "widgets/gallery.h"
#include "widgets/message_bar.h"
#include "widgets/plot_area.h"
#include "widgets/plot_link.h"
#include "widgets/plot_panel.h"
#include "widgets/run_data.h"
#include "widgets/run_loading.h"
#include "widgets/runs_panel.h"
#include "widgets/theme.h"
#include "widgets/timeline.h"
#include "widgets/transport.h"

namespace eq::app {
namespace {

using namespace widgets;

constexpr int kRecent = 8;

QString toQt(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

MainWindow::MainWindow(const std::filesystem::path& workspace, Session::JobFactory factory)
    : workspace_(workspace) {
  setWindowTitle(tr("Equipoise"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  undo_ = new QUndoStack(this);
  data_ = new RunData(this);
  link_ = new PlotLink(this);
  session_ = new Session(this, std::move(factory));
  transport_ = new Transport(this);
  addToolBar(transport_);

  auto* centre = new QWidget(this);
  messages_ = new MessageBar(centre);
  pages_ = new QStackedWidget(centre);
  gallery_ = new Gallery(samplesFolder(), pages_);
  plots_ = new PlotArea(*data_, *link_, pages_);
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
  makeFileMenu();
  makeEditMenu();
  makeRunMenu();
  makeViewMenu();
  makeHelpMenu();
  connectSession();
  connectTransport();
  connectPanels();
  standardLayout_ = saveState();
  restoreLayout();
  showGallery();
  statusBar()->showMessage(tr("Ready. Runs go to %1").arg(toQt(workspace_)));
}

MainWindow::~MainWindow() {
  // Its signals must not meet half a window.
  session_->disconnect(this);
  delete session_;
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
  runs_ = new RunsPanel(workspace_, this);
  cursor_ = new CursorTable(*plots_, *link_, this);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  auto* left = addDock(tr("Experiment"), "experiment", experiment_, Qt::LeftDockWidgetArea);
  auto* events = addDock(tr("Timeline"), "timeline", timeline_, Qt::BottomDockWidgetArea);
  auto* table = addDock(tr("Runs"), "runs", runs_, Qt::BottomDockWidgetArea);
  auto* values = addDock(tr("Values at the cursor"), "cursor", cursor_, Qt::BottomDockWidgetArea);
  splitDockWidget(events, table, Qt::Horizontal);
  tabifyDockWidget(table, values);
  table->raise();
  resizeDocks({left}, {330}, Qt::Horizontal);
  resizeDocks({events}, {190}, Qt::Vertical);
}

void MainWindow::makeFileMenu() {
  auto* menu = menuBar()->addMenu(tr("&File"));
  connect(menu->addAction(tr("&New from a sample…"), QKeySequence::New), &QAction::triggered, this,
          &MainWindow::showGallery);
  connect(menu->addAction(tr("&Open an experiment or a run…"), QKeySequence::Open),
          &QAction::triggered, this, &MainWindow::browse);
  auto* recent = menu->addMenu(tr("Open &recent"));
  connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecent(*recent); });
  connect(menu->addAction(tr("&Save the experiment as…"), QKeySequence::SaveAs),
          &QAction::triggered, this, &MainWindow::saveExperiment);
  menu->addSeparator();
  connect(menu->addAction(tr("&Export the plots…"), QKeySequence(Qt::CTRL | Qt::Key_E)),
          &QAction::triggered, this, [this] { exportPlots(plots_->visiblePanels()); });
  menu->addSeparator();
  connect(menu->addAction(tr("&Quit"), QKeySequence::Quit), &QAction::triggered, this,
          &QWidget::close);
}

void MainWindow::makeEditMenu() {
  auto* menu = menuBar()->addMenu(tr("&Edit"));
  auto* undo = undo_->createUndoAction(this, tr("&Undo"));
  undo->setShortcut(QKeySequence::Undo);
  auto* redo = undo_->createRedoAction(this, tr("&Redo"));
  redo->setShortcut(QKeySequence::Redo);
  menu->addActions({undo, redo});
}

void MainWindow::makeRunMenu() {
  menuBar()->addMenu(tr("&Run"))->addActions(transport_->actionsInOrder());
}

void MainWindow::makeViewMenu() {
  auto* menu = menuBar()->addMenu(tr("&View"));
  for (auto* dock : docks_) menu->addAction(dock->toggleViewAction());
  menu->addSeparator();
  auto* plots = menu->addMenu(tr("&Plots"));
  for (auto* dock : plots_->docks()) plots->addAction(dock->toggleViewAction());
  connect(menu->addAction(tr("&Reset the layout")), &QAction::triggered, this,
          &MainWindow::resetLayout);
  menu->addSeparator();
  auto* dark = menu->addAction(tr("&Dark theme"));
  dark->setCheckable(true);
  dark->setChecked(themeOf(*this) == Theme::dark);
  connect(dark, &QAction::toggled, this, [](bool on) {
    applyTheme(*qApp, on ? Theme::dark : Theme::light);
    QSettings().setValue("theme", on ? "dark" : "light");
  });
  auto* frames = menu->addAction(tr("&Frame times"), QKeySequence(Qt::Key_F12));
  frames->setCheckable(true);
  connect(frames, &QAction::toggled, this, &MainWindow::showFrameTimes);
}

void MainWindow::makeHelpMenu() {
  auto* menu = menuBar()->addMenu(tr("&Help"));
  connect(menu->addAction(tr("&About Equipoise")), &QAction::triggered, this,
          [this] { showAbout(this); });
}

// --- Who tells whom

void MainWindow::connectSession() {
  connect(session_, &Session::stateChanged, transport_, &Transport::setState);
  connect(session_, &Session::opened, this, &MainWindow::runOpened);
  connect(session_, &Session::recordsArrived, data_, &RunData::append);
  connect(session_, &Session::recordsArrived, transport_, &Transport::append);
  connect(session_, &Session::experimentChanged, this, [this](const train::Experiment& experiment) {
    inForce_ = experiment;
    data_->setExperiment(experiment);
    experiment_->answered(experiment);
  });
  connect(session_, &Session::commandRefused, this,
          [this](const train::Command&, const QString& reason) {
            messages_->showError(reason);
            experiment_->answered(inForce_);
          });
  connect(session_, &Session::checkpointed, this, [this](const QString& file) {
    statusBar()->showMessage(tr("Checkpoint written: %1").arg(file), 10000);
  });
  connect(session_, &Session::ended, this, &MainWindow::runEnded);
}

void MainWindow::connectTransport() {
  connect(transport_, &Transport::startRequested, this, &MainWindow::startExperiment);
  connect(transport_, &Transport::pauseRequested, session_, &Session::pause);
  connect(transport_, &Transport::resumeRequested, session_, &Session::resume);
  connect(transport_, &Transport::stepRequested, session_, [this] { session_->stepOnce(); });
  connect(transport_, &Transport::stopRequested, session_, &Session::stop);
  connect(transport_, &Transport::checkpointRequested, session_, &Session::checkpoint);
  connect(transport_, &Transport::forkRequested, this, &MainWindow::forkPresent);
}

void MainWindow::connectPanels() {
  connect(gallery_, &Gallery::startRequested, this, [this](const train::Experiment& experiment) {
    openExperiment(experiment);
    startExperiment();
  });
  connect(gallery_, &Gallery::openRequested, this, &MainWindow::openExperiment);
  connect(gallery_, &Gallery::browseRequested, this, &MainWindow::browse);
  connect(experiment_, &ExperimentPanel::commandsRequested, this,
          [this](const std::vector<train::Command>& commands) {
            for (const auto& command : commands) session_->send(command);
          });
  connect(timeline_, &Timeline::noteRequested, this, [this](const QString& text) {
    if (session_->active())
      session_->send(train::Command::note(text.toStdString()));
    else
      messages_->showNote(tr("Notes belong to a run that is going on; start or resume one."));
  });
  connect(timeline_, &Timeline::forkRequested, this,
          [this](qint64 step) { forkRun(present_, step); });
  connect(runs_, &RunsPanel::openRequested, this, &MainWindow::viewRun);
  connect(runs_, &RunsPanel::resumeRequested, this, &MainWindow::resumeRun);
  connect(runs_, &RunsPanel::forkRequested, this, [this](const std::filesystem::path& folder) {
    const auto checkpoints = run::checkpointsIn(folder);
    if (checkpoints.empty())
      messages_->showError(tr("%1 has no checkpoint to fork from.").arg(toQt(folder)));
    else
      forkRun(folder, checkpoints.back().step);
  });
  connect(runs_, &RunsPanel::problemMet, messages_, &MessageBar::showError);
  connect(plots_, &PlotArea::exportRequested, this, &MainWindow::exportPlots);
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

bool MainWindow::openPath(const std::filesystem::path& path) {
  if (run::isRun(path)) {
    viewRun(path);
    return true;
  }
  return tried([&] {
    openExperiment(train::readExperiment(path));
    addRecent(path);
  });
}

void MainWindow::openExperiment(const train::Experiment& experiment) {
  if (session_->active()) {
    messages_->showNote(tr("A run is going on. Stop it before another experiment is opened."));
    return;
  }
  present_.clear();
  experiment_->open(experiment);
  data_->start(experiment, {});
  transport_->setStartable(true);
  messages_->clear();
  setWindowTitle(tr("%1 – Equipoise").arg(QString::fromStdString(experiment.name)));
  showPlots();
}

void MainWindow::startExperiment() {
  if (session_->active()) return;
  StartRequest request;
  request.experiment = experiment_->experiment();
  request.workspace = workspace_;
  start(request);
}

void MainWindow::start(const StartRequest& request, bool paused) {
  if (session_->active()) {
    messages_->showNote(tr("A run is going on. Stop it first."));
    return;
  }
  messages_->clear();
  session_->start(request, paused);
}

void MainWindow::resumeRun(const std::filesystem::path& folder) {
  StartRequest request;
  request.kind = StartRequest::Kind::resume;
  request.folder = folder;
  start(request);
}

void MainWindow::forkRun(const std::filesystem::path& folder, std::int64_t step) {
  StartRequest request;
  request.kind = StartRequest::Kind::fork;
  request.folder = folder;
  request.step = step;
  request.workspace = workspace_;
  if (!session_->active()) {
    start(request, true);
    return;
  }
  afterEnd_ = [this, request] { start(request, true); };
  session_->stop();
}

void MainWindow::forkPresent() {
  // Stopping writes a checkpoint of the present step, which the fork then starts from.
  afterEnd_ = [this] {
    const auto checkpoints = run::checkpointsIn(present_);
    if (!checkpoints.empty()) forkRun(present_, checkpoints.back().step);
  };
  session_->stop();
}

void MainWindow::viewRun(const std::filesystem::path& folder) {
  if (session_->active()) {
    messages_->showNote(tr("A run is going on. Stop it before another one is shown."));
    return;
  }
  tried([&] {
    loadRun(*data_, folder);
    present_ = folder;
    experiment_->open(data_->experiment());
    transport_->setStartable(true);
    setWindowTitle(tr("%1 – Equipoise").arg(QString::fromStdString(data_->experiment().name)));
    addRecent(folder);
    showPlots();
  });
}

void MainWindow::runOpened(const RunFacts& facts) {
  present_ = facts.folder;
  inForce_ = facts.experiment;
  data_->start(facts.experiment, facts.tasks);
  if (!facts.past.empty()) data_->append(facts.past);
  experiment_->open(facts.experiment, facts.tasks);
  experiment_->setRunning(true);
  transport_->open(facts);
  showPlots();
  runs_->refresh();
  statusBar()->showMessage(tr("%L1 parameters, %L2 of them shared. Recorded in %3")
                               .arg(facts.parameters)
                               .arg(facts.sharedParameters)
                               .arg(toQt(facts.folder)));
}

void MainWindow::runEnded(const QString& problem) {
  experiment_->setRunning(false);
  runs_->refresh();
  if (!problem.isEmpty()) {
    messages_->showError(problem);
    afterEnd_ = {};
    return;
  }
  statusBar()->showMessage(tr("The run ended and is kept in %1").arg(toQt(present_)));
  if (const auto next = std::exchange(afterEnd_, {})) next();
}

void MainWindow::offerInterrupted() {
  const auto folder = runs_->interrupted();
  if (folder.empty() || session_->active()) return;
  messages_->showNote(tr("The run %1 was interrupted.").arg(toQt(folder.filename())),
                      tr("Resume it"));
  connect(
      messages_, &MessageBar::linkActivated, this, [this, folder] { resumeRun(folder); },
      Qt::SingleShotConnection);
}

void MainWindow::browse() {
  auto* dialog = new QFileDialog(this, tr("Open an experiment, or the experiment.json of a run"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setNameFilter(tr("Experiments (*.json);;All files (*)"));
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    const std::filesystem::path path = file.toStdString();
    openPath(run::isRun(path.parent_path()) ? path.parent_path() : path);
  });
  dialog->open();
}

void MainWindow::saveExperiment() {
  auto* dialog = new QFileDialog(this, tr("Save the experiment"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix("json");
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    tried([&] {
      run::writeAtomically(file.toStdString(),
                           train::toJson(experiment_->experiment()).dump(2) + "\n");
      addRecent(file.toStdString());
    });
  });
  dialog->open();
}

void MainWindow::exportPlots(const std::vector<PlotPanel*>& panels) {
  if (panels.empty()) {
    messages_->showNote(tr("No plot is on the screen; open one from the View menu."));
    return;
  }
  auto* dialog = new ExportDialog(panels, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &ExportDialog::saved, this, [this](const QString& file) {
    statusBar()->showMessage(tr("Exported to %1").arg(file), 10000);
  });
  dialog->show();
}

void MainWindow::showGallery() {
  pages_->setCurrentWidget(gallery_);
}
void MainWindow::showPlots() {
  pages_->setCurrentWidget(plots_);
}

void MainWindow::showFrameTimes(bool shown) {
  frames_->setRunning(shown);
}

// --- Settings, closing, dropping

void MainWindow::addRecent(const std::filesystem::path& path) {
  QSettings settings;
  auto recent = settings.value("recent").toStringList();
  const auto text = toQt(std::filesystem::absolute(path));
  recent.removeAll(text);
  recent.prepend(text);
  settings.setValue("recent", recent.mid(0, kRecent));
}

void MainWindow::fillRecent(QMenu& menu) {
  menu.clear();
  for (const auto& path : QSettings().value("recent").toStringList())
    connect(menu.addAction(path), &QAction::triggered, this,
            [this, path] { openPath(path.toStdString()); });
  if (menu.isEmpty()) menu.addAction(tr("Nothing yet"))->setEnabled(false);
}

void MainWindow::resetLayout() {
  restoreState(standardLayout_);
  plots_->resetLayout();
}

void MainWindow::restoreLayout() {
  const QSettings settings;
  restoreGeometry(settings.value("geometry").toByteArray());
  restoreState(settings.value("layout").toByteArray());
  plots_->restoreState(settings.value("plots").toByteArray());
}

void MainWindow::saveLayout() const {
  QSettings settings;
  settings.setValue("geometry", saveGeometry());
  settings.setValue("layout", saveState());
  settings.setValue("plots", plots_->saveState());
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!session_->active()) {
    saveLayout();
    event->accept();
    return;
  }
  event->ignore();
  auto* question =
      new QMessageBox(QMessageBox::Question, tr("A run is going on"),
                      tr("Stop the run with a checkpoint and close? It can be resumed later."),
                      QMessageBox::Cancel, this);
  question->setAttribute(Qt::WA_DeleteOnClose);
  auto* stop = question->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
  connect(stop, &QAbstractButton::clicked, this, [this] {
    afterEnd_ = [this] { close(); };
    session_->stop();
  });
  question->open();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.first().isLocalFile())
    openPath(urls.first().toLocalFile().toStdString());
}

}  // namespace eq::app
