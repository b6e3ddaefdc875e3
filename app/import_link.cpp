#include "app/import_link.h"

#include <QAction>
#include <QFileDialog>

#include "core/run/exchange/import_files.h"
#include "core/run/exchange/import_kinds.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/newest_work.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr int kShortRemark = 200;  // characters

}  // namespace

ImportLink::ImportLink(QWidget& window, const std::filesystem::path& workspace, RunsPanel& runs,
                       MessageBar& messages)
    : QObject(&window),
      window_(window),
      workspace_(workspace),
      runs_(runs),
      messages_(messages),
      work_(new NewestWork(this)) {
  actions_ << add(tr("&Import runs from a file…"), Qt::CTRL | Qt::SHIFT | Qt::Key_I,
                  tr("A CSV file of W&B or Aim, or of export --series csv; Optuna's SQLite file"),
                  false)
           << add(tr("Import runs from &TensorBoard…"), Qt::CTRL | Qt::ALT | Qt::Key_I,
                  tr("A folder with event files, below which each folder is a run"), true);
  connect(work_, &NewestWork::failed, this,
          [this](const QString& problem) { messages_.showError(problem); });
}

QAction* ImportLink::add(const QString& text, const QKeySequence& key, const QString& help,
                         bool folder) {
  auto* action = new QAction(text, this);
  action->setShortcut(key);
  action->setToolTip(help);
  action->setStatusTip(help);
  connect(action, &QAction::triggered, this, [this, folder] { ask(folder); });
  return action;
}

void ImportLink::ask(bool folder) {
  auto* dialog =
      new QFileDialog(&window_, folder ? tr("Choose a folder of TensorBoard's")
                                       : tr("Choose what another program recorded of runs"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
  if (!folder)
    dialog->setNameFilter(tr("CSV, SQLite (*.csv *.db *.sqlite *.sqlite3);;All files (*)"));
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& place) { import(place.toStdString()); });
  dialog->open();
}

bool ImportLink::take(const std::filesystem::path& place) {
  if (!run::isOfOtherPrograms(place)) return false;
  import(place);
  return true;
}

void ImportLink::import(const std::filesystem::path& place) {
  if (work_->isBusy())
    return messages_.showNote(tr("One import at a time: %1 was not begun, as another goes on.")
                                  .arg(shownName(place.filename().string())));
  work_->ask([this, place, workspace = workspace_](const NewestWork::Progress& progress) {
    std::vector<std::filesystem::path> folders;
    std::vector<std::string> remarks;
    const auto runs = run::importRuns(place);
    for (const auto& one : runs) {
      auto written = run::writeImported(one, workspace);
      folders.push_back(std::move(written.folder));
      remarks.insert(remarks.end(), written.remarks.begin(), written.remarks.end());
      if (!progress(static_cast<int>(folders.size()), static_cast<int>(runs.size()))) break;
    }
    return NewestWork::Done([this, place, folders, remarks] { tell(place, folders, remarks); });
  });
}

void ImportLink::tell(const std::filesystem::path& place,
                      const std::vector<std::filesystem::path>& folders,
                      const std::vector<std::string>& remarks) {
  runs_.refresh();
  runs_.select(folders);
  const auto name = shownName(place.filename().string());
  auto text = folders.size() == 1
                  ? tr("A run was made of %1; it is chosen in the table of runs.").arg(name)
                  : tr("%1 runs were made of %2; they are chosen in the table of runs.")
                        .arg(QString::number(folders.size()), name);
  if (!remarks.empty())
    text += " " + tr("Remarks (notes of the runs): %1")
                      .arg(shortName(QString::fromStdString(remarks[0]), kShortRemark));
  if (remarks.size() > 1) text += tr("; and %1 more").arg(remarks.size() - 1);
  messages_.showNote(text);
}

}  // namespace eq::app
